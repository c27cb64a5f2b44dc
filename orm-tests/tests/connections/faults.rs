//! Connections that die: what the session reports, what it keeps, and that the pool gets its place back.

use std::time::Duration;

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "rivers")]
pub struct River {
    #[key]
    pub id: i64,
    pub name: String,
    #[has_many(order_by = "id")]
    pub towns: HasMany<Town>,
}

#[derive(Model, Debug)]
#[model(table = "towns")]
pub struct Town {
    #[key]
    pub id: i64,
    pub river_id: i64,
    pub name: String,
    #[belongs_to]
    pub river: BelongsTo<River>,
}

const RIVERS: i64 = 30;

async fn rivers(database: &TestDatabase) -> Result<()> {
    let engine = database.engine().await?;
    engine.create_all(schema![River, Town]).await?;
    let mut session = engine.session();
    for id in 0..RIVERS {
        let town = |n| Town::draft().id(10 * id + n).name(format!("town {n} on river {id}"));
        session.add(River::draft().id(id).name(format!("river {id}")).towns([town(0), town(1)]));
    }
    session.commit().await
}

/// SQLite has no connection to lose, and what RETURNING changes is not here.
fn has_none(database: &TestDatabase) -> bool {
    matches!(database.backend(), Backend::Sqlite | Backend::MysqlWithoutReturning)
}

/// How long a place in the pool may be gone after the network is back.
const BACK: Duration = Duration::from_secs(6);

/// A network that is gone for a while, at a point of a session's life that `when` chooses; the pool has one place.
async fn silent_for(database: &TestDatabase, silence: Duration, when: u64, delay: Duration) -> Result<()> {
    let (proxy, builder) = database.behind_proxy().await;
    let engine = builder.pool_size(1).pool_timeout(Duration::from_secs(60)).connect().await?;
    let mut session = engine.session();
    if when.is_multiple_of(2) {
        session.begin().await?;
    }
    session.count(select::<River>()).await?;
    match when {
        // Between statements, inside a transaction and outside one.
        0 | 1 => proxy.freeze_all(),
        // In mid-statement or mid-commit.
        _ => {
            let work = async {
                session.all(select::<River>().with(River::TOWNS.selectin())).await?;
                session.commit().await
            };
            let cut = async {
                tokio::time::sleep(delay).await;
                proxy.freeze_all();
                tokio::time::sleep(delay).await;
            };
            tokio::select! { done = work => done?, () = cut => {} }
            proxy.freeze_all();
        }
    }
    drop(session);
    // A session waits for the place while nothing passes through.
    let next = engine.clone();
    let waiting = tokio::spawn(async move { next.session().count(select::<River>()).await });
    tokio::time::sleep(silence).await;
    proxy.thaw();
    let back = async {
        match waiting.await.expect("it does not panic") {
            // A server gives up on a greeting that takes too long: MariaDB after ten seconds.
            Err(error) if error.kind() == ErrorKind::Connection => {
                engine.session().count(select::<River>()).await
            }
            counted => counted,
        }
    };
    let counted = tokio::time::timeout(BACK, back).await;
    assert_eq!(counted.expect("the place is back in time")?, 30);
    Ok(())
}

fn runs(quick: usize, deep: usize) -> usize {
    if std::env::var("ORM_DEEP").is_ok() { deep } else { quick }
}

/// Numbers that `ORM_SEED` repeats.
struct Dice {
    seed: u64,
    state: u64,
}

impl Dice {
    fn new() -> Dice {
        let seed = std::env::var("ORM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20);
        Dice { seed, state: seed }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % end.max(1)
    }
}

/// What repeats a failure.
impl std::fmt::Display for Dice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ORM_SEED={} cargo test -p orm-tests --test connections -- faults,", self.seed)
    }
}

on_every_backend! {
    async fn an_end_in_mid_result_is_an_error_and_never_a_short_result(database: TestDatabase) -> Result<()> {
        if has_none(&database) {
            return Ok(());
        }
        rivers(&database).await?;
        let (proxy, builder) = database.behind_proxy().await;
        let engine = builder.pool_size(1).pool_timeout(Duration::from_secs(60)).connect().await?;
        let query = || select::<River>().order_by(River::ID).with(River::TOWNS.selectin());
        // The first time statements are prepared, and a connection after an end is always a new one.
        let mut session = engine.session();
        session.get::<River>(3).await?;
        let before = proxy.answered();
        session.all(query()).await?;
        let whole = proxy.answered() - before;
        drop(session);

        let mut dice = Dice::new();
        let (mut errors, mut answers) = (0, 0);
        for run in 0..runs(500, 5_000) {
            let mut session = engine.session();
            let held = session.get::<River>(3).await?.expect("it is there");
            let before = format!("{session:?}");
            // A little more than the answer, so that some are whole.
            let bytes = u32::try_from(dice.below(whole + whole / 50 + 8)).expect("answers are small");
            let orderly = dice.below(2) == 0;
            match orderly {
                true => proxy.truncate_after(bytes),
                false => proxy.reset_after(bytes),
            }
            let read = session.all(query()).await;
            proxy.heal();
            let at = format!("{dice} run {run}: after {bytes} of {whole} bytes, orderly: {orderly}");
            match read {
                Ok(rivers) => {
                    assert_eq!(rivers.len(), 30, "{at}");
                    assert!(rivers.iter().all(|river| river.get(River::TOWNS).len() == 2), "{at}");
                    answers += 1;
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Connection, "{at}: {error}");
                    assert_eq!(format!("{session:?}"), before, "{at}");
                    assert_eq!(held.name, "river 3");
                    assert_eq!(held.towns().unwrap_err().kind(), ErrorKind::NotLoaded);
                    errors += 1;
                }
            }
        }
        assert!(errors > 10 * answers && answers > 0, "{errors} errors and {answers} answers");
        Ok(())
    }

    async fn a_place_is_back_when_the_network_is(database: TestDatabase) -> Result<()> {
        if has_none(&database) {
            return Ok(());
        }
        rivers(&database).await?;
        let mut dice = Dice::new();
        let deep = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];
        let mut gone = Vec::new();
        for run in 0..runs(10, 100) {
            let (database, seed) = (database.clone(), dice.to_string());
            let silence = if runs(0, 1) == 1 { deep[run % 3] } else { deep[0] };
            let (when, delay) = (dice.below(4), Duration::from_micros(dice.below(3_000)));
            gone.push(tokio::spawn(async move {
                silent_for(&database, silence, when, delay).await.unwrap_or_else(|error| {
                    panic!("{seed} run {run}, {when} after {delay:?}, silent for {silence:?}: {error}")
                });
            }));
        }
        for run in gone {
            run.await.expect("the place is back");
        }
        Ok(())
    }

    async fn a_dead_connection_gives_its_place_back(database: TestDatabase) -> Result<()> {
        if has_none(&database) {
            return Ok(());
        }
        rivers(&database).await?;
        let (proxy, builder) = database.behind_proxy().await;
        // A place that is not given back makes the next session fail with `PoolTimeout`.
        let engine = builder.pool_size(1).pool_timeout(Duration::from_secs(15)).connect().await?;

        // In mid-statement, inside a transaction.
        let mut session = engine.session();
        session.begin().await?;
        session.add(River::draft().id(100).name("lost"));
        proxy.freeze();
        let cut = tokio::time::timeout(Duration::from_millis(200), session.flush()).await;
        assert!(cut.is_err(), "nothing answers");
        drop(session);
        assert_eq!(engine.session().count(select::<River>()).await?, 30);

        // Between statements, in a transaction and outside one.
        for begins in [true, false] {
            let mut session = engine.session();
            if begins {
                session.begin().await?;
            }
            assert_eq!(session.count(select::<River>()).await?, 30);
            proxy.freeze();
            drop(session);
            // Longer than a connection is taken to be alive without being asked.
            tokio::time::sleep(Duration::from_millis(600)).await;
            assert_eq!(engine.session().count(select::<River>()).await?, 30);
        }

        // A connection that recovers continues.
        let mut session = engine.session();
        assert_eq!(session.count(select::<River>()).await?, 30);
        proxy.freeze();
        let (count, ()) = tokio::join!(session.count(select::<River>()), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            proxy.thaw();
        });
        assert_eq!(count?, 30);
        Ok(())
    }

    async fn a_killed_connection_is_replaced(database: TestDatabase) -> Result<()> {
        if has_none(&database) {
            return Ok(());
        }
        rivers(&database).await?;
        let engine = database.builder().pool_size(1).pool_timeout(Duration::from_secs(15)).connect().await?;
        let mut session = engine.session();
        session.begin().await?;
        session.add(River::draft().id(100).name("lost"));
        session.flush().await?;
        database.kill_connections().await;
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error}");
        session.rollback().await?;
        assert_eq!(session.count(select::<River>()).await?, 30, "on a connection of its own again");

        // Outside a transaction there is nothing to roll back.
        database.kill_connections().await;
        let error = session.count(select::<River>()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        assert_eq!(session.count(select::<River>()).await?, 30);
        Ok(())
    }
}
