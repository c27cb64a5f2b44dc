//! What objects and sessions occupy, beside structs in a `Vec`: `memory URL AUTHORS` of a file of SQLite.

use std::alloc::System;
use std::collections::HashMap;

use contender::{AUTHORS_SQL, BOOKS_SQL, Failure, arguments, author_key};
use orm_core::prelude::*;
use ours::{Author, Book};
use rusqlite::{Connection, Row};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

type Done<T> = std::result::Result<T, Failure>;

#[allow(dead_code)]
struct PlainAuthor {
    id: i64,
    name: String,
    country: String,
    born: i64,
    active: bool,
    books: Vec<PlainBook>,
}

#[allow(dead_code)]
struct PlainBook {
    id: i64,
    author_id: i64,
    title: String,
    isbn: String,
    pages: i64,
    price: f64,
}

/// What is allocated and not freed.
#[derive(Clone, Copy)]
struct Kept {
    bytes: usize,
    allocations: usize,
}

impl Kept {
    /// What a value keeps, made for the second time: what the first one leaves is kept once.
    async fn by<T>(make: impl AsyncFn() -> Done<T>) -> Done<Kept> {
        drop(make().await?);
        let region = Region::new(HEAP);
        let made = make().await?;
        let change = region.change();
        drop(made);
        Ok(Kept {
            bytes: change.bytes_allocated - change.bytes_deallocated,
            allocations: change.allocations - change.deallocations,
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done<()> {
    let (url, authors) = arguments()?;
    let engine = Engine::connect(&url).await?;
    let plain = Connection::open(url.trim_start_matches("sqlite:"))?;

    println!("\n### Memory\n");
    println!("| rows | bytes a row, structs in a `Vec` | orm-core | ratio |");
    println!("|---|---|---|---|");
    let books = async || plain_books(&plain);
    let own = async || {
        let mut session = engine.session();
        Ok((session.all(select::<Book>()).await?, session))
    };
    compared("books", authors * 10, Kept::by(books).await?, Kept::by(own).await?);
    let with_books = async || plain_authors(&plain);
    let own = async || {
        let mut session = engine.session();
        Ok((session.all(select::<Author>().with(Author::BOOKS.selectin())).await?, session))
    };
    compared("authors and their books", authors * 11, Kept::by(with_books).await?, Kept::by(own).await?);

    println!("\n| a session | bytes | allocations |");
    println!("|---|---|---|");
    let session = Kept::by(async || Ok(engine.session())).await?;
    let after_get = async || {
        let mut session = engine.session();
        Ok((session.get::<Author>(author_key(1)).await?, session))
    };
    let after_one = async || {
        let mut session = engine.session();
        let query = select::<Author>().filter(Author::ID.eq(author_key(1)));
        Ok((session.one(query).await?, session))
    };
    let (after_get, after_one) = (Kept::by(after_get).await?, Kept::by(after_one).await?);
    for (what, Kept { bytes, allocations }) in
        [("new", session), ("after `get`", after_get), ("after `one(select)` by key", after_one)]
    {
        println!("| {what} | {bytes} | {allocations} |");
    }
    Ok(())
}

fn compared(what: &str, rows: i64, plain: Kept, own: Kept) {
    let rows = rows as f64;
    let (plain, own) = (plain.bytes as f64 / rows, own.bytes as f64 / rows);
    println!("| {rows} {what} | {plain:.0} | {own:.0} | {:.2} |", own / plain);
}

fn plain_books(connection: &Connection) -> Done<Vec<PlainBook>> {
    let read = |row: &Row<'_>| {
        Ok(PlainBook {
            id: row.get(0)?,
            author_id: row.get(1)?,
            title: row.get(2)?,
            isbn: row.get(3)?,
            pages: row.get(4)?,
            price: row.get(5)?,
        })
    };
    let mut statement = connection.prepare(BOOKS_SQL)?;
    let books = statement.query_map([], read)?.collect::<rusqlite::Result<_>>()?;
    Ok(books)
}

fn plain_authors(connection: &Connection) -> Done<Vec<PlainAuthor>> {
    let read = |row: &Row<'_>| {
        Ok(PlainAuthor {
            id: row.get(0)?,
            name: row.get(1)?,
            country: row.get(2)?,
            born: row.get(3)?,
            active: row.get(4)?,
            books: Vec::new(),
        })
    };
    let mut statement = connection.prepare(AUTHORS_SQL)?;
    let mut authors: Vec<PlainAuthor> = statement.query_map([], read)?.collect::<rusqlite::Result<_>>()?;
    let places: HashMap<i64, usize> =
        authors.iter().enumerate().map(|(at, author)| (author.id, at)).collect();
    for book in plain_books(connection)? {
        authors[places[&book.author_id]].books.push(book);
    }
    Ok(authors)
}
