//! A session that is cancelled anywhere leaves nothing to the next one: the future of its whole life is dropped after
//! every number of polls in turn, on a pool of one connection.

use std::time::Duration;

use futures_util::TryStreamExt;
use orm_core::prelude::*;
use orm_tests::{Backend, Cut, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "units")]
pub struct Unit {
    #[key(auto)]
    pub id: i64,
    pub number: i64,
    #[has_many]
    pub parts: HasMany<Part>,
}

#[derive(Model, Debug)]
#[model(table = "parts")]
pub struct Part {
    #[key(auto)]
    pub id: i64,
    pub unit_id: i64,
    #[belongs_to]
    pub unit: BelongsTo<Unit>,
}

/// How far the COMMIT of a life has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Commit {
    NotSent,
    /// Its answer was not read.
    Unknown,
    Acknowledged,
}

/// What one session does.
async fn life(session: &mut Session, number: i64, done: &mut Commit) -> Result<()> {
    session.begin().await?;
    let unit = session.add(Unit::draft().number(number).parts([Part::draft()]));
    session.flush().await?;
    let unit = unit.entity()?;
    session
        .nested(async |session| {
            session.append(&unit, Unit::PARTS, Part::draft())?;
            session.flush().await
        })
        .await?;
    session.all(select::<Unit>().order_by(Unit::ID.desc()).limit(3).with(Unit::PARTS.selectin())).await?;
    read_some(session).await?;
    *done = Commit::Unknown;
    session.commit().await?;
    *done = Commit::Acknowledged;
    read_some(session).await?;
    session.count(select::<Unit>()).await?;
    session.begin().await?;
    session.append(&unit, Unit::PARTS, Part::draft())?;
    session.flush().await?;
    session.rollback().await?;
    session.close().await
}

/// Reads two batches of each stream, which has more.
async fn read_some(session: &mut Session) -> Result<()> {
    for rows in [Rows::Entities, Rows::Values] {
        rows.read(session, 2, false).await?;
    }
    Ok(())
}

/// What a stream gives.
#[derive(Debug, Clone, Copy)]
enum Rows {
    Entities,
    Values,
    Raw,
    /// Raw SQL one by one.
    Single,
}

impl Rows {
    /// Reads a stream with this many rows a batch: all of it, or two batches.
    async fn read(self, session: &mut Session, rows: usize, all: bool) -> Result<()> {
        async fn read<T: Send>(mut stream: orm_core::futures::QueryStream<'_, T>, all: bool) -> Result<()> {
            let mut batches = 0;
            while (all || batches < 2) && stream.next_batch().await?.is_some() {
                batches += 1;
            }
            Ok(())
        }
        let raw = sql("SELECT id, number FROM units ORDER BY id").rows::<(i64, i64)>().yield_per(rows);
        match self {
            Rows::Entities => {
                let query = select::<Unit>().order_by(Unit::ID).with(Unit::PARTS.selectin());
                read(session.stream(query.yield_per(rows)), all).await
            }
            Rows::Values => {
                let query = select_columns((Unit::ID, Unit::NUMBER)).order_by(Unit::ID);
                read(session.stream(query.yield_per(rows)), all).await
            }
            Rows::Raw => read(session.stream(raw), all).await,
            Rows::Single => {
                let mut rows = session.stream(raw).rows();
                let mut seen = 0;
                while (all || seen < 3) && rows.try_next().await?.is_some() {
                    seen += 1;
                }
                Ok(())
            }
        }
    }
}

/// A stream in a life.
#[derive(Debug, Clone, Copy)]
struct Streamed {
    rows: Rows,
    batch: usize,
    /// Whether it is in a transaction that has written.
    inside: bool,
    /// Whether it is read to its end.
    finished: bool,
    /// Whether the session does something after it.
    goes_on: bool,
}

impl Streamed {
    fn all() -> Vec<Streamed> {
        let mut all = Vec::new();
        for rows in [Rows::Entities, Rows::Values, Rows::Raw, Rows::Single] {
            for choice in 0..16 {
                let (inside, finished) = (choice & 1 == 0, choice & 2 == 0);
                let (goes_on, batch) = (choice & 4 == 0, if choice & 8 == 0 { 3 } else { 1_000 });
                all.push(Streamed { rows, batch, inside, finished, goes_on });
            }
        }
        all
    }

    /// A life that commits nothing.
    async fn life(self, session: &mut Session, number: i64) -> Result<()> {
        if self.inside {
            session.add(Unit::draft().number(number).parts([Part::draft()]));
            session.flush().await?;
        }
        self.rows.read(session, self.batch, self.finished).await?;
        if self.goes_on {
            session.count(select::<Unit>()).await?;
        }
        Ok(())
    }
}

/// Rows that always exist, so a stream has several batches.
const ALWAYS: i64 = 10;

/// A number that the observer writes before the next borrower reads.
fn tick(number: i64) -> i64 {
    -1_000_000_000 - number
}

struct Pool {
    engine: Engine,
    observer: Engine,
    number: i64,
}

impl Pool {
    async fn new(engine: Engine, observer: Engine) -> Result<Pool> {
        engine.create_all(schema![Unit, Part]).await?;
        let mut session = observer.session();
        for number in 0..ALWAYS {
            session.add(Unit::draft().number(2_000_000_000 + number).parts([Part::draft(), Part::draft()]));
        }
        session.add(Unit::draft().number(tick(1)));
        session.commit().await?;
        Ok(Pool { engine, observer, number: 0 })
    }

    /// Cuts one life after every number of polls in turn, until it comes to its end.
    async fn cut(&mut self, streamed: Option<Streamed>) -> Result<()> {
        for polls in 1.. {
            self.number += 1;
            let (number, mut commit) = (self.number, Commit::NotSent);
            let mut session = self.engine.session();
            let ended = match streamed {
                None => Cut::after(polls, life(&mut session, number, &mut commit)).await,
                Some(streamed) => Cut::after(polls, streamed.life(&mut session, number)).await,
            };
            let ended = ended.transpose()?.is_some();
            if number % 3 == 0 {
                // What the session left may come to its end before the session does.
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            // The next borrower is another session, or the same one after a rollback.
            if ended || polls % 2 == 0 {
                session = self.engine.session();
            } else {
                session.rollback().await?;
            }
            let case = format!("{streamed:?} after {polls} polls");
            self.check(session, number, commit, &case).await?;
            if ended {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The next borrower sees what is committed and nothing else, writes, and leaves no lock.
    async fn check(&self, mut next: Session, number: i64, commit: Commit, case: &str) -> Result<()> {
        let marker = -number;
        assert!(!next.in_transaction(), "{case}");
        let before = next.count(select::<Unit>().filter(Unit::NUMBER.eq(number))).await?;
        let ticks = next.count(select::<Unit>().filter(Unit::NUMBER.eq(tick(number)))).await?;
        assert_eq!(ticks, 1, "it reads an old snapshot: {case}");
        next.add(Unit::draft().number(marker));
        next.commit().await?;
        drop(next);

        let mut observer = self.observer.session();
        let query = select::<Unit>().filter(Unit::NUMBER.is_in([number, marker])).order_by(Unit::NUMBER);
        let seen = observer.all(query.with(Unit::PARTS.selectin())).await?;
        let seen: Vec<_> = seen.iter().map(|unit| (unit.number, unit.get(Unit::PARTS).len())).collect();
        let (without, with) = (vec![(marker, 0)], vec![(marker, 0), (number, 2)]);
        match commit {
            Commit::NotSent => assert_eq!((before, &seen), (0, &without), "{case}"),
            Commit::Acknowledged => assert_eq!((before, &seen), (1, &with), "{case}"),
            // It may have happened, whole. A server that still executes it when the next session counts is done with it
            // later, but what was seen once stays.
            Commit::Unknown => assert!(
                seen == with || (seen == without && before == 0),
                "{case}: {before} before, then {seen:?}"
            ),
        }
        // Rows of a COMMIT that is still running are left: no other life has their number.
        let mut numbers = vec![marker, tick(number)];
        if seen == with {
            numbers.push(number);
        }
        let units = select_columns(Unit::ID).filter(Unit::NUMBER.is_in(numbers.clone()));
        observer.execute(delete::<Part>().filter(Part::UNIT_ID.in_query(units))).await?;
        observer.execute(delete::<Unit>().filter(Unit::NUMBER.is_in(numbers))).await?;
        observer.add(Unit::draft().number(tick(number + 1)));
        observer.commit().await
    }
}

/// An engine with one connection, another one that looks, and the directory of their database where that is a file.
async fn pool(database: &TestDatabase) -> Result<(Pool, Option<tempfile::TempDir>)> {
    let one = |builder: orm_core::options::EngineBuilder| {
        builder.pool_size(1).pool_timeout(Duration::from_secs(20))
    };
    if database.backend() == Backend::Sqlite {
        let directory = orm_tests::directory();
        let url = format!("sqlite:{}", directory.path().join("file.db").display());
        let (engine, observer) = (one(Engine::builder(&url)).connect().await?, Engine::connect(&url).await?);
        return Ok((Pool::new(engine, observer).await?, Some(directory)));
    }
    let (engine, observer) = (one(database.builder()).connect().await?, database.engine().await?);
    Ok((Pool::new(engine, observer).await?, None))
}

on_every_backend! {
    async fn the_next_borrower_is_clean(database: TestDatabase) -> Result<()> {
        // `ORM_DEEP=1` for 20,000, and `ORM_TEST_CUTS` for any other number.
        let few = match (std::env::var("ORM_DEEP").is_ok(), std::env::var("CI").as_deref()) {
            (true, _) => 20_000,
            (false, Ok("true")) => 1000,
            (false, _) => 300,
        };
        let cuts: i64 = std::env::var("ORM_TEST_CUTS").ok().and_then(|cuts| cuts.parse().ok()).unwrap_or(few);
        let (mut pool, _directory) = pool(&database).await?;
        let streams = Streamed::all();
        // Any order that does not put what differs in one bit side by side.
        for place in (0..).step_by(7) {
            if place % 5 == 0 {
                pool.cut(None).await?;
            }
            pool.cut(Some(streams[place % streams.len()])).await?;
            if pool.number >= cuts {
                break;
            }
        }
        Ok(())
    }

    async fn what_a_dropped_session_left_to_a_stream_is_undone(database: TestDatabase) -> Result<()> {
        let (mut pool, _directory) = pool(&database).await?;
        for streamed in Streamed::all().into_iter().filter(|streamed| streamed.inside) {
            for pause in [0, 5] {
                pool.number += 1;
                let mut session = pool.engine.session();
                streamed.life(&mut session, pool.number).await?;
                tokio::time::sleep(Duration::from_millis(pause)).await;
                drop(session);
                pool.check(pool.engine.session(), pool.number, Commit::NotSent, &format!("{streamed:?}")).await?;
            }
        }
        Ok(())
    }

    async fn a_read_cancelled_outside_a_transaction_is_not_a_failure(database: TestDatabase) -> Result<()> {
        let (pool, _directory) = pool(&database).await?;
        let mut session = pool.engine.session();
        let mut ended = false;
        for polls in 1.. {
            let query = select::<Unit>().order_by(Unit::ID).with(Unit::PARTS.selectin()).populate_existing();
            if let Some(found) = Cut::after(polls, session.all(query)).await {
                assert_eq!(found?.len(), 11);
                ended = true;
            }
            assert!(!session.in_transaction());
            assert_eq!(session.count(select::<Unit>()).await?, 11, "after {polls} polls");
            if ended {
                break;
            }
        }
        for rows in [Rows::Entities, Rows::Values, Rows::Raw, Rows::Single] {
            for polls in 1.. {
                let ended = Cut::after(polls, rows.read(&mut session, 2, true)).await.transpose()?.is_some();
                assert_eq!(session.count(select::<Unit>()).await?, 11, "{rows:?} after {polls} polls");
                if ended {
                    break;
                }
            }
        }
        // In a transaction it is one.
        session.begin().await?;
        let cut = Cut::after(1, session.all(select::<Unit>().populate_existing())).await;
        if cut.is_none() {
            assert_eq!(session.count(select::<Unit>()).await.unwrap_err().kind(), ErrorKind::PendingRollback);
        }
        session.rollback().await?;
        assert_eq!(session.count(select::<Unit>()).await?, 11);
        Ok(())
    }
}
