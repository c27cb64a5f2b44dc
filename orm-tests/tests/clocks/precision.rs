//! Columns that state how many digits behind the second they keep: what an object shows is what its row has, whichever way
//! it was written, and filters agree.

use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc};
use orm_core::migrate::Migrations;
use orm_core::prelude::*;
use orm_core::schema::SchemaFindingKind;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "events", hooks)]
pub struct Event {
    #[key]
    pub id: i64,
    #[column(unique)]
    pub number: i64,
    #[column(precision = 3, index)]
    pub at: DateTime<Utc>,
    #[column(precision = 0)]
    pub local: NaiveDateTime,
    #[column(precision = 2)]
    pub time: Option<NaiveTime>,
    #[column(precision = 1, default_with = "fine")]
    pub made: DateTime<Utc>,
    #[column(precision = 4)]
    pub hooked: Option<DateTime<Utc>>,
    #[column(precision = 5, updated)]
    pub changed: Option<DateTime<Utc>>,
    pub full: DateTime<Utc>,
}

impl ModelHooks for Event {
    fn before_insert(row: &mut NewRow<'_, Event>) -> Result<()> {
        row.set(Event::HOOKED, fine());
        Ok(())
    }

    fn before_update(&mut self, _context: &Context) -> Result<()> {
        self.hooked = Some(moment(50));
        Ok(())
    }
}

/// A series, whose rows have a time in their key.
#[derive(Model, Debug)]
#[model(table = "readings")]
pub struct Reading {
    #[key]
    pub sensor: i64,
    #[key]
    #[column(precision = 3)]
    pub at: DateTime<Utc>,
    pub value: i64,
    #[has_many(key = "sensor, at", order_by = "id")]
    pub notes: HasMany<Note>,
    #[many_to_many(through = "reading_tags", key = "sensor, at", target_key = "tag_id", order_by = "id")]
    pub tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "reading_notes")]
pub struct Note {
    #[key]
    pub id: i64,
    pub sensor: i64,
    #[column(precision = 3)]
    pub at: DateTime<Utc>,
    #[belongs_to(key = "sensor, at")]
    pub reading: BelongsTo<Reading>,
}

#[derive(Model, Debug)]
#[model(table = "reading_tag")]
pub struct Tag {
    #[key]
    pub id: i64,
}

#[derive(Model, Debug)]
#[model(table = "wrong_notes")]
pub struct WrongNote {
    #[key]
    pub id: i64,
    pub sensor: i64,
    pub at: DateTime<Utc>,
    #[belongs_to(key = "sensor, at")]
    pub reading: BelongsTo<Reading>,
}

/// The table of the events as another version of the program declares it.
#[derive(Model, Debug)]
#[model(table = "events")]
pub struct Finer {
    #[key]
    pub id: i64,
    pub at: DateTime<Utc>,
    #[column(precision = 0)]
    pub local: NaiveDateTime,
}

#[derive(Model, Debug)]
#[model(table = "schedules")]
pub struct Schedule {
    #[key]
    pub id: i64,
    #[column(precision = 3)]
    pub times: Vec<DateTime<Utc>>,
}

fn moment(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 987_654_321).expect("it is a moment")
}

fn fine() -> DateTime<Utc> {
    moment(1_700_000_000)
}

/// The moment as a column with this many digits has it.
fn cut(moment: DateTime<Utc>, digits: u32) -> DateTime<Utc> {
    let unit = 10_u32.pow(9 - digits);
    let nanosecond = moment.timestamp_subsec_nanos() / unit * unit;
    DateTime::from_timestamp(moment.timestamp(), nanosecond).expect("it is a moment")
}

fn draft(id: i64, at: DateTime<Utc>) -> impl CompleteDraft<Model = Event> {
    Event::draft().id(id).number(id).at(at).local(at.naive_utc()).time(at.time()).full(at)
}

fn values(event: &Event) -> (DateTime<Utc>, NaiveDateTime, Option<NaiveTime>, DateTime<Utc>) {
    (event.at, event.local, event.time, event.full)
}

fn cut_values(at: DateTime<Utc>) -> (DateTime<Utc>, NaiveDateTime, Option<NaiveTime>, DateTime<Utc>) {
    (cut(at, 3), cut(at, 0).naive_utc(), Some(cut(at, 2).time()), cut(at, 6))
}

async fn events(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Event]).await?;
    Ok(engine)
}

/// Compares what an object shows with what another session reads.
async fn is_its_row(engine: &Engine, event: &Event) -> Result<()> {
    let row = engine.session().get::<Event>(event.id).await?.expect("the event exists");
    assert_eq!(format!("{event:?}"), format!("{:?}", *row));
    Ok(())
}

async fn ids(session: &mut Session, filter: Predicate) -> Result<Vec<i64>> {
    session.rows(select_columns(Event::ID).filter(filter).order_by(Event::ID)).await
}

on_every_backend! {
    async fn a_flush_writes_what_the_object_shows(database: TestDatabase) -> Result<()> {
        let engine = events(&database).await?;
        // Before 1970 the fraction still counts from the second before.
        for (id, second) in [(1, 1_700_000_000), (2, -1_700_000_000)] {
            let mut session = engine.session();
            let log = engine.record();
            let event = session.insert(draft(id, moment(second))).await?;
            session.commit().await?;
            assert_eq!(log.count(), 1, "{log}");
            assert_eq!(values(&event), cut_values(moment(second)));
            assert_eq!((event.made, event.hooked), (cut(fine(), 1), Some(cut(fine(), 4))));
            is_its_row(&engine, &event).await?;

            let other = moment(second + 1);
            session.edit(&event, |event| {
                (event.at, event.local, event.full) = (other, other.naive_utc(), other);
                event.time = Some(other.time());
            })?;
            assert_eq!(values(&event), cut_values(other), "before the flush too");
            session.commit().await?;
            assert_eq!((values(&event), event.hooked), (cut_values(other), Some(cut(moment(50), 4))));
            is_its_row(&engine, &event).await?;

            // What differs only behind the kept digits does not change anything.
            let log = engine.record();
            session.edit(&event, |event| event.at = other)?;
            assert!(!session.is_modified(&event));
            session.flush().await?;
            assert_eq!(log.count(), 0, "{log}");
        }
        Ok(())
    }

    async fn a_stamp_has_the_precision_of_its_column(database: TestDatabase) -> Result<()> {
        let engine = events(&database).await?;
        let clock = || std::time::UNIX_EPOCH + std::time::Duration::new(77, 987_654_321);
        let mut session = engine.session_with(SessionOptions::new().clock(clock));
        let event = session.insert(draft(1, fine())).await?;
        session.edit(&event, |event| event.number = 5)?;
        session.commit().await?;
        assert_eq!(event.changed, Some(cut(moment(77), 5)));
        is_its_row(&engine, &event).await
    }

    async fn bulk_statements_and_upserts_write_it_too(database: TestDatabase) -> Result<()> {
        let engine = events(&database).await?;
        let mut session = engine.session();
        assert_eq!(session.execute(insert::<Event>().rows([draft(1, fine()), draft(2, moment(5))])).await?, 2);
        let event = session.get::<Event>(1).await?.expect("the event exists");
        assert_eq!(values(&event), cut_values(fine()));
        session.commit().await?;
        is_its_row(&engine, &event).await?;

        let set = update::<Event>().set(Event::AT, moment(7)).set(Event::LOCAL, moment(7).naive_utc());
        session.execute(set.filter(Event::ID.eq(1))).await?;
        session.commit().await?;
        assert_eq!((event.at, event.local), (cut(moment(7), 3), cut(moment(7), 0).naive_utc()));
        is_its_row(&engine, &event).await?;

        let upsert = OnConflict::update(Event::NUMBER, (Event::AT, Event::TIME)).set(Event::LOCAL, moment(9).naive_utc());
        let row = Event::draft().id(3).number(1).at(moment(8)).local(moment(8).naive_utc());
        let row = row.time(moment(8).time()).full(moment(8));
        session.execute(insert::<Event>().rows([row]).on_conflict(upsert)).await?;
        session.commit().await?;
        assert_eq!((event.at, event.local), (cut(moment(8), 3), cut(moment(9), 0).naive_utc()));
        assert_eq!(event.time, Some(cut(moment(8), 2).time()));
        is_its_row(&engine, &event).await
    }

    async fn what_the_database_computes_is_kept_as_the_column_declares(database: TestDatabase) -> Result<()> {
        let engine = events(&database).await?;
        let mut session = engine.session();
        let event = session.insert(draft(1, fine())).await?;
        let set = update::<Event>().set_to(Event::AT, Event::FULL).set_to(Event::MADE, func::now::<DateTime<Utc>>());
        session.execute(set.filter(Event::ID.eq(1))).await?;
        session.commit().await?;
        // PostgreSQL and MySQL round what they compute, and the others cut it.
        assert!([cut(fine(), 3), cut(fine(), 3) + chrono::TimeDelta::milliseconds(1)].contains(&event.at));
        assert_eq!((event.at, event.made), (cut(event.at, 3), cut(event.made, 1)));
        is_its_row(&engine, &event).await?;
        assert_eq!(ids(&mut session, Event::AT.eq(event.at)).await?, [1]);

        let columns = (Event::ID, Event::NUMBER, Event::AT, Event::LOCAL, Event::MADE, Event::FULL);
        let query = (Event::ID + 1, Event::NUMBER + 1, Event::FULL, Event::LOCAL, Event::FULL, Event::FULL);
        assert_eq!(session.execute(insert_from(columns, select_columns(query))).await?, 1);
        let copy = session.get::<Event>(2).await?.expect("it was copied");
        assert_eq!((copy.at, copy.made), (cut(copy.at, 3), cut(copy.made, 1)));
        assert_eq!((copy.at.timestamp(), copy.full), (fine().timestamp(), cut(fine(), 6)));
        session.commit().await
    }

    async fn filters_take_values_as_the_column_has_them(database: TestDatabase) -> Result<()> {
        let engine = events(&database).await?;
        let mut session = engine.session();
        let (early, late) = (moment(5), moment(6));
        session.execute(insert::<Event>().rows([draft(1, early), draft(2, late)])).await?;
        assert_eq!(ids(&mut session, Event::AT.eq(early)).await?, [1]);
        assert_eq!(ids(&mut session, Event::AT.ne(early)).await?, [2]);
        assert_eq!(ids(&mut session, Event::AT.is_in([early, late])).await?, [1, 2]);
        assert_eq!(ids(&mut session, Event::AT.between(early, late)).await?, [1, 2]);
        assert_eq!(ids(&mut session, Event::AT.lt(late)).await?, [1]);
        assert_eq!(ids(&mut session, Event::AT.le(late)).await?, [1, 2]);
        assert_eq!(ids(&mut session, Event::AT.gt(early)).await?, [2]);
        assert_eq!(ids(&mut session, Event::AT.ge(early)).await?, [1, 2]);
        assert_eq!(ids(&mut session, func::value(late).eq(Event::AT)).await?, [2]);
        assert_eq!(ids(&mut session, Event::LOCAL.eq(early.naive_utc())).await?, [1]);
        assert_eq!(ids(&mut session, Event::TIME.eq(early.time())).await?, [1]);

        // In an alias, a subquery and an aggregate too.
        let other = alias::<Event>("other");
        let same = select_columns(Event::ID).join_table(&other, other.column(Event::ID).eq(Event::ID));
        assert_eq!(session.rows(same.filter(other.column(Event::AT).eq(late))).await?, [2]);
        let inner = select_columns((Event::ID, Event::AT)).subquery("inner_events");
        let found = select_columns(inner.column(Event::ID)).from_table(&inner);
        assert_eq!(session.rows(found.filter(inner.column(Event::AT).eq(early))).await?, [1]);
        let latest = select_columns((Event::ID, func::max(Event::AT)));
        let latest = latest.group_by(Event::ID).having(func::max(Event::AT).eq(late));
        assert_eq!(session.rows(latest).await?, [(2, Some(cut(late, 3)))]);
        session.commit().await
    }

    async fn a_key_is_found_by_the_time_that_it_was_made_of(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Reading, Note, Tag]).await?;
        let mut session = engine.session();
        let reading = Reading::draft().sensor(7).at(fine()).value(1).notes([Note::draft().id(1)]);
        session.add(reading.tags([Tag::draft().id(1)]));
        session.add(Note::draft().id(2).sensor(7).at(fine()));
        session.add(Tag::draft().id(2));
        session.commit().await?;

        let mut session = engine.session();
        let reading = session.get::<Reading>((7, fine())).with(Reading::NOTES.selectin()).await?.expect("it exists");
        assert_eq!((reading.at, reading.get(Reading::NOTES).len()), (cut(fine(), 3), 2));
        let log = engine.record();
        assert!(session.get::<Reading>((7, fine())).await?.is_some());
        assert!(session.get_many::<Reading>([(7, fine()), (8, fine())]).await?[0].is_some());
        assert_eq!(log.count(), 1, "only the second is asked for: {log}");
        session.link(Reading::TAGS, (7, fine()), 2)?;
        session.commit().await?;
        let query = select::<Reading>().with(Reading::TAGS.selectin());
        assert_eq!(engine.session().one(query).await?.get(Reading::TAGS).len(), 2);

        let error = engine.session().all(select::<WrongNote>()).await.expect_err("the key has other digits");
        assert_eq!(error.kind(), ErrorKind::InvalidModel);
        assert_eq!(
            error.to_string(),
            "`WrongNote.reading` links `WrongNote.at` to `Reading.at`, which keeps another number of digits behind the \
             second; give both columns the same `precision` [InvalidModel]"
        );
        Ok(())
    }

    async fn it_is_declared_and_checked(database: TestDatabase) -> Result<()> {
        let engine = events(&database).await?;
        engine.check(schema![Event]).await?.into_result()?;
        let report = engine.check(schema![Finer]).await?;
        let types = report.findings().iter().filter_map(|finding| match &finding.kind {
            SchemaFindingKind::Type { expected, found } => Some((expected.clone(), found.clone())),
            _ => None,
        });
        let types: Vec<(String, String)> = types.collect();
        let text = |(expected, found): (&str, &str)| (expected.to_owned(), found.to_owned());
        let expected = match database.backend() {
            Backend::Sqlite => Vec::new(),
            Backend::Postgres => vec![text(("TIMESTAMPTZ", "timestamp(3) with time zone"))],
            Backend::Mysql | Backend::MysqlWithoutReturning => vec![text(("DATETIME(6)", "datetime(3)"))],
        };
        assert_eq!(types, expected);
        Ok(())
    }

    async fn the_times_of_a_list_have_it_too(database: TestDatabase) -> Result<()> {
        if database.backend() != Backend::Postgres {
            return Ok(());
        }
        let engine = database.engine().await?;
        engine.create_all(schema![Schedule]).await?;
        engine.check(schema![Schedule]).await?.into_result()?;
        let mut session = engine.session();
        let schedule = session.insert(Schedule::draft().id(1).times(vec![fine()])).await?;
        session.edit(&schedule, |schedule| schedule.times.push(moment(7)))?;
        session.commit().await?;
        assert_eq!(schedule.times, [cut(fine(), 3), cut(moment(7), 3)]);
        session.refresh(&schedule).await?;
        assert_eq!(schedule.times, [cut(fine(), 3), cut(moment(7), 3)]);
        let found = select::<Schedule>().filter(Schedule::TIMES.eq(vec![fine(), moment(7)]));
        assert_eq!(session.count(found).await?, 1);
        Ok(())
    }
}

/// A table with a time, in the two versions of a program.
mod versions {
    use chrono::{DateTime, Utc};
    use orm_core::prelude::*;

    pub mod before {
        use super::*;

        #[derive(Model, Debug)]
        #[model(table = "visits")]
        pub struct Visit {
            #[key]
            pub id: i64,
            #[column(precision = 3)]
            pub at: DateTime<Utc>,
        }
    }

    pub mod after {
        use super::*;

        #[derive(Model, Debug)]
        #[model(table = "visits")]
        pub struct Visit {
            #[key]
            pub id: i64,
            pub at: DateTime<Utc>,
        }
    }
}

on_every_backend! {
    async fn a_migration_changes_it(database: TestDatabase) -> Result<()> {
        use versions::{after, before};

        let (files, engine) = (orm_tests::directory(), database.engine().await?);
        let first = Migrations::new(schema![before::Visit], files.path());
        first.write(database.url(), "first").await?;
        first.run(&engine).await?;
        assert!(first.plan(database.url()).await?.is_empty());
        let visit = before::Visit::draft().id(1).at(fine());
        engine.session().transaction(async |session| session.insert(visit).await.map(drop)).await?;

        let next = Migrations::new(schema![after::Visit], files.path());
        let plan = next.plan(database.url()).await?;
        let (up, down) = match database.backend() {
            Backend::Sqlite => {
                assert!(plan.is_empty(), "SQLite has no precision: {}", plan.up);
                return Ok(());
            }
            Backend::Postgres => ("timestamp(6) with time zone", "timestamp(3) with time zone"),
            Backend::Mysql | Backend::MysqlWithoutReturning => ("datetime(6)", "datetime(3)"),
        };
        assert!(plan.up.contains(up) || plan.up.contains("timestamp with time zone"), "{}", plan.up);
        assert!(plan.down.contains(down), "{}", plan.down);
        assert!(plan.losses.is_empty(), "more digits lose nothing: {:?}", plan.losses);
        next.write(database.url(), "next").await?;
        next.run(&engine).await?;
        engine.check(schema![after::Visit]).await?.into_result()
    }
}
