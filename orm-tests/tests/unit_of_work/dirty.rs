use orm_core::prelude::*;

use crate::models::*;

#[tokio::test]
async fn only_changed_columns_are_written() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let book = session.get::<Book>(1).await?.expect("the book is there");
    let log = engine.record();
    session.edit(&book, |book| book.pages += 1)?;
    session.flush().await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(columns_set(&log.statements()[0].sql), ["pages"], "{log}");

    log.clear();
    session.edit(&book, |book| {
        book.title = "new".into();
        book.pages += 1;
    })?;
    session.edit(&book, |book| book.pages -= 1)?;
    session.flush().await?;
    assert_eq!(columns_set(&log.statements()[0].sql), ["title"], "a column that came back is none: {log}");
    session.commit().await?;
    assert_eq!(book_rows(&engine).await?[0], (1, Some(1), "new".into()));
    Ok(())
}

#[tokio::test]
async fn a_value_set_back_is_not_a_change() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let book = session.get::<Book>(1).await?.expect("the book is there");
    let log = engine.record();
    session.edit(&book, |book| book.pages = 5)?;
    assert!(session.is_modified(&book));
    session.edit(&book, |book| book.pages = 100)?;
    assert!(!session.is_modified(&book));
    session.flush().await?;
    session.edit(&book, |_| ())?;
    session.edit(&book, |book| book.title = book.title.clone())?;
    assert!(!session.is_modified(&book));
    session.commit().await?;
    assert_eq!(log.count(), 0, "{log}");
    assert!(!session.in_transaction());
    Ok(())
}

#[tokio::test]
async fn is_modified_ends_with_the_flush() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let book = session.get::<Book>(1).await?.expect("the book is there");
    session.edit(&book, |book| book.pages = 5)?;
    session.flush().await?;
    assert!(!session.is_modified(&book));
    let log = engine.record();
    session.flush().await?;
    session.commit().await?;
    assert_eq!(log.count(), 0, "written once: {log}");
    Ok(())
}

#[tokio::test]
async fn equal_changes_of_several_objects_are_one_statement() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let books = session.all(select::<Book>().order_by(Book::ID)).await?;
    let log = engine.record();
    for book in &books[..3] {
        session.edit(book, |book| book.pages = 7)?;
    }
    session.flush().await?;
    assert_eq!(log.count(), 1, "{log}");
    assert!(log.statements()[0].sql.contains(" IN ("), "{log}");
    assert_eq!(log.statements()[0].rows, 3);
    session.commit().await?;
    let mut other = engine.session();
    let pages: Vec<i64> =
        other.all(select::<Book>().order_by(Book::ID)).await?.iter().map(|book| book.pages).collect();
    assert_eq!(pages, [7, 7, 7, 100]);
    Ok(())
}

#[tokio::test]
async fn different_changes_of_the_same_columns_are_one_statement() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let books = session.all(select::<Book>().order_by(Book::ID)).await?;
    let log = engine.record();
    for (n, book) in (1..).zip(&books) {
        session.edit(book, |book| {
            book.pages = n * 10;
            book.title = format!("title {n}");
        })?;
    }
    session.edit(&books[3], |book| book.title = "b2".into())?;
    session.flush().await?;
    assert_eq!(log.count(), 2, "three in title and pages, one in pages alone: {log}");
    assert_eq!(log.statements().iter().map(|s| s.rows).sum::<u64>(), 4);
    session.commit().await?;
    let mut other = engine.session();
    let rows: Vec<(i64, String)> = other
        .all(select::<Book>().order_by(Book::ID))
        .await?
        .iter()
        .map(|book| (book.pages, book.title.clone()))
        .collect();
    let expected = [(10, "title 1"), (20, "title 2"), (30, "title 3"), (40, "b2")];
    assert_eq!(rows, expected.map(|(pages, title)| (pages, title.to_owned())));
    Ok(())
}

#[tokio::test]
async fn null_and_values_mix_in_one_grouped_update() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let authors = session.all(select::<Author>().order_by(Author::ID)).await?;
    session.edit(&authors[0], |author| author.email = Some("ann@x".into()))?;
    session.flush().await?;
    let log = engine.record();
    session.edit(&authors[0], |author| author.email = None)?;
    session.edit(&authors[1], |author| author.email = Some("ben@x".into()))?;
    session.commit().await?;
    assert_eq!(log.count(), 1, "{log}");
    let mut other = engine.session();
    let emails: Vec<Option<String>> = other
        .all(select::<Author>().order_by(Author::ID))
        .await?
        .iter()
        .map(|author| author.email.clone())
        .collect();
    assert_eq!(emails, [None, Some("ben@x".to_owned())]);
    Ok(())
}

#[tokio::test]
async fn a_changed_key_moves_the_object_in_the_identity_map() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let seat = session.insert(Seat::draft().row(1).number("a").guest("ann".to_owned())).await?;
    session.commit().await?;
    let log = engine.record();
    session.edit(&seat, |seat| seat.number = "b".into())?;
    session.flush().await?;
    assert_eq!(shape(&log), ["UPDATE seats"], "{log}");
    let sql = &log.statements()[0];
    assert_eq!(columns_set(&sql.sql), ["number"], "{log}");
    assert!(sql.params.iter().any(|param| param.contains('a')), "the row is found by its old key: {log}");

    log.clear();
    let found = session.get::<Seat>((1, "b")).await?.expect("the seat has its new key");
    assert!(Entity::same(&found, &seat));
    assert_eq!(log.count(), 0, "the identity map knows the new key: {log}");
    assert!(session.get::<Seat>((1, "a")).await?.is_none());
    session.rollback().await?;
    assert_eq!(seat.number, "a");
    log.clear();
    let found = session.get::<Seat>((1, "a")).await?.expect("the seat has its old key again");
    assert!(Entity::same(&found, &seat));
    assert_eq!(log.count(), 0, "{log}");
    assert!(session.get::<Seat>((1, "b")).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn an_edited_key_column_is_a_changed_link() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let book = session.one(select::<Book>().filter(Book::ID.eq(1)).with(Book::AUTHOR.selectin())).await?;
    let log = engine.record();
    session.edit(&book, |book| book.author_id = Some(2))?;
    assert_eq!(
        book.author().unwrap_err().kind(),
        ErrorKind::NotLoaded,
        "the old author is not shown any more"
    );
    assert_eq!(
        session.load(&book, Book::AUTHOR).await?.map(|author| author.name.clone()).as_deref(),
        Some("ben")
    );
    assert_eq!(shape(&log), ["UPDATE books", "SELECT authors"], "{log}");
    Ok(())
}
