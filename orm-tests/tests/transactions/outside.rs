//! What cannot run inside a transaction runs outside one, and what a statement leaves on a connection ends with the
//! connection.

use std::time::Duration;

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "notes")]
pub struct Note {
    #[key]
    pub id: i64,
    pub text: String,
}

/// An engine of one connection, whose database is a file where possible.
async fn notes(database: &TestDatabase) -> Result<(Engine, Option<tempfile::TempDir>)> {
    let (builder, directory) = match database.backend() {
        Backend::Sqlite => {
            let directory = orm_tests::directory();
            let url = format!("sqlite:{}", directory.path().join("notes.db").display());
            (Engine::builder(&url), Some(directory))
        }
        _ => (database.builder(), None),
    };
    let engine = builder.pool_size(1).connect().await?;
    engine.create_all(schema![Note]).await?;
    let mut session = engine.session();
    session.add(Note::draft().id(1).text("a"));
    session.commit().await?;
    Ok((engine, directory))
}

/// Statements that change no table and run only outside a transaction.
fn outside(database: &TestDatabase) -> &'static [&'static str] {
    match database.backend() {
        Backend::Sqlite => {
            &["VACUUM", "PRAGMA foreign_keys = ON", "PRAGMA wal_checkpoint", "PRAGMA journal_mode = delete"]
        }
        Backend::Postgres => {
            &["VACUUM notes", "CREATE INDEX CONCURRENTLY IF NOT EXISTS by_text ON notes (text)"]
        }
        _ => &["OPTIMIZE TABLE notes", "ANALYZE TABLE notes", "FLUSH TABLES", "TRUNCATE TABLE notes"],
    }
}

on_every_backend! {
    async fn a_statement_that_no_transaction_takes_runs_outside_one(database: TestDatabase) -> Result<()> {
        let (engine, _directory) = notes(&database).await?;
        for text in outside(&database) {
            let mut session = engine.session();
            session.add(Note::draft().id(2).text("b"));
            session.flush().await?;
            let refused = session.execute(sql(text)).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidQuery, "{text}: {refused}");
            assert!(refused.to_string().contains("session.commit()"), "{text}: {refused}");
            // The transaction continues, and the connection stays with the session.
            assert_eq!(session.count(select::<Note>()).await?, 2, "{text}");
            session.rollback().await?;

            session.execute(sql(text)).await?;
            assert!(!session.in_transaction(), "{text}");
            session.begin().await?;
            session.execute(sql(text)).await?;
            assert!(!session.in_transaction(), "nothing was in it: {text}");
            session.close().await?;
        }
        let refused = engine.read_session().execute(sql(outside(&database)[0])).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidState, "{refused}");
        let mut session = engine.session();
        let refused = session.stream(sql(outside(&database)[0]).rows::<i64>()).next_batch().await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidQuery, "{refused}");
        Ok(())
    }

    async fn a_setting_goes_with_its_session(database: TestDatabase) -> Result<()> {
        let (engine, _directory) = notes(&database).await?;
        let (sets, asks, changed, usual) = match database.backend() {
            Backend::Sqlite => ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys", 0, 1),
            Backend::Postgres => (
                "SET statement_timeout = 60000",
                "SELECT CAST(replace(replace(current_setting('statement_timeout'), '1min', '60000'), 'ms', '') AS bigint)",
                60_000,
                0,
            ),
            _ => ("SET SESSION max_sort_length = 900", "SELECT CAST(@@session.max_sort_length AS SIGNED)", 900, 1_024),
        };
        for end in 0..4 {
            let mut session = engine.session();
            session.execute(sql(sets)).await?;
            assert_eq!(session.row(sql(asks).rows::<i64>()).await?, changed, "the session's own");
            match end {
                0 => session.commit().await?,
                1 => session.rollback().await?,
                2 => session.close().await?,
                _ => drop(session),
            }
            assert_eq!(engine.session().row(sql(asks).rows::<i64>()).await?, usual, "end {end}");
        }
        Ok(())
    }

    async fn a_temporary_table_goes_with_its_session(database: TestDatabase) -> Result<()> {
        let (engine, _directory) = notes(&database).await?;
        for _ in 0..2 {
            let mut session = engine.session();
            // It would hide the table of the same name.
            session.execute(sql("CREATE TEMPORARY TABLE notes (id BIGINT, text VARCHAR(9))")).await?;
            assert_eq!(session.count(select::<Note>()).await?, 0);
            session.commit().await?;
            assert_eq!(engine.session().count(select::<Note>()).await?, 1);
        }
        Ok(())
    }

    async fn a_lock_of_a_connection_goes_with_its_session(database: TestDatabase) -> Result<()> {
        let (lock, taken) = match database.backend() {
            Backend::Sqlite => return Ok(()),
            Backend::Postgres => ("SELECT CAST(pg_try_advisory_lock(7) AS int)", 1_i32),
            _ => ("SELECT CAST(GET_LOCK('seven', 0) AS SIGNED INTEGER)", 1),
        };
        let (engine, _directory) = notes(&database).await?;
        let function = || match database.backend() {
            Backend::Postgres => select_columns(func::custom::<bool>("pg_try_advisory_lock", func::value(7i64))),
            _ => {
                let arguments = (func::value("seven".to_owned()), func::value(0i64));
                select_columns(func::custom::<bool>("get_lock", arguments))
            }
        };
        let engines = [engine.clone(), database.builder().pool_size(1).connect().await?];
        for turn in 0..6 {
            // It is free when the server has seen that the other connection was closed.
            let free = async {
                loop {
                    let mut session = engines[turn % 2].session();
                    let got = match turn {
                        4 | 5 => session.row(function()).await?,
                        _ => i64::from(session.row(sql(lock).rows::<i32>()).await.or_else(|_| Ok::<_, Error>(0))?) == i64::from(taken),
                    };
                    if got {
                        session.commit().await?;
                        return Ok::<_, Error>(());
                    }
                    drop(session);
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(20), free).await.expect("the lock is free")?;
        }
        Ok(())
    }

    async fn statements_behind_the_sessions_back_are_refused(database: TestDatabase) -> Result<()> {
        let (engine, _directory) = notes(&database).await?;
        let mut session = engine.session();
        session.add(Note::draft().id(2).text("b"));
        session.flush().await?;
        let log = engine.record();
        let refused: &[&str] = match database.backend() {
            Backend::Sqlite | Backend::Postgres => &["SELECT 1\0; COMMIT"],
            _ => &[
                "SELECT 1\0; COMMIT", "SET `autocommit` = 1", "SET @a = 1, @@session.autocommit := 1",
                "SET PASSWORD = 'x'", "STOP SLAVE", "CHANGE MASTER TO MASTER_HOST = 'nowhere'", "LOCK TABLES notes WRITE",
            ],
        };
        for text in refused {
            let error = session.execute(sql(text)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{text}: {error}");
        }
        assert_eq!(log.count(), 0, "{log}");
        session.rollback().await?;
        assert_eq!(engine.session().count(select::<Note>()).await?, 1, "nothing was committed");
        Ok(())
    }
}

#[tokio::test]
async fn sqlite_compiles_no_pragma_to_learn_what_it_does() -> Result<()> {
    let engine = Engine::builder("sqlite::memory:").pool_size(1).connect().await?;
    engine.create_all(schema![Note]).await?;
    let mut session = engine.session();
    let two = session.execute(sql("SELECT 1; PRAGMA foreign_keys = OFF")).await.unwrap_err();
    assert!(two.to_string().contains("several statements"), "{two}");
    let mut reader = engine.read_session();
    for text in ["PRAGMA foreign_keys = OFF", "EXPLAIN PRAGMA foreign_keys = OFF", "PRAGMA [foreign_keys](0)"]
    {
        session.close().await?;
        reader.execute(sql(text)).await.unwrap_err();
        reader.stream(sql(text).rows::<i64>()).next_batch().await.unwrap_err();
        assert_eq!(reader.row(sql("PRAGMA foreign_keys").rows::<i64>()).await?, 1, "{text}");
        reader.close().await?;
        assert_eq!(session.row(sql("PRAGMA foreign_keys").rows::<i64>()).await?, 1, "{text}");
    }
    session.execute(sql("SELECT 1; -- and nothing else\n /* ; */ ;")).await?;
    Ok(())
}

#[tokio::test]
async fn the_journal_of_a_file_is_changed_for_every_connection() -> Result<()> {
    let directory = orm_tests::directory();
    let url = format!("sqlite:{}", directory.path().join("notes.db").display());
    let engine = Engine::builder(&url).pool_size(2).connect().await?;
    let mut session = engine.session();
    assert_eq!(session.row(sql("PRAGMA journal_mode = wal").rows::<String>()).await?, "wal");
    session.execute(sql("PRAGMA page_size = 8192")).await?;
    assert_eq!(session.row(sql("PRAGMA journal_mode = delete").rows::<String>()).await?, "delete");
    session.execute(sql("VACUUM")).await?;
    session.close().await?;
    let mut session = engine.session();
    assert_eq!(session.row(sql("PRAGMA page_size").rows::<i64>()).await?, 8_192);
    Ok(())
}
