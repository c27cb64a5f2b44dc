//! Loading without autoflush: the database does not know the links yet, but what is loaded shows them.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::*;

fn unflushed(engine: &Engine) -> Session {
    engine.session_with(SessionOptions::new().autoflush(false))
}

async fn authors(session: &mut Session) -> Result<(Entity<Author>, Entity<Author>)> {
    let ann = session.get::<Author>(1).await?.expect("ann is there");
    Ok((ann, session.get::<Author>(2).await?.expect("ben is there")))
}

on_every_backend! {
    async fn collections_are_loaded_with_what_was_linked_since(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        for by_load_all in [false, true] {
            let mut session = unflushed(&engine);
            let (ann, ben) = authors(&mut session).await?;
            let first = session.get::<Book>(1).await?.expect("the book is there");
            session.assign(&first, Book::AUTHOR, &ben)?;
            let log = engine.record();
            let (of_ann, of_ben) = match by_load_all {
                false => (session.load(&ann, Author::BOOKS).await?, session.load(&ben, Author::BOOKS).await?),
                true => {
                    session.load_all(vec![ann.clone(), ben.clone()], Author::BOOKS.selectin()).await?;
                    (ann.books()?, ben.books()?)
                }
            };
            assert_eq!((titles(&of_ann), titles(&of_ben)), (vec!["a2".into()], vec!["b1".into(), "b2".into(), "a1".into()]));
            assert_eq!(log.count(), if by_load_all { 1 } else { 2 }, "nothing was written: {log}");
            session.rollback().await?;
            assert_eq!((titles(&ann.books()?), titles(&ben.books()?).len()), (vec!["a1".into(), "a2".into()], 2));
        }
        Ok(())
    }

    async fn link_rows_are_seen_from_both_sides(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut setup = engine.session();
        let book = setup.get::<Book>(1).await?.expect("the book is there");
        setup.append(&book, Book::TAGS, Tag::draft().name("old"))?;
        setup.add(Tag::draft().name("new"));
        setup.commit().await?;
        let mut session = unflushed(&engine);
        let book = session.get::<Book>(1).await?.expect("the book is there");
        let tags = session.all(select::<Tag>().order_by(Tag::NAME)).await?;
        let (new, old) = (&tags[0], &tags[1]);
        session.append(&book, Book::TAGS, new)?;
        session.remove(&book, Book::TAGS, old)?;
        let names = session.load(&book, Book::TAGS).await?.iter().map(|tag| tag.name.clone()).collect::<Vec<_>>();
        assert_eq!(names, ["new"]);
        assert_eq!(titles(&session.load(new, Tag::BOOKS).await?), ["a1"]);
        assert!(session.load(old, Tag::BOOKS).await?.is_empty());
        session.commit().await?;
        let row = engine.session().one(select::<Book>().filter(Book::ID.eq(1)).with(Book::TAGS.selectin())).await?;
        assert_eq!(row.get(Book::TAGS).iter().map(|tag| tag.name.clone()).collect::<Vec<_>>(), ["new"]);
        Ok(())
    }

    async fn a_child_with_a_new_parent_has_left_the_old_one(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = unflushed(&engine);
        let (ann, _) = authors(&mut session).await?;
        let first = session.get::<Book>(1).await?.expect("the book is there");
        session.assign(&first, Book::AUTHOR, Author::draft().name("cid"))?;
        assert_eq!(titles(&session.load(&ann, Author::BOOKS).await?), ["a2"]);
        let error = session.load(&first, Book::AUTHOR).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFlushed);
        assert!(error.to_string().contains("`Book.author`") && error.to_string().contains("flush"), "{error}");
        session.flush().await?;
        assert_eq!(session.load(&first, Book::AUTHOR).await?.map(|author| author.name.clone()).as_deref(), Some("cid"));
        assert_eq!(titles(&ann.books()?), ["a2"]);
        session.commit().await
    }

    async fn a_to_one_that_waits_is_not_answered_with_the_old_one(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let (ann, _) = authors(&mut session).await?;
        let first = session.get::<Book>(1).await?.expect("the book is there");
        session.assign(&first, Book::AUTHOR, Author::draft().name("cid"))?;
        let log = engine.record();
        assert_eq!(session.load(&first, Book::AUTHOR).await?.map(|author| author.name.clone()).as_deref(), Some("cid"));
        assert_eq!(shape(&log), ["INSERT authors", "UPDATE books"], "the flush comes first: {log}");
        session.assign(&ann, Author::PROFILE, Profile::draft().text("new"))?;
        assert_eq!(session.load(&ann, Author::PROFILE).await?.map(|profile| profile.text.clone()).as_deref(), Some("new"));
        session.commit().await
    }

    async fn a_has_one_that_waits_displaces_the_old_one(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut setup = engine.session();
        setup.add(Profile::draft().text("old").author_id(1));
        setup.commit().await?;
        let mut session = unflushed(&engine);
        let (ann, _) = authors(&mut session).await?;
        session.assign(&ann, Author::PROFILE, Profile::draft().text("new"))?;
        assert_eq!(session.load(&ann, Author::PROFILE).await.unwrap_err().kind(), ErrorKind::NotFlushed);
        let found = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::PROFILE.selectin())).await?;
        assert_eq!(found.get(Author::PROFILE).map(|profile| profile.text.clone()).as_deref(), Some("old"), "as the query found it");
        assert_eq!(ann.profile().unwrap_err().kind(), ErrorKind::NotLoaded);
        session.commit().await?;
        let rows = engine.session().all(select::<Profile>().order_by(Profile::TEXT)).await?;
        assert_eq!(rows.iter().map(|row| row.author_id).collect::<Vec<_>>(), [Some(1), None]);
        assert_eq!(ann.profile()?.map(|profile| profile.text.clone()).as_deref(), Some("new"));
        Ok(())
    }

    async fn what_is_to_be_deleted_is_not_loaded_any_more(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = unflushed(&engine);
        let (ann, _) = authors(&mut session).await?;
        let first = session.get::<Book>(1).await?.expect("the book is there");
        session.delete(&first)?;
        assert_eq!(titles(&session.load(&ann, Author::BOOKS).await?), ["a2"]);
        session.rollback().await?;
        assert_eq!(titles(&ann.books()?), ["a1", "a2"]);
        Ok(())
    }
}
