use std::pin::pin;

use contender::{
    AUTHORS_SQL, BOOKS_SQL, NOTES, Outcome, POOL, SALES_SQL, author_key, keys_of_task, note_text,
};
use deadpool_postgres::{Manager, Object, Pool};
use futures_util::TryStreamExt;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{NoTls, Row};

use crate::plain::{Author, Book, PAIRS_SQL, Pair, TAGS_SQL, TagOfBook, label, shelve, total};

/// What it does.
pub const WORKLOADS: [(&str, &str); 9] = [
    ("W1", "tokio-postgres, query"),
    ("W1", "tokio-postgres, query_raw"),
    ("W2", "tokio-postgres, query"),
    ("W3", "tokio-postgres, query, JOIN"),
    ("W4", "tokio-postgres, query"),
    ("W5", "tokio-postgres, query_one"),
    ("W6", "tokio-postgres, COPY"),
    ("W7", "tokio-postgres, query_raw"),
    ("G", "tokio-postgres, deadpool"),
];

/// A pool of as many connections as everyone has.
pub fn connect(url: &str) -> Result<Pool, Box<dyn std::error::Error + Send + Sync>> {
    let manager = Manager::new(url.parse()?, NoTls);
    Ok(Pool::builder(manager).max_size(usize::try_from(POOL)?).build()?)
}

/// Runs a workload.
pub async fn run(pool: &Pool, workload: &str, variant: &str, tasks: i64, authors: i64) -> Outcome {
    if workload == "G" {
        return concurrent(pool, tasks, authors).await;
    }
    let mut client = pool.get().await?;
    match workload {
        "W1" if variant.ends_with("query") => {
            let books: Vec<Book> = query(&client, BOOKS_SQL, &[]).await?.iter().map(book).collect();
            Ok(books.iter().map(Book::checksum).sum())
        }
        "W1" => {
            let statement = client.prepare_cached(BOOKS_SQL).await?;
            let mut rows = pin!(client.query_raw(&statement, Vec::<i64>::new()).await?);
            let mut books = Vec::new();
            while let Some(row) = rows.try_next().await? {
                books.push(book(&row));
            }
            Ok(books.iter().map(Book::checksum).sum())
        }
        "W2" | "W4" => {
            let mut authors: Vec<Author> =
                query(&client, AUTHORS_SQL, &[]).await?.iter().map(author).collect();
            let keys: Vec<i64> = authors.iter().map(|author| author.id).collect();
            let sql = format!("{BOOKS_SQL} WHERE author_id = ANY($1)");
            let mut books: Vec<Book> = query(&client, &sql, &[&keys]).await?.iter().map(book).collect();
            if workload == "W4" {
                let keys: Vec<i64> = books.iter().map(|book| book.id).collect();
                let rows = query(&client, &format!("{TAGS_SQL} = ANY($1)"), &[&keys]).await?;
                let tag = |row: &Row| TagOfBook {
                    book_id: row.get(0),
                    id: row.get(1),
                    name: row.get(2),
                    topic_id: row.get(3),
                };
                label(&mut books, rows.iter().map(tag).collect());
            }
            shelve(&mut authors, books);
            Ok(total(authors))
        }
        "W3" => {
            let pairs: Vec<Pair> = query(&client, PAIRS_SQL, &[]).await?.iter().map(pair).collect();
            Ok(pairs.iter().map(Pair::checksum).sum())
        }
        "W5" => {
            let mut sum = 0;
            for at in 0..1_000 {
                sum += get(&client, author_key(at % authors)).await?.checksum();
            }
            Ok(sum)
        }
        "W6" => {
            let transaction = client.transaction().await?;
            let sink = transaction.copy_in("COPY notes (author, text, likes) FROM STDIN BINARY").await?;
            let mut writer = pin!(BinaryCopyInWriter::new(sink, &[Type::TEXT, Type::TEXT, Type::INT8]));
            for at in 0..NOTES {
                writer.as_mut().write(&[&"jack", &note_text(at), &at]).await?;
            }
            writer.finish().await?;
            transaction.commit().await?;
            Ok(NOTES.unsigned_abs())
        }
        _ => {
            let statement = client.prepare_cached(SALES_SQL).await?;
            let mut rows = pin!(client.query_raw(&statement, Vec::<i64>::new()).await?);
            let mut sum = 0;
            while let Some(row) = rows.try_next().await? {
                sum += book(&row).checksum();
            }
            Ok(sum)
        }
    }
}

type Rows = Result<Vec<Row>, tokio_postgres::Error>;

async fn query(client: &Object, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Rows {
    let statement = client.prepare_cached(sql).await?;
    client.query(&statement, values).await
}

async fn get(client: &Object, key: i64) -> Result<Author, tokio_postgres::Error> {
    let statement = client.prepare_cached(&format!("{AUTHORS_SQL} WHERE id = $1")).await?;
    Ok(author(&client.query_one(&statement, &[&key]).await?))
}

async fn concurrent(pool: &Pool, tasks: i64, authors: i64) -> Outcome {
    let mut handles = Vec::new();
    for task in 0..tasks {
        let pool = pool.clone();
        handles.push(tokio::spawn(async move {
            let mut sum = 0;
            for key in keys_of_task(task, tasks, authors) {
                let client = pool.get().await?;
                sum += get(&client, key).await?.checksum();
            }
            Outcome::Ok(sum)
        }));
    }
    let mut sum = 0;
    for handle in handles {
        sum += handle.await??;
    }
    Ok(sum)
}

fn author(row: &Row) -> Author {
    Author {
        id: row.get(0),
        name: row.get(1),
        country: row.get(2),
        born: row.get(3),
        active: row.get(4),
        books: Vec::new(),
    }
}

fn book(row: &Row) -> Book {
    Book {
        id: row.get(0),
        author_id: row.get(1),
        title: row.get(2),
        isbn: row.get(3),
        pages: row.get(4),
        price: row.get(5),
        tags: Vec::new(),
    }
}

fn pair(row: &Row) -> Pair {
    Pair {
        id: row.get(0),
        author_id: row.get(1),
        title: row.get(2),
        isbn: row.get(3),
        pages: row.get(4),
        price: row.get(5),
        a_id: row.get(6),
        name: row.get(7),
        country: row.get(8),
        born: row.get(9),
        active: row.get(10),
    }
}
