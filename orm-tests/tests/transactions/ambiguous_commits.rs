//! A commit without an answer: the session reports it, does nothing on its own, and is usable again after a rollback.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use orm_core::prelude::*;
use orm_tests::{Backend, Cut, TestDatabase, on_every_backend};

use crate::accounts::{Account, Bank, add, balances};

/// SQLite has no connection to lose, and what RETURNING changes is not here.
fn has_none(database: &TestDatabase) -> bool {
    matches!(database.backend(), Backend::Sqlite | Backend::MysqlWithoutReturning)
}

on_every_backend! {
    async fn an_answer_that_is_lost(database: TestDatabase) -> Result<()> {
        if has_none(&database) {
            return Ok(());
        }
        let bank = Bank::open(&database, 1, 2).await?;
        let (proxy, builder) = database.behind_proxy().await;
        let engine = builder.pool_size(1).pool_timeout(Duration::from_secs(20)).connect().await?;
        let mut session = engine.session();
        let account = session.one(select::<Account>()).await?;
        session.edit(&account, |account| account.balance += 1)?;
        let pending = session.add(Account::draft().id(7).balance(7).version(1));
        session.flush().await?;
        let new = pending.entity()?;
        proxy.reset_after(0);
        let error = session.commit().await.unwrap_err();
        proxy.heal();
        assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error}");
        assert!(!error.is_retryable());
        assert!(error.to_string().contains("look for what it wrote"), "{error}");

        // The session repeats the error until a rollback acknowledges it.
        for again in [session.count(select::<Account>()).await.map(drop), session.commit().await, session.begin().await] {
            assert_eq!(again.unwrap_err().kind(), ErrorKind::CommitUnknown);
        }
        session.rollback().await?;
        assert_eq!(account.balance, 100, "memory is as before the transaction");
        assert_eq!(session.state(&new), EntityState::Detached);

        // The server had committed: the next query finds it, also where the session holds the object.
        assert_eq!(balances(&bank.engine).await?, [101, 7]);
        let found = session.all(select::<Account>().order_by(Account::ID)).await?;
        assert!(Entity::same(&found[0], &account));
        assert_eq!((account.balance, found[1].balance), (101, 7));
        session.edit(&account, |account| account.balance += 1)?;
        session.commit().await?;
        assert_eq!(balances(&bank.engine).await?, [102, 7]);
        Ok(())
    }

    async fn it_is_never_done_again(database: TestDatabase) -> Result<()> {
        if has_none(&database) {
            return Ok(());
        }
        let bank = Bank::open(&database, 1, 2).await?;
        let (proxy, builder) = database.behind_proxy().await;
        let engine = builder.pool_size(1).pool_timeout(Duration::from_secs(20)).connect().await?;
        let times = AtomicU32::new(0);
        let work = async |session: &mut Session| {
            times.fetch_add(1, Ordering::Relaxed);
            add(session, 0, 1).await?;
            proxy.reset_after(0);
            Ok::<_, Error>(())
        };
        let error = engine.transact(RetryPolicy::new().also_when(|_| true), work).await.unwrap_err();
        proxy.heal();
        assert_eq!((error.kind(), times.into_inner()), (ErrorKind::CommitUnknown, 1), "{error}");
        assert_eq!(balances(&bank.engine).await?, [101]);
        Ok(())
    }

    async fn a_commit_that_only_read_is_not_ambiguous(database: TestDatabase) -> Result<()> {
        if has_none(&database) {
            return Ok(());
        }
        drop(Bank::open(&database, 1, 2).await?);
        let (proxy, builder) = database.behind_proxy().await;
        let engine = builder.pool_size(1).pool_timeout(Duration::from_secs(20)).connect().await?;
        let mut session = engine.read_session();
        session.begin().await?;
        session.count(select::<Account>()).await?;
        proxy.reset_after(0);
        let error = session.commit().await.unwrap_err();
        proxy.heal();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        session.rollback().await?;
        assert_eq!(session.count(select::<Account>()).await?, 1);
        Ok(())
    }

    async fn a_commit_that_is_cancelled(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 2).await?;
        for polls in 1.. {
            let mut session = bank.engine.session();
            let account = session.one(select::<Account>()).await?;
            let before = account.balance;
            session.edit(&account, |account| account.balance += 1)?;
            session.flush().await?;
            if let Some(ended) = Cut::after(polls, session.commit()).await {
                ended?;
                break;
            }
            let error = session.count(select::<Account>()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::CommitUnknown, "after {polls} polls: {error}");
            session.rollback().await?;
            assert_eq!(account.balance, before);
            let earlier = balances(&bank.engine).await?;
            session.one(select::<Account>()).await?;
            let later = balances(&bank.engine).await?;
            let seen = [account.balance];
            assert!(earlier == seen || later == seen, "{seen:?}, {earlier:?}, {later:?} after {polls} polls");
            if database.backend() == Backend::Sqlite {
                assert_eq!(earlier, later, "after {polls} polls a commit in this process is over");
            }
        }
        Ok(())
    }

    async fn a_commit_without_an_answer(database: TestDatabase) -> Result<()> {
        if has_none(&database) {
            return Ok(());
        }
        let bank = Bank::open(&database, 1, 2).await?;
        let (proxy, builder) = database.behind_proxy().await;
        let engine = builder.pool_size(1).pool_timeout(Duration::from_secs(20)).connect().await?;
        let mut session = engine.session();
        let done = session.transaction(async |session| {
            add(session, 0, 1).await?;
            proxy.freeze();
            Ok::<_, Error>(())
        });
        let cancelled = tokio::time::timeout(Duration::from_millis(100), done).await;
        assert!(cancelled.is_err(), "nothing answers");
        assert_eq!(session.begin().await.unwrap_err().kind(), ErrorKind::CommitUnknown);
        session.rollback().await?;
        assert_eq!(balances(&bank.engine).await?, [100], "the server never heard of it");
        assert_eq!(session.count(select::<Account>()).await?, 1, "on another connection");
        // The server learns that the connection is closed.
        proxy.thaw();
        Ok(())
    }
}
