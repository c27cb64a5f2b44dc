use orm_core::prelude::*;

use crate::models::*;

#[tokio::test]
async fn a_rollback_takes_everything_back() -> Result<()> {
    for flushed in [false, true] {
        let case = format!("flushed: {flushed}");
        let engine = library().await?;
        let before = book_rows(&engine).await?;
        let mut session = engine.session();
        let authors =
            session.all(select::<Author>().order_by(Author::ID).with(Author::BOOKS.selectin())).await?;
        let (ann, ben) = (authors[0].dynamic(), authors[1].dynamic());
        let (a, b) = (ann.books()?.to_vec(), ben.books()?.to_vec());

        session.edit(&a[0], |book| book.title = "x".into())?;
        session.append(&ann, Author::BOOKS, &b[0])?;
        session.remove(&ann, Author::BOOKS, &a[1])?;
        session.append(&b[1], Book::TAGS, Tag::draft().name("t"))?;
        let pending = session.add(Book::draft().title("new").pages(1).author(&ben));
        session.delete(&b[1])?;
        if flushed {
            session.flush().await?;
        }
        session.rollback().await?;

        assert_eq!((a[0].title.as_str(), b[0].author_id), ("a1", Some(2)), "{case}");
        assert_eq!(
            (titles(&ann.books()?), titles(&ben.books()?)),
            (vec!["a1".into(), "a2".into()], vec!["b1".into(), "b2".into()]),
            "{case}"
        );
        assert_eq!((session.state(&b[1]), session.new_count()), (EntityState::Persistent, 0), "{case}");
        assert_eq!(pending.entity().unwrap_err().kind(), ErrorKind::InvalidState, "{case}");
        let log = engine.record();
        for book in a.iter().chain(&b) {
            assert!(
                Entity::same(&session.get::<Book>(book.id).await?.expect("it is there again"), book),
                "{case}"
            );
            assert!(!session.is_modified(book), "{case}");
        }
        session.commit().await?;
        assert_eq!(log.count(), 0, "{case}: {log}");
        assert_eq!(book_rows(&engine).await?, before, "{case}");

        // And the session continues as if nothing had happened.
        session.edit(&a[0], |book| book.pages = 3)?;
        session.commit().await?;
        assert_eq!(log.count(), 1 + 1, "{case}: the row of the check above, and one UPDATE: {log}");
    }
    Ok(())
}

#[tokio::test]
async fn an_edit_before_and_after_a_flush_goes_back_to_the_commit() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let book = session.get::<Book>(1).await?.expect("the book is there");
    for pages in [1, 2, 3] {
        session.edit(&book, |book| book.pages = pages)?;
        session.flush().await?;
    }
    session.edit(&book, |book| book.pages = 4)?;
    session.rollback().await?;
    assert_eq!((book.pages, session.is_modified(&book)), (100, false));
    session.edit(&book, |book| book.pages = 5)?;
    session.commit().await?;
    session.edit(&book, |book| book.pages = 6)?;
    session.rollback().await?;
    assert_eq!(book.pages, 5, "no further than the last commit");
    Ok(())
}

#[tokio::test]
async fn what_was_loaded_after_a_write_is_not_kept() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let ann = session.get::<Author>(1).await?.expect("ann is there");
    session.append(&ann, Author::BOOKS, Book::draft().title("new").pages(1))?;
    session.execute(update::<Book>().set(Book::PAGES, 7)).await?;
    // Read inside the transaction: none of it is true after the rollback.
    assert_eq!(session.load(&ann, Author::BOOKS).await?.len(), 3);
    let book = session.get::<Book>(1).await?.expect("the book is there");
    assert_eq!(book.pages, 7);
    session.rollback().await?;
    assert_eq!(titles(&session.load(&ann, Author::BOOKS).await?), ["a1", "a2"]);
    let found = session.get::<Book>(1).await?.expect("the book is there");
    assert!(Entity::same(&found, &book), "one row is one object");
    assert_eq!(book.pages, 100);
    Ok(())
}

#[tokio::test]
async fn a_row_that_never_was_is_not_found_after_a_rollback() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let made = session.execute(insert::<Book>().rows([Book::draft().id(50).title("bulk").pages(1)])).await?;
    assert_eq!(made, 1);
    let read = session.get::<Book>(50).await?.expect("it is read back");
    let held = session
        .execute(insert::<Book>().rows([Book::draft().id(51).title("held").pages(1)]).returning())
        .await?;
    assert_eq!(held[0].id, 51);
    let added = session.insert(Book::draft().id(52).title("added").pages(1)).await?;
    session.rollback().await?;
    for (id, object) in [(50, read), (51, held[0].clone()), (52, added)] {
        assert!(session.get::<Book>(id).await?.is_none(), "{id}");
        assert_ne!(session.state(&object), EntityState::Persistent, "{id}");
    }
    Ok(())
}

#[tokio::test]
async fn a_dropped_session_rolls_back() -> Result<()> {
    let engine = library().await?;
    let before = book_rows(&engine).await?;
    let mut session = engine.session();
    let book = session.get::<Book>(1).await?.expect("the book is there");
    session.edit(&book, |book| book.pages = 1)?;
    session.insert(Book::draft().title("new").pages(1)).await?;
    assert!(session.in_transaction());
    drop(session);
    assert_eq!(book.pages, 1, "the handle shows what it showed");
    // The next writer is not in the way of the one that has gone.
    let mut session = engine.session();
    let book = session.get::<Book>(2).await?.expect("the book is there");
    session.edit(&book, |book| book.title = "y".into())?;
    session.commit().await?;
    let mut expected = before;
    expected[1].2 = "y".into();
    assert_eq!(book_rows(&engine).await?, expected);
    Ok(())
}

#[tokio::test]
async fn close_discards_and_the_session_can_be_used_again() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    session.add(Book::draft().title("new").pages(1));
    session.flush().await?;
    session.add(Book::draft().title("newer").pages(1));
    session.close().await?;
    assert!(!session.in_transaction());
    assert_eq!(session.count(select::<Book>()).await?, 4);
    Ok(())
}

#[tokio::test]
async fn a_rollback_without_a_transaction_drops_what_is_unsaved() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    session.rollback().await?;
    let book = session.get::<Book>(1).await?.expect("the book is there");
    session.edit(&book, |book| book.pages = 1)?;
    session.delete(&book)?;
    let log = engine.record();
    session.rollback().await?;
    session.commit().await?;
    assert_eq!((book.pages, session.state(&book), log.count()), (100, EntityState::Persistent, 0));
    Ok(())
}
