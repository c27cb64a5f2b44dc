use std::pin::pin;
use std::task::{Context, Poll};

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::*;

/// A database in a separate file, which two connections share as two processes would.
struct File(tempfile::TempDir);

impl File {
    fn new() -> File {
        File(orm_tests::directory())
    }

    async fn engine(&self) -> Result<Engine> {
        Engine::connect(&format!("sqlite:{}", self.0.path().join("file.db").display())).await
    }
}

async fn give_up(session: &mut Session) -> Result<()> {
    session.one(select::<Author>().filter(Author::ID.eq(-1))).await.map(drop)
}

/// Touches everything that a transaction can hold: edits, links, new objects, deletions, a savepoint and a bulk statement.
async fn work(session: &mut Session) -> Result<()> {
    let authors = session.all(select::<Author>().order_by(Author::ID).with(Author::BOOKS.selectin())).await?;
    let books = authors[0].books()?.to_vec();
    session.edit(&books[0], |book| book.title = "edited".into())?;
    session.append(&authors[1], Author::BOOKS, &books[1])?;
    session.append(&authors[0], Author::BOOKS, Book::draft().title("new").pages(1))?;
    session.flush().await?;
    session
        .nested(async |session| {
            session.add(Tag::draft().name("t").books([&books[0]]));
            session.flush().await
        })
        .await?;
    session.execute(update::<Book>().set(Book::PAGES, 3)).await?;
    session.delete(&books[0])?;
    session.flush().await
}

#[tokio::test]
async fn ok_commits_and_an_error_rolls_back() -> Result<()> {
    let engine = library().await?;
    let before = book_rows(&engine).await?;
    let mut session = engine.session();
    let error = session
        .transaction(async |session| {
            work(session).await?;
            give_up(session).await
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoRows, "the caller's own error comes back");
    assert!(!session.in_transaction());
    assert_eq!(book_rows(&engine).await?, before);
    let found = session.get::<Book>(1).await?.expect("it is there again");
    assert_eq!((found.title.as_str(), session.state(&found)), ("a1", EntityState::Persistent));

    let answer = session
        .transaction(async |session| {
            work(session).await?;
            Ok::<_, Error>(42)
        })
        .await?;
    assert_eq!(answer, 42);
    assert!(!session.in_transaction());
    let rows = book_rows(&engine).await?;
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0], (2, Some(2), "a2".into()));
    Ok(())
}

#[tokio::test]
async fn a_transaction_inside_another_is_refused() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    session.begin().await?;
    assert_eq!(session.begin().await.unwrap_err().kind(), ErrorKind::InvalidState);
    let error = session.transaction(async |_| Ok::<_, Error>(())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState);
    assert!(error.to_string().contains("nested"), "says what to use: {error}");
    session.insert(Book::draft().title("new").pages(1)).await?;
    session.commit().await?;
    assert_eq!(book_rows(&engine).await?.len(), 5, "the outer one is untouched by the refusal");
    Ok(())
}

#[tokio::test]
async fn a_session_begins_by_itself_and_ends_with_commit() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    session.count(select::<Book>()).await?;
    assert!(!session.in_transaction(), "reading needs none");
    session.insert(Book::draft().title("new").pages(1)).await?;
    assert!(session.in_transaction());
    session.commit().await?;
    assert!(!session.in_transaction());
    session.commit().await?;
    Ok(())
}

/// A panic in the work unwinds through the session's own scope.
#[tokio::test]
async fn a_panic_rolls_back() -> Result<()> {
    let engine = library().await?;
    let before = book_rows(&engine).await?;
    let task = tokio::spawn({
        let engine = engine.clone();
        async move {
            let mut session = engine.session();
            let done: Result<()> = session
                .transaction(async |session| {
                    work(session).await?;
                    std::panic::panic_any("the work panics");
                })
                .await;
            done.map(drop)
        }
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(book_rows(&engine).await?, before);
    let mut next = engine.session();
    next.transaction(work).await?;
    assert_eq!(book_rows(&engine).await?.len(), 4);
    Ok(())
}

#[tokio::test]
async fn an_aborted_task_rolls_back() -> Result<()> {
    let engine = library().await?;
    let before = book_rows(&engine).await?;
    let (reached, wait) = tokio::sync::oneshot::channel();
    let task = tokio::spawn({
        let engine = engine.clone();
        async move {
            let mut session = engine.session();
            session.begin().await?;
            work(&mut session).await?;
            reached.send(()).ok();
            std::future::pending::<Result<()>>().await
        }
    });
    wait.await.expect("the work was done");
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(book_rows(&engine).await?, before);
    engine.session().transaction(work).await?;
    Ok(())
}

/// How many times a future is polled at most before it is dropped. How often it has to wait is up to the database: one that
/// answers at once is never cut, as SQLite mostly does.
const POLLS: usize = 40;

/// Polls a future until it is ready or has waited so often, and then drops it.
async fn drop_after<T>(waits: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut polls = 0;
    std::future::poll_fn(|context: &mut Context<'_>| match future.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if polls == waits => Poll::Ready(None),
        Poll::Pending => {
            polls += 1;
            Poll::Pending
        }
    })
    .await
}

on_every_backend! {
    /// Drops a transaction at its first poll, its second, and so on: the database is unchanged every time, and the same
    /// session can do the work afterwards.
    async fn a_transaction_that_is_dropped_anywhere_never_was(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let before = book_rows(&engine).await?;
        for waits in 0..POLLS {
            let case = format!("dropped after {waits} waits");
            let mut session = engine.session();
            let kept = session.get::<Book>(1).await?.expect("the book is there");
            session.commit().await?;
            let transaction = session.transaction(async |session| {
                work(session).await?;
                give_up(session).await
            });
            match drop_after(waits, transaction).await {
                None => {}
                Some(done) => assert_eq!(done.unwrap_err().kind(), ErrorKind::NoRows, "{case}"),
            }
            assert_eq!((kept.title.as_str(), kept.pages), ("a1", 100), "{case}");
            assert_eq!(book_rows(&engine).await?, before, "{case}");
            session.rollback().await?;
            assert_eq!((session.new_count(), session.state(&kept)), (0, EntityState::Persistent), "{case}");
            session.edit(&kept, |book| book.title = "again".into())?;
            session.flush().await?;
            session.rollback().await?;
            assert_eq!(book_rows(&engine).await?, before, "{case}");
        }
        Ok(())
    }
}

on_every_backend! {
    /// The same for a flush and a savepoint in a transaction that the session began itself.
    async fn a_flush_that_is_dropped_leaves_nothing_to_commit(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let before = book_rows(&engine).await?;
        for waits in 0..POLLS {
            let case = format!("dropped after {waits} waits");
            let mut session = engine.session();
            // What is unsaved when a session waits for its BEGIN is still unsaved, and a commit would write it.
            session.begin().await?;
            let finished = drop_after(waits, work(&mut session)).await;
            match finished {
                Some(done) => done?,
                None => {
                    let wrote = session.in_transaction();
                    match session.commit().await {
                        Ok(()) => assert!(!wrote, "{case}: what was dropped half-way was committed"),
                        Err(error) => assert_eq!(error.kind(), ErrorKind::PendingRollback, "{case}: {error:?}"),
                    }
                }
            }
            session.rollback().await?;
            assert_eq!(book_rows(&engine).await?, before, "{case}");
            assert_eq!(session.count(select::<Book>()).await?, 4, "{case}");
        }
        Ok(())
    }
}

#[tokio::test]
async fn one_session_writes_at_a_time_and_the_other_gets_busy() -> Result<()> {
    let file = File::new();
    let engine = file.engine().await?;
    create(&engine).await?;
    fill_library(&engine).await?;
    let other = file.engine().await?;

    let mut one = engine.session();
    one.insert(Book::draft().title("one").pages(1)).await?;
    let mut two = other.session();
    let book = two.get::<Book>(1).await?.expect("reading is not in the way");
    two.edit(&book, |book| book.pages = 2)?;
    let pending = two.add(Book::draft().title("two").pages(1));
    let error = two.flush().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);

    // Nothing was written and nothing is lost: the same flush works once the other is done.
    assert_eq!((two.new_count(), two.is_modified(&book)), (1, true));
    one.commit().await?;
    two.commit().await?;
    assert_eq!(pending.entity()?.title, "two");
    let rows = book_rows(&engine).await?;
    assert_eq!(rows.iter().skip(4).map(|row| row.2.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    let mut fresh = engine.session();
    assert_eq!(fresh.get::<Book>(1).await?.map(|book| book.pages), Some(2));
    Ok(())
}

on_every_backend! {
    async fn a_transaction_ended_early_is_over(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        for commits in [false, true] {
            let mut session = engine.session();
            let kinds = session
                .transaction(async |session| {
                    session.execute(update::<Book>().set(Book::PAGES, 7)).await?;
                    if commits { session.commit().await? } else { session.rollback().await? }
                    let log = engine.record();
                    let kinds = [
                        session.count(select::<Book>()).await.map(drop).unwrap_err().kind(),
                        session.execute(update::<Book>().set(Book::PAGES, 8)).await.map(drop).unwrap_err().kind(),
                        session.begin().await.unwrap_err().kind(),
                        session.flush().await.unwrap_err().kind(),
                    ];
                    assert_eq!(log.count(), 0, "{log}");
                    session.rollback().await?;
                    Ok::<_, Error>(kinds)
                })
                .await?;
            assert_eq!(kinds, [ErrorKind::InvalidState; 4], "commits: {commits}");
            let pages = if commits { 7 } else { 100 };
            assert_eq!(session.count(select::<Book>().filter(Book::PAGES.eq(pages))).await?, 4, "the session goes on");
            session.transaction(async |session| session.count(select::<Book>()).await).await?;
        }
        Ok(())
    }

    async fn a_row_that_a_rollback_brings_back_is_its_object_again(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let book = session.get::<Book>(1).await?.expect("the book is there");
        session.begin().await?;
        session.execute(sql("DELETE FROM books WHERE id = ?").bind(1)).await?;
        session.expire(&book)?;
        assert!(session.get::<Book>(1).await?.is_none());
        assert_ne!(session.state(&book), EntityState::Persistent);
        session.rollback().await?;
        let log = engine.record();
        assert!(session.get::<Book>(1).await?.is_some_and(|found| Entity::same(&found, &book)));
        assert_eq!((log.count(), session.state(&book)), (1, EntityState::Persistent), "read anew: {log}");
        let found = session.get_many::<Book>([1, 2]).await?;
        assert!(found.iter().all(Option::is_some));
        Ok(())
    }
}
