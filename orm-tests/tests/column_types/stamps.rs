//! Columns that hold when a row was created and updated: every way to write a row sets them, from one clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use chrono::{DateTime, NaiveDateTime, Utc};
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "articles")]
pub struct Article {
    #[key]
    pub id: i64,
    #[column(unique)]
    pub title: String,
    #[column(created)]
    pub created_at: DateTime<Utc>,
    #[column(updated)]
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
    #[column(created)]
    pub made: NaiveDateTime,
    /// NULL until the first update.
    #[column(updated)]
    pub changed: Option<NaiveDateTime>,
    #[belongs_to]
    pub article: BelongsTo<Option<Article>>,
}

/// A clock that the test sets, and an engine whose sessions look at it.
struct Shop {
    engine: Engine,
    clock: Arc<AtomicU64>,
}

impl Shop {
    async fn open(database: &TestDatabase) -> Result<Shop> {
        let engine = database.engine().await?;
        engine.create_all(schema![Article, Note]).await?;
        Ok(Shop { engine, clock: Arc::new(AtomicU64::new(1)) })
    }

    fn session(&self) -> Session {
        let clock = Arc::clone(&self.clock);
        let now = move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed));
        self.engine.session_with(SessionOptions::new().clock(now))
    }

    fn at(&self, second: u64) {
        self.clock.store(second, Ordering::Relaxed);
    }
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).expect("it is a moment")
}

fn local(second: i64) -> NaiveDateTime {
    at(second).naive_utc()
}

/// What the system's clock tells, as it is stored.
fn now() -> DateTime<Utc> {
    let now = UNIX_EPOCH.elapsed().expect("1970 is over");
    DateTime::from_timestamp_micros(now.as_micros() as i64).expect("it is a moment")
}

/// The times of a row, as another session reads them.
async fn row(shop: &Shop, id: i64) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
    let times = select_columns((Article::CREATED_AT, Article::UPDATED_AT)).filter(Article::ID.eq(id));
    shop.engine.session().row(times).await
}

fn times(article: &Article) -> (DateTime<Utc>, DateTime<Utc>) {
    (article.created_at, article.updated_at)
}

on_every_backend! {
    async fn an_insert_and_an_edit_set_them(database: TestDatabase) -> Result<()> {
        let shop = Shop::open(&database).await?;
        let mut session = shop.session();
        let article = session.insert(Article::draft().id(1).title("first")).await?;
        session.commit().await?;
        assert_eq!((times(&article), row(&shop, 1).await?), ((at(1), at(1)), (at(1), at(1))));

        shop.at(2);
        let log = shop.engine.record();
        session.edit(&article, |article| article.title = "second".into())?;
        assert_eq!(session.flush_plan().to_string(), "1. update title, updated_at, version of 1 Article");
        session.commit().await?;
        assert_eq!(log.count(), 1, "{log}");
        assert_eq!((times(&article), row(&shop, 1).await?), ((at(1), at(2)), (at(1), at(2))));

        // Nothing changes, so nothing is updated.
        shop.at(3);
        session.edit(&article, |article| article.title = "second".into())?;
        session.commit().await?;
        assert_eq!((log.count(), times(&article)), (2, (at(1), at(2))), "the edit and the look at its row: {log}");

        // A time that the program sets is kept, in an edit and in a draft.
        session.edit(&article, |article| (article.title, article.updated_at) = ("third".into(), at(77)))?;
        session.add(Article::draft().id(2).title("old").created_at(at(5)).updated_at(at(6)));
        session.commit().await?;
        assert_eq!((row(&shop, 1).await?, row(&shop, 2).await?), ((at(1), at(77)), (at(5), at(6))));
        Ok(())
    }

    async fn a_rollback_takes_them_back(database: TestDatabase) -> Result<()> {
        let shop = Shop::open(&database).await?;
        let mut session = shop.session();
        let article = session.insert(Article::draft().id(1).title("first")).await?;
        session.commit().await?;
        shop.at(2);
        let refused: Result<()> = session
            .nested(async |session| {
                session.edit(&article, |article| article.title = "second".into())?;
                session.flush().await?;
                assert_eq!(article.updated_at, at(2));
                Err(Error::other("no"))
            })
            .await;
        assert_eq!((refused.unwrap_err().kind(), times(&article)), (ErrorKind::Other, (at(1), at(1))));
        session.rollback().await?;
        assert_eq!(row(&shop, 1).await?, (at(1), at(1)));
        Ok(())
    }

    async fn bulk_statements_set_them(database: TestDatabase) -> Result<()> {
        let shop = Shop::open(&database).await?;
        let mut session = shop.session();
        let drafts = [1, 2].map(|id| Article::draft().id(id).title(format!("title {id}")));
        session.execute(insert::<Article>().rows(drafts)).await?;
        let held = session.get::<Article>(1).await?.expect("the article exists");
        assert_eq!(times(&held), (at(1), at(1)));

        shop.at(2);
        session.execute(update::<Article>().set(Article::TITLE, "other").filter(Article::ID.eq(1))).await?;
        assert_eq!(times(&held), (at(1), at(2)), "what the session holds follows");

        shop.at(3);
        let again = || insert::<Article>().rows([Article::draft().id(1).title("conflict"), Article::draft().id(3).title("new")]);
        let takes_title = OnConflict::update(Article::ID, Article::TITLE);
        session.execute(again().on_conflict(takes_title)).await?;
        assert_eq!((times(&held), &*held.title), ((at(1), at(3)), "conflict"));

        shop.at(4);
        session.execute(update::<Article>().set(Article::UPDATED_AT, at(50)).filter(Article::ID.eq(2))).await?;
        session.execute(again().on_conflict(OnConflict::nothing())).await?;
        session.commit().await?;
        let rows = (row(&shop, 1).await?, row(&shop, 2).await?, row(&shop, 3).await?);
        assert_eq!(rows, ((at(1), at(3)), (at(1), at(50)), (at(3), at(3))));
        Ok(())
    }

    async fn a_nullable_one_is_null_until_the_first_update(database: TestDatabase) -> Result<()> {
        let shop = Shop::open(&database).await?;
        let mut session = shop.session();
        let article = session.add(Article::draft().id(1).title("first").notes([Note::draft().text("a")]));
        let loose = session.add(Note::draft().text("b"));
        session.commit().await?;
        let (article, loose) = (article.entity()?, loose.entity()?);
        assert_eq!((loose.made, loose.changed), (local(1), None));

        // A link is a change of the row that has the key, and of no other.
        shop.at(2);
        session.append(&article, Article::NOTES, &loose)?;
        session.commit().await?;
        assert_eq!((loose.made, loose.changed, times(&article)), (local(1), Some(local(2)), (at(1), at(1))));

        // An upsert that inserts has updated nothing.
        shop.at(3);
        let rows = [Note::draft().id(loose.id).text("c"), Note::draft().id(99).text("d")];
        let conflict = OnConflict::update(Note::ID, Note::TEXT);
        session.execute(insert::<Note>().rows(rows).on_conflict(conflict)).await?;
        session.commit().await?;
        let changed = select_columns((Note::ID, Note::CHANGED)).filter(Note::ID.is_in([loose.id, 99])).order_by(Note::ID);
        assert_eq!(session.rows(changed).await?, [(loose.id, Some(local(3))), (99, None)]);
        Ok(())
    }

    async fn a_row_that_replaces_another_is_new(database: TestDatabase) -> Result<()> {
        let shop = Shop::open(&database).await?;
        let mut session = shop.session();
        let old = session.insert(Article::draft().id(1).title("first")).await?;
        session.commit().await?;
        shop.at(2);
        session.delete(&old)?;
        let new = session.add(Article::draft().id(1).title("second"));
        session.commit().await?;
        assert_eq!((times(&*new.entity()?), row(&shop, 1).await?), ((at(2), at(2)), (at(2), at(2))));
        Ok(())
    }

    async fn a_time_that_the_database_has_not_is_refused_before_anything_is_written(database: TestDatabase) -> Result<()> {
        let shop = Shop::open(&database).await?;
        let mut session = shop.session();
        let article = session.insert(Article::draft().id(1).title("first")).await?;
        session.commit().await?;

        // In the year 300,000.
        shop.at(9_404_700_000_000);
        let log = shop.engine.record();
        let refused = |error: Error, column: &str| {
            assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}");
            assert!(error.to_string().starts_with(column), "{error}");
        };
        session.add(Article::draft().id(2).title("second"));
        refused(session.flush().await.unwrap_err(), "`Article.created_at`: ");
        session.rollback().await?;
        session.edit(&article, |article| article.title = "other".into())?;
        refused(session.flush().await.unwrap_err(), "`Article.updated_at`: ");
        session.rollback().await?;
        let renamed = update::<Article>().set(Article::TITLE, "other").filter(Article::ID.eq(1));
        refused(session.execute(renamed).await.unwrap_err(), "`Article.updated_at`: ");
        session.rollback().await?;
        let given = Article::draft().id(1).title("other").created_at(at(1)).updated_at(at(1));
        let upsert = insert::<Article>().rows([given]).on_conflict(OnConflict::update(Article::ID, Article::TITLE));
        refused(session.execute(upsert).await.unwrap_err(), "`Article.updated_at`: ");
        session.rollback().await?;
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }

    async fn all_rows_of_a_flush_have_one_time_by_the_systems_clock(database: TestDatabase) -> Result<()> {
        let shop = Shop::open(&database).await?;
        let mut session = shop.engine.session();
        let before = now();
        let notes = ["a", "b"].map(|text| Note::draft().text(text));
        let article = session.add(Article::draft().id(1).title("first").notes(notes));
        session.commit().await?;
        let article = article.entity()?;
        assert!(before <= article.created_at && article.created_at <= now());
        let notes = session.all(select::<Note>()).await?;
        assert!(notes.len() == 2 && notes.iter().all(|note| note.made == article.created_at.naive_utc()));
        Ok(())
    }
}
