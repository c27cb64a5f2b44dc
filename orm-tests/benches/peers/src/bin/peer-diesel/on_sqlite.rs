use chrono::{NaiveDate, NaiveDateTime};
use contender::{
    Failure, NOTES, Outcome, PAGE, POOL, SIBLINGS, SQLITE_KEYS, author_key, concurrently, offsets, pages,
};
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};

use crate::models::{
    Author, Award, Book, BookTag, Comment, Note, Sale, Tag, Topic, authors, books, careers, labelled,
    new_notes, notes, of_tag, of_tag_and_topic, page, sales, shelved, tags, topics, total, total_linked,
};

// Diesel has no UUIDs and no decimals on SQLite.
diesel::table! {
    orders (id) { id -> BigInt, day -> Date, at -> Timestamp, number -> Binary, amount -> Text, details -> Json, }
}

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
        "W9" => {
            connection.transaction(|connection| {
                for note in notes::table.select(Note::as_select()).load(connection)? {
                    let note_with_key = notes::table.find(note.id);
                    diesel::update(note_with_key).set(notes::likes.eq(note.likes + 1)).execute(connection)?;
                }
                QueryResult::Ok(())
            })?;
            Ok(NOTES.unsigned_abs())
        }
        "W10" => {
            type Row = (i64, NaiveDate, NaiveDateTime, Vec<u8>, String, serde_json::Value);
            let mut sum = 0;
            for (id, day, at, number, amount, details) in orders::table.load::<Row>(connection)? {
                let number = uuid::Uuid::from_slice(&number)?;
                sum += contender::order(id, day, at.and_utc(), number, amount.parse()?, &details);
            }
            Ok(sum)
        }
        "W11" => {
            let mut sum = 0;
            for offset in offsets(count) {
                sum += show(connection, offset)?;
            }
            Ok(sum)
        }
        "W13" => {
            let first = authors::table.order(authors::id).limit(SIBLINGS);
            let authors = first.select(Author::as_select()).load(connection)?;
            let books = books_of(&authors, connection)?;
            let awards = Award::belonging_to(&authors).select(Award::as_select()).load(connection)?;
            let comments = Comment::belonging_to(&authors).select(Comment::as_select()).load(connection)?;
            Ok(careers(authors, books, awards, comments))
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

/// Pages by many tasks, each on a thread that may block.
pub async fn concurrent_pages(pool: &Connections, tasks: i64, count: i64) -> Outcome {
    let pool = pool.clone();
    let page = move |offset| {
        let pool = pool.clone();
        async move { tokio::task::spawn_blocking(move || show(&mut *pool.get()?, offset)).await? }
    };
    pages(tasks, count, page).await
}

fn show(connection: &mut SqliteConnection, offset: i64) -> Outcome {
    let rows = books::table.inner_join(authors::table).order(books::id.desc()).limit(PAGE).offset(offset);
    let rows: Vec<(Book, Author)> = rows.select((Book::as_select(), Author::as_select())).load(connection)?;
    let books: Vec<&Book> = rows.iter().map(|(book, _)| book).collect();
    let links = BookTag::belonging_to(&books).inner_join(tags::table);
    let links = links.select((BookTag::as_select(), Tag::as_select())).load(connection)?;
    let comments = Comment::belonging_to(&books).inner_join(authors::table);
    let comments = comments.select((Comment::as_select(), Author::as_select())).load(connection)?;
    let count = books::table.count().get_result(connection)?;
    Ok(page(rows, links, comments, count))
}

fn one(pool: &Connections, key: i64) -> Outcome {
    let author = authors::table.find(key).select(Author::as_select());
    Ok(author.first(&mut pool.get()?)?.checksum())
}
