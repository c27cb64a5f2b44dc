//! Changes of an expired object, whose row may have changed meanwhile.

use orm_core::prelude::*;
use orm_core::write::BulkOperation;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::*;

/// A session whose book 1 is expired: it shows 100 pages, the title "a1" and the author 1.
async fn expired(engine: &Engine) -> Result<(Session, Entity<Book>)> {
    let mut session = engine.session();
    let book = session.get::<Book>(1).await?.expect("the book is there");
    session.expire(&book)?;
    Ok((session, book))
}

async fn behind(engine: &Engine, change: impl BulkOperation) -> Result<()> {
    let mut other = engine.session();
    other.execute(change).await?;
    other.commit().await
}

on_every_backend! {
    async fn an_edit_to_the_shown_value_of_an_expired_object_is_written(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let (mut session, book) = expired(&engine).await?;
        behind(&engine, update::<Book>().set(Book::PAGES, 7).filter(Book::ID.eq(1))).await?;
        session.edit(&book, |book| book.pages = 100)?;
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stale);
        assert!(error.to_string().contains("`Book` with the key 1") && error.to_string().contains("`pages`"), "{error}");
        session.rollback().await?;

        session.refresh(&book).await?;
        assert_eq!(book.pages, 7);
        session.edit(&book, |book| book.pages = 100)?;
        session.commit().await?;
        assert_eq!(engine.session().get::<Book>(1).await?.expect("the book is there").pages, 100);
        Ok(())
    }

    async fn an_edit_that_rests_on_an_old_value_is_stale(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let (mut session, book) = expired(&engine).await?;
        behind(&engine, update::<Book>().set(Book::PAGES, 7).filter(Book::ID.eq(1))).await?;
        session.edit(&book, |book| book.pages += 1)?;
        assert_eq!(session.flush().await.unwrap_err().kind(), ErrorKind::Stale);
        session.rollback().await?;
        behind(&engine, delete::<Book>().filter(Book::ID.eq(1))).await?;
        session.expire(&book)?;
        session.edit(&book, |book| book.pages += 1)?;
        let error = session.flush().await.unwrap_err();
        assert!(error.kind() == ErrorKind::Stale && error.to_string().contains("gone"), "{error}");
        Ok(())
    }

    async fn a_row_that_is_as_it_looked_is_read_once_and_written(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let books = session.all(select::<Book>().order_by(Book::ID)).await?;
        session.expire_all();
        let log = engine.record();
        for book in &books[..3] {
            session.edit(book, |book| book.pages += 1)?;
        }
        session.edit(&books[3], |book| book.pages = 100)?;
        assert!(session.is_modified(&books[0]) && !session.is_modified(&books[3]));
        session.commit().await?;
        assert_eq!(shape(&log), ["SELECT books", "UPDATE books"], "one read for all, nothing for what is equal: {log}");
        let rows = engine.session().all(select::<Book>().order_by(Book::ID)).await?;
        assert_eq!(rows.iter().map(|book| book.pages).collect::<Vec<_>>(), [101, 101, 101, 100]);
        Ok(())
    }

    async fn what_is_assigned_is_written_without_reading(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let (mut session, book) = expired(&engine).await?;
        let ann = session.get::<Author>(1).await?.expect("ann is there");
        behind(&engine, update::<Book>().set(Book::AUTHOR_ID, 2).set(Book::TITLE, "theirs").filter(Book::ID.eq(1))).await?;
        let log = engine.record();
        session.assign(&book, Book::AUTHOR, &ann)?;
        assert!(session.is_modified(&book), "whatever it shows");
        session.commit().await?;
        assert_eq!(shape(&log), ["UPDATE books"], "{log}");
        assert_eq!(columns_set(&log.statements()[0].sql), ["author_id"], "{log}");
        assert_eq!(book_rows(&engine).await?[0], (1, Some(1), "theirs".into()));

        session.expire(&book)?;
        session.assign(&book, Book::AUTHOR, &ann)?;
        session.commit().await?;
        assert_eq!(book_rows(&engine).await?[0].1, Some(1), "the row had it");
        session.expire(&book)?;
        session.unassign(&book, Book::AUTHOR)?;
        session.commit().await?;
        session.expire(&book)?;
        behind(&engine, update::<Book>().set(Book::AUTHOR_ID, 2).filter(Book::ID.eq(1))).await?;
        session.unassign(&book, Book::AUTHOR)?;
        session.commit().await?;
        assert_eq!(book_rows(&engine).await?[0].1, None);
        Ok(())
    }

    async fn a_query_in_between_does_not_hide_it(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().autoflush(false));
        let book = session.get::<Book>(1).await?.expect("the book is there");
        session.expire(&book)?;
        behind(&engine, update::<Book>().set(Book::PAGES, 7)).await?;
        session.edit(&book, |book| book.pages = 100)?;
        session.all(select::<Book>()).await?;
        assert_eq!(book.pages, 100, "what was given is not overwritten");
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Stale);
        session.rollback().await?;
        session.edit(&book, |book| book.pages = 100)?;
        session.expire(&book)?;
        let log = engine.record();
        session.commit().await?;
        assert_eq!(log.count(), 0, "expiring forgets the edit: {log}");
        Ok(())
    }

    async fn after_a_commit_that_expires_objects_are_edited_as_before(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().expire_on_commit(true));
        let book = session.insert(Book::draft().title("new").pages(1)).await?;
        session.commit().await?;
        let log = engine.record();
        session.edit(&book, |book| book.pages += 1)?;
        session.commit().await?;
        assert_eq!(shape(&log), ["SELECT books", "UPDATE books"], "{log}");
        session.delete(&book)?;
        session.commit().await?;
        assert_eq!(engine.session().count(select::<Book>()).await?, 4);
        Ok(())
    }
}
