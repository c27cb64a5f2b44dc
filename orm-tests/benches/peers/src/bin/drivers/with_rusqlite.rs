use contender::{AUTHORS_SQL, BOOKS_SQL, NOTES, Outcome, SALES_SQL, author_key, note_text};
use rusqlite::{Connection, Result, Row, params_from_iter};

use crate::plain::{Author, Book, PAIRS_SQL, TAGS_SQL, TagOfBook, label, shelve, total};

/// What it does.
pub const WORKLOADS: [(&str, &str); 7] = [
    ("W1", "rusqlite"),
    ("W2", "rusqlite"),
    ("W3", "rusqlite, JOIN"),
    ("W4", "rusqlite"),
    ("W5", "rusqlite"),
    ("W6", "rusqlite, one by one"),
    ("W7", "rusqlite"),
];

/// Opens a file.
pub fn connect(url: &str) -> Result<Connection> {
    let connection = Connection::open(url.trim_start_matches("sqlite:"))?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

/// Runs a workload.
pub fn run(connection: &Connection, workload: &str, authors: i64) -> Outcome {
    match workload {
        "W1" => Ok(books(connection, BOOKS_SQL, &[])?.iter().map(Book::checksum).sum()),
        "W2" => {
            let (mut authors, keys) = all_authors(connection)?;
            let books =
                books(connection, &among(&format!("{BOOKS_SQL} WHERE author_id"), keys.len()), &keys)?;
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
        "W4" => {
            let (mut authors, keys) = all_authors(connection)?;
            let sql = among(&format!("{BOOKS_SQL} WHERE author_id"), keys.len());
            let mut books = books(connection, &sql, &keys)?;
            let keys: Vec<i64> = books.iter().map(|book| book.id).collect();
            let mut statement = connection.prepare_cached(&among(TAGS_SQL, keys.len()))?;
            let tag = |row: &Row<'_>| {
                Ok(TagOfBook {
                    book_id: row.get(0)?,
                    id: row.get(1)?,
                    name: row.get(2)?,
                    topic_id: row.get(3)?,
                })
            };
            let tags = statement.query_map(params_from_iter(keys), tag)?.collect::<Result<Vec<_>>>()?;
            label(&mut books, tags);
            shelve(&mut authors, books);
            Ok(total(authors))
        }
        "W5" => {
            let mut sum = 0;
            for at in 0..1_000 {
                let mut statement = connection.prepare_cached(&format!("{AUTHORS_SQL} WHERE id = ?"))?;
                sum += statement.query_row([author_key(at % authors)], author)?.checksum();
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

fn among(start: &str, keys: usize) -> String {
    format!("{start} IN ({})", vec!["?"; keys].join(","))
}

fn all_authors(connection: &Connection) -> Result<(Vec<Author>, Vec<i64>)> {
    let mut statement = connection.prepare_cached(AUTHORS_SQL)?;
    let authors = statement.query_map([], author)?.collect::<Result<Vec<_>>>()?;
    let keys = authors.iter().map(|author| author.id).collect();
    Ok((authors, keys))
}

fn books(connection: &Connection, sql: &str, keys: &[i64]) -> Result<Vec<Book>> {
    connection.prepare_cached(sql)?.query_map(params_from_iter(keys), book)?.collect()
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
