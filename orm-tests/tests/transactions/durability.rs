//! R2: what was acknowledged exists, whole; what was refused does not; what is unknown is all or nothing. Connections
//! are ended all the time: by `pg_terminate_backend` and `KILL`, and by `kill -9` of processes of PostgreSQL, after
//! which the server recovers from its log.
//!
//! 500 units, 10,000 with `ORM_DEEP=1`.

use std::collections::HashMap;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use orm_core::prelude::*;
use orm_tests::{Backend, PrivateServer, TestDatabase, on_every_backend};

use crate::dice::{Dice, deep, seed};

#[derive(Model, Debug)]
#[model(table = "units")]
pub struct Unit {
    #[key]
    pub id: i64,
    #[has_many]
    pub lines: HasMany<Line>,
}

#[derive(Model, Debug)]
#[model(table = "lines")]
pub struct Line {
    #[key(auto)]
    pub id: i64,
    pub unit_id: i64,
    #[belongs_to]
    pub unit: BelongsTo<Unit>,
}

const LINES: usize = 3;
const WORKERS: u64 = 4;

/// What a session reported about a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Said {
    Committed,
    Refused,
    Unknown,
}

/// One unit in two flushes, ended by hand or by a closure, sometimes cancelled in its commit.
async fn unit(session: &mut Session, id: i64, dice: &mut Dice) -> Result<()> {
    let line = || Line::draft();
    match dice.below(3) {
        0 => {
            let work = async |session: &mut Session| {
                session.add(Unit::draft().id(id).lines([line(), line()]));
                session.flush().await?;
                session.add(Line::draft().unit_id(id));
                Ok(())
            };
            session.transaction(work).await
        }
        choice => {
            session.add(Unit::draft().id(id).lines([line()]));
            session.flush().await?;
            session.add(Line::draft().unit_id(id));
            session.add(Line::draft().unit_id(id));
            if choice == 1 {
                return session.commit().await;
            }
            let patience = Duration::from_micros(dice.below(3_000));
            match tokio::time::timeout(patience, session.commit()).await {
                Ok(done) => done,
                // The state that the session reports afterwards counts.
                Err(_) => session.count(select::<Unit>()).await.map(drop),
            }
        }
    }
}

/// Runs units, one after the other, until there are enough.
async fn work(engine: Engine, next: Arc<AtomicI64>, units: i64, seed: u64) -> Vec<(i64, Said)> {
    let mut dice = Dice::new(seed);
    let mut history = Vec::new();
    loop {
        let id = next.fetch_add(1, Ordering::Relaxed);
        if id >= units {
            return history;
        }
        let mut session = engine.session();
        let said = match unit(&mut session, id, &mut dice).await {
            Ok(()) => Said::Committed,
            Err(error) if error.kind() == ErrorKind::CommitUnknown => Said::Unknown,
            Err(error) => {
                let expected = [ErrorKind::Connection, ErrorKind::Serialization, ErrorKind::PendingRollback];
                assert!(expected.contains(&error.kind()), "{error:?}");
                Said::Refused
            }
        };
        history.push((id, said));
    }
}

/// Works while `harm` is done again and again, then holds the history against the tables.
async fn check<F: Future<Output = ()>>(engine: &Engine, harm: impl Fn(u64) -> F) -> Result<()> {
    let (seed, units) = (seed(), if deep() { 10_000 } else { 500 });
    println!("ORM_SEED={seed}");
    engine.create_all(schema![Unit, Line]).await?;
    let next = Arc::new(AtomicI64::new(0));
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| tokio::spawn(work(engine.clone(), Arc::clone(&next), units, seed.wrapping_add(worker))))
        .collect();
    let done = AtomicBool::new(false);
    let harming = async {
        let mut dice = Dice::new(seed.wrapping_sub(1));
        while !done.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(dice.below(40))).await;
            harm(dice.next()).await;
        }
    };
    let working = async {
        let mut history = Vec::new();
        for worker in workers {
            history.extend(worker.await.expect("no worker panics"));
        }
        done.store(true, Ordering::Relaxed);
        history
    };
    let ((), history) = tokio::join!(harming, working);

    let seen = loop {
        match engine.session().all(select::<Unit>().with(Unit::LINES.selectin())).await {
            // The last harm may be felt only now.
            Err(error) if error.kind() == ErrorKind::Connection => {}
            seen => break seen?,
        }
    };
    let seen: HashMap<i64, usize> = seen.iter().map(|unit| (unit.id, unit.get(Unit::LINES).len())).collect();
    let mut counts: HashMap<Said, usize> = HashMap::new();
    for (id, said) in history {
        let is = seen.get(&id).copied();
        let right = match said {
            Said::Committed => is == Some(LINES),
            Said::Refused => is.is_none(),
            Said::Unknown => is.is_none() || is == Some(LINES),
        };
        assert!(right, "the unit {id} is {said:?} and has {is:?} of {LINES} lines, ORM_SEED={seed}");
        *counts.entry(said).or_default() += 1;
    }
    println!("{counts:?}");
    assert!(counts.get(&Said::Committed).is_some_and(|committed| *committed > 0), "{counts:?}");
    assert_eq!(counts.values().sum::<usize>(), usize::try_from(units).expect("it is small"));
    Ok(())
}

on_every_backend! {
    async fn ended_connections(database: TestDatabase) -> Result<()> {
        if matches!(database.backend(), Backend::Sqlite | Backend::MysqlWithoutReturning) {
            return Ok(());
        }
        let engine = database.builder().pool_size(5).pool_timeout(Duration::from_secs(30)).connect().await?;
        check(&engine, |_| database.kill_connections()).await
    }
}

#[tokio::test]
async fn killed_processes() -> Result<()> {
    // An acknowledged commit is on disk: the memory that processes share is lost with one of them.
    let settings = ["synchronous_commit=on", "restart_after_crash=on"];
    let Some(server) = PrivateServer::postgres("durability", &settings) else { return Ok(()) };
    let engine =
        Engine::builder(server.url()).pool_size(5).pool_timeout(Duration::from_secs(30)).connect().await?;
    let harm = async |choice: u64| {
        let pids = "SELECT pid::bigint FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
        let pids = server.numbers(pids).await.unwrap_or_default();
        if pids.is_empty() {
            return;
        }
        let pid = pids[usize::try_from(choice >> 8).unwrap_or(0) % pids.len()].to_string();
        let signal = if choice.is_multiple_of(8) { "-KILL" } else { "-TERM" };
        let _ = Command::new("kill").args([signal, &pid]).output();
    };
    check(&engine, &harm).await
}
