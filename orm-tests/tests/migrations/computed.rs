//! Columns that the database computes, and those that they are computed from.

use orm_core::migrate::{Introspection, Migrations};
use orm_core::prelude::*;
use orm_core::schema::Schema;
use orm_tests::{Backend, TestDatabase, on_every_backend};

mod one {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    #[model(table = "co_items", index = "twice, loud")]
    pub struct Item {
        #[key]
        pub id: i64,
        pub count: i32,
        #[column(length = 20)]
        pub name: String,
        #[column(generated = "count * 2")]
        pub twice: Option<i64>,
        #[column(generated = "upper(name)", virtual)]
        pub loud: Option<String>,
    }
}

/// What they are computed from has other types.
mod two {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    #[model(table = "co_items", index = "twice, loud")]
    pub struct Item {
        #[key]
        pub id: i64,
        pub count: i64,
        #[column(length = 40)]
        pub name: String,
        #[column(generated = "count * 2")]
        pub twice: Option<i64>,
        #[column(generated = "upper(name)", virtual)]
        pub loud: Option<String>,
        pub extra: serde_json::Value,
    }
}

/// A column is dropped with the one that it is computed from.
mod three {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    #[model(table = "co_items")]
    pub struct Item {
        #[key]
        pub id: i64,
        #[column(length = 40)]
        pub name: String,
        #[column(generated = "lower(name)")]
        pub loud: Option<String>,
        pub extra: serde_json::Value,
    }
}

on_every_backend! {
    async fn computed_columns_follow_what_they_are_computed_from(database: TestDatabase) -> Result<()> {
        let (folder, engine, url) = (orm_tests::directory(), database.engine().await?, database.url());
        let step = async |schema: fn() -> Schema, name| -> Result<()> {
            let migrations = Migrations::new(schema(), folder.path()).allow_loss();
            migrations.write(url, name).await?;
            assert_eq!(migrations.run(&engine).await?.len(), 1, "{name}");
            engine.check(schema()).await?.into_result()?;
            assert!(migrations.plan(url).await?.is_empty(), "{name}");
            Ok(())
        };
        step(|| schema![one::Item], "one").await?;
        let code = Introspection::new().models(&engine).await?;
        let is_virtual = database.backend() != Backend::Postgres;
        assert_eq!(code.matches("generated = ").count(), 2, "{code}");
        assert_eq!(code.contains(", virtual"), is_virtual, "{code}");
        let mut session = engine.session();
        session.add(one::Item::draft().id(1).count(21).name("ann"));
        session.commit().await?;
        drop(session);

        step(|| schema![two::Item], "two").await?;
        let mut session = engine.session();
        if database.backend() == Backend::Sqlite {
            // Its catalogue does not tell JSON from other texts.
            session.execute(sql("UPDATE co_items SET extra = 'null'")).await?;
            session.commit().await?;
        }
        let item = session.one(select::<two::Item>()).await?;
        assert_eq!((item.twice, item.loud.as_deref()), (Some(42), Some("ANN")));
        assert_eq!(item.extra, serde_json::Value::Null, "a row without JSON gets null");
        drop(session);

        step(|| schema![three::Item], "three").await?;
        let loud = engine.session().one(select::<three::Item>()).await?.loud.clone();
        assert_eq!(loud.as_deref(), Some("ann"));
        let back = Migrations::new(schema![one::Item], folder.path()).revert(&engine, 2).await?;
        assert_eq!(back.len(), 2);
        engine.check(schema![one::Item]).await?.into_result()?;
        let item = engine.session().one(select::<one::Item>()).await?;
        assert_eq!((item.twice, item.loud.as_deref()), (Some(0), Some("ANN")), "its count was dropped");
        Ok(())
    }
}
