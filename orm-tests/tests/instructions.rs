//! What a row costs in instructions, which no other load of the machine changes: valgrind counts each piece of work in a
//! separate process, and what it takes more than a process that only makes the rows is divided among them.
//!
//! The numbers are of the unoptimised build that the tests are, so they are several times those of a release. They stay
//! the same from run to run within a part in a hundred but for what the threads of a process race for, so work that seems
//! to cost more is counted again, and the least of three counts is what it costs. A number that went down is written down
//! here, so that it stays down; a new compiler moves all of them, another processor those of copying memory, and the
//! `opt-level` of SQLite, whose own work is counted too, those that read.

use orm_core::prelude::*;
use orm_tests::instructions;

#[path = "fixtures/blog.rs"]
mod blog;
#[path = "fixtures/library.rs"]
mod library;
use library::{Author, Book};

/// Tells the process which work to do.
const WORK: &str = "ORM_TESTS_COUNTED_WORK";
const ROWS: i64 = 1_000;
const BOOKS_OF_EACH: i64 = 3;
/// How often work is counted that seems to cost more than is recorded.
const COUNTS: usize = 3;

/// Each piece of work, and how many instructions one row of it takes; of `identity hit` and `edit and flush`, with reading it
/// before; of `page`, one post and all that is shown of it; of `siblings`, one user with fifteen objects. The tables of these
/// two are filled for `blog`, which they are compared with.
const RECORDED: [(&str, i64); 12] = [
    ("hydrate", 7_840),
    ("identity hit", 14_790),
    ("selectin", 54_160),
    ("joined", 93_360),
    ("get", 36_140),
    ("one by key", 64_210),
    ("stream", 8_370),
    ("bulk insert", 17_660),
    ("add and flush", 58_100),
    ("edit and flush", 53_120),
    ("page", 252_360),
    ("siblings", 253_040),
];

#[test]
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn rows_take_as_many_instructions_as_is_recorded() {
    let count = |work| instructions("counted", (WORK, work)).map(u64::cast_signed);
    let least = |work, enough: i64| -> Result<i64, String> {
        let mut least = count(work)?;
        for _ in 1..COUNTS {
            if least > enough {
                least = least.min(count(work)?);
            }
        }
        Ok(least)
    };
    let mut wrong = Vec::new();
    let counted = least("nothing", 0).and_then(|nothing| {
        let blog = least("blog", 0)?;
        for (work, recorded) in RECORDED {
            let most = recorded + recorded / 20;
            let without = if matches!(work, "page" | "siblings") { blog } else { nothing };
            let found = (least(work, without + most * ROWS)? - without) / ROWS;
            println!("{work}: {found} instructions a row");
            if found > most {
                wrong.push(format!("{work}: {found} instead of {recorded}"));
            }
        }
        Ok(())
    });
    if let Err(reason) = counted {
        return orm_tests::not_run("valgrind", &reason);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is counted; nothing, unless the process was started for it.
#[test]
fn counted() -> Result<()> {
    let Ok(work) = std::env::var(WORK) else { return Ok(()) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&work))
}

async fn run(work: &str) -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    if let "blog" | "page" | "siblings" = work {
        return run_blog(engine, work).await;
    }
    engine.create_all(schema![Author, Book]).await?;
    let mut session = engine.session();
    let authors = (1..=ROWS).map(|id| Author::draft().id(id).name(format!("author {id}")));
    session.execute(insert::<Author>().rows(authors)).await?;
    session.execute(insert::<Book>().rows(drafts(ROWS * BOOKS_OF_EACH))).await?;
    session.commit().await?;

    let books = || select::<Book>().filter(Book::ID.le(ROWS));
    match work {
        "nothing" => {}
        "hydrate" => drop(session.all(books()).await?),
        "identity hit" => {
            let held = session.all(books()).await?;
            session.all(books()).await?;
            drop(held);
        }
        "selectin" => drop(session.all(select::<Author>().with(Author::BOOKS.selectin())).await?),
        "joined" => drop(session.all(select::<Author>().with(Author::BOOKS.joined())).await?),
        "get" => {
            for id in 1..=ROWS {
                session.get::<Author>(id).await?;
            }
        }
        "edit and flush" => {
            for book in session.all(books()).await? {
                session.edit(&book, |book| book.pages += 1)?;
            }
            session.flush().await?;
        }
        "one by key" => {
            for id in 1..=ROWS {
                session.one(select::<Author>().filter(Author::ID.eq(id))).await?;
            }
        }
        "stream" => {
            let mut stream = session.stream(books().yield_per(100));
            while stream.next_batch().await?.is_some() {}
        }
        "bulk insert" => drop(session.execute(insert::<Book>().rows(drafts(ROWS))).await?),
        "add and flush" => {
            for draft in drafts(ROWS) {
                session.add(draft);
            }
            session.flush().await?;
        }
        other => unreachable!("{other} is not recorded"),
    }
    // Ended here, or the thread of the connection would race with the end of the process for who frees what.
    session.close().await?;
    engine.close().await;
    Ok(())
}

/// Each page uses a new session, as in a service.
async fn run_blog(engine: Engine, work: &str) -> Result<()> {
    blog::fill(&engine).await?;
    match work {
        "page" => {
            for number in 0..ROWS / blog::PAGE {
                blog::page(&mut engine.session(), number % (blog::POSTS / blog::PAGE)).await?;
            }
        }
        "siblings" => {
            for _ in 0..ROWS / blog::USERS {
                blog::siblings(&mut engine.session()).await?;
            }
        }
        _ => {}
    }
    engine.close().await;
    Ok(())
}

fn drafts(count: i64) -> impl Iterator<Item = impl orm_core::write::CompleteDraft<Model = Book>> {
    (0..count).map(|n| {
        let (title, isbn) = (format!("the title of book {n}"), format!("isbn {n}"));
        Book::draft().author_id(n / BOOKS_OF_EACH % ROWS + 1).title(title).isbn(isbn).pages(n % 900)
    })
}
