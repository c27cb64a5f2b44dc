use std::sync::{Arc, Mutex, PoisonError};

use contender::{
    AUTHORS_SQL, BOOKS_SQL, NOTES, Outcome, POOL, SALES_SQL, SQLITE_KEYS, author_key, concurrently, note_text,
};
use rusqlite::{Connection, Result, Row, params_from_iter};
use tokio::sync::Semaphore;

use crate::plain::{
    Author, Book, PAIRS_SQL, TAGS_SQL, TOPICS_SQL, TagOfBook, Topic, label, shelve, topic_keys, total,
};

/// What it does.
pub const WORKLOADS: [(&str, &str); 12] = [
    ("W1", "rusqlite"),
    ("W2", "rusqlite"),
    ("W3", "rusqlite, JOIN"),
    ("W4", "rusqlite"),
    ("W5", "rusqlite"),
    ("W6", "rusqlite, one by one"),
    ("W7", "rusqlite"),
    ("W8", "rusqlite, spawn_blocking"),
    ("D1", "rusqlite"),
    ("D2", "rusqlite"),
    ("D3", "rusqlite"),
    ("D4", "rusqlite"),
];

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
        let get = move |key| {
            let connections = connections.clone();
            async move {
                let _permit = connections.permits.clone().acquire_owned().await?;
                let one = move || connections.with(|connection| Ok(one(connection, key)?.checksum()));
                tokio::task::spawn_blocking(one).await?
            }
        };
        concurrently(tasks, authors, get).await
    }
}

/// Runs a workload.
pub fn run(connection: &Connection, workload: &str, authors: i64) -> Outcome {
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
            let pair = |row: &Row<'_>| {
                let author = Author {
                    id: row.get(6)?,
                    name: row.get(7)?,
                    country: row.get(8)?,
                    born: row.get(9)?,
                    active: row.get(10)?,
                    books: Vec::new(),
                };
                Ok((book(row)?, author))
            };
            let pairs = statement.query_map([], pair)?.collect::<Result<Vec<_>>>()?;
            Ok(pairs.iter().map(|(book, author)| book.checksum() + author.checksum()).sum())
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
