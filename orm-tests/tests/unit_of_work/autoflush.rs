use orm_core::prelude::*;

use crate::models::*;

#[tokio::test]
async fn a_query_sees_what_is_pending() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let book = session.get::<Book>(1).await?.expect("the book is there");
    session.edit(&book, |book| book.pages = 7)?;
    session.add(Book::draft().title("new").pages(7));
    let log = engine.record();
    let found = session.all(select::<Book>().filter(Book::PAGES.eq(7)).order_by(Book::ID)).await?;
    assert_eq!(found.iter().map(|book| book.title.as_str()).collect::<Vec<_>>(), ["a1", "new"]);
    assert_eq!(shape(&log), ["UPDATE books", "INSERT books", "SELECT books"], "{log}");

    log.clear();
    assert_eq!(session.count(select::<Book>()).await?, 5);
    assert_eq!(log.count(), 1, "nothing is pending any more: {log}");
    Ok(())
}

#[tokio::test]
async fn a_load_sees_what_is_pending() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let authors = session.all(select::<Author>().order_by(Author::ID)).await?;
    session.append(&authors[0], Author::BOOKS, Book::draft().title("new").pages(1))?;
    let log = engine.record();
    assert_eq!(titles(&session.load(&authors[0], Author::BOOKS).await?), ["a1", "a2", "new"]);
    assert_eq!(shape(&log), ["INSERT books", "SELECT books"], "{log}");

    session.append(&authors[1], Author::BOOKS, Book::draft().title("newer").pages(1))?;
    log.clear();
    let authors = session.load_all(authors, Author::BOOKS.selectin()).await?;
    assert_eq!(titles(&authors[1].books()?), ["b1", "b2", "newer"]);
    assert_eq!(shape(&log), ["INSERT books", "SELECT books"], "{log}");
    Ok(())
}

#[tokio::test]
async fn bulk_statements_come_after_what_is_pending() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    session.add(Book::draft().title("new").pages(1));
    assert_eq!(session.execute(update::<Book>().set(Book::PAGES, 3)).await?, 5);
    session.add(Book::draft().title("newer").pages(1));
    assert_eq!(session.execute(delete::<Book>().filter(Book::PAGES.eq(1))).await?, 1);
    session.commit().await?;
    assert_eq!(book_rows(&engine).await?.len(), 5);
    Ok(())
}

#[tokio::test]
async fn switched_off_a_query_sees_the_database_alone() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    let book = session.get::<Book>(1).await?.expect("the book is there");
    session.edit(&book, |book| book.pages = 7)?;
    session.add(Book::draft().title("new").pages(7));
    let log = engine.record();
    assert_eq!(session.count(select::<Book>().filter(Book::PAGES.eq(7))).await?, 0);
    assert_eq!((shape(&log), session.new_count()), (vec!["SELECT books".to_owned()], 1), "{log}");
    assert!(!session.in_transaction());
    log.clear();
    session.commit().await?;
    assert_eq!(shape(&log), ["UPDATE books", "INSERT books"], "{log}");
    assert_eq!(engine.session().count(select::<Book>().filter(Book::PAGES.eq(7))).await?, 2);
    Ok(())
}

#[tokio::test]
async fn an_error_of_the_flush_is_the_querys() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    session.insert(Account::draft().id(1).owner("ann").balance(1)).await?;
    session.commit().await?;
    session.add(Account::draft().id(1).owner("ben").balance(1));
    let log = engine.record();
    let error = session.all(select::<Book>()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert_eq!(shape(&log), ["INSERT accounts"], "the query itself was not run: {log}");
    assert_eq!(session.count(select::<Book>()).await.unwrap_err().kind(), ErrorKind::PendingRollback);
    session.rollback().await?;
    assert_eq!(session.count(select::<Account>()).await?, 1);
    Ok(())
}
