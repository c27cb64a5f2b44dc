//! Memory that one session frees is available to the next: a list that is read again takes none from the system.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![allow(missing_docs)]

use orm_core::prelude::*;

#[path = "fixtures/library.rs"]
mod library;
use library::{Author, Book};

const BOOKS: i64 = 12_000;
const LISTS: usize = 8;
/// One list needs about 600.
const MOST: u64 = 400;

/// How many pages this thread has taken from the system.
fn pages() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    // After the name of the thread, which may hold spaces: the state is the first.
    let fields = stat.rsplit_once(") ").map(|(_, fields)| fields).unwrap_or_default();
    fields.split(' ').nth(7).and_then(|faults| faults.parse().ok()).expect("the kernel counts page faults")
}

#[tokio::test(flavor = "current_thread")]
async fn lists_take_the_memory_of_those_before_them() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Author, Book]).await?;
    let mut session = engine.session();
    session.insert(Author::draft().id(1).name("the author")).await?;
    // By the database, because freeing many drafts would also teach the allocator to keep memory.
    let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                INSERT INTO books (author_id, title, isbn, pages)
                SELECT 1, 'the title of book ' || i, 'the number of book ' || i, i FROM n";
    session.execute(sql(fill).bind(BOOKS)).await?;
    session.commit().await?;
    drop(session);

    let mut before = 0;
    for list in 0..2 * LISTS {
        // The first ones measure how much is needed.
        if list == LISTS {
            before = pages();
        }
        let books = engine.session().all(select::<Book>()).await?;
        assert_eq!(i64::try_from(books.len()), Ok(BOOKS));
    }
    let taken = pages() - before;
    assert!(taken < MOST, "{taken} pages for {LISTS} lists");
    Ok(())
}
