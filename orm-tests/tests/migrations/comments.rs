//! Doc comments as comments of tables and columns.

use orm_core::migrate::{Introspection, Migrations};
use orm_core::prelude::*;
use orm_core::schema::Schema;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::details::{self, Comments};

mod one {
    use orm_core::prelude::*;

    /// An account.
    #[derive(Model, Debug)]
    #[model(table = "cm_accounts")]
    pub struct Account {
        /// Counted
        /// by the database.
        #[key(auto)]
        pub id: i64,
        /// It's "unique"; 100 % of `C:\accounts`.
        #[column(unique, length = 40)]
        pub email: String,
        pub note: Option<String>,
        /// Who invited it.
        pub inviter_id: Option<i64>,
        /// Relationships have no column.
        #[belongs_to]
        pub inviter: BelongsTo<Option<Account>>,
        /// Nor have link tables a model.
        #[many_to_many(through = "cm_friends", key = "left_id", target_key = "right_id")]
        pub friends: HasMany<Account>,
    }
}

/// Other comments, some of them beside other changes.
mod two {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    #[model(table = "cm_accounts")]
    pub struct Account {
        /// Counted
        /// by the database.
        #[key(auto)]
        pub id: i64,
        /// Grüße
        ///
        ///   * 世界
        #[column(unique, length = 60, default = "'?'")]
        pub email: String,
        /// A new one.
        pub note: Option<String>,
        pub inviter_id: Option<i64>,
        #[belongs_to]
        pub inviter: BelongsTo<Option<Account>>,
        #[many_to_many(through = "cm_friends", key = "left_id", target_key = "right_id")]
        pub friends: HasMany<Account>,
        /// Added.
        pub age: Option<i32>,
    }
}

fn version_one() -> Schema {
    schema![one::Account]
}

fn version_two() -> Schema {
    schema![two::Account]
}

fn expected(backend: Backend, of: &[(&str, &str)]) -> Comments {
    let of: &[_] = if backend == Backend::Sqlite { &[] } else { of };
    of.iter()
        .map(|(column, text)| (("cm_accounts".to_owned(), (*column).to_owned()), (*text).to_owned()))
        .collect()
}

const ONE: &[(&str, &str)] = &[
    ("", "An account."),
    ("id", "Counted\nby the database."),
    ("email", "It's \"unique\"; 100 % of `C:\\accounts`."),
    ("inviter_id", "Who invited it."),
];

const TWO: &[(&str, &str)] = &[
    ("id", "Counted\nby the database."),
    ("email", "Grüße\n\n  * 世界"),
    ("note", "A new one."),
    ("age", "Added."),
];

async fn execute(engine: &Engine, statement: &'static str) -> Result<()> {
    let mut session = engine.session();
    session.execute(sql(statement)).await?;
    session.commit().await
}

fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

on_every_backend! {
    async fn create_all_makes_comments_of_doc_comments(database: TestDatabase) -> Result<()> {
        let (engine, backend) = (database.engine().await?, database.backend());
        engine.create_all(version_one().with_comments()).await?;
        assert_eq!(details::comments(&engine, backend).await?, expected(backend, ONE));
        engine.check(version_one()).await?.into_result()?;
        // What exists is left as it is.
        engine.create_all(version_two().with_comments()).await?;
        assert_eq!(details::comments(&engine, backend).await?, expected(backend, ONE));
        engine.drop_all(version_one().with_comments()).await?;
        engine.create_all(version_one()).await?;
        assert_eq!(details::comments(&engine, backend).await?, Comments::new());
        // Nor is it a difference that a query would notice.
        engine.check(version_one().with_comments()).await?.into_result()
    }

    async fn migrations_change_comments_and_change_them_back(database: TestDatabase) -> Result<()> {
        let (folder, engine, url) = (orm_tests::directory(), database.engine().await?, database.url());
        let backend = database.backend();
        let plain = Migrations::new(version_one(), folder.path());
        plain.write(url, "accounts").await?;
        plain.run(&engine).await?;
        execute(&engine, "INSERT INTO cm_accounts (email) VALUES ('ann')").await?;
        execute(&engine, "UPDATE cm_accounts SET inviter_id = id").await?;

        let first = Migrations::new(version_one().with_comments(), folder.path());
        let written = first.write(url, "comments").await?;
        if backend == Backend::Sqlite {
            assert!(written.is_empty(), "no difference, and no table is recreated");
        } else {
            let up = read(&written[0]);
            match backend {
                Backend::Postgres => {
                    assert_eq!(up.matches("COMMENT ON TABLE").count(), 1, "{up}");
                    assert_eq!(up.matches("COMMENT ON COLUMN").count(), 3, "{up}");
                }
                _ => {
                    assert_eq!(up.matches("ALTER TABLE").count(), 1, "{up}");
                    assert_eq!(up.matches("MODIFY COLUMN").count(), 3, "{up}");
                    assert!(!up.contains("FOREIGN KEY") && !up.contains("copy"), "the definition alone changes: {up}");
                }
            }
            assert!(!up.contains("LOSS"), "{up}");
        }
        first.run(&engine).await?;
        assert_eq!(details::comments(&engine, backend).await?, expected(backend, ONE));
        engine.check(version_one()).await?.into_result()?;
        assert!(first.plan(url).await?.is_empty());
        // Without them, they stay.
        assert!(plain.plan(url).await?.is_empty());

        let second = Migrations::new(version_two().with_comments(), folder.path()).allow_loss();
        let written = second.write(url, "others").await?;
        assert_eq!(written.len(), 2);
        second.run(&engine).await?;
        assert_eq!(details::comments(&engine, backend).await?, expected(backend, TWO));
        engine.check(version_two()).await?.into_result()?;
        second.revert(&engine, 1).await?;
        assert_eq!(details::comments(&engine, backend).await?, expected(backend, ONE));
        engine.check(version_one()).await?.into_result()?;
        let session = &mut engine.session();
        assert_eq!(session.all(select::<one::Account>()).await?.len(), 1);

        // A column that changes in something else keeps a comment that no model declares.
        let third = Migrations::new(version_two(), folder.path()).allow_loss();
        std::fs::remove_file(&written[0]).and_then(|()| std::fs::remove_file(&written[1])).expect("they exist");
        third.write(url, "without").await?;
        third.run(&engine).await?;
        assert_eq!(details::comments(&engine, backend).await?, expected(backend, ONE));
        third.revert(&engine, 1).await?;
        assert_eq!(details::comments(&engine, backend).await?, expected(backend, ONE));
        Ok(())
    }

    async fn models_have_the_comments_as_doc_comments(database: TestDatabase) -> Result<()> {
        let (engine, backend) = (database.engine().await?, database.backend());
        engine.create_all(version_two().with_comments()).await?;
        let code = Introspection::new().models(&engine).await?;
        let known = "    /// Grüße\n    ///\n    ///   * 世界\n    #[column(";
        assert_eq!(code.contains(known), backend != Backend::Sqlite, "{code}");
        if backend == Backend::Postgres {
            execute(&engine, "COMMENT ON TABLE cm_accounts IS E'One\\ttab'").await?;
            let code = Introspection::new().models(&engine).await?;
            assert!(code.contains("#[doc = \"One\\ttab\"]\n#[derive(Model, Debug)]"), "{code}");
        }
        Ok(())
    }

    async fn a_comment_that_the_database_cannot_keep_is_refused_first(database: TestDatabase) -> Result<()> {
        let (folder, engine) = (orm_tests::directory(), database.engine().await?);
        let is_mysql = matches!(database.backend(), Backend::Mysql | Backend::MysqlWithoutReturning);
        for (schema, why) in [
            (|| schema![Long].with_comments(), "`Long.name` cannot be a comment of the database: it has 1025 characters"),
            (|| schema![Wide].with_comments(), "`Wide` cannot be a comment of the database: it contains `🦀`"),
        ] as [(fn() -> Schema, &str); 2] {
            let created = engine.create_all(schema()).await;
            let planned = Migrations::new(schema(), folder.path()).plan(database.url()).await;
            if !is_mysql {
                created?;
                planned?;
                continue;
            }
            for error in [created.unwrap_err(), planned.unwrap_err()] {
                assert_eq!(error.kind(), ErrorKind::InvalidModel);
                assert!(error.to_string().contains(why), "{error}");
            }
            assert!(!engine.check(schema()).await?.is_empty(), "nothing was created");
        }
        Ok(())
    }
}

#[derive(Model, Debug)]
#[model(table = "cm_long")]
pub struct Long {
    #[key(auto)]
    pub id: i64,
    #[doc = "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"]
    #[doc = "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"]
    #[doc = "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"]
    #[doc = "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"]
    #[doc = "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"]
    #[doc = "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"]
    #[doc = "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"]
    #[doc = "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012"]
    pub name: String,
}

/// Crabs: 🦀
#[derive(Model, Debug)]
#[model(table = "cm_wide")]
pub struct Wide {
    #[key(auto)]
    pub id: i64,
}
