use contender::{Failure, NOTES, Outcome, POOL, SQLITE_KEYS, author_key, concurrently};
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};

use crate::models::{
    Author, Book, BookTag, Sale, Tag, Topic, authors, books, labelled, new_notes, notes, of_tag,
    of_tag_and_topic, sales, shelved, tags, topics, total, total_linked,
};

pub type Connections = Pool<ConnectionManager<SqliteConnection>>;

/// A pool of as many connections as everyone has.
pub fn connect(url: &str) -> Result<Connections, Failure> {
    let manager = ConnectionManager::new(url.trim_start_matches("sqlite:"));
    Ok(Pool::builder().max_size(POOL).build(manager)?)
}

/// Runs a workload on one connection.
pub fn run(pool: &Connections, workload: &str, count: i64) -> Outcome {
    let connection = &mut pool.get()?;
    match workload {
        "W1" => {
            let books = books::table.select(Book::as_select()).load(connection)?;
            Ok(books.iter().map(Book::checksum).sum())
        }
        "D1" => Ok(all_authors(connection)?.iter().map(Author::checksum).sum()),
        "W2" | "D2" => {
            let authors = all_authors(connection)?;
            let books = books_of(&authors, connection)?;
            Ok(total(&shelved(authors, books)))
        }
        "W3" => {
            let rows = books::table.inner_join(authors::table);
            let rows = rows.select((Book::as_select(), Author::as_select()));
            let books: Vec<(Book, Author)> = rows.load(connection)?;
            Ok(books.iter().map(|(book, author)| book.checksum() + author.checksum()).sum())
        }
        "W4" | "D3" => {
            let authors = all_authors(connection)?;
            let books = books_of(&authors, connection)?;
            let mut links: Vec<(BookTag, Tag)> = Vec::new();
            for books in books.chunks(SQLITE_KEYS) {
                let part = BookTag::belonging_to(books).inner_join(tags::table);
                links.extend(part.select((BookTag::as_select(), Tag::as_select())).load(connection)?);
            }
            Ok(total_linked(&labelled(authors, books, links), of_tag))
        }
        "D4" => {
            let authors = all_authors(connection)?;
            let books = books_of(&authors, connection)?;
            let mut links: Vec<(BookTag, (Tag, Topic))> = Vec::new();
            for books in books.chunks(SQLITE_KEYS) {
                let part = BookTag::belonging_to(books).inner_join(tags::table.inner_join(topics::table));
                let part = part.select((BookTag::as_select(), (Tag::as_select(), Topic::as_select())));
                links.extend(part.load(connection)?);
            }
            Ok(total_linked(&labelled(authors, books, links), of_tag_and_topic))
        }
        "W5" => {
            let mut sum = 0;
            for at in 0..1_000 {
                let author = authors::table.find(author_key(at % count)).select(Author::as_select());
                sum += author.first(connection)?.checksum();
            }
            Ok(sum)
        }
        "W6" => {
            connection.transaction(|connection| {
                diesel::insert_into(notes::table).values(new_notes()).execute(connection)
            })?;
            Ok(NOTES.unsigned_abs())
        }
        _ => {
            let sales = sales::table.select(Sale::as_select());
            let mut sum = 0;
            for sale in sales.load_iter(connection)? {
                sum += sale?.checksum();
            }
            Ok(sum)
        }
    }
}

fn all_authors(connection: &mut SqliteConnection) -> QueryResult<Vec<Author>> {
    authors::table.select(Author::as_select()).load(connection)
}

fn books_of(authors: &[Author], connection: &mut SqliteConnection) -> QueryResult<Vec<Book>> {
    let mut books = Vec::new();
    for authors in authors.chunks(SQLITE_KEYS) {
        books.extend(Book::belonging_to(authors).select(Book::as_select()).load(connection)?);
    }
    Ok(books)
}

/// Gets by many tasks, each on a thread that may block.
pub async fn concurrent(pool: &Connections, tasks: i64, count: i64) -> Outcome {
    let pool = pool.clone();
    let get = move |key| {
        let pool = pool.clone();
        async move { tokio::task::spawn_blocking(move || one(&pool, key)).await? }
    };
    concurrently(tasks, count, get).await
}

fn one(pool: &Connections, key: i64) -> Outcome {
    let author = authors::table.find(key).select(Author::as_select());
    Ok(author.first(&mut pool.get()?)?.checksum())
}
