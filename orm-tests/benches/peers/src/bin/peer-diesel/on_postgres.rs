use contender::{Failure, NOTES, Outcome, POOL, author_key, concurrently};
use diesel::prelude::*;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use futures_util::TryStreamExt;

use crate::models::{
    Author, Book, BookTag, Sale, Tag, Topic, authors, books, labelled, new_notes, notes, of_tag,
    of_tag_and_topic, sales, shelved, tags, topics, total, total_linked,
};

pub type Connections = Pool<AsyncPgConnection>;

/// A pool of as many connections as everyone has.
pub fn connect(url: &str) -> Result<Connections, Failure> {
    let manager = AsyncDieselConnectionManager::new(url);
    Ok(Pool::builder(manager).max_size(usize::try_from(POOL)?).build()?)
}

/// Runs a workload on one connection.
pub async fn run(pool: &Connections, workload: &str, count: i64) -> Outcome {
    let connection = &mut pool.get().await?;
    match workload {
        "W1" => {
            let books = books::table.select(Book::as_select()).load(connection).await?;
            Ok(books.iter().map(Book::checksum).sum())
        }
        "D1" => {
            let authors = authors::table.select(Author::as_select()).load(connection).await?;
            Ok(authors.iter().map(Author::checksum).sum())
        }
        "W2" | "D2" => {
            let authors = authors::table.select(Author::as_select()).load(connection).await?;
            let books = Book::belonging_to(&authors).select(Book::as_select()).load(connection).await?;
            Ok(total(&shelved(authors, books)))
        }
        "W3" => {
            let rows = books::table.inner_join(authors::table);
            let rows = rows.select((Book::as_select(), Author::as_select()));
            let books: Vec<(Book, Author)> = rows.load(connection).await?;
            Ok(books.iter().map(|(book, author)| book.checksum() + author.checksum()).sum())
        }
        "W4" | "D3" => {
            let authors = authors::table.select(Author::as_select()).load(connection).await?;
            let books = Book::belonging_to(&authors).select(Book::as_select()).load(connection).await?;
            let links = BookTag::belonging_to(&books).inner_join(tags::table);
            let links = links.select((BookTag::as_select(), Tag::as_select())).load(connection).await?;
            Ok(total_linked(&labelled(authors, books, links), of_tag))
        }
        "D4" => {
            let authors = authors::table.select(Author::as_select()).load(connection).await?;
            let books = Book::belonging_to(&authors).select(Book::as_select()).load(connection).await?;
            let links = BookTag::belonging_to(&books).inner_join(tags::table.inner_join(topics::table));
            let links = links.select((BookTag::as_select(), (Tag::as_select(), Topic::as_select())));
            let links = links.load(connection).await?;
            Ok(total_linked(&labelled(authors, books, links), of_tag_and_topic))
        }
        "W5" => {
            let mut sum = 0;
            for at in 0..1_000 {
                let author = authors::table.find(author_key(at % count)).select(Author::as_select());
                sum += author.first(connection).await?.checksum();
            }
            Ok(sum)
        }
        "W6" => {
            let insert = async |connection: &mut _| {
                diesel::insert_into(notes::table).values(new_notes()).execute(connection).await
            };
            connection.transaction(insert).await?;
            Ok(NOTES.unsigned_abs())
        }
        _ => {
            let sales = sales::table.select(Sale::as_select());
            let mut sum = 0;
            let mut rows = std::pin::pin!(sales.load_stream(connection).await?);
            while let Some(sale) = rows.try_next().await? {
                sum += Sale::checksum(&sale);
            }
            Ok(sum)
        }
    }
}

/// Gets by many tasks.
pub async fn concurrent(pool: &Connections, tasks: i64, count: i64) -> Outcome {
    let pool = pool.clone();
    let get = move |key| {
        let pool = pool.clone();
        async move {
            let author = authors::table.find(key).select(Author::as_select());
            Ok(author.first(&mut pool.get().await?).await?.checksum())
        }
    };
    concurrently(tasks, count, get).await
}
