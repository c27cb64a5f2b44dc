use orm_core::prelude::*;

use crate::models::*;

/// An error of the caller's, to end a savepoint with.
async fn give_up(session: &mut Session) -> Result<()> {
    session.one(select::<Author>().filter(Author::ID.eq(-1))).await.map(drop)
}

#[tokio::test]
async fn a_savepoint_is_kept_or_taken_back() -> Result<()> {
    for keep in [true, false] {
        let engine = library().await?;
        let mut session = engine.session();
        let ann =
            session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
        let books = ann.books()?.to_vec();
        session.edit(&books[0], |book| book.pages = 1)?;
        let mut inside = None;
        let done = session
            .nested(async |session| {
                session.edit(&books[0], |book| book.pages = 2)?;
                session.edit(&books[1], |book| book.title = "inside".into())?;
                inside = Some(session.add(Book::draft().title("new").pages(1).author(&ann)));
                session.delete(&books[1])?;
                if keep { Ok(()) } else { give_up(session).await }
            })
            .await;
        assert_eq!(done.is_ok(), keep);
        let inside = inside.expect("the savepoint was entered");
        let pages = if keep { 2 } else { 1 };
        assert_eq!((books[0].pages, session.is_modified(&books[0])), (pages, false), "keep: {keep}");
        assert_eq!(inside.entity().is_ok(), keep);
        let shown = if keep { ["a1", "new"] } else { ["a1", "a2"] };
        assert_eq!(titles(&ann.books()?), shown);
        session.edit(&books[0], |book| book.title.push('!'))?;
        session.commit().await?;
        let mut other = engine.session();
        let rows = other.all(select::<Book>().filter(Book::AUTHOR_ID.eq(1)).order_by(Book::ID)).await?;
        let rows: Vec<_> = rows.iter().map(|book| (book.title.clone(), book.pages)).collect();
        let second = if keep { ("new", 1) } else { ("a2", 100) };
        assert_eq!(rows, [("a1!".to_owned(), pages), (second.0.to_owned(), second.1)], "keep: {keep}");
    }
    Ok(())
}

#[tokio::test]
async fn savepoints_can_be_nested() -> Result<()> {
    for (inner, outer, expected) in [(true, true, 3), (false, true, 2), (true, false, 1), (false, false, 1)] {
        let engine = library().await?;
        let mut session = engine.session();
        let book = session.get::<Book>(1).await?.expect("the book is there");
        session.edit(&book, |book| book.pages = 1)?;
        let done: Result<()> = session
            .nested(async |session| {
                session.edit(&book, |book| book.pages = 2)?;
                let done = session
                    .nested(async |session| {
                        session.edit(&book, |book| book.pages = 3)?;
                        session.flush().await?;
                        if inner { Ok(()) } else { give_up(session).await }
                    })
                    .await;
                assert_eq!((done.is_ok(), book.pages), (inner, if inner { 3 } else { 2 }));
                if outer { Ok(()) } else { give_up(session).await }
            })
            .await;
        assert_eq!((done.is_ok(), book.pages), (outer, expected), "inner: {inner}, outer: {outer}");
        session.commit().await?;
        let mut other = engine.session();
        assert_eq!(
            other.get::<Book>(1).await?.map(|book| book.pages),
            Some(expected),
            "inner: {inner}, outer: {outer}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_database_error_inside_leaves_the_outside_intact() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    session.insert(Account::draft().id(1).owner("ann").balance(1)).await?;
    for swallow in [false, true] {
        let error = session
            .nested(async |session| {
                session.add(Account::draft().id(2).owner("ben").balance(1));
                session.flush().await?;
                session.add(Account::draft().id(1).owner("twice").balance(1));
                let done = session.flush().await;
                if swallow { Ok(()) } else { done }
            })
            .await
            .unwrap_err();
        let kind = if swallow { ErrorKind::PendingRollback } else { ErrorKind::UniqueViolation };
        assert_eq!(error.kind(), kind, "a failure cannot be swallowed");
        assert_eq!(session.count(select::<Account>()).await?, 1, "the session goes on at once");
    }
    session.commit().await?;
    assert_eq!(engine.session().count(select::<Account>()).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_savepoint_opens_a_transaction_and_does_not_end_it() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    session
        .nested(async |session| session.insert(Book::draft().title("new").pages(1)).await.map(drop))
        .await?;
    assert!(session.in_transaction());
    session.rollback().await?;
    assert_eq!(session.count(select::<Book>()).await?, 4);
    Ok(())
}

#[tokio::test]
async fn a_rollback_takes_released_savepoints_back() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let book = session.get::<Book>(1).await?.expect("the book is there");
    let mut pending = None;
    session
        .nested(async |session| {
            session.edit(&book, |book| book.pages = 1)?;
            pending = Some(session.add(Book::draft().title("new").pages(1)));
            let second = session.get::<Book>(2).await?.expect("the book is there");
            session.delete(&second)
        })
        .await?;
    session.rollback().await?;
    assert_eq!(book.pages, 100);
    assert_eq!(pending.expect("it was added").entity().unwrap_err().kind(), ErrorKind::InvalidState);
    assert!(session.get::<Book>(2).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn versions_go_back_with_a_savepoint() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let account = session.insert(Account::draft().id(1).owner("ann").balance(1)).await?;
    let done = session
        .nested(async |session| {
            session.edit(&account, |account| account.balance = 2)?;
            session.flush().await?;
            assert_eq!(account.version, 2);
            give_up(session).await
        })
        .await;
    assert!(done.is_err());
    assert_eq!((account.version, account.balance), (1, 1));
    session.edit(&account, |account| account.balance = 3)?;
    session.commit().await?;
    assert_eq!(account.version, 2, "the row had the first version again");
    Ok(())
}

#[tokio::test]
async fn what_was_read_in_a_savepoint_is_read_again_after_it() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let ann = session.get::<Author>(1).await?.expect("ann is there");
    session
        .nested(async |session| {
            session.append(&ann, Author::BOOKS, Book::draft().title("new").pages(1))?;
            assert_eq!(session.load(&ann, Author::BOOKS).await?.len(), 3);
            give_up(session).await
        })
        .await
        .unwrap_err();
    assert_eq!(titles(&session.load(&ann, Author::BOOKS).await?), ["a1", "a2"]);
    Ok(())
}

#[tokio::test]
async fn a_commit_inside_a_savepoint_is_refused() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    session
        .nested(async |session| {
            session.add(Author::draft().name("inside"));
            assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::InvalidState);
            Ok::<_, Error>(())
        })
        .await?;
    assert!(session.in_transaction(), "the refusal ended nothing");
    session.commit().await
}
