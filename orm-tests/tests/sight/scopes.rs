//! `QueryScope`, and the counter of a session.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use orm_core::prelude::*;

use crate::authors::{Author, Book, authors, read};

#[tokio::test]
async fn a_scope_counts_what_its_future_runs() -> Result<()> {
    let engine = authors().await?;
    read(&engine).await?;
    let (found, report) = QueryScope::run(async {
        read(&engine).await?;
        read(&engine).await
    })
    .await;
    assert_eq!(found?, 4);
    assert_eq!((report.count(), report.rows()), (4, 12), "{report}");
    assert!(report.duration() > Duration::ZERO);

    let groups: Vec<_> = report.groups().collect();
    assert_eq!(groups.len(), 2, "each text once: {report}");
    assert_eq!((groups[1].count, groups[1].rows, groups[1].failed), (2, 8, 0));
    assert_eq!((groups[1].path.as_deref(), groups[1].strategy), (Some("Author.books"), Some("selectin")));
    let text = report.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (5, "4 statements"), "{text}");
    assert_eq!(
        (lines[1], lines[3]),
        ("  Author: 2, with 4 rows", "  Author.books: 2, with 8 rows"),
        "{text}"
    );
    assert!(lines[4].starts_with("    2 x SELECT "), "{text}");
    Ok(())
}

#[tokio::test]
async fn tasks_side_by_side_count_for_themselves() -> Result<()> {
    let engine = authors().await?;
    let tasks = (0..8).map(|reads| {
        let engine = engine.clone();
        tokio::spawn(QueryScope::run(async move {
            for _ in 0..reads {
                read(&engine).await?;
            }
            Result::Ok(())
        }))
    });
    for (reads, task) in tasks.collect::<Vec<_>>().into_iter().enumerate() {
        let (done, report) = task.await.expect("it ends");
        done?;
        assert_eq!(report.count(), 2 * reads, "{report}");
    }
    Ok(())
}

#[tokio::test]
async fn a_scope_inside_another_counts_for_both() -> Result<()> {
    let engine = authors().await?;
    let (inner, outer) = QueryScope::run(async {
        read(&engine).await.expect("rows");
        QueryScope::run(read(&engine)).await.1
    })
    .await;
    assert_eq!((inner.count(), outer.count()), (2, 4));
    assert!(QueryScope::current().is_none(), "it ends with its future");
    Ok(())
}

#[tokio::test]
async fn a_spawned_task_is_counted_when_it_is_included() -> Result<()> {
    let engine = authors().await?;
    let ((), report) = QueryScope::run(async {
        let (known, unknown) = (engine.clone(), engine.clone());
        let scope = QueryScope::current().expect("a scope around");
        tokio::spawn(scope.include(async move { read(&known).await })).await.unwrap().expect("rows");
        tokio::spawn(async move { read(&unknown).await }).await.unwrap().expect("rows");
        assert_eq!(scope.report().count(), 2, "so far");
    })
    .await;
    assert_eq!(report.count(), 2, "{report}");
    Ok(())
}

#[tokio::test]
async fn a_statement_that_is_abandoned_counts_where_it_began() -> Result<()> {
    let engine = authors().await?;
    let (scope, _) = QueryScope::run(async { QueryScope::current().expect("a scope around") }).await;
    let begun = Arc::new(AtomicBool::new(false));
    let begins = Arc::clone(&begun);
    engine.on_execute(move |_| begins.store(true, Ordering::Relaxed));
    let mut session = engine.session();
    let mut query = Box::pin(scope.include(session.all(select::<Author>())));
    let mut ended = false;
    while !begun.load(Ordering::Relaxed) {
        ended = poll_fn(|context| Poll::Ready(query.as_mut().poll(context).is_ready())).await;
        tokio::task::yield_now().await;
    }
    drop(query);
    let report = scope.report();
    let failed: usize = report.groups().map(|group| group.failed).sum();
    assert_eq!((report.count(), failed), (1, usize::from(!ended)), "{report}");
    Ok(())
}

#[tokio::test]
async fn a_session_counts_its_statements() -> Result<()> {
    let engine = authors().await?;
    let mut session = engine.session();
    let mut other = engine.session();
    assert_eq!(session.stats().statements, 0);
    let authors = session.all(select::<Author>()).await?;
    session.load_all(authors, Author::BOOKS.selectin()).await?;
    other.count(select::<Book>()).await?;
    assert_eq!((session.stats().statements, other.stats().statements), (2, 1));
    session.insert(Author::draft().name("Jemisin")).await?;
    session.commit().await?;
    session.get::<Author>(1).await?;
    assert_eq!(session.stats().statements, 3, "what it holds costs none, and COMMIT is none");
    session.insert(Author::draft().id(1).name("again")).await.unwrap_err();
    session.rollback().await?;
    assert_eq!(session.stats().statements, 4, "on another connection, and a failed one too");
    Ok(())
}
