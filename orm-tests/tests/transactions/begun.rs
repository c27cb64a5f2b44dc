//! What begins a transaction implicitly: a statement that may write, and every statement if the session's options set a
//! transaction.

use std::time::Duration;

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "entries")]
pub struct Entry {
    #[key]
    pub id: i64,
    pub number: i64,
}

/// Another table: a function on MySQL does not write to those that its statement reads.
#[derive(Model, Debug)]
#[model(table = "seeds")]
pub struct Seed {
    #[key]
    pub id: i64,
}

#[derive(FromRow, Debug)]
struct Row {
    id: i64,
}

/// A journal with one entry, and the directory of its database where that is a file.
async fn journal(database: &TestDatabase) -> Result<(Engine, Option<tempfile::TempDir>)> {
    let (builder, directory) = match database.backend() {
        Backend::Sqlite => {
            let directory = orm_tests::directory();
            let url = format!("sqlite:{}", directory.path().join("journal.db").display());
            (Engine::builder(&url), Some(directory))
        }
        _ => (database.builder(), None),
    };
    let engine = builder.pool_size(12).pool_timeout(Duration::from_secs(20)).connect().await?;
    engine.create_all(schema![Entry, Seed]).await?;
    let mut session = engine.session();
    session.add(Seed::draft().id(1));
    session.add(Entry::draft().id(1).number(1));
    session.commit().await?;
    Ok((engine, directory))
}

async fn count(engine: &Engine) -> Result<u64> {
    engine.session().count(select::<Entry>()).await
}

const INSERT: &str = "INSERT INTO entries (id, number) VALUES (9, 9) RETURNING id, number";

/// A function that writes an entry, where functions can.
async fn function(database: &TestDatabase) {
    let body = match database.backend() {
        Backend::Sqlite => return,
        Backend::Postgres => {
            "RETURNS bigint LANGUAGE sql AS 'INSERT INTO entries (id, number) VALUES (9, 9) RETURNING id'"
        }
        _ => {
            "RETURNS BIGINT MODIFIES SQL DATA \
             BEGIN INSERT INTO entries (id, number) VALUES (9, 9); RETURN 9; END"
        }
    };
    for signature in ["enter()", "enter_more(n BIGINT)"] {
        database.run(&format!("CREATE FUNCTION {signature} {body}")).await;
    }
}

on_every_backend! {
    async fn sql_that_writes_and_returns_rows_is_in_a_transaction(database: TestDatabase) -> Result<()> {
        if !database.returns().await {
            return Ok(());
        }
        let (engine, _directory) = journal(&database).await?;
        for way in 0..4 {
            let mut session = engine.session();
            let entity = match way {
                0 => {
                    assert_eq!(session.rows(sql(INSERT).rows::<(i64, i64)>()).await?, [(9, 9)]);
                    None
                }
                1 => {
                    assert_eq!(session.row(sql(INSERT).structs::<Row>()).await?.id, 9);
                    None
                }
                2 => Some(session.row(sql(INSERT).entities::<Entry>()).await?),
                _ => {
                    assert_eq!(session.execute(sql("INSERT INTO entries (id, number) VALUES (9, 9)")).await?, 1);
                    None
                }
            };
            assert!(session.in_transaction(), "way {way}");
            assert_eq!(session.count(select::<Entry>()).await?, 2);
            session.rollback().await?;
            assert_eq!(session.count(select::<Entry>()).await?, 1, "way {way}");
            if let Some(entity) = entity {
                assert!(session.get::<Entry>(9).await?.is_none(), "what was taken back is not held: {entity:?}");
            }
            // And a commit keeps it.
            session.rows(sql(INSERT).rows::<(i64, i64)>()).await?;
            session.commit().await?;
            assert_eq!(count(&engine).await?, 2);
            session.execute(delete::<Entry>().filter(Entry::ID.eq(9))).await?;
            session.commit().await?;
        }
        Ok(())
    }

    async fn what_only_reads_begins_nothing(database: TestDatabase) -> Result<()> {
        let (engine, _directory) = journal(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        session.rows(sql("SELECT id, 'update; insert into' FROM entries WHERE id > ?").bind(0).rows::<(i64, String)>()).await?;
        session.rows(sql("SELECT max(number), coalesce(min(id), 0) FROM entries").rows::<(Option<i64>, i64)>()).await?;
        session.rows(sql("WITH a(n) AS (SELECT id FROM entries) SELECT n FROM a").rows::<i64>()).await?;
        session.rows(sql("SELECT id FROM entries").entities::<Entry>()).await.unwrap_err();
        session.rows(select_columns(func::custom::<i64>("abs", Entry::ID))).await?;
        session.explain(&select::<Entry>()).await?;
        session.execute(sql("SELECT 1")).await?;
        let mut stream = session.stream(sql("SELECT id FROM entries").rows::<i64>());
        stream.next_batch().await?;
        drop(stream);
        assert!(!session.in_transaction(), "{log}");
        assert_eq!(log.count(), 8, "{log}");
        Ok(())
    }

    async fn functions_that_are_not_known_may_write(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        let (engine, _directory) = journal(&database).await?;
        function(&database).await;
        let entered = || func::condition("enter_more(?) = 9", Seed::ID);
        for way in 0..6 {
            let mut session = engine.session();
            let made = match way {
                0 => session.row(sql("SELECT enter()").rows::<i64>()).await?,
                // Raw SQL as a part of a query.
                3 => session.row(select_columns(func::fragment::<i64>("enter_more(?)", Seed::ID))).await?,
                4 => 8 + session.one(select::<Seed>().filter(entered())).await?.id,
                5 => 8 + i64::try_from(session.count(select::<Seed>().filter(entered())).await?).expect("one"),
                1 => {
                    let query = select_columns(func::custom::<i64>("enter_more", Seed::ID));
                    session.row(query).await?
                }
                _ => {
                    let mut stream = session.stream(sql("SELECT enter()").rows::<i64>());
                    stream.next_batch().await?.expect("there is a row")[0]
                }
            };
            assert_eq!(made, 9);
            assert!(session.in_transaction(), "way {way}");
            session.rollback().await?;
            assert_eq!(count(&engine).await?, 1, "way {way}");
        }
        // What may write is sent by a session that only reads, and the database refuses what does.
        let mut session = engine.read_session();
        session.row(sql("SELECT enter()").rows::<i64>()).await.unwrap_err();
        session.rollback().await?;
        session.all(select::<Seed>().filter(entered())).await.unwrap_err();
        session.rollback().await?;
        assert_eq!(count(&engine).await?, 1);
        Ok(())
    }

    async fn a_session_that_only_reads_refuses_sql_that_writes(database: TestDatabase) -> Result<()> {
        let (engine, _directory) = journal(&database).await?;
        let mut session = engine.read_session();
        let log = engine.record();
        let refused = [
            session.rows(sql(INSERT).rows::<(i64, i64)>()).await.map(drop),
            session.rows(sql(INSERT).structs::<Row>()).await.map(drop),
            session.rows(sql(INSERT).entities::<Entry>()).await.map(drop),
            session.execute(sql("DELETE FROM entries")).await.map(drop),
            session.execute(sql("CREATE TABLE more (id INTEGER)")).await.map(drop),
        ];
        for refused in refused {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
            assert!(error.to_string().contains("session is read-only"), "{error}");
        }
        assert_eq!(log.count(), 0, "{log}");
        assert_eq!(session.count(select::<Entry>()).await?, 1, "it goes on");
        session.execute(sql("DELETE FROM entries")).await.unwrap_err();
        assert_eq!(session.count(select::<Entry>()).await?, 1, "in its transaction as well");
        session.close().await?;

        let mut session = engine.session();
        session.begin_with(TransactionOptions::new().read_only()).await?;
        let error = session.rows(sql(INSERT).rows::<(i64, i64)>()).await.unwrap_err();
        assert!(error.to_string().contains("transaction is read-only"), "{error}");
        session.commit().await?;
        assert_eq!(count(&engine).await?, 1);
        Ok(())
    }

    async fn locks_of_raw_sql_are_held(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        let (engine, _directory) = journal(&database).await?;
        let (mut session, mut other) = (engine.session(), engine.session());
        for text in ["SELECT id FROM entries WHERE id = 1 FOR UPDATE", "SELECT number FROM (SELECT * FROM entries FOR UPDATE) AS e"] {
            session.rows(sql(text).rows::<i64>()).await?;
            assert!(session.in_transaction(), "{text}");
            let taken = other.all(select::<Entry>().for_update().no_wait()).await;
            assert_eq!(taken.unwrap_err().kind(), ErrorKind::Busy, "{text}");
            other.rollback().await?;
            session.commit().await?;
            assert_eq!(other.all(select::<Entry>().for_update().no_wait()).await?.len(), 1);
            other.rollback().await?;
        }
        Ok(())
    }

    async fn explain_analyze_may_write(database: TestDatabase) -> Result<()> {
        let analyze = match database.backend() {
            Backend::Postgres => "EXPLAIN (ANALYZE) DELETE FROM entries",
            Backend::Sqlite => return Ok(()),
            // MySQL analyses no DELETE of one table.
            _ if !database.returns().await => return Ok(()),
            _ => "ANALYZE FORMAT=JSON DELETE FROM entries",
        };
        let (engine, _directory) = journal(&database).await?;
        let mut session = engine.session();
        session.execute(sql("EXPLAIN DELETE FROM entries")).await?;
        assert!(!session.in_transaction());
        assert!(!session.rows(sql(analyze).rows::<String>()).await?.is_empty());
        assert!(session.in_transaction());
        session.rollback().await?;
        assert_eq!(count(&engine).await?, 1);
        Ok(())
    }

    async fn common_table_expressions_may_write(database: TestDatabase) -> Result<()> {
        let text = match database.backend() {
            Backend::Postgres => "WITH gone AS (DELETE FROM entries RETURNING id) SELECT id FROM gone",
            Backend::Sqlite => "WITH one AS (SELECT 1 AS n) DELETE FROM entries WHERE id IN (SELECT n FROM one) RETURNING id",
            _ => return Ok(()),
        };
        let (engine, _directory) = journal(&database).await?;
        let mut session = engine.session();
        assert_eq!(session.rows(sql(text).rows::<i64>()).await?, [1]);
        assert!(session.in_transaction());
        session.rollback().await?;
        let mut stream = session.stream(sql(text).rows::<i64>());
        assert_eq!(stream.next_batch().await.unwrap_err().kind(), ErrorKind::InvalidQuery);
        drop(stream);
        assert_eq!(count(&engine).await?, 1);
        let refused = engine.read_session().rows(sql(text).rows::<i64>()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidState, "{refused}");
        Ok(())
    }

    async fn transaction_options_begin_one_at_the_first_statement(database: TestDatabase) -> Result<()> {
        let (engine, _directory) = journal(&database).await?;
        let plain = TransactionOptions::new();
        let all = [plain.isolation(Isolation::Serializable), plain.read_only(), plain.deferrable()];
        for options in all {
            for way in 0..6 {
                let mut session = engine.session_with(SessionOptions::new().transactions(options));
                match way {
                    0 => drop(session.get::<Entry>(1).await?),
                    1 => drop(session.count(select::<Entry>()).await?),
                    2 => drop(session.all(select::<Entry>()).await?),
                    3 => drop(session.rows(sql("SELECT id FROM entries").rows::<i64>()).await?),
                    4 => drop(session.rows(select_columns(Entry::ID)).await?),
                    _ => drop(session.stream(select::<Entry>()).next_batch().await?),
                }
                assert!(session.in_transaction(), "{options:?}, way {way}");
                // What is asked for is what has begun.
                if way == 0 {
                    session.begin().await?;
                    assert_eq!(session.begin().await.unwrap_err().kind(), ErrorKind::InvalidState);
                }
                if way == 1 {
                    session.transaction(async |session| session.count(select::<Entry>()).await).await?;
                    assert!(!session.in_transaction());
                }
                if way == 2 {
                    session.commit().await?;
                }
            }
        }
        // The next session finds connections as they should be.
        let mut session = engine.session();
        session.add(Entry::draft().id(2).number(1));
        session.commit().await?;
        assert_eq!(count(&engine).await?, 2);
        Ok(())
    }

    async fn an_isolation_covers_what_is_read_before_the_first_write(database: TestDatabase) -> Result<()> {
        let (engine, _directory) = journal(&database).await?;
        let options = SessionOptions::new().transactions(TransactionOptions::new().isolation(Isolation::Serializable));
        let tasks = (0..6).map(|_| {
            let (engine, options) = (engine.clone(), options.clone());
            tokio::spawn(async move {
                loop {
                    let mut session = engine.session_with(options.clone());
                    let done = async {
                        let entry = session.get::<Entry>(1).await?.expect("it is there");
                        tokio::time::sleep(Duration::from_millis(2)).await;
                        session.edit(&entry, |entry| entry.number += 1)?;
                        session.commit().await
                    };
                    match done.await {
                        Err(error) if error.is_retryable() => session.rollback().await?,
                        done => return done,
                    }
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.expect("no task panics")?;
        }
        let entry = engine.session().one(select::<Entry>()).await?;
        assert_eq!(entry.number, 7, "no work is lost");
        Ok(())
    }

    async fn a_dropped_session_that_only_read_keeps_its_connection(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        drop(journal(&database).await?);
        let engine = database.builder().pool_size(1).connect().await?;
        let text = if database.is_mysql() { "SELECT CAST(connection_id() AS SIGNED)" } else { "SELECT CAST(pg_backend_pid() AS bigint)" };
        let mut seen = Vec::new();
        for _ in 0..4 {
            let mut session = engine.read_session();
            seen.push(session.row(sql(text).rows::<i64>()).await?);
            assert!(session.in_transaction());
        }
        assert!(seen.iter().all(|process| *process == seen[0]), "{seen:?}");
        Ok(())
    }

    async fn raw_sql_neither_begins_nor_ends_transactions(database: TestDatabase) -> Result<()> {
        let (engine, _directory) = journal(&database).await?;
        let mut session = engine.session();
        session.add(Entry::draft().id(2).number(2));
        session.flush().await?;
        let log = engine.record();
        let refuse = |error: Error| {
            assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}");
            assert!(error.to_string().contains("session.rollback()"), "{error}");
        };
        for text in ["BEGIN", "COMMIT", "ROLLBACK", "-- now\n rollback", "; COMMIT", "SAVEPOINT a", "RELEASE SAVEPOINT a", "ROLLBACK TO SAVEPOINT a"] {
            refuse(session.execute(sql(text)).await.unwrap_err());
            refuse(session.rows(sql(text).rows::<i64>()).await.unwrap_err());
            refuse(session.stream(sql(text).rows::<i64>()).next_batch().await.unwrap_err());
        }
        assert_eq!(log.count(), 0, "{log}");
        if database.is_mysql() {
            let error = session.execute(sql("CREATE TABLE more (id INTEGER)")).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}");
            assert!(error.to_string().contains("session.commit()"), "{error}");
        } else {
            session.execute(sql("CREATE TABLE more (id INTEGER)")).await?;
        }
        session.commit().await?;
        assert_eq!(count(&engine).await?, 2);
        if database.is_mysql() {
            session.execute(sql("CREATE TABLE more (id INTEGER)")).await?;
            assert!(!session.in_transaction(), "it has committed by itself");
        }
        Ok(())
    }
}

/// Statements that only SQLite can run.
#[tokio::test]
async fn sqlite_reports_what_writes() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Entry]).await?;
    let mut session = engine.session();
    assert_eq!(session.row(sql("PRAGMA user_version").rows::<i64>()).await?, 0);
    assert!(!session.in_transaction());
    session.rows(sql("PRAGMA user_version = 3").rows::<i64>()).await?;
    assert!(session.in_transaction());
    session.rollback().await?;
    assert_eq!(session.row(sql("PRAGMA user_version").rows::<i64>()).await?, 0);
    let refused = engine.read_session().rows(sql("PRAGMA user_version = 3").rows::<i64>()).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidState);
    Ok(())
}
