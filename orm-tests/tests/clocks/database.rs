//! Columns that hold when a row was created and updated by the database's clock.

use std::time::UNIX_EPOCH;

use chrono::{DateTime, NaiveDateTime, Utc};
use orm_core::plan::{FlushPlan, RowChange};
use orm_core::prelude::*;
use orm_core::value::Value;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "articles")]
pub struct Article {
    #[key]
    pub id: i64,
    #[column(unique)]
    pub title: String,
    #[column(created = "database")]
    pub created_at: DateTime<Utc>,
    #[column(updated = "database", precision = 0)]
    pub updated_at: DateTime<Utc>,
    #[column(version)]
    pub version: i64,
    #[has_many(order_by = "id", cascade = "all")]
    pub notes: HasMany<Note>,
}

#[derive(Model, Debug)]
#[model(table = "notes")]
pub struct Note {
    #[key(auto)]
    pub id: i64,
    pub article_id: Option<i64>,
    pub text: String,
    #[column(created = "database", precision = 3)]
    pub made: NaiveDateTime,
    /// NULL until the first update.
    #[column(updated = "database")]
    pub changed: Option<NaiveDateTime>,
    #[belongs_to]
    pub article: BelongsTo<Option<Article>>,
}

/// Nothing but what the database fills in.
#[derive(Model, Debug)]
#[model(table = "ticks")]
pub struct Tick {
    #[key(auto)]
    pub id: i64,
    #[column(created = "database")]
    pub at: DateTime<Utc>,
}

/// Both clocks, and an author.
#[derive(Model, Debug)]
#[model(table = "edits")]
pub struct Edit {
    #[key]
    pub id: i64,
    pub text: String,
    #[column(created)]
    pub created_at: DateTime<Utc>,
    #[column(updated = "database")]
    pub updated_at: Option<DateTime<Utc>>,
    #[column(updated_by = "author")]
    pub updated_by: Option<i64>,
}

fn author(user: &i64) -> i64 {
    *user
}

/// The session's clock stands still in 1970, which no column here tells.
fn session(engine: &Engine) -> Session {
    engine.session_with(SessionOptions::new().clock(|| UNIX_EPOCH).context(7_i64))
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).expect("it is a moment")
}

fn is_now(moment: DateTime<Utc>) -> bool {
    (Utc::now() - moment).abs() < chrono::TimeDelta::days(1)
}

async fn open(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Article, Note, Tick, Edit]).await?;
    engine.check(schema![Article, Note, Tick, Edit]).await?.into_result()?;
    Ok(engine)
}

/// The times of an article's row, as another session reads them.
async fn row(engine: &Engine, id: i64) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
    let times = select_columns((Article::CREATED_AT, Article::UPDATED_AT)).filter(Article::ID.eq(id));
    engine.session().row(times).await
}

fn times(article: &Article) -> (DateTime<Utc>, DateTime<Utc>) {
    (article.created_at, article.updated_at)
}

/// How many statements an INSERT takes whose times are read back, and an UPDATE.
fn counts(database: &TestDatabase) -> (usize, usize) {
    match database.backend() {
        Backend::Sqlite | Backend::Postgres => (1, 1),
        Backend::Mysql => (1, 2),
        Backend::MysqlWithoutReturning => (2, 2),
    }
}

on_every_backend! {
    async fn an_insert_and_an_edit_take_it(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let (insert, update) = counts(&database);
        let mut session = session(&engine);
        let log = engine.record();
        let article = session.insert(Article::draft().id(1).title("first")).await?;
        assert_eq!(log.count(), insert, "{log}");
        session.commit().await?;
        assert!(is_now(article.created_at) && is_now(article.updated_at), "{article:?}");
        assert_eq!(times(&article), row(&engine, 1).await?);

        // The row is old, and then edited.
        session.edit(&article, |article| (article.created_at, article.updated_at) = (at(5), at(6)))?;
        session.commit().await?;
        assert_eq!((times(&article), row(&engine, 1).await?), ((at(5), at(6)), (at(5), at(6))), "what is set is kept");
        let log = engine.record();
        session.edit(&article, |article| article.title = "second".into())?;
        assert_eq!(session.flush_plan().to_string(), "1. update title, updated_at, version of 1 Article");
        session.commit().await?;
        assert_eq!(log.count(), update, "{log}");
        assert_eq!((article.created_at, article.version), (at(5), 3));
        assert!(is_now(article.updated_at), "{article:?}");
        assert_eq!(times(&article), row(&engine, 1).await?);

        // Nothing changes, so nothing is updated, and the next edit finds the version that it expects.
        let log = engine.record();
        session.edit(&article, |article| article.title = "second".into())?;
        session.flush().await?;
        assert!(!session.is_modified(&article));
        session.edit(&article, |article| article.title = "third".into())?;
        session.commit().await?;
        assert!(log.count() <= update + 1, "{log}");
        assert_eq!((times(&article), article.version), (row(&engine, 1).await?, 4));
        Ok(())
    }

    async fn rows_that_change_together_are_one_statement(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let (insert, update) = counts(&database);
        let mut session = session(&engine);
        let log = engine.record();
        for id in 1..=40 {
            session.add(Article::draft().id(id).title(format!("title {id}")).created_at(at(5)).updated_at(at(6)));
        }
        session.commit().await?;
        assert_eq!(log.count(), 1, "no time is the database's: {log}");
        let articles = session.all(select::<Article>().order_by(Article::ID)).await?;
        let log = engine.record();
        for article in &articles {
            session.edit(article, |article| article.title = format!("other {}", article.id))?;
        }
        session.commit().await?;
        assert_eq!(log.count(), update, "{log}");
        assert!(articles.iter().all(|article| article.created_at == at(5) && is_now(article.updated_at)));
        assert_eq!(times(&articles[39]), row(&engine, 40).await?);

        // Keys that the database generates come back with the times.
        let log = engine.record();
        let notes: Vec<_> = (0..40).map(|at| session.add(Note::draft().text(format!("text {at}")))).collect();
        session.add(Tick::draft());
        session.commit().await?;
        assert_eq!(log.count(), 2 * insert, "{log}");
        for (at, note) in notes.iter().enumerate() {
            let note = note.entity()?;
            assert_eq!((&*note.text, note.changed), (&*format!("text {at}"), None));
            assert!(is_now(note.made.and_utc()), "{note:?}");
            let made = select_columns(Note::MADE).filter(Note::ID.eq(note.id));
            assert_eq!(engine.session().row(made).await?, note.made);
        }
        Ok(())
    }

    async fn a_link_is_a_change_of_the_row_with_the_key(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = session(&engine);
        let old = Article::draft().id(1).title("first").created_at(at(5)).updated_at(at(6));
        let article = session.add(old);
        let note = session.add(Note::draft().text("a"));
        session.commit().await?;
        let (article, note) = (article.entity()?, note.entity()?);
        session.append(&article, Article::NOTES, &note)?;
        session.commit().await?;
        assert!(note.changed.is_some_and(|changed| is_now(changed.and_utc())), "{note:?}");
        assert_eq!(times(&article), (at(5), at(6)));
        let changed = select_columns(Note::CHANGED).filter(Note::ID.eq(note.id));
        assert_eq!(engine.session().row(changed).await?, note.changed);
        Ok(())
    }

    async fn bulk_statements_and_upserts_take_it(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = session(&engine);
        let drafts = [1, 2].map(|id| Article::draft().id(id).title(format!("title {id}")));
        session.execute(insert::<Article>().rows(drafts)).await?;
        let held = session.get::<Article>(1).await?.expect("the article exists");
        assert!(is_now(held.created_at) && is_now(held.updated_at));

        let age = || update::<Article>().set(Article::CREATED_AT, at(5)).set(Article::UPDATED_AT, at(6));
        session.execute(age()).await?;
        assert_eq!(times(&held), (at(5), at(6)), "what is set is kept");
        session.execute(update::<Article>().set(Article::TITLE, "other").filter(Article::ID.eq(1))).await?;
        assert!(held.created_at == at(5) && is_now(held.updated_at), "what the session holds follows: {held:?}");
        session.commit().await?;
        assert_eq!((times(&held), row(&engine, 2).await?), (row(&engine, 1).await?, (at(5), at(6))));

        session.execute(age()).await?;
        let again = [Article::draft().id(1).title("conflict"), Article::draft().id(3).title("new")];
        let takes_title = OnConflict::update(Article::ID, Article::TITLE);
        session.execute(insert::<Article>().rows(again).on_conflict(takes_title)).await?;
        session.commit().await?;
        assert_eq!((held.created_at, &*held.title), (at(5), "conflict"));
        assert!(is_now(held.updated_at), "{held:?}");
        assert_eq!(times(&held), row(&engine, 1).await?);
        let (created, updated) = row(&engine, 3).await?;
        assert!(is_now(created) && is_now(updated));

        let copied = insert_from((Note::ID, Note::TEXT), select_columns((Article::ID, Article::TITLE)));
        assert_eq!(session.execute(copied).await?, 3);
        session.commit().await?;
        let notes = session.all(select::<Note>()).await?;
        assert!(notes.len() == 3 && notes.iter().all(|note| is_now(note.made.and_utc()) && note.changed.is_none()));
        Ok(())
    }

    async fn a_row_that_replaces_another_is_new(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = session(&engine);
        let old = Article::draft().id(1).title("first").created_at(at(5)).updated_at(at(6));
        let old = session.insert(old).await?;
        session.commit().await?;
        session.delete(&old)?;
        let new = session.add(Article::draft().id(1).title("second"));
        session.commit().await?;
        let new = new.entity()?;
        assert!(is_now(new.created_at) && is_now(new.updated_at), "{new:?}");
        assert_eq!(times(&new), row(&engine, 1).await?);
        Ok(())
    }

    async fn a_rollback_takes_it_back(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = session(&engine);
        let old = Article::draft().id(1).title("first").created_at(at(5)).updated_at(at(6));
        let article = session.insert(old).await?;
        session.commit().await?;
        let refused: Result<()> = session
            .nested(async |session| {
                session.edit(&article, |article| article.title = "second".into())?;
                session.flush().await?;
                assert!(is_now(article.updated_at));
                Err(Error::other("no"))
            })
            .await;
        assert_eq!((refused.unwrap_err().kind(), times(&article)), (ErrorKind::Other, (at(5), at(6))));
        session.commit().await?;
        assert_eq!(row(&engine, 1).await?, (at(5), at(6)));
        Ok(())
    }

    async fn both_clocks_and_an_author_are_set_by_one_update(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let (_, update) = counts(&database);
        let mut session = engine.session_with(SessionOptions::new().clock(|| UNIX_EPOCH).context(7_i64).hooks(Audit));
        let edit = session.insert(Edit::draft().id(1).text("first")).await?;
        assert_eq!((edit.created_at, edit.updated_at, edit.updated_by), (at(0), None, None));
        let log = engine.record();
        session.edit(&edit, |edit| edit.text = "second".into())?;
        let plan = session.flush_plan().to_string();
        assert!(["updated_at", "updated_by", "text"].iter().all(|column| plan.contains(column)), "{plan}");
        session.commit().await?;
        assert_eq!((log.count(), edit.updated_by), (update, Some(7)), "{log}");
        assert!(edit.updated_at.is_some_and(is_now), "{edit:?}");
        Ok(())
    }
}

/// What was written includes the time that the database told.
struct Audit;

impl SessionHooks for Audit {
    fn after_flush(&self, executed: &FlushPlan, _context: &Context) {
        for row in executed.rows().iter().filter(|row| row.change() == RowChange::Updated) {
            let written = row.columns().iter().find(|column| column.field() == "updated_at");
            let new =
                written.and_then(|column| column.new_value()).is_some_and(|value| *value != Value::Null);
            assert!(new, "{row:?}");
        }
    }
}
