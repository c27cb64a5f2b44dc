//! What a clock tells is stored in microseconds, and memory, filters and the row agree about it.

use chrono::{DateTime, NaiveDateTime, NaiveTime, Timelike, Utc};
use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "ticks")]
pub struct Tick {
    #[key]
    pub id: i64,
    pub instant: DateTime<Utc>,
    pub at: Option<NaiveDateTime>,
    pub time: Option<NaiveTime>,
    pub of_time: Option<time::OffsetDateTime>,
    pub of_jiff: Option<jiff::Timestamp>,
}

/// The same with a hook that looks at the clock.
#[derive(Model, Debug)]
#[model(table = "ticks", hooks)]
pub struct Stamped {
    #[key]
    pub id: i64,
    pub instant: DateTime<Utc>,
    pub at: Option<NaiveDateTime>,
}

impl ModelHooks for Stamped {
    fn before_insert(row: &mut NewRow<'_, Stamped>) -> Result<()> {
        row.set(Stamped::INSTANT, fine());
        Ok(())
    }

    fn before_update(&mut self, _context: &Context) -> Result<()> {
        self.at = Some(fine().naive_utc());
        Ok(())
    }
}

#[derive(Model, Debug)]
#[model(table = "lists")]
pub struct Times {
    #[key]
    pub id: i64,
    pub times: Vec<DateTime<Utc>>,
}

/// A time whose last three digits no database stores, before or after 1970.
fn moment(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 123_456_789).expect("it is a moment")
}

fn fine() -> DateTime<Utc> {
    moment(1_700_000_000)
}

fn cut(moment: DateTime<Utc>) -> DateTime<Utc> {
    moment.with_nanosecond(123_456_000).expect("it is a moment")
}

fn of_time(moment: DateTime<Utc>) -> time::OffsetDateTime {
    let nanos = moment.timestamp_nanos_opt().expect("it is near");
    time::OffsetDateTime::from_unix_timestamp_nanos(nanos.into()).expect("it is a moment")
}

fn of_jiff(moment: DateTime<Utc>) -> jiff::Timestamp {
    let nanos = moment.timestamp_nanos_opt().expect("it is near");
    jiff::Timestamp::from_nanosecond(nanos.into()).expect("it is a moment")
}

fn is(tick: &Tick, moment: DateTime<Utc>) {
    assert_eq!(tick.instant, moment);
    assert_eq!(tick.at, Some(moment.naive_utc()));
    assert_eq!(tick.time, Some(moment.time()));
    assert_eq!(tick.of_time, Some(of_time(moment)));
    assert_eq!(tick.of_jiff, Some(of_jiff(moment)));
}

on_every_backend! {
    async fn a_moment_is_the_same_in_memory_in_the_row_and_in_a_filter(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Tick]).await?;
        let mut session = engine.session();
        for (id, second) in [(1, 1_700_000_000), (2, -1_700_000_000)] {
            let (first, second) = (moment(second), moment(second + 1));
            let draft = Tick::draft().id(id).instant(first).at(first.naive_utc()).time(first.time());
            let tick = session.insert(draft.of_time(of_time(first)).of_jiff(of_jiff(first))).await?;
            is(&tick, cut(first));
            let found = engine_reads(&mut session, Tick::INSTANT.eq(first)).await?;
            assert_eq!(found, [id]);

            session.edit(&tick, |tick| {
                tick.instant = second;
                tick.at = Some(second.naive_utc());
                tick.time = Some(second.time());
                tick.of_time = Some(of_time(second));
                tick.of_jiff = Some(of_jiff(second));
            })?;
            is(&tick, cut(second));
            session.flush().await?;
            session.refresh(&tick).await?;
            is(&tick, cut(second));

            // The same moment again is not a change and sends no statement.
            session.edit(&tick, |tick| tick.instant = second)?;
            assert!(!session.is_modified(&tick));
            let statements = session.stats().statements;
            session.flush().await?;
            assert_eq!(session.stats().statements, statements);

            let third = moment(second.timestamp() + 1);
            session.execute(update::<Tick>().set(Tick::INSTANT, third).filter(Tick::ID.eq(id))).await?;
            assert_eq!(tick.instant, cut(third));
            let found = (
                engine_reads(&mut session, Tick::INSTANT.ge(third) & Tick::INSTANT.le(third)).await?,
                engine_reads(&mut session, Tick::INSTANT.is_in([third])).await?,
                engine_reads(&mut session, Tick::OF_JIFF.eq(of_jiff(second))).await?,
                engine_reads(&mut session, Tick::TIME.eq(second.time()) & Tick::ID.eq(id)).await?,
            );
            assert_eq!(found, (vec![id], vec![id], vec![id], vec![id]));
            let raw = sql("SELECT id FROM ticks WHERE instant = ?").bind(third).rows::<i64>();
            assert_eq!(session.rows(raw).await?, [id]);
        }
        session.commit().await
    }

    async fn what_a_hook_takes_from_the_clock_is_cut_too(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Stamped]).await?;
        let mut session = engine.session();
        let stamped = session.insert(Stamped::draft().id(1).instant(DateTime::UNIX_EPOCH)).await?;
        assert_eq!(stamped.instant, cut(fine()));
        session.edit(&stamped, |stamped| stamped.instant = DateTime::UNIX_EPOCH)?;
        session.commit().await?;
        assert_eq!(stamped.at, Some(cut(fine()).naive_utc()));
        session.refresh(&stamped).await?;
        assert_eq!((stamped.instant, stamped.at), (DateTime::UNIX_EPOCH, Some(cut(fine()).naive_utc())));
        Ok(())
    }

    async fn the_moments_of_a_list_are_cut_too(database: TestDatabase) -> Result<()> {
        if database.backend() != Backend::Postgres {
            return Ok(());
        }
        let engine = database.engine().await?;
        engine.create_all(schema![Times]).await?;
        let mut session = engine.session();
        let times = session.insert(Times::draft().id(1).times(vec![fine()])).await?;
        assert_eq!(times.times, [cut(fine())]);
        session.edit(&times, |times| times.times.push(moment(7)))?;
        assert_eq!(times.times, [cut(fine()), cut(moment(7))]);
        session.commit().await?;
        session.refresh(&times).await?;
        assert_eq!(times.times, [cut(fine()), cut(moment(7))]);
        Ok(())
    }
}

async fn engine_reads(session: &mut Session, filter: Predicate) -> Result<Vec<i64>> {
    session.rows(select_columns(Tick::ID).filter(filter)).await
}
