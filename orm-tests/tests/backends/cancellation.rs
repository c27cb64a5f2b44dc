//! A session that is cancelled anywhere leaves nothing to the next one: the future of its whole life is dropped after
//! every number of polls in turn, on a pool of one connection.

use std::time::Duration;

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

/// What one session does; `committed` says what was acknowledged on the way.
async fn life(session: &mut Session, number: i64, committed: &mut bool) -> Result<()> {
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
    session.commit().await?;
    *committed = true;
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
    let query = select::<Unit>().order_by(Unit::ID.desc()).with(Unit::PARTS.selectin()).yield_per(2);
    let mut stream = session.stream(query);
    stream.next_batch().await?;
    stream.next_batch().await?;
    drop(stream);
    let rows = select_columns((Unit::ID, Unit::NUMBER)).order_by(Unit::ID.desc()).yield_per(1);
    let mut stream = session.stream(rows);
    stream.next_batch().await?;
    stream.next_batch().await?;
    Ok(())
}

/// Cuts lives until one comes to its end, so many times over.
async fn cut_everywhere(engine: &Engine, observer: &Engine, cuts: usize) -> Result<()> {
    let mut number = 0;
    while number < i64::try_from(cuts).unwrap_or(i64::MAX) {
        for polls in 1.. {
            number += 1;
            let mut committed = false;
            let mut session = engine.session();
            let ended = Cut::after(polls, life(&mut session, number, &mut committed)).await;
            if let Some(ended) = ended {
                ended?;
                break;
            }
            // The next borrower is another session, or the same one after a rollback.
            if polls % 2 == 0 {
                session = engine.session();
            } else {
                session.rollback().await?;
            }
            let marker = -number;
            session.add(Unit::draft().number(marker));
            session.commit().await?;
            drop(session);

            let mut observer = observer.session();
            let query = select::<Unit>().filter(Unit::NUMBER.is_in([number, marker])).order_by(Unit::NUMBER);
            let seen = observer.all(query.with(Unit::PARTS.selectin())).await?;
            let seen: Vec<_> = seen.iter().map(|unit| (unit.number, unit.get(Unit::PARTS).len())).collect();
            match committed {
                true => assert_eq!(seen, [(marker, 0), (number, 2)], "after {polls} polls"),
                // A commit that nobody acknowledged may have happened, whole.
                false => assert!(
                    seen == [(marker, 0)] || seen == [(marker, 0), (number, 2)],
                    "after {polls} polls: {seen:?}"
                ),
            }
        }
    }
    Ok(())
}

on_every_backend! {
    async fn the_next_borrower_is_clean(database: TestDatabase) -> Result<()> {
        // `ORM_DEEP=1` for 20,000, and `ORM_TEST_CUTS` for any other number.
        let few = match (std::env::var("ORM_DEEP").is_ok(), std::env::var("CI").as_deref()) {
            (true, _) => 20_000,
            (false, Ok("true")) => 1000,
            (false, _) => 300,
        };
        let cuts = std::env::var("ORM_TEST_CUTS").ok().and_then(|cuts| cuts.parse().ok()).unwrap_or(few);
        let one = |builder: orm_core::EngineBuilder| builder.pool_size(1).pool_timeout(Duration::from_secs(20));
        if database.backend() == Backend::Sqlite {
            let directory = tempfile::tempdir().expect("there is room for a file");
            let url = format!("sqlite:{}", directory.path().join("file.db").display());
            let (engine, observer) = (one(Engine::builder(&url)).connect().await?, Engine::connect(&url).await?);
            engine.create_all(schema![Unit, Part]).await?;
            return cut_everywhere(&engine, &observer, cuts).await;
        }
        let (engine, observer) = (one(database.builder()).connect().await?, database.engine().await?);
        engine.create_all(schema![Unit, Part]).await?;
        cut_everywhere(&engine, &observer, cuts).await
    }
}
