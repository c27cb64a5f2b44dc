//! `assert_statements!` and `#[max_statements]`.

use std::panic::AssertUnwindSafe;

use orm_core::prelude::*;

use crate::authors::{Author, authors, read};

/// The message of a failing test.
fn message(panic: Box<dyn std::any::Any + Send>) -> String {
    *panic.downcast().expect("a message")
}

#[tokio::test]
async fn a_number_of_statements_is_asserted() -> Result<()> {
    let engine = authors().await?;
    let log = engine.record();
    let (read, report) = QueryScope::run(read(&engine)).await;
    read?;
    assert_statements!(log, 2);
    assert_statements!(&report, 2, "one for the authors and one for {}", "their books");

    let failed = std::panic::catch_unwind(AssertUnwindSafe(|| assert_statements!(log, 1, "of {}", "all")));
    let text = message(failed.unwrap_err());
    assert!(text.starts_with("of all: expected 1 statements, found 2 statements\n"), "{text}");
    assert!(text.contains("   2. SELECT "), "{text}");
    Ok(())
}

#[max_statements(2)]
#[tokio::test]
async fn above_the_test_attribute() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![crate::authors::Author, crate::authors::Book]).await?;
    Ok(())
}

#[tokio::test]
#[max_statements(2)]
async fn below_the_test_attribute() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![crate::authors::Author, crate::authors::Book]).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[max_statements(2)]
async fn on_several_threads() {
    let engine = Engine::connect("sqlite::memory:").await.expect("a database");
    engine.create_all(schema![crate::authors::Author, crate::authors::Book]).await.expect("tables");
}

#[max_statements(3)]
async fn too_many(engine: &Engine, ids: [i64; 2]) -> Result<usize> {
    let mut session = engine.session();
    let authors = session.all(select::<Author>().filter(Author::ID.is_in(ids))).await?;
    let mut found = 0;
    for author in &authors {
        found += session.load(author, Author::BOOKS).await?.len();
    }
    read(engine).await?;
    if found == 0 {
        return Ok(found);
    }
    Ok(found)
}

#[max_statements(1)]
fn blocking() -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { read(&authors().await?).await }).expect("rows")
}

#[tokio::test]
async fn too_many_statements_are_listed_by_what_they_load() -> Result<()> {
    let engine = authors().await?;
    assert_eq!(too_many(&engine, [8, 9]).await?, 0, "3 statements");
    let task = tokio::spawn(async move { too_many(&engine, [1, 2]).await });
    let text = message(task.await.unwrap_err().into_panic());
    assert!(text.starts_with("`too_many` may run 3 statements at most, and ran 5 statements\n"), "{text}");
    assert!(text.contains("\n  Author.books: 3, with 8 rows\n    2 x SELECT "), "{text}");
    Ok(())
}

#[test]
fn a_function_that_blocks_is_counted_too() {
    let text = message(std::panic::catch_unwind(blocking).unwrap_err());
    assert!(text.starts_with("`blocking` may run 1 statements at most, and ran "), "{text}");
}
