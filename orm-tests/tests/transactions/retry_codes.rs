//! Errors of servers about conflicting transactions, provoked one by one: each is recognised, and repeating the unit is
//! enough.

use std::time::Duration;

use orm_core::prelude::*;
use orm_tests::{Backend, PrivateServer, TestDatabase, on_every_backend};
use tokio::sync::Barrier;

use crate::accounts::{Account, Bank, add, balances};

/// What the driver calls the innermost cause of an error.
fn code(error: &Error) -> String {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(database) = cause.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error) {
            if let Some(mysql) = database.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
                return mysql.number().to_string();
            }
            return database.code().unwrap_or_default().into_owned();
        }
        if let Some(sqlite) = cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error)
        {
            return sqlite.extended_code.to_string();
        }
        source = cause.source();
    }
    String::new()
}

/// Two transactions that each hold one account and want the other's; the error of the one that gave way.
async fn deadlock(engine: &Engine) -> Result<Error> {
    let (mut first, mut second) = (engine.session(), engine.session());
    add(&mut first, 0, 1).await?;
    add(&mut second, 1, 1).await?;
    let (one, other) = tokio::join!(add(&mut first, 1, 1), add(&mut second, 0, 1));
    let (error, mut ended, mut went_on) = match (one, other) {
        (Err(error), Ok(())) => (error, first, second),
        (Ok(()), Err(error)) => (error, second, first),
        both => panic!("one of the two gives way: {both:?}"),
    };
    // Swallowed, it comes again, and may still be cured by beginning again.
    let again = ended.commit().await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::PendingRollback);
    assert!(again.is_retryable(), "{again}");
    ended.rollback().await?;
    went_on.rollback().await?;
    Ok(error)
}

on_every_backend! {
    async fn a_deadlock(database: TestDatabase) -> Result<()> {
        let expected = match database.backend() {
            Backend::Sqlite => return Ok(()),
            Backend::Postgres => "40P01",
            _ => "1213",
        };
        let bank = Bank::open(&database, 2, 2).await?;
        let error = deadlock(&bank.engine).await?;
        assert_eq!((error.kind(), &*code(&error)), (ErrorKind::Serialization, expected), "{error}");
        assert!(error.is_retryable());
        assert_eq!(balances(&bank.engine).await?, [100, 100]);
        Ok(())
    }

    async fn a_deadlock_in_a_savepoint_is_the_error_that_is_seen(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        let bank = Bank::open(&database, 2, 2).await?;
        let is_mysql = database.is_mysql();
        let half = async |own: i64, wanted: i64, barrier: &Barrier| -> Result<Option<Error>> {
            let mut session = bank.engine.session();
            add(&mut session, own, 1).await?;
            barrier.wait().await;
            let Err(error) = session.nested(async |session| add(session, wanted, 1).await).await else {
                return session.commit().await.map(|()| None);
            };
            if is_mysql {
                // The server ended all of the transaction: what follows must not run outside one.
                let refused = session.commit().await.unwrap_err();
                assert!(refused.kind() == ErrorKind::PendingRollback && refused.is_retryable(), "{refused:?}");
            }
            session.rollback().await?;
            Ok(Some(error))
        };
        let barrier = Barrier::new(2);
        let (one, other) = tokio::try_join!(half(0, 1, &barrier), half(1, 0, &barrier))?;
        assert!(one.is_some() != other.is_some(), "one of the two gives way");
        let error = one.or(other).expect("one of the two gives way");
        assert_eq!(error.kind(), ErrorKind::Serialization, "not that its savepoint has gone: {error}");
        assert!(error.is_retryable());
        assert_eq!(balances(&bank.engine).await?, [101, 101]);
        Ok(())
    }

    async fn a_snapshot_that_cannot_be_kept(database: TestDatabase) -> Result<()> {
        if database.backend() != Backend::Postgres {
            return Ok(());
        }
        let bank = Bank::open(&database, 2, 2).await?;
        // 40001 at the second write of a row.
        let (mut first, mut second) = (bank.engine.session(), bank.engine.session());
        let repeatable = TransactionOptions::new().isolation(Isolation::RepeatableRead);
        first.begin_with(repeatable).await?;
        let account = first.one(select::<Account>().filter(Account::ID.eq(0))).await?;
        add(&mut second, 0, 1).await?;
        second.commit().await?;
        first.edit(&account, |account| account.balance += 1)?;
        let error = first.flush().await.unwrap_err();
        assert_eq!((error.kind(), &*code(&error)), (ErrorKind::Serialization, "40001"), "{error}");
        first.rollback().await?;

        // And at COMMIT, where each read what the other one wrote.
        let serializable = TransactionOptions::new().isolation(Isolation::Serializable);
        let (mut first, mut second) = (bank.engine.session(), bank.engine.session());
        for (session, written) in [(&mut first, 0), (&mut second, 1)] {
            session.begin_with(serializable).await?;
            session.all(select::<Account>()).await?;
            add(session, written, 1).await?;
        }
        first.commit().await?;
        let error = second.commit().await.unwrap_err();
        assert_eq!((error.kind(), &*code(&error)), (ErrorKind::Serialization, "40001"), "{error}");
        assert!(error.is_retryable());
        second.rollback().await?;
        assert_eq!(balances(&bank.engine).await?, [102, 100]);
        Ok(())
    }

    async fn a_file_that_another_connection_writes(database: TestDatabase) -> Result<()> {
        if database.backend() != Backend::Sqlite {
            return Ok(());
        }
        let bank = Bank::open(&database, 1, 2).await?;
        let named = |error: &Error, line: u32, does: &str| {
            let text = error.to_string();
            assert!(text.contains(&format!("retry_codes.rs:{line}:")) && text.contains(does), "{text}");
        };
        let held_at = line!() + 1;
        let mut holder = bank.engine.session();
        add(&mut holder, 0, 1).await?;
        let waits_at = line!() + 1;
        let mut waiter = bank.engine.session();
        let error = waiter.begin().await.unwrap_err();
        assert_eq!((error.kind(), &*code(&error)), (ErrorKind::Busy, "5"), "{error}");
        assert!(error.is_retryable());
        named(&error, held_at, "has a transaction open that writes");
        assert!(!waiter.in_transaction(), "it can be tried again at once");
        holder.commit().await?;
        add(&mut waiter, 0, 1).await?;
        waiter.commit().await?;

        // COMMIT cannot finish while another connection reads, and leaves the transaction open.
        let read_at = line!() + 1;
        let mut reader = bank.engine.session();
        reader.begin_with(TransactionOptions::new().read_only()).await?;
        reader.count(select::<Account>()).await?;
        add(&mut waiter, 0, 1).await?;
        let error = waiter.commit().await.unwrap_err();
        assert_eq!((error.kind(), &*code(&error)), (ErrorKind::Busy, "5"), "{error}");
        assert!(error.is_retryable());
        named(&error, read_at, "has a transaction open that reads");
        reader.commit().await?;
        // Another engine on the same file gets the same message.
        let directory = bank.directory.as_ref().expect("a bank on SQLite is a file");
        let url = format!("sqlite:{}", directory.path().join("bank.db").display());
        let apart = Engine::builder(&url).busy_timeout(Duration::from_millis(20)).connect().await?;
        let mut late = apart.session();
        named(&late.begin().await.unwrap_err(), waits_at, "has a transaction open that writes");
        waiter.rollback().await?;
        assert_eq!(balances(&bank.engine).await?, [102]);
        Ok(())
    }
}

#[tokio::test]
async fn conflicts_of_mariadb_with_other_settings() -> Result<()> {
    let settings = ["--innodb-snapshot-isolation=ON", "--innodb-lock-wait-timeout=1"];
    let Some(server) = PrivateServer::mariadb("mariadb-codes", &settings).await else { return Ok(()) };
    let engine = Engine::builder(server.url()).pool_size(2).connect().await?;
    Bank::fill(&engine, 1).await?;

    // 1020: the row is another one than that of the snapshot.
    let (mut first, mut second) = (engine.session(), engine.session());
    first.begin_with(TransactionOptions::new().isolation(Isolation::RepeatableRead)).await?;
    let account = first.one(select::<Account>()).await?;
    add(&mut second, 0, 1).await?;
    second.commit().await?;
    first.edit(&account, |account| account.balance += 1)?;
    let error = first.flush().await.unwrap_err();
    assert_eq!((error.kind(), &*code(&error)), (ErrorKind::Serialization, "1020"), "{error}");
    assert!(error.is_retryable());
    first.rollback().await?;

    // 1205: a lock did not become free in time.
    let (mut first, mut second) = (engine.session(), engine.session());
    add(&mut first, 0, 1).await?;
    let error = add(&mut second, 0, 1).await.unwrap_err();
    assert_eq!((error.kind(), &*code(&error)), (ErrorKind::Busy, "1205"), "{error}");
    assert!(error.is_retryable());
    second.rollback().await?;
    first.commit().await?;

    // The same units, done by `transact`, all succeed.
    let unit = async |session: &mut Session| {
        add(session, 0, 1).await?;
        tokio::time::sleep(Duration::from_millis(10)).await;
        Ok(())
    };
    let policy = || RetryPolicy::new().deadline(Duration::from_secs(60));
    tokio::try_join!(engine.transact(policy(), unit), engine.transact(policy(), unit))?;
    assert_eq!(balances(&engine).await?, [104]);
    Ok(())
}
