//! Functions of dates and times.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use orm_core::prelude::*;
use orm_core::query::TimeUnit;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::grammar::{only, parsed};

#[derive(Model, Debug)]
#[model(table = "visits")]
struct Visit {
    #[key]
    id: i64,
    day: NaiveDate,
    time: NaiveTime,
    local: NaiveDateTime,
    at: DateTime<Utc>,
    left_at: Option<DateTime<Utc>>,
}

/// The same columns with the types of other crates.
#[derive(Model, Debug)]
#[model(table = "visits")]
struct Seen {
    #[key]
    id: i64,
    day: jiff::civil::Date,
    time: time::Time,
    local: time::PrimitiveDateTime,
    at: jiff::Timestamp,
}

/// The last moment of a leap year, which rounding turns into the first of the next, and a day that not every month has.
const MOMENTS: [&str; 2] = ["2024-12-31 23:59:59.999999", "2024-01-31 08:05:00"];

fn moment(text: &str) -> NaiveDateTime {
    text.parse().or_else(|_| text.replace(' ', "T").parse()).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

async fn visits(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Visit]).await?;
    let mut session = engine.session();
    for (id, at) in (1..).zip(MOMENTS.map(moment)) {
        session.add(Visit::draft().id(id).day(at.date()).time(at.time()).local(at).at(at.and_utc()));
    }
    session.commit().await?;
    Ok(engine)
}

/// A session far from UTC, if the server has such a setting: parts of an instant are still those in UTC.
async fn far_from_utc(engine: &Engine, backend: Backend) -> Result<Session> {
    let mut session = engine.session();
    if backend == Backend::Postgres {
        session.execute(sql("SET TIME ZONE 'Pacific/Kiritimati'")).await?;
    }
    Ok(session)
}

on_every_backend! {
    async fn parts_are_those_of_utc(database: TestDatabase) -> Result<()> {
        let engine = visits(&database).await?;
        let mut session = far_from_utc(&engine, database.backend()).await?;
        let log = engine.record();
        let date = |id| {
            select_columns((
                func::year(Visit::AT), func::month(Visit::LOCAL), func::day(Visit::DAY),
                func::weekday(Visit::AT), func::weekday(Visit::DAY), func::day_of_year(Visit::LOCAL),
            )).filter(Visit::ID.eq(id))
        };
        assert_eq!(session.row(date(1)).await?, (2024, 12, 31, 2, 2, 366));
        assert_eq!(session.row(date(2)).await?, (2024, 1, 31, 3, 3, 31));
        let time = |id| {
            select_columns((
                func::hour(Visit::AT), func::minute(Visit::LOCAL), func::second(Visit::TIME),
                func::hour(Visit::TIME), func::minute(Visit::TIME), func::second(Visit::AT),
                func::year(Visit::LEFT_AT),
            )).filter(Visit::ID.eq(id))
        };
        assert_eq!(session.row(time(1)).await?, (23, 59, 59, 23, 59, 59, None));
        assert_eq!(session.row(time(2)).await?, (8, 5, 0, 8, 5, 0, None));
        parsed(&log, database.backend());

        let log = engine.record();
        let found = session.rows(select_columns(Visit::ID).filter(func::year(Visit::AT).eq(2024) & func::month(Visit::DAY).lt(6)));
        assert_eq!(found.await?, [2]);
        let sql = only(&log, database.backend());
        assert!(sql.contains(match database.backend() {
            Backend::Sqlite => "CAST(substr(\"visits\".\"at\", 1, 4) AS INTEGER) = ?",
            Backend::Postgres => "CAST(floor(EXTRACT(YEAR FROM (\"visits\".\"at\" AT TIME ZONE 'UTC'))) AS BIGINT) = ?",
            _ => "EXTRACT(YEAR FROM \"visits\".\"at\") = ?",
        }), "{sql}");
        Ok(())
    }

    async fn times_are_cut_to_a_unit(database: TestDatabase) -> Result<()> {
        let engine = visits(&database).await?;
        let mut session = far_from_utc(&engine, database.backend()).await?;
        let log = engine.record();
        let units = [
            (TimeUnit::Year, "2024-01-01 00:00:00"),
            (TimeUnit::Month, "2024-12-01 00:00:00"),
            (TimeUnit::Day, "2024-12-31 00:00:00"),
            (TimeUnit::Hour, "2024-12-31 23:00:00"),
            (TimeUnit::Minute, "2024-12-31 23:59:00"),
            (TimeUnit::Second, "2024-12-31 23:59:59"),
        ];
        for (unit, begins) in units {
            let query = select_columns((func::truncate(Visit::LOCAL, unit), func::truncate(Visit::AT, unit)));
            let begins = moment(begins);
            assert_eq!(session.row(query.filter(Visit::ID.eq(1))).await?, (begins, begins.and_utc()), "{unit:?}");
        }
        for (unit, begins) in [(TimeUnit::Year, "2024-01-01"), (TimeUnit::Month, "2024-12-01"), (TimeUnit::Day, "2024-12-31")] {
            let query = select_columns(func::truncate(Visit::DAY, unit)).filter(Visit::ID.eq(1));
            assert_eq!(session.row(query).await?, day(begins));
        }
        let month = || func::truncate(Visit::AT, TimeUnit::Month);
        let by_month = select_columns((month(), func::count(Visit::ID))).group_by(month()).order_by(month());
        let by_month: Vec<(DateTime<Utc>, i64)> = session.rows(by_month).await?;
        assert_eq!(by_month, [(moment("2024-01-01 00:00:00").and_utc(), 1), (moment("2024-12-01 00:00:00").and_utc(), 1)]);
        let same = select_columns(Visit::ID).filter(func::truncate(Visit::LOCAL, TimeUnit::Day).eq(moment("2024-01-31 00:00:00")));
        assert_eq!(session.rows(same).await?, [2]);
        parsed(&log, database.backend());
        let error = session.rows(select_columns(func::truncate(Visit::DAY, TimeUnit::Hour))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery);
        assert!(error.to_string().contains("a day has no hours"), "{error}");
        Ok(())
    }

    async fn time_is_added(database: TestDatabase) -> Result<()> {
        let engine = visits(&database).await?;
        let mut session = far_from_utc(&engine, database.backend()).await?;
        let log = engine.record();
        let added = [
            (1, 1, TimeUnit::Second, "2025-01-01 00:00:00.999999"),
            (1, -60, TimeUnit::Minute, "2024-12-31 22:59:59.999999"),
            (1, 25, TimeUnit::Hour, "2025-01-02 00:59:59.999999"),
            (1, -366, TimeUnit::Day, "2023-12-31 23:59:59.999999"),
            (2, 1, TimeUnit::Month, "2024-02-29 08:05:00"),
            (2, 13, TimeUnit::Month, "2025-02-28 08:05:00"),
            (1, -1, TimeUnit::Year, "2023-12-31 23:59:59.999999"),
        ];
        for (id, count, unit, then) in added {
            let query = select_columns((func::add_time(Visit::LOCAL, count, unit), func::add_time(Visit::AT, count, unit)));
            let then = moment(then);
            assert_eq!(session.row(query.filter(Visit::ID.eq(id))).await?, (then, then.and_utc()), "{count} {unit:?}");
        }
        let days = select_columns((func::add_time(Visit::DAY, 29, TimeUnit::Day), func::add_time(Visit::DAY, 1, TimeUnit::Month)));
        assert_eq!(session.row(days.filter(Visit::ID.eq(2))).await?, (day("2024-02-29"), day("2024-02-29")));
        let late = select_columns(Visit::ID).filter(func::add_time(Visit::AT, 1, TimeUnit::Day).lt(func::now::<DateTime<Utc>>()));
        assert_eq!(session.rows(late).await?.len(), 2);
        let empty = session.rows(select_columns(func::add_time(Visit::LEFT_AT, 1, TimeUnit::Day))).await?;
        assert_eq!(empty, [None, None]);
        parsed(&log, database.backend());
        let error = session.rows(select_columns(func::add_time(Visit::DAY, 1, TimeUnit::Minute))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery);
        Ok(())
    }

    async fn now_is_in_utc(database: TestDatabase) -> Result<()> {
        let engine = visits(&database).await?;
        let mut session = far_from_utc(&engine, database.backend()).await?;
        let log = engine.record();
        let query = select_columns((
            func::now::<DateTime<Utc>>(), func::now::<NaiveDateTime>(), func::now::<NaiveDate>(), func::now::<NaiveTime>(),
        ));
        let (at, local, day, time) = session.row(query).await?;
        let real = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        assert!((at.timestamp() - i64::try_from(real).unwrap()).abs() < 600, "{at} {real}");
        assert_eq!(at.naive_utc(), local);
        assert_eq!((local.date(), local.time()), (day, time));
        let query = select_columns((func::now::<jiff::Timestamp>(), func::now::<time::PrimitiveDateTime>(), func::now::<jiff::civil::Date>()));
        let (at, local, day) = session.row(query).await?;
        assert!((at.as_second() - local.assume_utc().unix_timestamp()).abs() < 600);
        assert_eq!(day.to_string().len(), 10);
        parsed(&log, database.backend());
        session.execute(update::<Visit>().set_to(Visit::LEFT_AT, func::now::<DateTime<Utc>>())).await?;
        assert_eq!(session.count(select::<Visit>().filter(Visit::LEFT_AT.gt(Visit::AT))).await?, 2);
        session.commit().await
    }

    async fn a_moment_is_a_day_and_a_time(database: TestDatabase) -> Result<()> {
        let engine = visits(&database).await?;
        let mut session = far_from_utc(&engine, database.backend()).await?;
        let log = engine.record();
        let query = select_columns((
            func::cast::<NaiveDate, _>(Visit::AT), func::cast::<NaiveTime, _>(Visit::AT), func::cast::<NaiveDate, _>(Visit::LOCAL),
            func::cast::<NaiveDateTime, _>(Visit::AT), func::cast::<DateTime<Utc>, _>(Visit::LOCAL),
            func::cast::<NaiveDateTime, _>(Visit::DAY), func::cast::<DateTime<Utc>, _>(Visit::DAY),
        ));
        let at = moment(MOMENTS[0]);
        let begins = moment("2024-12-31 00:00:00");
        let row = session.row(query.filter(Visit::ID.eq(1))).await?;
        assert_eq!(row, (at.date(), at.time(), at.date(), at, at.and_utc(), begins, begins.and_utc()));
        let of_day = select_columns(Visit::ID).filter(func::cast::<NaiveDate, _>(Visit::AT).eq(day("2024-12-31")));
        assert_eq!(session.rows(of_day).await?, [1]);
        parsed(&log, database.backend());
        Ok(())
    }

    async fn the_types_of_all_crates_have_parts(database: TestDatabase) -> Result<()> {
        let engine = visits(&database).await?;
        let mut session = far_from_utc(&engine, database.backend()).await?;
        let query = select_columns((
            func::year(Seen::DAY), func::second(Seen::TIME), func::truncate(Seen::LOCAL, TimeUnit::Year),
            func::truncate(Seen::AT, TimeUnit::Day), func::add_time(Seen::DAY, 1, TimeUnit::Day),
        ));
        let (year, second, local, at, day) = session.row(query.filter(Seen::ID.eq(1))).await?;
        assert_eq!((year, second, local.to_string(), at.to_string(), day.to_string()), (
            2024, 59, "2024-01-01 0:00:00.0".into(), "2024-12-31T00:00:00Z".into(), "2025-01-01".into(),
        ));
        Ok(())
    }
}
