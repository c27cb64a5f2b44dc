//! What every connection is set to: by the builder, and by a function that is called with each new one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use orm_core::options::{JournalMode, Pooler, Synchronous};
use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

/// A setting that each database has, and how it is asked for.
fn setting(database: &TestDatabase) -> (&'static str, &'static str) {
    match database.backend() {
        Backend::Sqlite => ("PRAGMA cache_size = 4321", "PRAGMA cache_size"),
        Backend::Postgres => (
            "SET work_mem = '4321kB'",
            "SELECT CAST(trim(trailing 'kB' FROM current_setting('work_mem')) AS BIGINT)",
        ),
        Backend::Mysql | Backend::MysqlWithoutReturning => {
            ("SET SESSION sort_buffer_size = 43210", "SELECT CAST(@@sort_buffer_size DIV 10 AS SIGNED)")
        }
    }
}

on_every_backend! {
    async fn each_new_connection_is_set(database: TestDatabase) -> Result<()> {
        let calls = Arc::new(AtomicU32::new(0));
        let (counted, (set, get)) = (Arc::clone(&calls), setting(&database));
        let engine = database
            .builder()
            .pool_size(2)
            .on_connect(move |connection| {
                counted.fetch_add(1, Ordering::Relaxed);
                connection.execute(set)
            })
            .connect()
            .await?;
        assert_eq!(calls.load(Ordering::Relaxed), 1, "connecting makes the first one");
        let (mut one, mut two) = (engine.session(), engine.session());
        for session in [&mut one, &mut two] {
            assert_eq!(session.row(sql(get).rows::<i64>()).await?, 4321);
        }
        one.rollback().await?;
        two.rollback().await?;
        for _ in 0..3 {
            assert_eq!(engine.session().row(sql(get).rows::<i64>()).await?, 4321);
        }
        assert_eq!(calls.load(Ordering::Relaxed), 2, "one that comes back is not a new one");
        Ok(())
    }

    async fn nothing_connects_if_it_refuses(database: TestDatabase) -> Result<()> {
        let refused = database
            .builder()
            .on_connect(|connection| connection.execute("no such statement"))
            .connect()
            .await
            .unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Database, "{refused}");
        let refused = database
            .builder()
            .on_connect(|_| Box::pin(async { Err(Error::other("not today")) }))
            .connect()
            .await
            .unwrap_err();
        assert_eq!((refused.kind(), refused.to_string().as_str()), (ErrorKind::Other, "not today"));

        // After the first connection it is the statement's error, and the pool has its place back.
        let calls = Arc::new(AtomicU32::new(0));
        let builder = database.builder().pool_size(1).on_connect(move |_| {
            let first = calls.fetch_add(1, Ordering::Relaxed) != 1;
            Box::pin(async move { if first { Ok(()) } else { Err(Error::other("not again")) } })
        });
        let engine = builder.connect().await?;
        engine.session().connection().await?;
        let refused = engine.session().row(sql("SELECT 1").rows::<i64>()).await.unwrap_err();
        assert_eq!(refused.to_string(), "not again");
        assert_eq!(engine.session().row(sql("SELECT 1").rows::<i64>()).await?, 1);
        Ok(())
    }

    async fn a_statement_takes_no_longer_than_it_may(database: TestDatabase) -> Result<()> {
        let builder = database.builder().statement_timeout(Duration::from_millis(1500));
        let slow = match database.backend() {
            Backend::Sqlite => {
                let refused = builder.connect().await.unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::Configuration, "{refused}");
                return Ok(());
            }
            Backend::Postgres => "SELECT 1::bigint FROM pg_sleep(60)",
            Backend::Mysql | Backend::MysqlWithoutReturning => {
                "SELECT COUNT(*) FROM information_schema.collations a, information_schema.collations b, \
                 information_schema.collations c, information_schema.collations d"
            }
        };
        let engine = builder.connect().await?;
        let mut session = engine.session();
        let stopped = session.row(sql(slow).rows::<i64>()).await.unwrap_err();
        assert_eq!(stopped.kind(), ErrorKind::StatementTimeout, "{stopped}");
        assert!(!stopped.is_retryable());
        session.rollback().await?;
        assert_eq!(session.row(sql("SELECT 1").rows::<i64>()).await?, 1);
        Ok(())
    }

    async fn schemas_and_names_are_those_of_postgres(database: TestDatabase) -> Result<()> {
        let builder = database.builder().application_name("shop of jack");
        let searching = builder.clone().search_path(["a \"b\"", "public"]);
        let Backend::Postgres = database.backend() else {
            builder.connect().await?;
            let refused = searching.connect().await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Configuration, "{refused}");
            assert!(refused.to_string().contains("search_path"), "{refused}");
            return Ok(());
        };
        database.run("CREATE SCHEMA \"a \"\"b\"\"\"").await;
        let engine = searching.connect().await?;
        let mut session = engine.session();
        let asked = sql("SELECT current_schema()::text, current_setting('application_name')");
        let (schema, name) = session.row(asked.rows::<(String, String)>()).await?;
        assert_eq!((schema.as_str(), name.as_str()), ("a \"b\"", "shop of jack"));

        for builder in [
            database.builder().search_path(["public"]),
            database.builder().statement_timeout(Duration::from_secs(1)),
            database.builder().on_connect(|_| Box::pin(async { Ok(()) })),
        ] {
            let refused = builder.pooler(Pooler::Transaction).connect().await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Configuration, "{refused}");
        }
        Ok(())
    }
}

/// What a connection of SQLite is set to.
async fn pragmas(engine: &Engine) -> Result<(String, [i64; 3])> {
    let mut session = engine.session();
    let journal = session.row(sql("PRAGMA journal_mode").rows::<String>()).await?;
    let mut numbers = [0; 3];
    let asked = ["PRAGMA synchronous", "PRAGMA foreign_keys", "PRAGMA busy_timeout"];
    for (number, sql_text) in numbers.iter_mut().zip(asked) {
        *number = session.row(sql(sql_text).rows::<i64>()).await?;
    }
    Ok((journal, numbers))
}

#[tokio::test]
async fn pragmas_come_from_the_url_and_the_builder() -> Result<()> {
    let directory = orm_tests::directory();
    let url = format!("sqlite:{}/app.db", directory.path().display());
    let of = async |url: &str| pragmas(&Engine::connect(url).await?).await;
    // The library waits for locks itself, so SQLite reports that it does not wait.
    assert_eq!(of(&url).await?, ("delete".to_owned(), [2, 1, 0]));
    let set = format!("{url}?journal_mode=WAL&synchronous=normal&foreign_keys=off&busy_timeout=1");
    assert_eq!(of(&set).await?, ("wal".to_owned(), [1, 0, 0]));
    assert_eq!(of(&url).await?, ("wal".to_owned(), [2, 1, 0]), "the file remembers its journal");
    let builder = Engine::builder(&set).journal_mode(JournalMode::Truncate).synchronous(Synchronous::Extra);
    let engine = builder.foreign_keys(true).connect().await?;
    assert_eq!(pragmas(&engine).await?, ("truncate".to_owned(), [3, 1, 0]), "the builder counts");

    // The busy timeout is what a statement waits.
    let (mut holder, mut waiting) =
        (engine.session(), Engine::connect(&format!("{url}?busy_timeout=1")).await?.session());
    holder.begin().await?;
    let busy = waiting.begin().await.unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Busy, "{busy}");
    holder.rollback().await?;
    engine.close().await;

    let refused = Engine::connect(&format!("{url}?mode=ro&journal_mode=wal")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Connection, "{refused}");
    let memory = Engine::builder("sqlite::memory:?synchronous=full").journal_mode(JournalMode::Delete);
    assert_eq!(
        pragmas(&memory.connect().await?).await?,
        ("wal".to_owned(), [0, 1, 0]),
        "it goes with the engine"
    );
    Ok(())
}
