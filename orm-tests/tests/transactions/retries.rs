//! R13: workers that lock the same rows in opposite order, at every isolation. Each unit is done exactly once or not at
//! all: the balances are the sum of the units that were acknowledged.
//!
//! 240 units on each backend, 20,000 with `ORM_DEEP=1`; `ORM_SEED` replays the choices of a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::accounts::{Bank, add, balances, lock};
use crate::dice::{Dice, deep, seed};

pub const ACCOUNTS: u64 = 4;

const LEVELS: [Isolation; 4] = [
    Isolation::ReadUncommitted,
    Isolation::ReadCommitted,
    Isolation::RepeatableRead,
    Isolation::Serializable,
];

/// What the units of one worker moved, and how often their closures ran.
pub struct Worked {
    pub moved: Vec<i64>,
    pub attempts: u32,
    pub worst: u32,
}

pub async fn work(engine: Engine, isolation: Isolation, units: u64, seed: u64) -> Result<Worked> {
    let mut dice = Dice::new(seed);
    let mut worked = Worked { moved: vec![0; ACCOUNTS as usize], attempts: 0, worst: 0 };
    let options = SessionOptions::new().transactions(TransactionOptions::new().isolation(isolation));
    for _ in 0..units {
        let from = dice.below(ACCOUNTS) as i64;
        let to = (from + 1 + dice.below(ACCOUNTS - 1) as i64) % ACCOUNTS as i64;
        let amount = dice.below(20) as i64 + 1;
        let policy = RetryPolicy::new()
            .deadline(Duration::from_secs(120))
            .seed(dice.next())
            // Where a snapshot does not keep others from writing, the version column does.
            .also_when(|error| error.kind() == ErrorKind::Stale)
            .session(options.clone());
        let attempts = AtomicU32::new(0);
        let unit = async |session: &mut Session| {
            attempts.fetch_add(1, Ordering::Relaxed);
            for (id, amount) in [(from, -amount), (to, amount)] {
                if isolation == Isolation::ReadUncommitted {
                    // What another transaction may take back is nothing to count on.
                    lock(session, id).await?;
                }
                session.nested(async |session| add(session, id, amount).await).await?;
            }
            Ok(())
        };
        engine.transact(policy, unit).await?;
        worked.moved[from as usize] -= amount;
        worked.moved[to as usize] += amount;
        let attempts = attempts.into_inner();
        worked.attempts += attempts;
        worked.worst = worked.worst.max(attempts);
    }
    Ok(worked)
}

on_every_backend! {
    async fn every_unit_is_done_exactly_once(database: TestDatabase) -> Result<()> {
        let (seed, units) = (seed(), if deep() { 20_000 } else { 240 });
        println!("ORM_SEED={seed}");
        let workers = if database.backend() == Backend::Sqlite { 6 } else { 16 };
        let bank = Bank::open(&database, ACCOUNTS as i64, workers + 1).await?;
        let engine = Arc::new(bank.engine);
        let mut expected = vec![100; ACCOUNTS as usize];
        for (round, isolation) in LEVELS.into_iter().enumerate() {
            let each = units / 4 / u64::from(workers);
            let running: Vec<_> = (0..workers)
                .map(|worker| {
                    let seed = seed.wrapping_add(u64::from(worker) << 8 | round as u64);
                    tokio::spawn(work(Engine::clone(&engine), isolation, each, seed))
                })
                .collect();
            let (mut attempts, mut worst) = (0, 0);
            for worker in running {
                let worked = worker.await.expect("no worker panics")?;
                expected.iter_mut().zip(worked.moved).for_each(|(sum, moved)| *sum += moved);
                attempts += worked.attempts;
                worst = worst.max(worked.worst);
            }
            println!("{isolation:?}: {attempts} attempts for {} units, {worst} for the worst", each * u64::from(workers));
            assert_eq!(balances(&engine).await?, expected, "{isolation:?}, ORM_SEED={seed}");
        }
        Ok(())
    }

    async fn a_lasting_conflict_reports_the_number_of_attempts(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Sqlite {
            // Two transactions that write cannot be begun at once.
            return Ok(());
        }
        let bank = Bank::open(&database, 1, 3).await?;
        let policy = RetryPolicy::new().attempts(3).seed(1).also_when(|error| error.kind() == ErrorKind::Stale);
        let engine = &bank.engine;
        let unit = async |session: &mut Session| {
            // Another session is always faster.
            let account = session.one(select::<crate::accounts::Account>()).await?;
            let mut other = engine.session();
            add(&mut other, 0, 1).await?;
            other.commit().await?;
            session.edit(&account, |account| account.balance += 1000)?;
            Ok::<_, Error>(())
        };
        let repeatable = TransactionOptions::new().isolation(Isolation::RepeatableRead);
        let policy = policy.session(SessionOptions::new().transactions(repeatable));
        let error = bank.engine.transact(policy, unit).await.unwrap_err();
        assert!(error.to_string().contains("(the last of 3 attempts in "), "{error}");
        assert_eq!(balances(&bank.engine).await?, [103]);
        Ok(())
    }

    async fn a_hopeless_unit_is_not_repeated(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 2).await?;
        let times = AtomicU32::new(0);
        let unit = async |session: &mut Session| {
            times.fetch_add(1, Ordering::Relaxed);
            session.add(crate::accounts::Account::draft().id(0).balance(0).version(1));
            Ok::<_, Error>(())
        };
        let error = bank.engine.transact(RetryPolicy::new(), unit).await.unwrap_err();
        assert_eq!((error.kind(), times.into_inner()), (ErrorKind::UniqueViolation, 1));
        assert!(!error.is_retryable() && !error.to_string().contains("attempt"), "{error}");
        Ok(())
    }
}
