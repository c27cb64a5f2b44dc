//! A foreign key that is changed by hand: what is held on both sides follows it.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::*;

/// Chapters know their novel only by a key; the novel also knows them by its natural key.
#[derive(Model, Debug)]
#[model(table = "novels")]
struct Novel {
    #[key(auto)]
    id: i64,
    #[column(unique, length = 20)]
    code: String,
    #[has_many(key = "novel_id", order_by = "id")]
    chapters: HasMany<Chapter>,
    #[has_many(key = "novel_code", target_key = "code", order_by = "id")]
    quoted: HasMany<Chapter>,
}

#[derive(Model, Debug)]
#[model(table = "chapters")]
struct Chapter {
    #[key(auto)]
    id: i64,
    novel_id: Option<i64>,
    #[column(length = 20)]
    novel_code: Option<String>,
}

async fn loaded_authors(session: &mut Session) -> Result<(Entity<Author>, Entity<Author>)> {
    let query = select::<Author>().order_by(Author::ID);
    let mut authors =
        session.all(query.with(Author::BOOKS.selectin()).with(Author::PROFILE.selectin())).await?.into_iter();
    let mut next = || authors.next().expect("there are two authors").dynamic();
    Ok((next(), next()))
}

on_every_backend! {
    async fn a_child_moves_between_the_collections_that_are_loaded(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let (ann, ben) = loaded_authors(&mut session).await?;
        let first = ann.books()?.first().expect("ann wrote two");
        let log = engine.record();
        session.edit(&first, |book| book.author_id = Some(2))?;
        assert_eq!((titles(&ann.books()?), titles(&ben.books()?)), (vec!["a2".into()], vec!["b1".into(), "b2".into(), "a1".into()]));
        assert_eq!(session.load(&first, Book::AUTHOR).await?.map(|author| author.id), Some(2));
        assert_eq!(log.count(), 0, "{log}");
        session.commit().await?;
        assert_eq!(shape(&log), ["UPDATE books"], "{log}");

        session.edit(&first, |book| book.author_id = None)?;
        assert_eq!((titles(&ann.books()?), titles(&ben.books()?)), (vec!["a2".into()], vec!["b1".into(), "b2".into()]));
        assert!(session.load(&first, Book::AUTHOR).await?.is_none());
        session.rollback().await?;
        assert_eq!(titles(&ben.books()?), ["b1", "b2", "a1"], "as before the transaction");
        session.edit(&first, |book| book.author_id = Some(1))?;
        session.expire(&first)?;
        assert_eq!((titles(&ann.books()?), titles(&ben.books()?)), (vec!["a2".into()], vec!["b1".into(), "b2".into(), "a1".into()]));
        Ok(())
    }

    async fn a_has_one_follows_an_unambiguous_key(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let profile = session.insert(Profile::draft().text("p").author_id(1)).await?;
        session.commit().await?;
        let (ann, ben) = loaded_authors(&mut session).await?;
        session.edit(&profile, |profile| profile.author_id = Some(2))?;
        assert_eq!((ann.profile()?, ben.profile()?.map(|profile| profile.id)), (None, Some(profile.id)));
        let other = session.insert(Profile::draft().text("q")).await?;
        session.edit(&other, |other| other.author_id = Some(2))?;
        assert_eq!(ben.profile().unwrap_err().kind(), ErrorKind::NotLoaded, "a query has to say that there are two");
        assert_eq!(session.load(&ben, Author::PROFILE).await.unwrap_err().kind(), ErrorKind::MultipleRows);
        Ok(())
    }

    async fn bulk_statements_move_children_too(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let (ann, ben) = loaded_authors(&mut session).await?;
        session.execute(update::<Book>().set(Book::AUTHOR_ID, 2).filter(Book::ID.eq(1))).await?;
        assert_eq!((titles(&ann.books()?), titles(&ben.books()?).len()), (vec!["a2".into()], 3));
        session.execute(delete::<Book>().filter(Book::ID.gt(1))).await?;
        assert_eq!((titles(&ann.books()?).len(), titles(&ben.books()?)), (0, vec!["a1".into()]));
        session.rollback().await?;
        assert_eq!((titles(&ann.books()?).len(), titles(&ben.books()?).len()), (2, 2));
        Ok(())
    }

    async fn parents_that_the_child_does_not_know_are_followed(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Novel, Chapter]).await?;
        let mut session = engine.session();
        for code in ["a", "b"] {
            session.add(Novel::draft().code(code));
        }
        session.add(Chapter::draft().novel_id(1).novel_code("a"));
        session.commit().await?;
        let novels = session
            .all(select::<Novel>().order_by(Novel::ID).with(Novel::CHAPTERS.selectin()).with(Novel::QUOTED.selectin()))
            .await?;
        let chapter = session.get::<Chapter>(1).await?.expect("the chapter is there");
        let held = || -> Result<Vec<(usize, usize)>> {
            novels.iter().map(|novel| Ok((novel.chapters()?.len(), novel.quoted()?.len()))).collect()
        };
        session.edit(&chapter, |chapter| chapter.novel_id = Some(2))?;
        assert_eq!(held()?, [(0, 1), (1, 0)]);
        session.edit(&chapter, |chapter| chapter.novel_code = Some("b".into()))?;
        assert_eq!(held()?, [(0, 0), (1, 1)]);
        session.append(&novels[0], Novel::CHAPTERS, &chapter)?;
        assert_eq!(held()?, [(1, 0), (0, 1)], "a link too, though nothing leads back");
        session.commit().await?;
        session.delete(&chapter)?;
        session.flush().await?;
        assert_eq!(held()?, [(0, 0), (0, 0)], "and a deletion");
        Ok(())
    }

    async fn what_a_query_overwrites_moves_back(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().autoflush(false));
        let (ann, ben) = loaded_authors(&mut session).await?;
        let first = ann.books()?.first().expect("ann wrote two");
        session.assign(&first, Book::AUTHOR, &ben)?;
        session.all(select::<Book>().populate_existing()).await?;
        assert_eq!(first.author_id, Some(1));
        assert_eq!((titles(&ann.books()?).len(), titles(&ben.books()?)), (2, vec!["b1".into(), "b2".into()]));
        let log = engine.record();
        session.commit().await?;
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }

    async fn a_collection_that_a_query_overwrites_has_no_unsaved_members(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().autoflush(false));
        let (ann, ben) = loaded_authors(&mut session).await?;
        let book = session.one(select::<Book>().filter(Book::ID.eq(3)).with(Book::TAGS.selectin())).await?;
        let tag = session.insert(Tag::draft().name("t")).await?;
        session.edit(&book, |book| book.pages = 9)?;
        session.append(&ann, Author::BOOKS, &book)?;
        session.append(&book, Book::TAGS, &tag)?;
        let query = select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin());
        session.all(query.populate_existing()).await?;
        assert_eq!((titles(&ann.books()?), titles(&ben.books()?).len()), (vec!["a1".into(), "a2".into()], 2));
        assert_eq!((book.author_id, book.pages), (Some(2), 9), "its other changes were not read over");
        session.all(select::<Book>().filter(Book::ID.eq(3)).with(Book::TAGS.selectin()).populate_existing()).await?;
        assert_eq!((book.pages, book.tags()?.len()), (100, 0));
        let log = engine.record();
        session.commit().await?;
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }
}
