//! What is written, by hand-made examples.

use std::path::Path;
use std::process::ExitCode;

use orm_core::migrate::{MigrationState, Migrations, command};
use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::versions::{one, three, two};

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

async fn count(engine: &Engine, query: &'static str) -> Result<i64> {
    Ok(engine.session().rows(sql(query).rows::<i64>()).await?[0])
}

async fn run(engine: &Engine, statements: &[&'static str]) -> Result<()> {
    let mut session = engine.session();
    for statement in statements {
        session.execute(sql(statement)).await?;
    }
    session.commit().await
}

on_every_backend! {
    async fn a_difference_is_two_files(database: TestDatabase) -> Result<()> {
        let (folder, engine, url) = (orm_tests::directory(), database.engine().await?, database.url());
        let first = Migrations::new(one::schema(), folder.path());
        let written = first.write(url, "People and pets").await?;
        assert_eq!(written.len(), 2);
        let (up, down) = (read(&written[0]), read(&written[1]));
        assert!(written[0].to_string_lossy().ends_with("_people_and_pets.up.sql"), "{written:?}");
        assert!(up.contains("CREATE TABLE") && up.contains("ON DELETE CASCADE"), "{up}");
        assert!(down.contains("LOSS: drops the table `people` with its rows."), "{down}");
        assert!(first.write(url, "again").await?.is_empty(), "nothing differs");
        // The database of the URL was not touched.
        let states: Vec<_> = first.status(&engine).await?.into_iter().map(|status| status.state).collect();
        assert_eq!(states, [MigrationState::Pending]);
        assert!(!engine.check(one::schema()).await?.is_empty());

        assert_eq!(first.run(&engine).await?.len(), 1);
        assert_eq!(first.run(&engine).await?.len(), 0);
        engine.check(one::schema()).await?.into_result()?;

        let second = Migrations::new(two::schema(), folder.path());
        let refused = second.write(url, "ages").await;
        if database.backend() == Backend::Sqlite {
            // It keeps no length.
            return refused.map(|written| assert_eq!(written.len(), 2));
        }
        let refused = refused.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Migration);
        assert!(refused.to_string().contains("`people.name` changes from"), "{refused}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 2, "nothing was written");
        Ok(())
    }

    async fn rows_live_through_versions(database: TestDatabase) -> Result<()> {
        let (folder, engine, url) = (orm_tests::directory(), database.engine().await?, database.url());
        Migrations::new(one::schema(), folder.path()).write(url, "one").await?;
        let second = Migrations::new(two::schema(), folder.path()).allow_loss();
        Migrations::new(one::schema(), folder.path()).run(&engine).await?;
        run(&engine, &[
            "INSERT INTO people (id, name) VALUES (1, 'ann'), (2, 'bob')",
            "INSERT INTO pets (id, person_id, name) VALUES (1, 1, 'rex'), (2, 1, NULL)",
        ]).await?;
        let written = second.write(url, "two").await?;
        let up = read(&written[0]);
        assert!(up.contains("ix_people_age_name"), "{up}");
        match database.backend() {
            // Pets refer to people, and SQLite would delete them with the old table.
            Backend::Sqlite => assert!(up.contains("ON UPDATE CASCADE") && up.contains("__new"), "{up}"),
            Backend::Postgres => assert!(up.contains("ALTER COLUMN \"name\" TYPE character varying(100)"), "{up}"),
            _ => assert!(up.contains("MODIFY COLUMN `name` varchar(100)"), "{up}"),
        }
        second.run(&engine).await?;
        engine.check(two::schema()).await?.into_result()?;
        assert_eq!(count(&engine, "SELECT count(*) FROM pets").await?, 2);

        let third = Migrations::new(three::schema(), folder.path());
        let refused = third.write(url, "three").await.unwrap_err().to_string();
        for part in [
            "`people.email` is NOT NULL, and existing rows without a value get ''",
            "drops `people.name` with its values",
            "write `#[column(renamed_from = \"name\")]`, or add `--rename people.name=full_name`",
            "`--backfill 'people.email=SQL'` gives `people.email` a value",
            "`--allow-loss` writes it anyway",
        ] {
            // On servers the column has a length, so that the two are not the same.
            if database.backend() == Backend::Sqlite || !part.contains("renamed_from") {
                assert!(refused.contains(part), "{part}\n{refused}");
            }
        }
        let third = third.rename("people.name", "full_name").backfill("people", "email", "'none'").ignore("_*");
        let lossy = third.plan(url).await?;
        assert_eq!(lossy.losses, ["drops `people.age` with its values"]);
        let third = third.allow_loss();
        third.write(url, "three").await?;
        third.run(&engine).await?;
        engine.check(three::schema()).await?.into_result()?;
        let kept = "SELECT count(*) FROM people WHERE full_name IN ('ann', 'bob') AND email = 'none' AND points = 0";
        assert_eq!(count(&engine, kept).await?, 2);
        assert_eq!(count(&engine, "SELECT count(*) FROM pets").await?, 2);

        let reverted = third.revert(&engine, 2).await?;
        assert_eq!(reverted.iter().map(|status| status.name.as_str()).collect::<Vec<_>>(), ["three", "two"]);
        engine.check(one::schema()).await?.into_result()?;
        assert_eq!(count(&engine, "SELECT count(*) FROM people WHERE name IN ('ann', 'bob')").await?, 2);
        assert_eq!(count(&engine, "SELECT count(*) FROM pets WHERE person_id = 1").await?, 2);
        Ok(())
    }

    async fn a_command_line_does_the_same(database: TestDatabase) -> Result<()> {
        let folder = orm_tests::directory();
        let path = folder.path().join("made by new");
        let path = path.to_str().expect("it is text");
        // A file, since each engine on memory has a separate database.
        let url = match database.backend() {
            Backend::Sqlite => format!("sqlite:{}", folder.path().join("app.db").display()),
            _ => database.url().to_owned(),
        };
        let ask = async |schema, words: &[&str]| {
            let all: Vec<&str> = words.iter().copied().chain(["--url", &url]).collect();
            command(schema, path, all).await == ExitCode::SUCCESS
        };
        assert!(!ask(one::schema(), &["run"]).await, "there is no folder");
        assert!(!ask(one::schema(), &["check"]).await, "there is no folder");
        assert!(ask(one::schema(), &["new", "one"]).await);
        assert!(ask(one::schema(), &["check"]).await);
        assert!(!ask(three::schema(), &["check"]).await, "the models define more");
        assert!(ask(one::schema(), &["run"]).await && ask(one::schema(), &["status"]).await);
        assert!(!ask(three::schema(), &["new", "three"]).await, "names are dropped");
        assert!(ask(three::schema(), &["sql", "--allow-loss"]).await);
        let words = ["new", "three", "--rename", "people.name=full_name", "--backfill=people.email='?'"];
        assert!(ask(three::schema(), &words).await);
        assert!(ask(three::schema(), &["run"]).await && ask(three::schema(), &["check"]).await);
        let engine = Engine::connect(&url).await?;
        engine.check(three::schema()).await?.into_result()?;
        assert!(ask(three::schema(), &["revert"]).await);
        engine.check(one::schema()).await?.into_result()?;
        for wrong in [&["new"][..], &["new", "!"], &["revert", "0"], &["fly"], &["run", "--fly"], &["new", "x", "--rename", "a"]] {
            assert!(!ask(one::schema(), wrong).await, "{wrong:?}");
        }
        engine.close().await;
        Ok(())
    }
}

#[tokio::test]
async fn a_rebuild_keeps_what_models_do_not_describe() -> Result<()> {
    let (folder, engine) = (orm_tests::directory(), Engine::connect("sqlite::memory:").await?);
    let migrations = Migrations::new(one::schema(), folder.path());
    migrations.write("sqlite:x", "one").await?;
    let by_hand = "CREATE INDEX by_hand ON people (lower(name));\n
        CREATE TABLE log (text TEXT);\n
        CREATE TRIGGER logged AFTER UPDATE ON people BEGIN INSERT INTO log VALUES (new.name); END;\n
        CREATE VIEW names AS SELECT name FROM people;\n";
    std::fs::write(folder.path().join("30000101000000_by_hand.sql"), by_hand).expect("it can be written");
    migrations.run(&engine).await?;
    run(
        &engine,
        &["INSERT INTO people (id, name) VALUES (1, 'ann')", "INSERT INTO pets (person_id) VALUES (1)"],
    )
    .await?;

    let refused = migrations.plan("sqlite:x").await?;
    assert_eq!(refused.losses, ["drops the table `log` with its rows"], "no model has it");
    let migrations = migrations.ignore("lo*");
    assert!(migrations.plan("sqlite:x").await?.is_empty());

    let third = Migrations::new(three::schema(), folder.path()).ignore("log");
    let third = third.rename("people.name", "full_name").backfill("people", "email", "full_name || '@'");
    let written = third.write("sqlite:x", "three").await?;
    let up = read(&written[0]);
    assert!(up.starts_with("-- no-transaction\n"), "{up}");
    third.run(&engine).await?;
    engine.check(three::schema()).await?.into_result()?;
    run(&engine, &["UPDATE people SET points = 3"]).await?;
    assert_eq!(count(&engine, "SELECT count(*) FROM log WHERE text = 'ann'").await?, 1);
    assert_eq!(count(&engine, "SELECT count(*) FROM names").await?, 1);
    assert_eq!(
        count(&engine, "SELECT count(*) FROM pets").await?,
        1,
        "dropping the old table deleted no row"
    );
    assert_eq!(count(&engine, "SELECT count(*) FROM people WHERE email = 'ann@'").await?, 1);
    let index = "SELECT count(*) FROM sqlite_schema WHERE name = 'by_hand'";
    assert_eq!(count(&engine, index).await?, 1);
    // Keys are checked again.
    assert!(run(&engine, &["INSERT INTO pets (person_id) VALUES (99)"]).await.is_err());
    Ok(())
}
