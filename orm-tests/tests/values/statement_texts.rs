//! What a service asks in a day is few statements to prepare, whatever the numbers, lists and batches in it.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
#[db_enum(native = "text_mood")]
enum Mood {
    Calm,
    Cross,
}

#[derive(Model, Debug)]
#[model(table = "text_notes")]
struct Note {
    #[key(auto)]
    id: i64,
    #[column(length = 50)]
    text: String,
    day: Option<NaiveDate>,
    made: Option<DateTime<Utc>>,
    mood: Option<Mood>,
    extra: Option<serde_json::Value>,
    #[has_many(key = "note_id", order_by = "id")]
    marks: HasMany<Mark>,
}

#[derive(Model, Debug)]
#[model(table = "text_marks")]
struct Mark {
    #[key]
    id: i64,
    note_id: i64,
    #[belongs_to]
    note: BelongsTo<Note>,
}

#[derive(Model, Debug)]
#[model(table = "text_pairs")]
struct Pair {
    #[key]
    a: i64,
    #[key]
    b: i64,
    n: i64,
}

fn note(n: i64) -> impl orm_core::write::CompleteDraft<Model = Note> {
    let day = NaiveDate::from_ymd_opt(2024, 1, 1).filter(|_| n % 2 == 0);
    let made = day.and_then(|day| day.and_hms_opt(1, 2, 3)).map(|made| made.and_utc());
    let mood = (n % 3 == 0).then_some(Mood::Cross);
    let extra = (n % 5 == 0).then(|| serde_json::json!({ "n": n }));
    Note::draft().text(format!("note {n}")).day(day).made(made).mood(mood).extra(extra)
}

/// How many statements the session's connection has prepared, where the database counts them.
async fn prepared(session: &mut Session, backend: Backend) -> Result<Option<i64>> {
    match backend {
        Backend::Sqlite => Ok(None),
        Backend::Postgres => {
            let count = sql("SELECT count(*) FROM pg_prepared_statements").rows::<i64>();
            Ok(session.rows(count).await?.first().copied())
        }
        _ => {
            let count = sql("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'").rows::<(String, String)>();
            Ok(session.rows(count).await?.first().and_then(|(_, count)| count.parse().ok()))
        }
    }
}

on_every_backend! {
    async fn a_days_statements_are_few_texts(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Note, Mark, Pair]).await?;
        let mut session = engine.session();
        session.begin().await?;
        let before = prepared(&mut session, database.backend()).await?;
        let log = engine.record();
        let mut texts = BTreeSet::new();
        let mut most = |what: &str, log: &orm_core::observe::QueryLog, most: usize| {
            let found: BTreeSet<_> = log.statements().iter().map(|statement| statement.sql.to_string()).collect();
            assert!(found.len() <= most, "{what}: {} texts\n{found:#?}", found.len());
            texts.extend(found);
            log.clear();
        };

        for rows in 1..=200 {
            session.execute(insert::<Note>().rows((0..rows).map(note))).await?;
        }
        most("bulk inserts", &log, 30);
        for rows in [1, 2, 15, 16, 17, 47, 48, 49, 100, 200, 255] {
            for n in 0..rows {
                session.add(note(n));
            }
            session.flush().await?;
        }
        most("flushes of new objects", &log, 20);
        session.expunge_all();

        for page in 1..=200 {
            session.all(select::<Note>().order_by(Note::ID).page(page, 7)).await?;
            session.first(select::<Note>().order_by(Note::ID.desc()).offset(page)).await?;
            let ids = select_columns(Note::ID).order_by(Note::ID).limit(page).offset(page * 2);
            let page_of = ids.subquery("page");
            let query = select_columns(func::count(page_of.column(Note::ID)));
            session.rows(query).await?;
            let load = Note::MARKS.selectin().order_by(Mark::ID).limit(page);
            session.all(select::<Note>().filter(Note::ID.le(2)).with(load)).await?;
            session.expunge_all();
        }
        most("pages", &log, 6);

        for keys in 1..=500_i64 {
            session.count(select::<Note>().filter(Note::ID.is_in(0..keys))).await?;
            session.count(select::<Note>().filter(Note::TEXT.not_in((0..keys).map(|n| n.to_string())))).await?;
        }
        for keys in 1..=300 {
            let load = Note::MARKS.selectin();
            session.all(select::<Note>().order_by(Note::ID).limit(keys).with(load)).await?;
            session.expunge_all();
        }
        // 18 lengths are enough for lists of up to 500 values, in each of three statements.
        most("lists", &log, if database.backend() == Backend::Postgres { 5 } else { 57 });

        session.execute(insert::<Pair>().rows((0..200).map(|n| Pair::draft().a(n / 10).b(n).n(n)))).await?;
        log.clear();
        for rows in 1..=200 {
            let mut pairs = session.all(select::<Pair>().order_by(Pair::B).limit(rows)).await?;
            for pair in &mut pairs {
                session.edit(pair, |pair| pair.n += pair.b + 1)?;
            }
            session.flush().await?;
        }
        most("updates", &log, 20);
        for rows in 1..=40 {
            let marks = session.all(select::<Pair>().order_by(Pair::B).limit(rows % 7 + 1)).await?;
            for mark in &marks {
                session.delete(mark)?;
            }
            session.flush().await?;
        }
        most("deletes", &log, 12);
        session.execute(insert::<Pair>().rows([Pair::draft().a(0).b(0).n(0)])).await?;
        log.clear();
        for number in 1..=100_i64 {
            let rest = func::fragment::<i64>("? % ?", (Pair::N, number));
            session.rows(select_columns(rest.clone()).filter(func::condition("? > ?", (rest, number)))).await?;
            session.all_and_total(select::<Pair>().order_by(Pair::B).filter(Pair::N.ge(-number)).page(1, 5)).await?;
            let conflict = OnConflict::update((Pair::A, Pair::B), ()).set(Pair::N, Pair::N + func::excluded(Pair::N) + number);
            session.execute(insert::<Pair>().rows([Pair::draft().a(0).b(0).n(number)]).on_conflict(conflict)).await?;
            let copies = select_columns((Pair::A, Pair::B + number, Pair::N)).filter(Pair::B.eq(0)).limit(1);
            session.execute(insert_from((Pair::A, Pair::B, Pair::N), copies)).await?;
        }
        // MySQL reads the rows of an upsert that the session holds.
        most("raw SQL in queries, pages with totals, upserts, copies", &log, 6);
        for _ in 0..50 {
            session.nested(async |session| {
                session.nested(async |session| session.count(select::<Mark>()).await).await
            }).await?;
        }
        most("savepoints", &log, 1);

        let after = prepared(&mut session, database.backend()).await?;
        if let (Some(before), Some(after)) = (before, after) {
            // An INSERT is more than the one text that a log shows.
            assert!(after - before < 200, "{} statements were prepared for {} texts", after - before, texts.len());
        }
        session.rollback().await
    }

    async fn a_filled_up_list_is_not_seen(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Note, Mark, Pair]).await?;
        let mut session = engine.session();
        session.execute(insert::<Note>().rows((0..20).map(note))).await?;
        session.execute(insert::<Pair>().rows((0..20).map(|n| Pair::draft().a(n / 10).b(n).n(n)))).await?;
        let log = engine.record();
        let texts = |to: i64| (0..to).map(|n| format!("note {n}"));
        for keys in [1, 4, 5, 7, 13, 19] {
            let found = session.count(select::<Note>().filter(Note::TEXT.is_in(texts(keys)))).await?;
            let others = session.count(select::<Note>().filter(Note::TEXT.not_in(texts(keys)))).await?;
            assert_eq!((i64::try_from(found), i64::try_from(others)), (Ok(keys), Ok(20 - keys)));
        }
        let shown: Vec<usize> = log.statements().iter().map(|statement| statement.params.len()).collect();
        let expected = if database.backend() == Backend::Postgres { [1; 12] } else { [1, 1, 4, 4, 5, 5, 7, 7, 13, 13, 19, 19] };
        assert_eq!(shown, expected, "{log}");
        // Composite keys, in a list and as the rows that an UPDATE joins: the padding matches no row.
        let keys = (0..13).map(|n| (n / 10, n));
        assert_eq!(session.get_many::<Pair>(keys).await?.len(), 13);
        let mut pairs = session.all(select::<Pair>().order_by(Pair::B).limit(5)).await?;
        for pair in &mut pairs {
            session.edit(pair, |pair| pair.n += 100 * (pair.b + 1))?;
        }
        session.flush().await?;
        session.expunge_all();
        let all: Vec<i64> = session.rows(select_columns(Pair::N).order_by(Pair::B).limit(7)).await?;
        assert_eq!(all, [100, 201, 302, 403, 504, 5, 6]);
        session.rollback().await
    }
}
