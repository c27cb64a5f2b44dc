//! Mistakes in migrations are reported before anything runs, or together with what was kept.

use orm_core::migrate::{MigrationState, Migrations};
use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::versions::one;

on_every_backend! {
    async fn folders_and_databases_that_do_not_fit(database: TestDatabase) -> Result<()> {
        let (folder, engine) = (orm_tests::directory(), database.engine().await?);
        let missing = Migrations::new(one::schema(), folder.path().join("missing"));
        for error in [missing.run(&engine).await.unwrap_err(), missing.plan(database.url()).await.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Migration);
            let text = error.to_string();
            assert!(text.starts_with("the folder `/") && text.contains("missing"), "{text}");
        }
        let migrations = Migrations::new(one::schema(), folder.path());
        let written = migrations.write(database.url(), "one").await?;
        migrations.run(&engine).await?;

        let text = std::fs::read_to_string(&written[0]).expect("it is there");
        std::fs::write(&written[0], format!("{text}\n-- edited\n")).expect("it can be written");
        let error = migrations.run(&engine).await.unwrap_err().to_string();
        assert!(error.contains("was changed after it was applied; restore its file"), "{error}");
        assert_eq!(migrations.status(&engine).await?[0].state, MigrationState::Changed);
        assert!(migrations.revert(&engine, 1).await.is_err());

        std::fs::remove_file(&written[0]).expect("it is there");
        std::fs::write(folder.path().join("30000101000000_later.sql"), "CREATE TABLE later (id INTEGER)").expect("it can be written");
        let error = migrations.run(&engine).await.unwrap_err().to_string();
        assert!(error.contains("the database is ahead"), "{error}");
        let states: Vec<_> = migrations.status(&engine).await?.into_iter().map(|status| status.state).collect();
        assert_eq!(states, [MigrationState::FileMissing, MigrationState::Pending], "nothing was run");

        std::fs::write(&written[0], text).expect("it can be written");
        migrations.run(&engine).await?;
        let error = migrations.revert(&engine, 2).await.unwrap_err().to_string();
        assert!(error.contains("`later` has no `.down.sql`"), "{error}");
        engine.check(one::schema()).await?.into_result()
    }

    async fn a_database_that_has_the_tables_is_stamped(database: TestDatabase) -> Result<()> {
        let (folder, engine) = (orm_tests::directory(), database.engine().await?);
        let migrations = Migrations::new(one::schema(), folder.path());
        migrations.write(database.url(), "one").await?;
        engine.create_all(one::schema()).await?;
        assert!(migrations.run(&engine).await.is_err(), "the tables exist");
        if database.is_mysql() {
            // MySQL keeps a record of the attempt.
            let mut session = engine.session();
            session.execute(sql("DELETE FROM _sqlx_migrations")).await?;
            session.commit().await?;
        }
        assert_eq!(migrations.stamp(&engine).await?.len(), 1);
        assert_eq!(migrations.status(&engine).await?[0].state, MigrationState::Applied);
        assert_eq!((migrations.stamp(&engine).await?.len(), migrations.run(&engine).await?.len()), (0, 0));
        engine.check(one::schema()).await?.into_result()
    }

    async fn a_failure_reports_what_was_kept(database: TestDatabase) -> Result<()> {
        let (folder, engine) = (orm_tests::directory(), database.engine().await?);
        let file = "CREATE TABLE a (id INTEGER);\nCREATE TABLE b (id INTEGER);\nCREATE TABLE a (id INTEGER);\n";
        std::fs::write(folder.path().join("1_wrong.sql"), file).expect("it can be written");
        let migrations = Migrations::new(one::schema(), folder.path());
        let error = migrations.run(&engine).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Migration);
        let text = error.to_string();
        let again = migrations.run(&engine).await.unwrap_err().to_string();
        match database.is_mysql() {
            true => {
                assert!(text.contains("statement 3 of its file stopped it, and the 2 before it are kept"), "{text}");
                assert!(again.contains("failed half-way"), "{again}");
                assert_eq!(migrations.status(&engine).await?[0].state, MigrationState::Failed);
            }
            false => {
                assert!(text.contains("the migration 1 `wrong` failed") && text.contains("nothing of it was kept"), "{text}");
                assert_eq!(again, text);
            }
        }
        let error = migrations.plan(database.url()).await.unwrap_err().to_string();
        assert!(error.contains("the migration 1 `wrong` failed"), "{error}");
        Ok(())
    }
}

#[tokio::test]
async fn a_server_that_cannot_create_databases_is_reported() {
    orm_tests::run(Backend::Postgres, async |database: TestDatabase| {
        let role = "no_scratch";
        database
            .run(&format!(
                "DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
            ))
            .await;
        let (scheme, rest) = database.url().split_once("://").expect("it is a URL");
        let (_, place) = rest.split_once('@').expect("it names a user");
        let url = format!("{scheme}://{role}@{place}");
        let folder = orm_tests::directory();
        let migrations = Migrations::new(one::schema(), folder.path());
        let error = migrations.write(&url, "one").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let text = error.to_string();
        assert!(
            text.contains("`ALTER ROLE .. CREATEDB` allows it") && text.contains("--scratch URL"),
            "{text}"
        );
        assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
        let elsewhere = migrations.scratch(database.url());
        assert_eq!(elsewhere.write(&url, "one").await?.len(), 2);
        database.run(&format!("DROP ROLE {role}")).await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_server_of_mysql_that_creates_no_databases_is_an_error() {
    orm_tests::run(Backend::Mysql, async |database: TestDatabase| {
        let (_, place) = database.url().split_once('@').expect("it names a user");
        let name = place.rsplit_once('/').expect("it names a database").1;
        for host in ["%", "localhost", "127.0.0.1"] {
            database.run(&format!("CREATE USER IF NOT EXISTS 'no_scratch'@'{host}'")).await;
            database.run(&format!("GRANT ALL ON `{name}`.* TO 'no_scratch'@'{host}'")).await;
        }
        let folder = orm_tests::directory();
        let migrations = Migrations::new(one::schema(), folder.path());
        let url = format!("mysql://no_scratch@{place}");
        let error = migrations.write(&url, "one").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        let text = error.to_string();
        assert!(text.contains("``GRANT ALL ON `orm\\_scratch\\_%`.* TO ..`` allows it"), "{text}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
        assert_eq!(migrations.scratch(database.url()).write(&url, "one").await?.len(), 2);
        Ok(())
    })
    .await;
}
