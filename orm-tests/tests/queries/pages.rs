//! Pages: by number, and behind an entity of the page before.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::grammar::parsed;

/// Sorts as declared on databases with native enums, and by its texts on SQLite.
#[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
#[db_enum(native = "page_mood")]
enum Mood {
    Zealous,
    Bored,
    Amused,
}

#[derive(Model, Debug)]
#[model(table = "paged_notes")]
struct Note {
    #[key]
    id: i64,
    rank: Option<i64>,
    weight: f32,
    mood: Mood,
    #[column(deferred)]
    body: Deferred<String>,
    extra: serde_json::Value,
    #[has_many(key = "note_id", order_by = "id")]
    marks: HasMany<Mark>,
}

#[derive(Model, Debug)]
#[model(table = "paged_marks")]
struct Mark {
    #[key(auto)]
    id: i64,
    note_id: i64,
    #[belongs_to]
    note: BelongsTo<Note>,
}

const NOTES: i64 = 11;

/// Notes with few different values each, and two marks for every note but the first three.
async fn notes(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Note, Mark]).await?;
    let mut session = engine.session();
    for id in 1..=NOTES {
        let mood = [Mood::Zealous, Mood::Bored, Mood::Amused][usize::try_from(id % 3).unwrap()];
        let note = Note::draft().id(id).rank((id % 4 != 0).then_some(id % 4)).mood(mood);
        let note = note.weight([0.1, 0.2, 1e-30][usize::try_from(id % 3).unwrap()]);
        session.add(note.body(format!("body {}", id % 5)).extra(serde_json::json!({ "id": id })));
    }
    session.flush().await?;
    for id in 4..=NOTES {
        session.add(Mark::draft().note_id(id));
        session.add(Mark::draft().note_id(id));
    }
    session.commit().await?;
    Ok(engine)
}

fn ids(notes: &[Entity<Note>]) -> Vec<i64> {
    notes.iter().map(|note| note.id).collect()
}

/// All pages of an order, one after the other, each a statement.
async fn pages_of(
    engine: &Engine,
    sorted: fn() -> Select<Note>,
    size: u64,
    backend: Backend,
) -> Result<Vec<i64>> {
    let (mut found, mut last, log) = (Vec::new(), None::<Entity<Note>>, engine.record());
    let mut pages = 0;
    loop {
        // New sessions: the last entity of a page is from another one.
        let page = engine.session().all(sorted().page_after(last.as_ref(), size)).await?;
        pages += 1;
        found.extend(ids(&page));
        match page.into_iter().next_back() {
            Some(end) => last = Some(end),
            None => break,
        }
    }
    assert_eq!(log.count(), pages, "{log}");
    assert!(log.statements().iter().all(|statement| !statement.sql.contains("OFFSET")), "{log}");
    parsed(&log, backend);
    Ok(found)
}

/// The same rows in the same order as one query has them, the primary key deciding where the order does not.
macro_rules! agrees {
    ($engine:ident, $backend:expr, $($order:expr),+) => {$(
        let whole = $engine.session().all(select::<Note>().order_by($order).order_by(Note::ID)).await?;
        assert_eq!(ids(&whole).len(), 11);
        for size in [1, 3, 100] {
            assert_eq!(pages_of(&$engine, || select::<Note>().order_by($order), size, $backend).await?, ids(&whole), "{}", stringify!($order));
        }
    )+};
}

async fn refusal<M: Model, L>(session: &mut Session, query: Select<M, L>) -> String {
    let error = session.all(query).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}");
    error.to_string()
}

on_every_backend! {
    async fn pages_behind_an_entity_are_the_whole(database: TestDatabase) -> Result<()> {
        let engine = notes(&database).await?;
        agrees!(
            engine, database.backend(),
            Note::ID,
            Note::ID.desc(),
            Note::RANK.asc().nulls_last(),
            Note::RANK.asc().nulls_first(),
            Note::RANK.desc().nulls_last(),
            (Note::RANK.desc().nulls_first(), Note::BODY.desc()),
            (Note::MOOD, Note::RANK.asc().nulls_last()),
            Note::MOOD.desc(),
            (Note::WEIGHT.desc(), Note::MOOD)
        );
        Ok(())
    }

    async fn an_enum_compares_as_it_sorts(database: TestDatabase) -> Result<()> {
        let engine = notes(&database).await?;
        let mut session = engine.session();
        let mut count = async |filter| session.count(select::<Note>().filter(filter)).await;
        // 3 zealous, 4 bored, 4 amused.
        let (before, behind) = match database.backend() {
            Backend::Sqlite => (4, 3),
            _ => (3, 4),
        };
        assert_eq!(count(Note::MOOD.lt(Mood::Bored)).await?, before);
        assert_eq!(count(Note::MOOD.gt(Mood::Bored)).await?, behind);
        assert_eq!(count(Note::MOOD.between(Mood::Bored, Mood::Amused)).await?, if before == 3 { 8 } else { 0 });
        assert_eq!(count(Note::MOOD.eq(Mood::Bored)).await?, 4);
        Ok(())
    }

    async fn a_deferred_column_is_read_where_it_sorts(database: TestDatabase) -> Result<()> {
        let engine = notes(&database).await?;
        let mut session = engine.session();
        let page = session.all(select::<Note>().order_by(Note::BODY).page_after(None::<&Entity<Note>>, 2)).await?;
        assert_eq!((page[1].body.get()?.as_str(), page[1].id), ("body 0", 10));
        let without = engine.session().get::<Note>(10).await?.unwrap();
        let text = refusal(&mut session, select::<Note>().order_by(Note::BODY).page_after(Some(&without), 2)).await;
        assert!(text.contains("`Note.body`") && text.contains(".undefer(..)"), "{text}");
        Ok(())
    }

    async fn joins_do_not_repeat_what_is_on_a_page(database: TestDatabase) -> Result<()> {
        let engine = notes(&database).await?;
        let mut session = engine.session();
        let first = || select::<Note>().order_by(Note::ID);
        let none = None::<&Entity<Note>>;
        let text = refusal(&mut session, first().page_after(none, 3).join(Note::MARKS)).await;
        assert!(text.contains(".distinct()") && text.contains("`any`"), "{text}");
        let text = refusal(&mut session, first().join_on::<Mark>(Mark::NOTE_ID.eq(Note::ID)).page_after(none, 3)).await;
        assert!(text.contains(".unique()"), "{text}");

        let mut found = Vec::new();
        let mut last: Option<Entity<Note>> = None;
        loop {
            let query = first().join(Note::MARKS).unique().page_after(last.as_ref(), 3);
            let page = session.all(query).await?;
            found.extend(ids(&page));
            match page.last() {
                Some(end) => last = Some(end.clone()),
                None => break,
            }
        }
        assert_eq!(found, (4..=NOTES).collect::<Vec<_>>());
        let last = session.get::<Note>(5).await?.unwrap();
        let counted = first().page_after(Some(&last), 2).with_count(Note::MARKS);
        let counted: Vec<(Entity<Note>, i64)> = session.rows(counted).await?;
        assert_eq!(counted.iter().map(|(note, marks)| (note.id, *marks)).collect::<Vec<_>>(), [(6, 2), (7, 2)]);
        let marks = select::<Mark>().join(Mark::NOTE).filter(Note::ID.gt(9)).page_after(None::<&Entity<Mark>>, 3);
        assert_eq!(session.all(marks).await?.len(), 3, "a to-one repeats nothing");
        let loaded = first().with(Note::MARKS.joined()).page_after(Some(&last), 2);
        let loaded = session.all(loaded).await?;
        assert_eq!(loaded.iter().map(|note| (note.id, note.get(Note::MARKS).len())).collect::<Vec<_>>(), [(6, 2), (7, 2)]);
        Ok(())
    }

    async fn wrong_pages_are_refused_before_sql(database: TestDatabase) -> Result<()> {
        let engine = notes(&database).await?;
        let mut session = engine.session();
        let last = session.get::<Note>(1).await?.unwrap();
        let log = engine.record();
        let text = refusal(&mut session, select::<Note>().page(0, 10)).await;
        assert!(text.contains("page numbers start at 1") && text.contains(".page(1, size)"), "{text}");
        let rows = session.rows(select_columns(Note::ID).page(0, 10)).await.unwrap_err();
        assert_eq!((rows.kind(), rows.to_string()), (ErrorKind::InvalidQuery, text));
        let text = refusal(&mut session, select::<Note>().order_by(Note::RANK).page_after(Some(&last), 2)).await;
        assert!(text.contains("`Note.rank`") && text.contains("nulls_last"), "{text}");
        let text = refusal(&mut session, select::<Note>().order_by(Note::ID * 2).page_after(Some(&last), 2)).await;
        assert!(text.contains("`Note`") && text.contains(".page(number, size)"), "{text}");
        let text = refusal(&mut session, select::<Note>().order_by(Note::EXTRA).page_after(Some(&last), 2)).await;
        assert!(text.contains("`Note.extra`"), "{text}");
        let text = refusal(&mut session, select::<Note>().page_after(Some(&last), 2).order_by(Note::RANK)).await;
        assert!(text.contains("call `order_by` first"), "{text}");
        let query = select::<Note>().page_after(Some(&last), 2).with_count(Note::MARKS).order_by(Note::RANK);
        assert!(session.rows(query).await.unwrap_err().to_string().contains("call `order_by` first"));
        let count = session.count(select::<Note>().page(0, 10)).await.unwrap_err();
        assert_eq!(count.kind(), ErrorKind::InvalidQuery);
        assert!(engine.plan(&select::<Note>().page(0, 10)).is_err());
        assert_eq!(log.count(), 0, "{log}");

        let second: Vec<i64> = session.rows(select_columns(Note::ID).order_by(Note::ID).page(2, 4)).await?;
        assert_eq!(second, [5, 6, 7, 8]);
        assert_eq!(session.count(select::<Note>().page(u64::MAX, u64::MAX)).await?, 0);
        assert_eq!(session.count(select::<Note>().order_by(Note::ID).page_after(Some(&last), 4)).await?, 4);
        Ok(())
    }
}
