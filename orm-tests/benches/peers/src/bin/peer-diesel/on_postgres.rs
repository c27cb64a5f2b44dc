use contender::{NOTES, Outcome, POOL, author_key, keys_of_task};
use diesel::prelude::*;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use futures_util::TryStreamExt;

use crate::models::{
    Author, Book, BookTag, Sale, Tag, authors, books, new_notes, notes, sales, tags, with_tags,
};

pub type Connections = Pool<AsyncPgConnection>;

/// A pool of as many connections as everyone has.
pub fn connect(url: &str) -> Result<Connections, Box<dyn std::error::Error + Send + Sync>> {
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
        "W2" => {
            let authors = authors::table.select(Author::as_select()).load(connection).await?;
            let books = Book::belonging_to(&authors).select(Book::as_select()).load(connection).await?;
            let books = books.grouped_by(&authors);
            let authors: Vec<(Author, Vec<Book>)> = authors.into_iter().zip(books).collect();
            let books = |books: &[Book]| books.iter().map(Book::checksum).sum::<u64>();
            Ok(authors.iter().map(|(author, all)| author.checksum() + books(all)).sum())
        }
        "W3" => {
            let rows = books::table.inner_join(authors::table);
            let rows = rows.select((Book::as_select(), Author::as_select()));
            let books: Vec<(Book, Author)> = rows.load(connection).await?;
            Ok(books.iter().map(|(book, author)| book.checksum() + author.checksum()).sum())
        }
        "W4" => {
            let authors = authors::table.select(Author::as_select()).load(connection).await?;
            let books = Book::belonging_to(&authors).select(Book::as_select()).load(connection).await?;
            let links = BookTag::belonging_to(&books).inner_join(tags::table);
            let links = links.select((BookTag::as_select(), Tag::as_select()));
            let links: Vec<(BookTag, Tag)> = links.load(connection).await?;
            let links = links.grouped_by(&books);
            let books: Vec<(Book, Vec<(BookTag, Tag)>)> = books.into_iter().zip(links).collect();
            let books = books.grouped_by(&authors);
            let authors: Vec<_> = authors.into_iter().zip(books).collect();
            Ok(authors.iter().map(|(author, books)| author.checksum() + with_tags(books)).sum())
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
    let mut handles = Vec::new();
    for task in 0..tasks {
        let pool = pool.clone();
        handles.push(tokio::spawn(async move {
            let mut sum = 0;
            for key in keys_of_task(task, tasks, count) {
                sum += get(&pool, key).await?;
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

async fn get(pool: &Connections, key: i64) -> Outcome {
    let author = authors::table.find(key).select(Author::as_select());
    Ok(author.first(&mut pool.get().await?).await?.checksum())
}
