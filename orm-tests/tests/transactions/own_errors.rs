//! Closures that return errors of the program's own: they roll back, come back as they are, and hide no error of the
//! database from `transact`.

use std::error::Error as StdError;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::accounts::{Account, Bank, add, balances};

/// What a service answers with.
#[derive(Debug)]
enum Refusal {
    Overdrawn(i64),
    Database(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Database(error)
    }
}

/// Keeps only the text of the error.
#[derive(Debug)]
struct Told(String);

impl From<Error> for Told {
    fn from(error: Error) -> Told {
        Told(error.to_string())
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Told {}

async fn withdraw(session: &mut Session, id: i64, amount: i64) -> Result<i64, Refusal> {
    session
        .transaction(async |session| {
            add(session, id, -amount).await?;
            let account = session.one(select::<Account>().filter(Account::ID.eq(id))).await?;
            if account.balance < 0 {
                return Err(Refusal::Overdrawn(account.balance));
            }
            Ok(account.balance)
        })
        .await
}

/// Fails as stale in the first attempt, and does the unit in the second.
async fn stale_once(session: &mut Session, attempts: &AtomicU32) -> Result<()> {
    let account = session.one(select::<Account>().filter(Account::ID.eq(0))).await?;
    if attempts.fetch_add(1, Ordering::Relaxed) == 0 {
        session.execute(sql("UPDATE accounts SET version = version + 1 WHERE id = 0")).await?;
    }
    session.edit(&account, |account| account.balance += 1)?;
    session.flush().await
}

fn when_stale() -> RetryPolicy {
    RetryPolicy::new().also_when(|error| error.kind() == ErrorKind::Stale)
}

struct Refuses;

impl SessionHooks for Refuses {
    fn before_commit(&self, _session: &mut Session) -> Result<()> {
        Err(Error::other("the shop is closed"))
    }
}

on_every_backend! {
    async fn an_error_of_the_programs_own_rolls_back_and_comes_back(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 2, 2).await?;
        let mut session = bank.engine.session();
        assert!(matches!(withdraw(&mut session, 0, 30).await, Ok(70)));
        assert!(matches!(withdraw(&mut session, 0, 100).await, Err(Refusal::Overdrawn(-30))));
        assert_eq!(balances(&bank.engine).await?, [70, 100], "in the database");
        let account = session.one(select::<Account>().filter(Account::ID.eq(0))).await?;
        assert_eq!(account.balance, 70, "and in memory");
        let missing = withdraw(&mut session, 7, 1).await.unwrap_err();
        assert!(matches!(&missing, Refusal::Database(error) if error.kind() == ErrorKind::NoRows), "{missing:?}");
        Ok(())
    }

    async fn a_savepoint_undoes_its_own_part_for_any_error(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 2, 2).await?;
        let mut session = bank.engine.session();
        add(&mut session, 1, 1).await?;
        let refused = session
            .nested(async |session| {
                add(session, 0, 5).await?;
                Err::<(), _>(Refusal::Overdrawn(5))
            })
            .await;
        assert!(matches!(refused, Err(Refusal::Overdrawn(5))));
        session.commit().await?;
        assert_eq!(balances(&bank.engine).await?, [100, 101]);
        Ok(())
    }

    async fn a_result_inside_ok_is_committed(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 2).await?;
        let value: Result<Result<(), Refusal>> = bank
            .engine
            .session()
            .transaction(async |session| {
                add(session, 0, 1).await?;
                Ok(Err(Refusal::Overdrawn(0)))
            })
            .await;
        assert!(matches!(value, Ok(Err(Refusal::Overdrawn(0)))));
        assert_eq!(balances(&bank.engine).await?, [101]);
        Ok(())
    }

    async fn begin_and_commit_fail_with_the_same_type(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 2).await?;
        let mut session = bank.engine.session_with(SessionOptions::new().hooks(Refuses));
        let refused = session.transaction(async |session| Ok::<_, Refusal>(add(session, 0, 1).await?)).await;
        let Err(Refusal::Database(error)) = refused else { panic!("{refused:?}") };
        assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::Other, "the shop is closed"));
        session.begin().await?;
        let refused = session.transaction(async |_| Ok::<_, Refusal>(())).await;
        let Err(Refusal::Database(error)) = refused else { panic!("{refused:?}") };
        assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
        assert_eq!(balances(&bank.engine).await?, [100]);
        Ok(())
    }

    async fn transact_sees_what_the_transaction_failed_of(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 2).await?;
        let attempts = AtomicU32::new(0);
        let again = || attempts.swap(0, Ordering::Relaxed);

        let unit = async |session: &mut Session| Ok::<_, Refusal>(stale_once(session, &attempts).await?);
        bank.engine.transact(when_stale(), unit).await.expect("an error in a variant is seen");
        assert_eq!(again(), 2);

        let unit = async |session: &mut Session| Ok::<_, Told>(stale_once(session, &attempts).await?);
        bank.engine.transact(when_stale(), unit).await.expect("an error of which the text is left is seen");
        assert_eq!(again(), 2);

        let unit = async |session: &mut Session| {
            Ok::<_, Box<dyn StdError + Send + Sync>>(stale_once(session, &attempts).await?)
        };
        bank.engine.transact(when_stale(), unit).await.expect("an error in a box is seen");
        assert_eq!(again(), 2);

        let unit = async |session: &mut Session| {
            Ok::<_, Refusal>(session.nested(async |session| stale_once(session, &attempts).await).await?)
        };
        bank.engine.transact(when_stale(), unit).await.expect("an error that undid a savepoint is seen");
        assert_eq!(again(), 2);
        assert_eq!(balances(&bank.engine).await?, [104], "each unit is done once");
        Ok(())
    }

    async fn a_refusal_is_not_tried_again(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 2).await?;
        let attempts = AtomicU32::new(0);
        let refused = bank
            .engine
            .transact(when_stale(), async |session| {
                // What a savepoint failed of is over once it is undone and dropped.
                let undone: Result<()> = session.nested(async |session| stale_once(session, &attempts).await).await;
                assert!(undone.is_err());
                drop(undone);
                add(session, 0, -1).await?;
                Err::<(), _>(Refusal::Overdrawn(99))
            })
            .await;
        assert!(matches!(refused, Err(Refusal::Overdrawn(99))));
        assert_eq!(attempts.into_inner(), 1);
        assert_eq!(balances(&bank.engine).await?, [100]);
        Ok(())
    }

    async fn the_error_of_another_library_is_wrapped_or_converted(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 2).await?;
        let mut session = bank.engine.session();
        let wrapped = session
            .transaction(async |session| {
                let amount: i64 = "seven".parse().map_err(Error::other)?;
                add(session, 0, amount).await
            })
            .await
            .unwrap_err();
        assert_eq!((wrapped.kind(), &*wrapped.to_string()), (ErrorKind::Other, "invalid digit found in string"));
        assert!(wrapped.source().is_some_and(|source| source.is::<std::num::ParseIntError>()));
        assert!(!wrapped.is_retryable());
        let converted: Result<(), Box<dyn StdError + Send + Sync>> = session
            .transaction(async |session| {
                add(session, 0, 1).await?;
                add(session, 0, "seven".parse()?).await?;
                Ok(())
            })
            .await;
        assert!(converted.unwrap_err().is::<std::num::ParseIntError>());
        assert_eq!(balances(&bank.engine).await?, [100]);
        Ok(())
    }
}
