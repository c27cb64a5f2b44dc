use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{NaiveDate, NaiveDateTime};
use contender::{
    AUTHORS_SQL, BOOKS_SQL, NOTES, Outcome, PAGE, POOL, SALES_SQL, SIBLINGS, SQLITE_KEYS, author_key,
    concurrently, note_text, pages,
};
use rusqlite::types::Type;
use rusqlite::{Connection, Result, Row, params_from_iter};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::plain::{
    AWARDS_SQL, Author, Award, Book, COMMENTS_SQL, COUNT_SQL, Comment, FIRST_AUTHORS_SQL, NOTES_SQL, Note,
    ORDERS_SQL, Order, PAIRS_SQL, Pair, REMARKS_SQL, Remark, TAGS_SQL, TOPICS_SQL, TagOfBook, Topic, careers,
    label, page, page_sql, shelve, topic_keys, total,
};

/// What it does.
pub const WORKLOADS: [(&str, &str); 18] = [
    ("W1", "rusqlite"),
    ("W2", "rusqlite"),
    ("W3", "rusqlite, JOIN"),
    ("W4", "rusqlite"),
    ("W5", "rusqlite"),
    ("W6", "rusqlite, one by one"),
    ("W7", "rusqlite"),
    ("W8", "rusqlite, spawn_blocking"),
    ("W9", "rusqlite, one by one"),
    ("W9", "rusqlite, UPDATE .. FROM"),
    ("W10", "rusqlite"),
    ("W11", "rusqlite"),
    ("W12", "rusqlite, spawn_blocking"),
    ("W13", "rusqlite"),
    ("D1", "rusqlite"),
    ("D2", "rusqlite"),
    ("D3", "rusqlite"),
    ("D4", "rusqlite"),
];

/// How many notes are edited by one statement: with fewer and with more it takes longer.
const NOTES_A_STATEMENT: usize = 500;

/// As many connections as everyone has.
#[derive(Clone)]
pub struct Connections {
    free: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

/// Opens a file.
pub fn connect(url: &str) -> Result<Connections> {
    let open = |_| {
        let connection = Connection::open(url.trim_start_matches("sqlite:"))?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        Ok(connection)
    };
    let free = (0..POOL).map(open).collect::<Result<Vec<_>>>()?;
    let permits = Semaphore::new(free.len());
    Ok(Connections { free: Arc::new(Mutex::new(free)), permits: Arc::new(permits) })
}

impl Connections {
    /// Lends one.
    pub fn with(&self, work: impl FnOnce(&Connection) -> Outcome) -> Outcome {
        let connection = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = connection.ok_or("more connections are asked for than there are")?;
        let outcome = work(&connection);
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        outcome
    }

    /// Gets by many tasks, each on a thread that may block.
    pub async fn concurrent(&self, tasks: i64, authors: i64) -> Outcome {
        let connections = self.clone();
        let get = move |key| connections.clone().lend(move |connection| Ok(one(connection, key)?.checksum()));
        concurrently(tasks, authors, get).await
    }

    /// Pages by many tasks, each on a thread that may block.
    pub async fn pages(&self, tasks: i64, authors: i64) -> Outcome {
        let connections = self.clone();
        let page = move |offset| connections.clone().lend(move |connection| show(connection, offset));
        pages(tasks, authors, page).await
    }

    async fn lend(self, work: impl FnOnce(&Connection) -> Outcome + Send + 'static) -> Outcome {
        let _permit = self.permits.clone().acquire_owned().await?;
        tokio::task::spawn_blocking(move || self.with(work)).await?
    }
}

/// Runs a workload.
pub fn run(connection: &Connection, workload: &str, variant: &str, authors: i64) -> Outcome {
    match workload {
        "W1" => Ok(all_books(connection)?.iter().map(Book::checksum).sum()),
        "D1" => Ok(total(all_authors(connection)?.0)),
        "W2" | "D2" => {
            let (mut authors, keys) = all_authors(connection)?;
            let books = among(connection, &format!("{BOOKS_SQL} WHERE author_id"), &keys, book)?;
            shelve(&mut authors, books);
            Ok(total(authors))
        }
        "W3" => {
            let mut statement = connection.prepare_cached(PAIRS_SQL)?;
            let pairs = statement.query_map([], pair)?.collect::<Result<Vec<_>>>()?;
            Ok(pairs.iter().map(Pair::checksum).sum())
        }
        "W4" | "D3" | "D4" => {
            let (mut authors, keys) = all_authors(connection)?;
            let mut books = among(connection, &format!("{BOOKS_SQL} WHERE author_id"), &keys, book)?;
            let keys: Vec<i64> = books.iter().map(|book| book.id).collect();
            let tags = among(connection, TAGS_SQL, &keys, tag)?;
            let topics = match workload {
                "D4" => among(connection, TOPICS_SQL, &topic_keys(&tags), topic)?,
                _ => Vec::new(),
            };
            label(&mut books, tags, topics);
            shelve(&mut authors, books);
            Ok(total(authors))
        }
        "W5" => {
            let mut sum = 0;
            for at in 0..1_000 {
                sum += one(connection, author_key(at % authors))?.checksum();
            }
            Ok(sum)
        }
        "W6" => {
            connection.execute_batch("BEGIN")?;
            for at in 0..NOTES {
                let sql = "INSERT INTO notes (author, text, likes) VALUES (?, ?, ?)";
                connection.prepare_cached(sql)?.execute(("jack", note_text(at), at))?;
            }
            connection.execute_batch("COMMIT")?;
            Ok(NOTES.unsigned_abs())
        }
        "W9" => edit(connection, variant),
        "W10" => {
            let mut statement = connection.prepare_cached(ORDERS_SQL)?;
            let orders = statement.query_map([], order)?.collect::<Result<Vec<_>>>()?;
            Ok(orders.iter().map(Order::checksum).sum())
        }
        "W11" => contender::offsets(authors).map(|offset| show(connection, offset)).sum(),
        "W13" => {
            let mut statement = connection.prepare_cached(&format!("{FIRST_AUTHORS_SQL} LIMIT ?"))?;
            let authors = statement.query_map([SIBLINGS], author)?.collect::<Result<Vec<_>>>()?;
            let keys: Vec<i64> = authors.iter().map(|author| author.id).collect();
            let books = among(connection, &format!("{BOOKS_SQL} WHERE author_id"), &keys, book)?;
            let awards = among(connection, AWARDS_SQL, &keys, award)?;
            let comments = among(connection, COMMENTS_SQL, &keys, comment)?;
            Ok(careers(authors, books, awards, comments))
        }
        _ => {
            let mut statement = connection.prepare_cached(SALES_SQL)?;
            let mut sum = 0;
            for sale in statement.query_map([], book)? {
                sum += sale?.checksum();
            }
            Ok(sum)
        }
    }
}

/// Adds a like to each note.
fn edit(connection: &Connection, variant: &str) -> Outcome {
    connection.execute_batch("BEGIN")?;
    let mut statement = connection.prepare_cached(NOTES_SQL)?;
    let mut notes = statement.query_map([], note)?.collect::<Result<Vec<_>>>()?;
    notes.iter_mut().for_each(|note| note.likes += 1);
    if variant.ends_with("one by one") {
        let mut statement = connection.prepare_cached("UPDATE notes SET likes = ? WHERE id = ?")?;
        for note in &notes {
            statement.execute([note.likes, note.id])?;
        }
    } else {
        for notes in notes.chunks(NOTES_A_STATEMENT) {
            let values = vec!["(?,?)"; notes.len()].join(",");
            let mut statement = connection.prepare_cached(&format!(
                "WITH new (id, likes) AS (VALUES {values})
                 UPDATE notes SET likes = new.likes FROM new WHERE notes.id = new.id"
            ))?;
            statement.execute(params_from_iter(notes.iter().flat_map(|note| [note.id, note.likes])))?;
        }
    }
    connection.execute_batch("COMMIT")?;
    Ok(NOTES.unsigned_abs())
}

/// Shows a page.
fn show(connection: &Connection, offset: i64) -> Outcome {
    let mut statement = connection.prepare_cached(&page_sql("?", "?"))?;
    let books = statement.query_map([PAGE, offset], pair)?.collect::<Result<Vec<_>>>()?;
    let keys: Vec<i64> = books.iter().map(|book| book.id).collect();
    let tags = among(connection, TAGS_SQL, &keys, tag)?;
    let remarks = among(connection, REMARKS_SQL, &keys, remark)?;
    let count = connection.prepare_cached(COUNT_SQL)?.query_row([], |row| row.get(0))?;
    Ok(page(books, tags, remarks, count))
}

fn one(connection: &Connection, key: i64) -> Result<Author> {
    let mut statement = connection.prepare_cached(&format!("{AUTHORS_SQL} WHERE id = ?"))?;
    statement.query_row([key], author)
}

fn all_authors(connection: &Connection) -> Result<(Vec<Author>, Vec<i64>)> {
    let mut statement = connection.prepare_cached(AUTHORS_SQL)?;
    let authors = statement.query_map([], author)?.collect::<Result<Vec<_>>>()?;
    let keys = authors.iter().map(|author| author.id).collect();
    Ok((authors, keys))
}

fn all_books(connection: &Connection) -> Result<Vec<Book>> {
    connection.prepare_cached(BOOKS_SQL)?.query_map([], book)?.collect()
}

/// The rows where what `start` ends with is one of the keys.
fn among<T>(
    connection: &Connection,
    start: &str,
    keys: &[i64],
    read: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    for keys in keys.chunks(SQLITE_KEYS) {
        let sql = format!("{start} IN ({})", vec!["?"; keys.len()].join(","));
        let mut statement = connection.prepare_cached(&sql)?;
        for row in statement.query_map(params_from_iter(keys), &read)? {
            all.push(row?);
        }
    }
    Ok(all)
}

fn author(row: &Row<'_>) -> Result<Author> {
    Ok(Author {
        id: row.get(0)?,
        name: row.get(1)?,
        country: row.get(2)?,
        born: row.get(3)?,
        active: row.get(4)?,
        books: Vec::new(),
    })
}

fn book(row: &Row<'_>) -> Result<Book> {
    Ok(Book {
        id: row.get(0)?,
        author_id: row.get(1)?,
        title: row.get(2)?,
        isbn: row.get(3)?,
        pages: row.get(4)?,
        price: row.get(5)?,
        tags: Vec::new(),
    })
}

fn tag(row: &Row<'_>) -> Result<TagOfBook> {
    Ok(TagOfBook { book_id: row.get(0)?, id: row.get(1)?, name: row.get(2)?, topic_id: row.get(3)? })
}

fn topic(row: &Row<'_>) -> Result<Topic> {
    Ok(Topic { id: row.get(0)?, name: row.get(1)? })
}

fn pair(row: &Row<'_>) -> Result<Pair> {
    Ok(Pair {
        id: row.get(0)?,
        author_id: row.get(1)?,
        title: row.get(2)?,
        isbn: row.get(3)?,
        pages: row.get(4)?,
        price: row.get(5)?,
        a_id: row.get(6)?,
        name: row.get(7)?,
        country: row.get(8)?,
        born: row.get(9)?,
        active: row.get(10)?,
    })
}

fn remark(row: &Row<'_>) -> Result<Remark> {
    Ok(Remark {
        id: row.get(0)?,
        book_id: row.get(1)?,
        text: row.get(2)?,
        author_id: row.get(3)?,
        name: row.get(4)?,
        country: row.get(5)?,
        born: row.get(6)?,
        active: row.get(7)?,
    })
}

fn comment(row: &Row<'_>) -> Result<Comment> {
    Ok(Comment { id: row.get(0)?, book_id: row.get(1)?, author_id: row.get(2)?, text: row.get(3)? })
}

fn award(row: &Row<'_>) -> Result<Award> {
    Ok(Award { id: row.get(0)?, author_id: row.get(1)?, name: row.get(2)? })
}

fn note(row: &Row<'_>) -> Result<Note> {
    Ok(Note { id: row.get(0)?, author: row.get(1)?, text: row.get(2)?, likes: row.get(3)? })
}

/// Converts as rusqlite's own implementations for these types do, which it has for no decimals.
fn order(row: &Row<'_>) -> Result<Order> {
    let text = |at: usize| row.get_ref(at).and_then(|cell| Ok(cell.as_str()?));
    let at = NaiveDateTime::parse_from_str(text(2)?, "%Y-%m-%d %H:%M:%S%.f").map_err(wrong)?;
    Ok(Order {
        id: row.get(0)?,
        day: NaiveDate::parse_from_str(text(1)?, "%F").map_err(wrong)?,
        at: at.and_utc(),
        number: Uuid::from_slice(row.get_ref(3)?.as_blob()?).map_err(wrong)?,
        amount: text(4)?.parse().map_err(wrong::<rust_decimal::Error>)?,
        details: serde_json::from_str(text(5)?).map_err(wrong)?,
    })
}

fn wrong<E: Error + Send + Sync + 'static>(error: E) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
}
