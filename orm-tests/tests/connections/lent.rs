//! The driver's connection that a session lends: what is done with it is in the session's transaction, and nothing that is
//! left on it reaches another session.

use std::time::Duration;

use orm_core::drivers::sqlx::Executor;
use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "coins")]
pub struct Coin {
    #[key]
    pub id: i64,
    #[column(unique, length = 20)]
    pub name: String,
}

const TEMPORARY: &str = "CREATE TEMPORARY TABLE left_over (id INTEGER)";
const LEFT_OVER: &str = "SELECT id FROM left_over";

/// An engine with one connection, which every session gets.
async fn engine(database: &TestDatabase) -> Result<Engine> {
    let engine = database.builder().pool_size(1).connect().await?;
    engine.create_all(schema![Coin]).await?;
    Ok(engine)
}

async fn count(engine: &Engine) -> Result<u64> {
    engine.session().count(select::<Coin>()).await
}

fn infinite(database: &TestDatabase) -> &'static str {
    match database.backend() {
        Backend::Sqlite => {
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        }
        Backend::Postgres => "SELECT pg_sleep(60)",
        Backend::Mysql | Backend::MysqlWithoutReturning => "SELECT SLEEP(60)",
    }
}

on_every_backend! {
    async fn what_is_done_with_it_is_in_the_transaction(database: TestDatabase) -> Result<()> {
        let engine = engine(&database).await?;
        let log = engine.record();
        for ends in [false, true] {
            let mut session = engine.session();
            session.add(Coin::draft().id(1).name("penny"));
            let mut connection = session.connection().await?;
            // What was pending has been flushed.
            connection.execute("UPDATE coins SET name = 'cent' WHERE id = 1").await?;
            connection.execute("INSERT INTO coins (id, name) VALUES (2, 'dime')").await?;
            assert!(session.in_transaction());
            assert_eq!(session.count(select::<Coin>().filter(Coin::NAME.is_in(["cent", "dime"]))).await?, 2);
            match ends {
                true => session.commit().await?,
                false => session.rollback().await?,
            }
            drop(session);
            assert_eq!(count(&engine).await?, if ends { 2 } else { 0 });
        }
        assert_eq!(log.count(), 6, "an INSERT and two counts, twice; what ran on it is not seen: {log}");
        assert!(!log.to_string().contains("cent'"), "{log}");
        Ok(())
    }

    async fn what_is_read_of_its_rows_is_undone_with_them(database: TestDatabase) -> Result<()> {
        let engine = engine(&database).await?;
        let mut session = engine.session();
        session.connection().await?.execute("INSERT INTO coins (id, name) VALUES (1, 'penny')").await?;
        assert!(session.get::<Coin>(1).await?.is_some());
        session.rollback().await?;
        assert!(session.get::<Coin>(1).await?.is_none());

        session.add(Coin::draft().id(1).name("penny"));
        session.commit().await?;
        session.expunge_all();
        session.connection().await?.execute("UPDATE coins SET name = 'cent' WHERE id = 1").await?;
        let coin = session.one(select::<Coin>()).await?;
        assert_eq!(coin.name, "cent");
        session.rollback().await?;
        session.all(select::<Coin>()).await?;
        assert_eq!(coin.name, "penny");
        Ok(())
    }

    async fn a_lent_connection_leaks_no_state_to_other_sessions(database: TestDatabase) -> Result<()> {
        let engine = engine(&database).await?;
        let mut session = engine.session();
        session.connection().await?.execute(TEMPORARY).await?;
        assert_eq!(session.rows(sql(LEFT_OVER).rows::<i64>()).await?, Vec::<i64>::new());
        session.commit().await?;
        drop(session);
        let gone = engine.session().rows(sql(LEFT_OVER).rows::<i64>()).await.unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::Database, "{gone}");

        // The same if the session continues with another transaction, and if it is dropped.
        let mut session = engine.session();
        session.connection().await?.execute(TEMPORARY).await?;
        session.rollback().await?;
        assert!(session.rows(sql(LEFT_OVER).rows::<i64>()).await.is_err());
        drop(session);
        assert_eq!(count(&engine).await?, 0);
        Ok(())
    }

    async fn a_transaction_that_is_ended_on_it_is_unknown(database: TestDatabase) -> Result<()> {
        let engine = engine(&database).await?;
        for sql in ["COMMIT", "ROLLBACK"] {
            let mut session = engine.session();
            session.add(Coin::draft().id(1).name("penny"));
            session.connection().await?.execute(sql).await?;
            let unknown = session.count(select::<Coin>()).await.unwrap_err();
            assert_eq!(unknown.kind(), ErrorKind::CommitUnknown, "{sql}: {unknown}");
            assert!(unknown.to_string().contains("session.connection()"), "{unknown}");
            let again = session.commit().await.unwrap_err();
            assert_eq!(again.kind(), ErrorKind::CommitUnknown, "{again}");
            session.rollback().await?;
            let there = u64::from(sql == "COMMIT");
            assert_eq!(session.count(select::<Coin>()).await?, there);
            assert_eq!(session.execute(delete::<Coin>()).await?, there);
            session.commit().await?;
        }
        // Not of a unit that would be done again.
        let refused = engine
            .transact(RetryPolicy::new(), async |session| {
                session.connection().await?.execute("COMMIT").await
            })
            .await
            .unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::CommitUnknown, "{refused}");
        Ok(())
    }

    async fn a_statement_that_fails_on_it_counts(database: TestDatabase) -> Result<()> {
        let engine = engine(&database).await?;
        let mut session = engine.session();
        session.add(Coin::draft().id(1).name("penny"));
        let mut connection = session.connection().await?;
        let twice = connection.execute("INSERT INTO coins (id, name) VALUES (2, 'penny')").await.unwrap_err();
        assert_eq!(twice.kind(), ErrorKind::UniqueViolation, "{twice}");
        let after = session.count(select::<Coin>()).await.map_err(|error| error.kind());
        match database.backend() {
            Backend::Postgres => assert_eq!(after, Err(ErrorKind::PendingRollback)),
            _ => assert_eq!(after, Ok(1)),
        }
        session.rollback().await?;

        // A savepoint undoes it, whatever the database makes of it.
        session.add(Coin::draft().id(1).name("penny"));
        let undone = session
            .nested(async |session| {
                let mut connection = session.connection().await?;
                connection.execute("INSERT INTO coins (id, name) VALUES (3, 'dime')").await?;
                connection.execute("INSERT INTO coins (id, name) VALUES (2, 'penny')").await
            })
            .await;
        assert_eq!(undone.unwrap_err().kind(), ErrorKind::UniqueViolation);
        session.nested(async |session| session.connection().await?.execute("UPDATE coins SET id = 7").await).await?;
        session.commit().await?;
        let mut session = engine.session();
        assert_eq!(session.rows(select_columns(Coin::ID)).await?, [7]);
        Ok(())
    }

    async fn one_that_is_dropped_half_way_waits_for_a_rollback(database: TestDatabase) -> Result<()> {
        let engine = engine(&database).await?;
        let mut session = engine.session();
        session.add(Coin::draft().id(1).name("penny"));
        let mut connection = session.connection().await?;
        let running = connection.execute(infinite(&database));
        assert!(tokio::time::timeout(Duration::from_millis(50), running).await.is_err());
        let waits = session.count(select::<Coin>()).await.unwrap_err();
        assert_eq!(waits.kind(), ErrorKind::PendingRollback, "{waits}");
        session.rollback().await?;
        assert_eq!(session.count(select::<Coin>()).await?, 0);
        Ok(())
    }

    async fn it_is_that_of_the_driver(database: TestDatabase) -> Result<()> {
        let engine = engine(&database).await?;
        let mut session = engine.session();
        session.add(Coin::draft().id(1).name("penny"));
        let mut connection = session.connection().await?;
        let elsewhere = match database.backend() {
            Backend::Sqlite => {
                let raw = |raw: &orm_core::drivers::rusqlite::Connection| {
                    raw.execute("INSERT INTO coins (id, name) VALUES (?1, ?2)", (2, "dime"))
                };
                assert_eq!(connection.sqlite(raw).await?, 1);
                let twice = connection.sqlite(raw).await.unwrap_err();
                assert_eq!(twice.kind(), ErrorKind::UniqueViolation, "{twice}");
                connection.postgres().map(|_| ())
            }
            Backend::Postgres => {
                let raw = connection.postgres()?;
                let mut copy = raw.copy_in_raw("COPY coins (id, name) FROM STDIN").await.map_err(Error::driver)?;
                copy.send(&b"2\tdime\n"[..]).await.map_err(Error::driver)?;
                assert_eq!(copy.finish().await.map_err(Error::driver)?, 1);
                connection.mysql().map(|_| ())
            }
            Backend::Mysql | Backend::MysqlWithoutReturning => {
                let query = orm_core::drivers::sqlx::query("INSERT INTO coins (id, name) VALUES (?, ?)").bind(2).bind("dime");
                assert_eq!(connection.mysql()?.execute(query).await.map_err(Error::driver)?.rows_affected(), 1);
                connection.postgres().map(|_| ())
            }
        };
        assert_eq!(elsewhere.unwrap_err().kind(), ErrorKind::InvalidState);
        session.commit().await?;
        assert_eq!(count(&engine).await?, 2);
        Ok(())
    }

    async fn readers_do_not_write_with_it(database: TestDatabase) -> Result<()> {
        let engine = engine(&database).await?;
        let mut session = engine.read_session();
        let refused = session.connection().await?.execute("INSERT INTO coins (id, name) VALUES (1, 'penny')").await;
        assert!(refused.is_err());
        session.rollback().await?;
        assert_eq!(count(&engine).await?, 0);
        Ok(())
    }
}

#[tokio::test]
async fn a_function_that_panics_does_so_in_its_caller() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    let other = engine.clone();
    let work = tokio::spawn(async move {
        let mut session = other.session();
        let mut connection = session.connection().await?;
        connection.sqlite(|_| -> orm_core::drivers::rusqlite::Result<()> { panic!("no such coin") }).await
    });
    let panicked = work.await.unwrap_err();
    assert!(panicked.is_panic());
    assert_eq!(engine.session().row(sql("SELECT 1").rows::<i64>()).await?, 1);
    Ok(())
}

/// The driver keeps statements only by their text; the program's text may be the same as one of the library's.
#[tokio::test]
async fn texts_of_the_program_are_not_those_of_the_library() {
    orm_tests::run(Backend::Postgres, |database| async move {
        let engine = database.engine().await?;
        let mut session = engine.session();
        let text = "SELECT $1";
        let of_library =
            async |session: &mut Session| session.row(sql("SELECT ?").bind(7).rows::<i64>()).await;
        assert_eq!(of_library(&mut session).await?, 7);
        let mut connection = session.connection().await?;
        let query = orm_core::drivers::sqlx::query_scalar::<_, String>(text).bind("seven");
        assert_eq!(query.fetch_one(connection.postgres()?).await.map_err(Error::driver)?, "seven");
        assert_eq!(of_library(&mut session).await?, 7);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn texts_of_on_connect_are_not_those_of_the_library() {
    orm_tests::run(Backend::Postgres, |database| async move {
        let builder = database.builder().on_connect(|connection| {
            Box::pin(async move {
                let query = orm_core::drivers::sqlx::query_scalar::<_, String>("SELECT $1").bind("seven");
                query.fetch_one(connection.postgres()?).await.map_err(Error::driver).map(drop)
            })
        });
        let engine = builder.connect().await?;
        assert_eq!(engine.session().row(sql("SELECT ?").bind(7).rows::<i64>()).await?, 7);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn it_is_not_lent_behind_a_pooler() {
    orm_tests::run(Backend::Postgres, |database| async move {
        let engine = database.builder().pooler(orm_core::options::Pooler::Transaction).connect().await?;
        let mut session = engine.session();
        let refused = session.connection().await.map(|_| ()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidState, "{refused}");
        assert_eq!(session.row(sql("SELECT 1").rows::<i64>()).await?, 1);
        Ok(())
    })
    .await;
}
