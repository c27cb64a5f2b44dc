//! Closures that run in a transaction do not end it.

use orm_core::prelude::*;
use orm_tests::{Cut, TestDatabase, on_every_backend};

use crate::accounts::{Account, Bank, add, balances};

on_every_backend! {
    async fn a_savepoint_cannot_end_the_transaction_around_it(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 2, 2).await?;
        let mut session = bank.engine.session();
        session.begin().await?;
        add(&mut session, 0, 1).await?;
        session
            .nested(async |session| {
                add(session, 1, 1).await?;
                for refused in [session.rollback().await, session.commit().await, session.close().await] {
                    let error = refused.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::InvalidState);
                    assert!(error.to_string().contains("inside `session.nested(..)`"), "{error}");
                }
                let inner: Result<()> = session
                    .nested(async |session| {
                        add(session, 1, 10).await?;
                        session.rollback().await
                    })
                    .await;
                assert_eq!(inner.unwrap_err().kind(), ErrorKind::InvalidState);
                add(session, 1, 1).await
            })
            .await?;
        session.commit().await?;
        assert_eq!(balances(&bank.engine).await?, [101, 102], "nothing but the inner savepoint was undone");
        Ok(())
    }

    async fn a_rollback_is_possible_after_a_cancelled_savepoint(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 2).await?;
        for polls in 1.. {
            let mut session = bank.engine.session();
            session.begin().await?;
            let work = session.nested(async |session| add(session, 0, 1).await);
            let ended = Cut::after(polls, work).await;
            session.rollback().await?;
            add(&mut session, 0, 0).await?;
            session.commit().await?;
            if ended.is_some() {
                break;
            }
        }
        assert_eq!(balances(&bank.engine).await?, [100]);
        Ok(())
    }

    async fn a_unit_that_may_be_done_again_does_not_end_its_transaction(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 2).await?;
        for commits in [true, false] {
            let work = async |session: &mut Session| {
                add(session, 0, 1).await?;
                if commits { session.commit().await } else { session.rollback().await }
            };
            let error = bank.engine.transact(RetryPolicy::new(), work).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidState);
            assert!(error.to_string().contains("inside `engine.transact(..)`"), "{error}");
        }
        assert_eq!(balances(&bank.engine).await?, [100]);
        Ok(())
    }

    async fn a_refused_bulk_statement_leaves_no_transaction(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 2).await?;
        let mut session = bank.engine.session_with(SessionOptions::new().autoflush(false));
        let pending = session.add(Account::draft().id(7).balance(0).version(1));
        let error = session.execute(update::<Account>().filter(Account::ID.eq(0))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery);
        assert!(!session.in_transaction());
        let ids = 0..70_000;
        let refused = session.execute(delete::<Account>().filter(Account::ID.is_in(ids.clone()))).await;
        if refused.is_err() {
            assert!(!session.in_transaction(), "too many values for this database");
        }
        session.rollback().await?;

        // One that was open stays open.
        session.begin().await?;
        let _ = session.execute(update::<Account>().filter(Account::ID.eq(0))).await.unwrap_err();
        assert!(session.in_transaction());
        session.commit().await?;
        assert!(pending.entity().is_err());
        Ok(())
    }
}
