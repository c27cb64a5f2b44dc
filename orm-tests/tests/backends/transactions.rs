//! Transactions: what a failed one may still do, savepoints, and sessions that get in each other's way.

use std::time::Duration;

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "accounts")]
pub struct Account {
    #[key]
    pub id: i64,
    pub balance: i64,
}

async fn accounts(database: &TestDatabase) -> Result<Engine> {
    let engine = database.builder().pool_size(2).pool_timeout(Duration::from_secs(20)).connect().await?;
    engine.create_all(schema![Account]).await?;
    let mut session = engine.session();
    for id in [1, 2] {
        session.add(Account::draft().id(id).balance(100));
    }
    session.commit().await?;
    Ok(engine)
}

on_every_backend! {
    async fn a_failed_transaction_never_reports_success(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let mut session = engine.session();
        session.begin().await?;
        session.add(Account::draft().id(3).balance(0));
        session.flush().await?;
        session.add(Account::draft().id(1).balance(0));
        assert_eq!(session.flush().await.unwrap_err().kind(), ErrorKind::UniqueViolation);
        // The error was swallowed; nothing but a rollback helps.
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::PendingRollback);
        assert_eq!(session.count(select::<Account>()).await.unwrap_err().kind(), ErrorKind::PendingRollback);
        session.rollback().await?;
        assert_eq!(session.count(select::<Account>()).await?, 2);
        session.add(Account::draft().id(3).balance(0));
        session.commit().await?;
        assert_eq!(engine.session().count(select::<Account>()).await?, 3);
        Ok(())
    }

    async fn work_that_swallows_its_error_is_not_committed(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let mut session = engine.session();
        let done: Result<()> = session
            .transaction(async |session| {
                session.add(Account::draft().id(3).balance(0));
                session.flush().await?;
                session.add(Account::draft().id(1).balance(0));
                let _ = session.flush().await;
                Ok(())
            })
            .await;
        assert_eq!(done.unwrap_err().kind(), ErrorKind::PendingRollback);
        assert_eq!(session.count(select::<Account>()).await?, 2);
        Ok(())
    }

    async fn a_savepoint_saves_what_came_before(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let mut session = engine.session();
        session.begin().await?;
        session.add(Account::draft().id(3).balance(0));
        let failed: Result<()> = session
            .nested(async |session| {
                session.add(Account::draft().id(4).balance(0));
                session.flush().await?;
                session.add(Account::draft().id(1).balance(0));
                session.flush().await
            })
            .await;
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::UniqueViolation);
        session
            .nested(async |session| {
                session.add(Account::draft().id(5).balance(0));
                session.flush().await
            })
            .await?;
        session.commit().await?;
        let ids: Vec<i64> =
            engine.session().all(select::<Account>().order_by(Account::ID)).await?.iter().map(|a| a.id).collect();
        assert_eq!(ids, [1, 2, 3, 5]);
        Ok(())
    }

    async fn a_deadlock_has_its_kind(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        let engine = accounts(&database).await?;
        let (mut first, mut second) = (engine.session(), engine.session());
        let mut held = Vec::new();
        for (session, id) in [(&mut first, 1), (&mut second, 2)] {
            let accounts = session.all(select::<Account>().order_by(Account::ID)).await?;
            session.begin().await?;
            let own = accounts.iter().find(|account| account.id == id).expect("it is there");
            session.edit(own, |account| account.balance += 1)?;
            session.flush().await?;
            held.push(accounts);
        }
        first.edit(&held[0][1], |account| account.balance += 1)?;
        second.edit(&held[1][0], |account| account.balance += 1)?;
        let (one, other) = tokio::join!(first.flush(), second.flush());
        let (ended, mut ended_session, mut went_on) = match (one, other) {
            (Err(error), Ok(())) => (error, first, second),
            (Ok(()), Err(error)) => (error, second, first),
            both => panic!("one of the two gives way: {both:?}"),
        };
        assert_eq!(ended.kind(), ErrorKind::Serialization, "{ended}");
        assert_eq!(ended_session.commit().await.unwrap_err().kind(), ErrorKind::PendingRollback);
        ended_session.rollback().await?;
        went_on.commit().await?;
        let sum: i64 = engine.session().all(select::<Account>()).await?.iter().map(|account| account.balance).sum();
        assert_eq!(sum, 202, "one of the two is there, whole");
        Ok(())
    }

    async fn a_full_pool_is_a_clear_error(database: TestDatabase) -> Result<()> {
        let engine = database.builder().pool_size(1).pool_timeout(Duration::from_millis(100)).connect().await?;
        engine.create_all(schema![Account]).await?;
        let mut holder = engine.session();
        holder.begin().await?;
        let error = engine.session().count(select::<Account>()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PoolTimeout, "{error}");
        holder.rollback().await
    }

    async fn a_database_that_is_not_there(database: TestDatabase) -> Result<()> {
        let url = match database.backend() {
            Backend::Sqlite => "sqlite:/there/is/no/such/directory/file.db".to_owned(),
            Backend::Postgres => "postgres://jack:s3cret@127.0.0.1:1/none".to_owned(),
            _ => "mariadb://jack:s3cret@127.0.0.1:1/none".to_owned(),
        };
        let error = Engine::connect(&url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
        Ok(())
    }
}
