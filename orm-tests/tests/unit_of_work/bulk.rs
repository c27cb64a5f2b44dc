use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::*;

#[tokio::test]
async fn a_thousand_rows_are_one_statement_past_the_identity_map() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let rows = || (0..1000).map(|n| Book::draft().title(format!("book {n}")).pages(n));
    let log = engine.record();
    assert_eq!(session.execute(insert::<Book>().rows(rows())).await?, 1000);
    assert_eq!((log.count(), log.statements()[0].rows), (1, 1000));
    log.clear();
    let held = session.execute(insert::<Book>().rows(rows()).returning()).await?;
    assert_eq!((log.count(), held.len()), (1, 1000));
    log.clear();
    let found = session.get::<Book>(held[17].id).await?.expect("it is held");
    assert!(Entity::same(&found, &held[17]));
    assert_eq!((log.count(), found.title.as_str()), (0, format!("book {}", found.pages).as_str()), "{log}");
    session.commit().await?;
    assert_eq!(engine.session().count(select::<Book>()).await?, 2000);
    Ok(())
}

#[tokio::test]
async fn rows_beyond_the_bind_limit_are_several_statements() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let log = engine.record();
    let rows = (0..20_000).map(|n| Book::draft().title("b").pages(n));
    assert_eq!(session.execute(insert::<Book>().rows(rows)).await?, 20_000);
    assert!(log.count() >= 2 && log.statements().iter().all(|s| s.params.len() <= 32_766), "{}", log.count());
    session.commit().await?;
    assert_eq!(engine.session().count(select::<Book>()).await?, 20_000);

    // All of them or none: the last row of the last statement is refused.
    let rows =
        (0..20_000).map(|n| Book::draft().id(if n == 19_999 { 1 } else { 100_000 + n }).title("b").pages(n));
    let error = session.execute(insert::<Book>().rows(rows)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    session.rollback().await?;
    assert_eq!(session.count(select::<Book>()).await?, 20_000);
    Ok(())
}

#[tokio::test]
async fn without_rows_there_is_no_statement() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let log = engine.record();
    let none = || std::iter::empty::<Book>().map(|_| Book::draft().title("b").pages(1));
    assert_eq!(session.execute(insert::<Book>().rows(none())).await?, 0);
    assert!(session.execute(insert::<Book>().rows(none()).returning()).await?.is_empty());
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_conflict_is_left_or_updated() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let ann = session.insert(Author::draft().name("ann").email("a@x".to_owned())).await?;
    session.commit().await?;
    let rows = || {
        [("anna", "a@x"), ("ben", "b@x")]
            .map(|(name, mail)| Author::draft().name(name).email(mail.to_owned()))
    };
    let error = session.execute(insert::<Author>().rows(rows())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    session.rollback().await?;

    let log = engine.record();
    let left = insert::<Author>().rows(rows()).on_conflict(OnConflict::nothing()).returning();
    let new = session.execute(left).await?;
    assert_eq!(new.iter().map(|author| author.name.as_str()).collect::<Vec<_>>(), ["ben"]);
    assert!(log.statements()[0].sql.contains("ON CONFLICT DO NOTHING"), "{log}");
    session.rollback().await?;

    log.clear();
    let update = OnConflict::update(Author::EMAIL, Author::NAME);
    let both = session.execute(insert::<Author>().rows(rows()).on_conflict(update).returning()).await?;
    assert_eq!((log.count(), both.len()), (1, 2), "{log}");
    assert_eq!(ann.name, "anna", "the object follows its row");
    assert!(both.iter().any(|author| Entity::same(author, &ann)));
    session.commit().await?;
    let mut other = engine.session();
    let names: Vec<String> = other
        .all(select::<Author>().order_by(Author::NAME))
        .await?
        .iter()
        .map(|author| author.name.clone())
        .collect();
    assert_eq!(names, ["anna", "ben"]);
    Ok(())
}

#[tokio::test]
async fn objects_follow_an_update() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let books = session.all(select::<Book>().order_by(Book::ID).with(Book::AUTHOR.selectin())).await?;
    session.edit(&books[0], |book| book.title = "mine".into())?;
    let log = engine.record();
    let changed = session.execute(update::<Book>().set(Book::PAGES, 7).filter(Book::ID.le(2))).await?;
    assert_eq!(
        (changed, shape(&log)),
        (2, vec!["UPDATE books".to_owned(), "UPDATE books".to_owned()]),
        "{log}"
    );
    assert_eq!(books.iter().map(|book| book.pages).collect::<Vec<_>>(), [7, 7, 100, 100]);
    assert_eq!((books[0].title.as_str(), session.is_modified(&books[0])), ("mine", false));

    // A key that changes is a link that changes.
    session.execute(update::<Book>().set(Book::AUTHOR_ID, 2).filter(Book::ID.eq(1))).await?;
    assert_eq!(books[0].author().unwrap_err().kind(), ErrorKind::NotLoaded);
    session.execute(update::<Book>().set(Book::AUTHOR_ID, Null).filter(Book::ID.eq(2))).await?;
    assert!(books[1].author()?.is_none());
    session.rollback().await?;
    assert_eq!((books[0].pages, books[0].title.as_str(), books[0].author_id), (100, "a1", Some(1)));
    assert_eq!(books[1].author()?.map(|author| author.id), Some(1));
    Ok(())
}

#[tokio::test]
async fn objects_follow_a_delete() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let ann = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
    let book = ann.books()?.first().expect("held");
    let log = engine.record();
    assert_eq!(session.execute(delete::<Book>().filter(Book::ID.eq(book.id))).await?, 1);
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(session.state(&book), EntityState::Deleted);
    assert_eq!(titles(&ann.books()?), ["a2"]);
    assert!(session.get::<Book>(book.id).await?.is_none());
    session.rollback().await?;
    assert_eq!(
        (session.state(&book), titles(&ann.books()?)),
        (EntityState::Persistent, vec!["a1".into(), "a2".into()])
    );
    Ok(())
}

#[tokio::test]
async fn returning_gives_entities() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let log = engine.record();
    let changed = session
        .execute(
            update::<Book>()
                .set_to(Book::TITLE, Book::TITLE)
                .set(Book::PAGES, 3)
                .filter(Book::ID.ge(3))
                .returning(),
        )
        .await?;
    assert_eq!(changed.iter().map(|book| (book.id, book.pages)).collect::<Vec<_>>(), [(3, 3), (4, 3)]);
    session.edit(&changed[0], |book| book.pages = 4)?;
    session.flush().await?;
    let gone = session.execute(delete::<Book>().filter(Book::ID.eq(3)).returning()).await?;
    assert_eq!(gone.iter().map(|book| (book.id, book.pages)).collect::<Vec<_>>(), [(3, 4)]);
    assert_eq!(shape(&log), ["UPDATE books", "UPDATE books", "DELETE books"], "{log}");
    assert_ne!(session.state(&gone[0]), EntityState::Persistent);
    session.commit().await?;
    assert_eq!(book_rows(&engine).await?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_run_is_refused_before_any_sql() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let log = engine.record();
    let error = session.execute(update::<Book>()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidQuery);
    assert!(error.to_string().contains("Book"), "{error}");
    let linked = Book::draft().title("x").pages(1).author(Author::draft().name("y"));
    let error = session.execute(insert::<Book>().rows([linked])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidQuery);
    assert_eq!(log.count(), 0, "{log}");
    session.rollback().await?;
    assert_eq!(session.count(select::<Book>()).await?, 4);
    Ok(())
}

#[tokio::test]
async fn a_loop_over_returned_rows_is_noticed_with_the_line_they_came_from() -> Result<()> {
    let engine = library().await?;
    let options = SessionOptions::new().repeated_loads(RepeatedLoads::Refuse).repeated_loads_threshold(2);
    let mut session = engine.session_with(options);
    let line = line!() + 1;
    let books = session.execute(update::<Book>().set(Book::PAGES, 1).returning()).await?;
    assert!(books.len() > 1);
    session.load(&books[0], Book::TAGS).await?;
    let refused = session.load(&books[1], Book::TAGS).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::RepeatedLoad);
    let text = refused.to_string();
    assert!(text.contains(&format!("bulk.rs:{line}:")), "{text}");
    Ok(())
}

on_every_backend! {
    async fn what_is_refused_begins_nothing(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        session.add(Book::draft().title("waits").pages(1));
        let log = engine.record();
        let linked = Book::draft().title("b").pages(1).author(Author::draft().name("a"));
        let error = session.execute(insert::<Book>().rows([linked])).await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidQuery && error.to_string().contains("links"), "{error}");
        let error = session.execute(update::<Book>().filter(Book::ID.eq(1))).await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidQuery && error.to_string().contains(".set("), "{error}");
        let error = session.execute(sql("UPDATE books SET pages = ?")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery);
        assert_eq!((log.count(), session.new_count(), session.in_transaction()), (0, 1, false), "not even a flush: {log}");
        session.commit().await?;
        assert_eq!(shape(&log), ["INSERT books"], "and the session goes on: {log}");
        Ok(())
    }

    async fn nothing_to_write_leaves_no_transaction_open(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let book = session.get::<Book>(1).await?.expect("the book is there");
        let log = engine.record();
        session.edit(&book, |book| book.pages += 1)?;
        session.edit(&book, |book| book.pages -= 1)?;
        session.flush().await?;
        let none = std::iter::empty::<Book>().map(|_| Book::draft().title("b").pages(1));
        assert_eq!(session.execute(insert::<Book>().rows(none)).await?, 0);
        assert_eq!((log.count(), session.in_transaction()), (0, false), "{log}");
        session.begin().await?;
        session.edit(&book, |book| book.pages = 100)?;
        session.flush().await?;
        assert!(session.in_transaction(), "one that was asked for stays");
        session.commit().await
    }

    async fn a_key_is_not_updated_under_an_object(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        session.execute(insert::<Account>().rows([Account::draft().id(1).owner("ann").balance(1)])).await?;
        let rekey = || update::<Account>().set(Account::ID, 2).filter(Account::ID.eq(1));
        assert_eq!(session.execute(rekey()).await?, 1, "nobody holds it");
        let account = session.get::<Account>(2).await?.expect("the account is there");
        let error = session.execute(update::<Account>().set(Account::ID, 3)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery);
        assert!(error.to_string().contains("`Account.id`") && error.to_string().contains("session.edit"), "{error}");
        session.edit(&account, |account| account.id = 3)?;
        session.commit().await?;
        assert!(Entity::same(&session.get::<Account>(3).await?.expect("it has the new key"), &account));
        Ok(())
    }
}
