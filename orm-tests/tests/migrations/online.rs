//! Migrations of PostgreSQL that let others write meanwhile.

use std::path::Path;

use orm_core::migrate::{MigrationState, Migrations};
use orm_core::prelude::*;
use orm_core::schema::Schema;
use orm_tests::{Backend, TestDatabase};

use crate::versions::{one, two};

/// What `versions::one` has, with everything that can be added while others write.
mod stricter {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    #[model(table = "people", unique = "name, id")]
    pub struct Person {
        #[key(auto)]
        pub id: i64,
        #[column(unique, check = "name <> ''")]
        pub name: String,
        #[has_many]
        pub pets: HasMany<Pet>,
    }

    #[derive(Model, Debug)]
    #[model(table = "pets")]
    pub struct Pet {
        #[key(auto)]
        pub id: i64,
        #[column(index)]
        pub person_id: i64,
        pub name: String,
        pub age: i64,
        #[belongs_to(on_delete = "restrict")]
        pub person: BelongsTo<Person>,
    }

    pub fn schema() -> orm_core::schema::Schema {
        orm_core::schema![Person, Pet]
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn online(schema: Schema, folder: &Path) -> Migrations {
    let migrations = Migrations::new(schema, folder).online();
    migrations.backfill("pets", "name", "'?'").backfill("pets", "age", "1")
}

async fn execute(engine: &Engine, statements: &[&'static str]) -> Result<()> {
    let mut session = engine.session();
    for statement in statements {
        session.execute(sql(statement)).await?;
    }
    session.commit().await
}

#[tokio::test]
async fn each_file_holds_what_one_transaction_may() {
    orm_tests::run(Backend::Postgres, async |database: TestDatabase| {
        let (folder, engine, url) = (orm_tests::directory(), database.engine().await?, database.url());
        Migrations::new(one::schema(), folder.path()).write(url, "one").await?;
        Migrations::new(one::schema(), folder.path()).run(&engine).await?;
        execute(&engine, &[
            "INSERT INTO people (id, name) VALUES (1, 'ann'), (2, 'ann')",
            "INSERT INTO pets (id, person_id, name) VALUES (1, 1, 'rex'), (2, 1, NULL)",
        ])
        .await?;

        let migrations = online(stricter::schema(), folder.path());
        let written = migrations.write(url, "stricter").await?;
        let ups: Vec<String> =
            written.iter().filter(|path| path.to_string_lossy().ends_with(".up.sql")).map(|path| read(path)).collect();
        let has = |at: usize, parts: &[&str]| {
            for part in parts {
                assert!(ups[at].contains(part), "{part} in file {at}:\n{}", ups.join("\n==>\n"));
            }
        };
        assert_eq!((ups.len(), written.len()), (6, 12), "{written:?}");
        assert!(written[2].to_string_lossy().ends_with("_stricter_2.up.sql"), "{written:?}");
        has(0, &["ADD COLUMN \"age\" bigint", "SET \"name\" = '?' WHERE \"name\" IS NULL", "DROP CONSTRAINT"]);
        for (at, up) in ups.iter().enumerate().take(4).skip(1) {
            has(at, &["-- no-transaction\n", "INDEX CONCURRENTLY", "Others read and write the table meanwhile."]);
            let statements = up.lines().filter(|line| !line.starts_with("--") && !line.is_empty()).count();
            assert_eq!(statements, 1, "{up}");
        }
        has(4, &["UNIQUE USING INDEX", "ON DELETE RESTRICT NOT VALID", "(\"name\" IS NOT NULL) NOT VALID", "NOT VALID"]);
        has(5, &["VALIDATE CONSTRAINT", "ALTER COLUMN \"name\" SET NOT NULL", "ALTER COLUMN \"age\" SET NOT NULL"]);
        let (check, exclusive) = (ups[5].rfind("VALIDATE CONSTRAINT"), ups[5].find("SET NOT NULL"));
        assert!(check < exclusive, "no rows are checked under an exclusive lock:\n{}", ups[5]);
        assert!(migrations.plan(url).await?.is_empty(), "nothing differs after it");

        // Two people are called ann, so the unique index cannot be built.
        let error = migrations.run(&engine).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("could not create unique index"), "{text}");
        assert!(text.contains("drop it with DROP INDEX CONCURRENTLY, remove what made it fail, and run"), "{text}");
        let states = async || -> Result<Vec<bool>> {
            let states = migrations.status(&engine).await?;
            Ok(states.iter().map(|status| status.state == MigrationState::Applied).collect())
        };
        let done = states().await?;
        assert!(done[0] && done[1] && !done[6], "what is finished is recorded: {done:?}");
        let broken = "SELECT quote_ident(c.relname::text) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid";
        let broken = engine.session().rows(sql(broken).rows::<String>()).await?;
        for name in &broken {
            database.run(&format!("DROP INDEX {name}")).await;
        }
        execute(&engine, &["UPDATE people SET name = 'bob' WHERE id = 2"]).await?;
        migrations.run(&engine).await?;
        engine.check(stricter::schema()).await?.into_result()?;

        assert_eq!(migrations.revert(&engine, 6).await?.len(), 6);
        engine.check(one::schema()).await?.into_result()?;
        assert_eq!(migrations.run(&engine).await?.len(), 6, "names are free again");
        engine.check(stricter::schema()).await?.into_result()
    })
    .await;
}

#[tokio::test]
async fn programs_that_start_at_once_do_not_wait_for_each_other_in_a_circle() {
    orm_tests::run(Backend::Postgres, async |database: TestDatabase| {
        let (folder, engine, url) = (orm_tests::directory(), database.engine().await?, database.url());
        Migrations::new(one::schema(), folder.path()).write(url, "one").await?;
        Migrations::new(one::schema(), folder.path()).run(&engine).await?;
        let migrations = online(two::schema(), folder.path()).allow_loss();
        migrations.write(url, "two").await?;
        let (one, other, third) =
            tokio::join!(migrations.run(&engine), migrations.run(&engine), migrations.run(&engine));
        let mut ran = [one?.len(), other?.len(), third?.len()];
        ran.sort_unstable();
        assert_eq!(ran[..2], [0, 0], "one of them ran all");
        assert!(ran[2] > 2);
        engine.check(two::schema()).await?.into_result()
    })
    .await;
}

#[tokio::test]
async fn other_databases_need_no_such_option() -> Result<()> {
    let folder = orm_tests::directory();
    let error = online(one::schema(), folder.path()).write("sqlite::memory:", "one").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("`online` is for PostgreSQL"), "{error}");
    Ok(())
}
