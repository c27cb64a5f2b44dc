//! The library beside rusqlite with cached statements, on one SQLite file, interleaved in one run.
//!
//! `cargo bench -p orm-tests --bench sqlite` prints the median of each contender and its ratio to rusqlite. Times do not
//! carry over between machines; the ratios of one run do, if the machine was quiet. `-- W5` runs only that workload, for
//! a tool that counts instructions, which do not depend on other load; `-- W5 3` runs three rounds of it. Of the workloads
//! that write, and of that with typed columns, `-- W6 3 rusqlite` runs only one contender.

use std::collections::HashMap;
use std::time::Instant;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};
use orm_core::prelude::*;
use rusqlite::{Connection, params_from_iter};
use rust_decimal::Decimal;
use uuid::Uuid;

const ROUNDS: usize = 21;
const AUTHORS: i64 = 1_000;
const BOOKS: i64 = 10_000;
const SALES: i64 = 100_000;
const ORDERS: i64 = 5_000;

#[derive(Model, Debug)]
#[model(table = "authors")]
struct Author {
    #[key]
    id: i64,
    name: String,
    country: String,
    born: i64,
    active: bool,
    #[has_many(order_by = "id")]
    books: HasMany<Book>,
}

#[derive(Model, Debug)]
#[model(table = "books")]
struct Book {
    #[key]
    id: i64,
    author_id: i64,
    title: String,
    isbn: String,
    pages: i64,
    price: f64,
    #[belongs_to]
    author: BelongsTo<Author>,
}

#[derive(Model, Debug)]
#[model(table = "notes")]
struct Note {
    #[key(auto)]
    id: i64,
    author: String,
    text: String,
    likes: i64,
}

#[derive(Model, Debug)]
#[model(table = "sales")]
struct Sale {
    #[key]
    id: i64,
    author_id: i64,
    title: String,
    isbn: String,
    pages: i64,
    price: f64,
}

#[derive(Model, Debug)]
#[model(table = "orders")]
struct Order {
    #[key]
    id: i64,
    day: NaiveDate,
    at: DateTime<Utc>,
    number: Uuid,
    amount: Decimal,
    tags: serde_json::Value,
}

#[allow(dead_code)]
struct PlainOrder {
    id: i64,
    day: NaiveDate,
    at: DateTime<Utc>,
    number: Uuid,
    amount: Decimal,
    tags: serde_json::Value,
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

#[allow(dead_code)]
struct PlainAuthor {
    id: i64,
    name: String,
    country: String,
    born: i64,
    active: bool,
    books: Vec<PlainBook>,
}

const BOOK: &str = "SELECT id, author_id, title, isbn, pages, price FROM books";
const AUTHOR: &str = "SELECT id, name, country, born, active FROM authors";

fn plain_book(row: &rusqlite::Row<'_>) -> rusqlite::Result<PlainBook> {
    Ok(PlainBook {
        id: row.get(0)?,
        author_id: row.get(1)?,
        title: row.get(2)?,
        isbn: row.get(3)?,
        pages: row.get(4)?,
        price: row.get(5)?,
    })
}

fn plain_author(row: &rusqlite::Row<'_>) -> rusqlite::Result<PlainAuthor> {
    Ok(PlainAuthor {
        id: row.get(0)?,
        name: row.get(1)?,
        country: row.get(2)?,
        born: row.get(3)?,
        active: row.get(4)?,
        books: Vec::new(),
    })
}

/// Converts as rusqlite's own implementations for these types do.
fn plain_order(row: &rusqlite::Row<'_>) -> rusqlite::Result<PlainOrder> {
    let text = |at: usize| row.get_ref(at).and_then(|cell| Ok(cell.as_str()?));
    let wrong = |error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error)
    };
    let at = NaiveDateTime::parse_from_str(text(2)?, "%Y-%m-%d %H:%M:%S%.f");
    Ok(PlainOrder {
        id: row.get(0)?,
        day: NaiveDate::parse_from_str(text(1)?, "%F").map_err(|error| wrong(error.into()))?,
        at: at.map_err(|error| wrong(error.into()))?.and_utc(),
        number: Uuid::from_slice(row.get_ref(3)?.as_blob()?).map_err(|error| wrong(error.into()))?,
        amount: text(4)?.parse().map_err(|error: rust_decimal::Error| wrong(error.to_string().into()))?,
        tags: serde_json::from_str(text(5)?).map_err(|error| wrong(error.into()))?,
    })
}

/// Times by workload and contender, in milliseconds.
#[derive(Default)]
struct Times {
    times: Vec<(&'static str, &'static str, Vec<f64>)>,
    /// The only contender that runs, if it was named.
    only: Option<String>,
}

impl Times {
    fn runs(&self, contender: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == contender)
    }

    fn add(&mut self, workload: &'static str, contender: &'static str, since: Instant) {
        let time = since.elapsed().as_secs_f64() * 1e3;
        match self.times.iter_mut().find(|(w, c, _)| (*w, *c) == (workload, contender)) {
            Some((_, _, times)) => times.push(time),
            None => self.times.push((workload, contender, vec![time])),
        }
    }

    fn print(&mut self) {
        let mut base = 0.0;
        println!("{:<42} {:<22} {:>9} {:>7}", "workload", "contender", "median ms", "ratio");
        for (workload, contender, times) in &mut self.times {
            times.sort_by(f64::total_cmp);
            let median = times[times.len() / 2];
            if *contender == "rusqlite" {
                base = median;
            }
            println!("{workload:<42} {contender:<22} {median:>9.2} {:>7.2}", median / base);
        }
    }
}

fn fill(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL,
                               born INTEGER NOT NULL, active BOOLEAN NOT NULL);
         CREATE TABLE books (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES authors (id),
                             title TEXT NOT NULL, isbn TEXT NOT NULL, pages INTEGER NOT NULL, price REAL NOT NULL);
         CREATE INDEX ix_books_author_id ON books (author_id);
         CREATE TABLE notes (id INTEGER PRIMARY KEY, author TEXT NOT NULL, text TEXT NOT NULL, likes INTEGER NOT NULL);
         CREATE TABLE sales (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL, title TEXT NOT NULL,
                             isbn TEXT NOT NULL, pages INTEGER NOT NULL, price REAL NOT NULL);
         BEGIN",
    )?;
    for author in 0..AUTHORS {
        connection.execute(
            "INSERT INTO authors VALUES (?, ?, ?, ?, ?)",
            (author * 7 + 3, format!("author {author}"), "a country", 1900 + author % 100, author % 2 == 0),
        )?;
    }
    for book in 0..BOOKS {
        let author = (book % AUTHORS) * 7 + 3;
        let (title, isbn) = (format!("the title of book {book}"), format!("isbn-{book:09}"));
        let price = f64::from(i32::try_from(book).unwrap_or_default()) * 0.5;
        connection.execute(
            "INSERT INTO books VALUES (?, ?, ?, ?, ?, ?)",
            (book * 3 + 1, author, title, isbn, book % 900, price),
        )?;
    }
    connection.execute(
        "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1 - 1)
         INSERT INTO sales SELECT n, n % 1000, 'the title of book ' || n, 'isbn-' || n, n % 900, n * 0.5 FROM numbers",
        [SALES],
    )?;
    connection.execute_batch("COMMIT")
}

fn order(id: i64) -> impl orm_core::write::CompleteDraft<Model = Order> {
    let number = id.unsigned_abs();
    let day = NaiveDate::default() + Days::new(number * 7);
    let at = DateTime::<Utc>::from_timestamp_nanos(id * 1_234_567_891_000);
    let number = Uuid::from_u128(u128::from(number) << 64 | 0xabcd);
    let tags = serde_json::json!({ "state": "paid", "lines": [id, id + 1], "gift": id % 2 == 0 });
    Order::draft().id(id).day(day).at(at).number(number).amount(Decimal::new(id * 99, 2)).tags(tags)
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("bench.db");
    let plain = Connection::open(&path)?;
    fill(&plain)?;
    let engine = Engine::connect(&format!("sqlite:{}", path.display())).await?;
    engine.create_all(schema![Order]).await?;
    let mut session = engine.session();
    session.execute(insert::<Order>().rows((0..ORDERS).map(order))).await?;
    session.commit().await?;
    drop(session);
    let arguments: Vec<String> = std::env::args().skip(1).filter(|given| !given.starts_with("--")).collect();
    let runs = |workload: &str| arguments.first().is_none_or(|only| only == workload);
    let rounds = arguments.get(1).map_or(Ok(ROUNDS), |rounds| rounds.parse())?;
    let mut times = Times { only: arguments.get(2).cloned(), ..Times::default() };
    for _ in 0..rounds {
        if runs("W1") {
            rows(&plain, &engine, &mut times).await?;
        }
        if runs("W2") {
            children(&plain, &engine, &mut times).await?;
        }
        if runs("W3") {
            parents(&plain, &engine, &mut times).await?;
        }
        if runs("W5") {
            gets(&plain, &engine, &mut times).await?;
        }
        if runs("W6") {
            inserts(&plain, &engine, &mut times).await?;
        }
        if runs("W7") {
            stream(&plain, &engine, &mut times).await?;
        }
        if runs("W9") {
            edits(&plain, &engine, &mut times).await?;
        }
        if runs("W10") {
            typed(&plain, &engine, &mut times).await?;
        }
    }
    times.print();
    Ok(())
}

type Done = std::result::Result<(), Box<dyn std::error::Error>>;

async fn rows(plain: &Connection, engine: &Engine, times: &mut Times) -> Done {
    const W: &str = "W1 10,000 rows";
    let start = Instant::now();
    let mut statement = plain.prepare_cached(BOOK)?;
    let books = statement.query_map([], plain_book)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let sum: i64 = books.iter().map(|book| book.pages).sum();
    drop(books);
    times.add(W, "rusqlite", start);

    let start = Instant::now();
    let mut session = engine.session();
    let books = session.all(select::<Book>()).await?;
    assert_eq!(books.iter().map(|book| book.pages).sum::<i64>(), sum);
    drop((books, session));
    times.add(W, "all", start);
    Ok(())
}

async fn children(plain: &Connection, engine: &Engine, times: &mut Times) -> Done {
    const W: &str = "W2 1,000 authors and their 10,000 books";
    let start = Instant::now();
    let mut statement = plain.prepare_cached(AUTHOR)?;
    let mut authors = statement.query_map([], plain_author)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let places: HashMap<i64, usize> =
        authors.iter().enumerate().map(|(at, author)| (author.id, at)).collect();
    let keys: Vec<i64> = authors.iter().map(|author| author.id).collect();
    let sql = format!("{BOOK} WHERE author_id IN ({}) ORDER BY id", vec!["?"; keys.len()].join(","));
    let mut statement = plain.prepare_cached(&sql)?;
    for book in statement.query_map(params_from_iter(keys), plain_book)? {
        let book = book?;
        authors[places[&book.author_id]].books.push(book);
    }
    let sum: i64 = authors.iter().flat_map(|author| &author.books).map(|book| book.pages).sum();
    drop(authors);
    times.add(W, "rusqlite", start);

    for contender in ["selectin", "auto", "subquery", "joined"] {
        let start = Instant::now();
        let mut session = engine.session();
        let load = match contender {
            "selectin" => Author::BOOKS.selectin(),
            "auto" => Author::BOOKS.auto(),
            "subquery" => Author::BOOKS.subquery(),
            _ => Author::BOOKS.joined(),
        };
        let authors = session.all(select::<Author>().with(load)).await?;
        let pages = authors.iter().flat_map(|author| author.get(Author::BOOKS)).map(|book| book.pages);
        assert_eq!(pages.sum::<i64>(), sum);
        drop((authors, session));
        times.add(W, contender, start);
    }
    Ok(())
}

async fn parents(plain: &Connection, engine: &Engine, times: &mut Times) -> Done {
    const W: &str = "W3 10,000 books and their author";
    let start = Instant::now();
    let mut statement = plain.prepare_cached(
        "SELECT b.id, b.author_id, b.title, b.isbn, b.pages, b.price, a.id, a.name, a.country, a.born, a.active \
         FROM books b JOIN authors a ON a.id = b.author_id",
    )?;
    let both = |row: &rusqlite::Row<'_>| {
        let (id, name, country) = (row.get(6)?, row.get(7)?, row.get(8)?);
        let author =
            PlainAuthor { id, name, country, born: row.get(9)?, active: row.get(10)?, books: Vec::new() };
        Ok((plain_book(row)?, author))
    };
    let books = statement.query_map([], both)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let sum: i64 = books.iter().map(|(_, author)| author.born).sum();
    drop(books);
    times.add(W, "rusqlite", start);

    for contender in ["selectin", "joined"] {
        let start = Instant::now();
        let mut session = engine.session();
        let load = if contender == "selectin" { Book::AUTHOR.selectin() } else { Book::AUTHOR.joined() };
        let books = session.all(select::<Book>().with(load)).await?;
        assert_eq!(books.iter().map(|book| book.get(Book::AUTHOR).born).sum::<i64>(), sum);
        drop((books, session));
        times.add(W, contender, start);
    }
    Ok(())
}

async fn gets(plain: &Connection, engine: &Engine, times: &mut Times) -> Done {
    const W: &str = "W5 1,000 gets by key";
    let start = Instant::now();
    let sql = format!("{AUTHOR} WHERE id = ?");
    let mut sum = 0;
    for author in 0..AUTHORS {
        let mut statement = plain.prepare_cached(&sql)?;
        sum += statement.query_row([author * 7 + 3], plain_author)?.born;
    }
    times.add(W, "rusqlite", start);

    let start = Instant::now();
    let mut session = engine.session();
    let mut found = 0;
    for author in 0..AUTHORS {
        found += session.get::<Author>(author * 7 + 3).await?.map_or(0, |author| author.born);
    }
    assert_eq!(found, sum);
    drop(session);
    times.add(W, "get", start);
    Ok(())
}

async fn inserts(plain: &Connection, engine: &Engine, times: &mut Times) -> Done {
    const W: &str = "W6 10,000 inserts in a transaction";
    let text = |note: i64| format!("the text of note {note}");
    if times.runs("rusqlite") {
        plain.execute_batch("DELETE FROM notes")?;
        let start = Instant::now();
        plain.execute_batch("BEGIN")?;
        let mut statement =
            plain.prepare_cached("INSERT INTO notes (author, text, likes) VALUES (?, ?, ?)")?;
        for note in 0..BOOKS {
            statement.execute(("jack", text(note), note))?;
        }
        plain.execute_batch("COMMIT")?;
        times.add(W, "rusqlite", start);
    }
    if times.runs("add and commit") {
        plain.execute_batch("DELETE FROM notes")?;
        let start = Instant::now();
        let mut session = engine.session();
        for note in 0..BOOKS {
            session.add(Note::draft().author("jack").text(text(note)).likes(note));
        }
        session.commit().await?;
        drop(session);
        times.add(W, "add and commit", start);
    }
    if times.runs("insert().rows(..)") {
        plain.execute_batch("DELETE FROM notes")?;
        let start = Instant::now();
        let mut session = engine.session();
        let drafts = (0..BOOKS).map(|note| Note::draft().author("jack").text(text(note)).likes(note));
        session.execute(insert::<Note>().rows(drafts)).await?;
        session.commit().await?;
        drop(session);
        times.add(W, "insert().rows(..)", start);
    }
    Ok(())
}

/// The rows are read before the time begins.
async fn edits(plain: &Connection, engine: &Engine, times: &mut Times) -> Done {
    const W: &str = "W9 10,000 edits in a transaction";
    if times.runs("rusqlite") {
        let mut statement = plain.prepare_cached(BOOK)?;
        let mut books = statement.query_map([], plain_book)?.collect::<rusqlite::Result<Vec<_>>>()?;
        let start = Instant::now();
        plain.execute_batch("BEGIN")?;
        let mut statement = plain.prepare_cached("UPDATE books SET pages = ? WHERE id = ?")?;
        for book in &mut books {
            book.pages = (book.pages + 1) % 1_000;
            assert_eq!(statement.execute((book.pages, book.id))?, 1);
        }
        plain.execute_batch("COMMIT")?;
        times.add(W, "rusqlite", start);
    }
    if times.runs("edit and commit") {
        let mut session = engine.session();
        let books = session.all(select::<Book>()).await?;
        let start = Instant::now();
        for book in &books {
            session.edit(book, |book| book.pages = (book.pages + 1) % 1_000)?;
        }
        session.commit().await?;
        times.add(W, "edit and commit", start);
    }
    Ok(())
}

async fn typed(plain: &Connection, engine: &Engine, times: &mut Times) -> Done {
    const W: &str = "W10 5,000 rows of dates, UUIDs, decimals, JSON";
    if times.runs("rusqlite") {
        let start = Instant::now();
        let mut statement = plain.prepare_cached("SELECT id, day, at, number, amount, tags FROM orders")?;
        let orders = statement.query_map([], plain_order)?.collect::<rusqlite::Result<Vec<_>>>()?;
        assert_eq!(orders.len() as i64, ORDERS);
        drop(orders);
        times.add(W, "rusqlite", start);
    }
    if times.runs("all") {
        let start = Instant::now();
        let mut session = engine.session();
        let orders = session.all(select::<Order>()).await?;
        assert_eq!(orders.len() as i64, ORDERS);
        drop((orders, session));
        times.add(W, "all", start);
    }
    Ok(())
}

async fn stream(plain: &Connection, engine: &Engine, times: &mut Times) -> Done {
    const W: &str = "W7 100,000 rows, one after the other";
    let start = Instant::now();
    let mut statement = plain.prepare_cached("SELECT id, author_id, title, isbn, pages, price FROM sales")?;
    let mut sum = 0;
    for sale in statement.query_map([], plain_book)? {
        sum += sale?.pages;
    }
    times.add(W, "rusqlite", start);

    for (contender, batch) in [("stream", None), ("stream, yield_per(100)", Some(100))] {
        let start = Instant::now();
        let mut session = engine.session();
        let query = select::<Sale>();
        let query = match batch {
            Some(batch) => query.yield_per(batch),
            None => query,
        };
        let mut stream = session.stream(query);
        let mut pages = 0;
        while let Some(sales) = stream.next_batch().await? {
            pages += sales.iter().map(|sale| sale.pages).sum::<i64>();
        }
        assert_eq!(pages, sum);
        drop(stream);
        drop(session);
        times.add(W, contender, start);
    }
    Ok(())
}
