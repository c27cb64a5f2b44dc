//! What a row costs in instructions, which no other load of the machine changes: each piece of work is run for so many rows
//! and for twice as many, in processes of their own that valgrind counts, and the difference is what the rows cost.
//!
//! The numbers are of the unoptimised build that the tests are, so they are several times those of a release. They stay
//! the same from run to run within a part in a hundred, and say when a row begins to cost more. A number that went down is
//! written down here, so that it stays down; a new compiler moves all of them.

use orm_core::prelude::*;
use orm_tests::instructions;

/// Says which work the process is for, and how many rows.
const WORK: &str = "ORM_TESTS_COUNTED_WORK";
const ROWS: i64 = 300;
const BOOKS_OF_EACH: i64 = 3;

#[derive(Model, Debug)]
#[model(table = "authors")]
struct Author {
    #[key(auto)]
    id: i64,
    name: String,
    #[has_many(order_by = "id")]
    books: HasMany<Book>,
}

#[derive(Model, Debug)]
#[model(table = "books")]
struct Book {
    #[key(auto)]
    id: i64,
    author_id: i64,
    title: String,
    isbn: String,
    pages: i64,
    #[belongs_to]
    author: BelongsTo<Author>,
}

/// Each piece of work, and how many instructions one row of it takes.
const RECORDED: [(&str, i64); 8] = [
    ("hydrate", 12_300),
    ("identity hit", 4_230),
    ("selectin", 71_700),
    ("joined", 62_500),
    ("get", 32_150),
    ("stream", 12_250),
    ("bulk insert", 16_350),
    ("add and flush", 46_400),
];

#[test]
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn rows_take_as_many_instructions_as_is_recorded() {
    let mut wrong = Vec::new();
    for (work, recorded) in RECORDED {
        let count = |rows: i64| instructions("counted", (WORK, &format!("{work}:{rows}")));
        let (once, twice) = match (count(ROWS), count(2 * ROWS)) {
            (Ok(once), Ok(twice)) => (once, twice),
            (Err(reason), _) | (_, Err(reason)) => return orm_tests::not_run("valgrind", &reason),
        };
        let found = (twice.cast_signed() - once.cast_signed()) / ROWS;
        println!("{work}: {found} instructions a row");
        if (found - recorded).abs() > recorded / 25 {
            wrong.push(format!("{work}: {found} instead of {recorded}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is counted; nothing, unless the process was started for it.
#[test]
fn counted() -> Result<()> {
    let Ok(work) = std::env::var(WORK) else { return Ok(()) };
    let (work, rows) = work.split_once(':').expect("a name and a number");
    let rows: i64 = rows.parse().expect("a number");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(work, rows))
}

/// The database holds the same rows however many are asked for.
async fn run(work: &str, rows: i64) -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Author, Book]).await?;
    let mut session = engine.session();
    let authors = (1..=2 * ROWS).map(|id| Author::draft().id(id).name(format!("author {id}")));
    session.execute(insert::<Author>().rows(authors)).await?;
    session.execute(insert::<Book>().rows(drafts(2 * ROWS * BOOKS_OF_EACH))).await?;
    session.commit().await?;

    let count = u64::try_from(rows).expect("a count");
    let books = select::<Book>().order_by(Book::ID.asc()).limit(count);
    let authors = select::<Author>().filter(Author::ID.le(rows));
    match work {
        "hydrate" => drop(session.all(books).await?),
        "identity hit" => {
            let held = session.all(select::<Book>()).await?;
            session.all(books).await?;
            drop(held);
        }
        "selectin" => drop(session.all(authors.with(Author::BOOKS.selectin())).await?),
        "joined" => drop(session.all(authors.with(Author::BOOKS.joined())).await?),
        "get" => {
            for id in 1..=rows {
                session.get::<Author>(id).await?;
            }
        }
        "stream" => {
            let mut stream = session.stream(books.yield_per(100));
            while stream.next_batch().await?.is_some() {}
        }
        "bulk insert" => drop(session.execute(insert::<Book>().rows(drafts(rows))).await?),
        "add and flush" => {
            for draft in drafts(rows) {
                session.add(draft);
            }
            session.flush().await?;
        }
        other => unreachable!("{other} is not recorded"),
    }
    Ok(())
}

fn drafts(count: i64) -> impl Iterator<Item = impl orm_core::CompleteDraft<Model = Book>> {
    (0..count).map(|n| {
        let (title, isbn) = (format!("the title of book {n}"), format!("isbn {n}"));
        Book::draft().author_id(n / BOOKS_OF_EACH % (2 * ROWS) + 1).title(title).isbn(isbn).pages(n % 900)
    })
}
