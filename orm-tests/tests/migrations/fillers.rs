//! What existing rows get in a column that must have a value can be read.

use orm_core::migrate::Migrations;
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

/// How they feel.
#[derive(DbEnum, Debug, Clone, Copy, PartialEq)]
#[db_enum(native = "fi_mood")]
pub enum Mood {
    #[db_enum(rename = "it's fine")]
    Fine,
    Sad,
}

mod one {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    #[model(table = "fi_items")]
    pub struct Item {
        #[key]
        pub id: i64,
        pub settings: Option<serde_json::Value>,
        pub price: Option<rust_decimal::Decimal>,
        pub day: Option<chrono::NaiveDate>,
    }
}

mod two {
    use orm_core::prelude::*;

    use super::Mood;

    #[derive(Model, Debug)]
    #[model(table = "fi_items")]
    pub struct Item {
        #[key]
        pub id: i64,
        pub settings: serde_json::Value,
        pub price: rust_decimal::Decimal,
        pub day: chrono::NaiveDate,
        pub flag: bool,
        pub small: i16,
        pub number: i32,
        pub large: i64,
        pub single: f32,
        pub double: f64,
        pub text: String,
        pub bytes: Vec<u8>,
        pub date: chrono::NaiveDate,
        pub time: chrono::NaiveTime,
        pub date_time: chrono::NaiveDateTime,
        pub instant: chrono::DateTime<chrono::Utc>,
        #[column(precision = 3)]
        pub short: chrono::DateTime<chrono::Utc>,
        #[column(check = "amount >= 0")]
        pub amount: rust_decimal::Decimal,
        pub uuid: uuid::Uuid,
        pub json: serde_json::Value,
        pub mood: Mood,
    }
}

mod three {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    #[model(table = "fi_items")]
    pub struct Item {
        #[key]
        pub id: i64,
        pub settings: serde_json::Value,
        pub price: rust_decimal::Decimal,
        pub day: chrono::NaiveDate,
    }
}

on_every_backend! {
    async fn rows_can_be_read_after_a_migration_that_fills_columns(database: TestDatabase) -> Result<()> {
        let (folder, engine, url) = (orm_tests::directory(), database.engine().await?, database.url());
        let first = Migrations::new(schema![one::Item], folder.path());
        first.write(url, "items").await?;
        first.run(&engine).await?;
        let mut session = engine.session();
        session.execute(sql("INSERT INTO fi_items (id) VALUES (1)")).await?;
        session.commit().await?;

        let second = Migrations::new(schema![two::Item], folder.path()).allow_loss();
        second.write(url, "filled").await?;
        second.run(&engine).await?;
        engine.check(schema![two::Item]).await?.into_result()?;
        let mut session = engine.session();
        let query = select::<two::Item>()
            .filter(two::Item::PRICE.eq(rust_decimal::Decimal::ZERO))
            .filter(two::Item::DAY.eq(chrono::NaiveDate::default()))
            .filter(two::Item::INSTANT.eq(chrono::DateTime::<chrono::Utc>::default()))
            .filter(two::Item::UUID.eq(uuid::Uuid::nil()));
        let item = session.one(query).await?;
        assert_eq!((item.settings.clone(), item.json.clone()), (serde_json::Value::Null, serde_json::Value::Null));
        assert_eq!((item.flag, item.small, item.number, item.large), (false, 0, 0, 0));
        assert_eq!((item.single, item.double, item.text.as_str(), item.bytes.as_slice()), (0.0, 0.0, "", &[][..]));
        assert_eq!((item.date, item.time), Default::default());
        assert_eq!((item.date_time, item.short), Default::default());
        assert_eq!((item.amount, item.mood), (rust_decimal::Decimal::ZERO, Mood::Fine));

        Ok(())
    }

    async fn rows_can_be_read_after_a_way_back_that_fills_columns(database: TestDatabase) -> Result<()> {
        let (folder, engine, url) = (orm_tests::directory(), database.engine().await?, database.url());
        let first = Migrations::new(schema![three::Item], folder.path());
        first.write(url, "items").await?;
        let second = Migrations::new(schema![one::Item], folder.path());
        second.write(url, "nullable").await?;
        second.run(&engine).await?;
        let mut session = engine.session();
        session.execute(sql("INSERT INTO fi_items (id) VALUES (1)")).await?;
        session.commit().await?;
        second.revert(&engine, 1).await?;
        engine.check(schema![three::Item]).await?.into_result()?;
        let item = session.one(select::<three::Item>()).await?;
        assert_eq!(item.settings, serde_json::Value::Null);
        assert_eq!((item.price, item.day), Default::default());
        Ok(())
    }
}
