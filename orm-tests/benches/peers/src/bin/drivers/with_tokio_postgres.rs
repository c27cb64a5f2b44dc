use std::pin::pin;

use contender::{
    AUTHORS_SQL, BOOKS_SQL, Failure, NOTES, Outcome, PAGE, POOL, SALES_SQL, SIBLINGS, author_key,
    concurrently, note_text, offsets, pages,
};
use deadpool_postgres::{Manager, Object, Pool};
use futures_util::{TryStreamExt, future};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{NoTls, Row};

use crate::plain::{
    AWARDS_SQL, Author, Award, Book, COMMENTS_SQL, COUNT_SQL, Comment, FIRST_AUTHORS_SQL, NOTES_SQL, Note,
    ORDERS_SQL, Order, PAIRS_SQL, Pair, REMARKS_SQL, Remark, TAGS_SQL, TOPICS_SQL, TagOfBook, Topic, careers,
    label, page, page_sql, shelve, topic_keys, total,
};

/// What it does.
pub const WORKLOADS: [(&str, &str); 22] = [
    ("W1", "tokio-postgres, query"),
    ("W1", "tokio-postgres, query_raw"),
    ("W2", "tokio-postgres, query"),
    ("W3", "tokio-postgres, query, JOIN"),
    ("W4", "tokio-postgres, query"),
    ("W5", "tokio-postgres, query_one"),
    ("W6", "tokio-postgres, COPY"),
    ("W6", "tokio-postgres, unnest"),
    ("W7", "tokio-postgres, query_raw"),
    ("W8", "tokio-postgres, deadpool"),
    ("W9", "tokio-postgres, unnest"),
    ("W10", "tokio-postgres, query"),
    ("W11", "tokio-postgres, pipelined"),
    ("W11", "tokio-postgres, one after the other"),
    ("W12", "tokio-postgres, pipelined"),
    ("W12", "tokio-postgres, one after the other"),
    ("W13", "tokio-postgres, pipelined"),
    ("W13", "tokio-postgres, one after the other"),
    ("D1", "tokio-postgres, query"),
    ("D2", "tokio-postgres, query"),
    ("D3", "tokio-postgres, query"),
    ("D4", "tokio-postgres, query"),
];

/// A pool of as many connections as everyone has.
pub fn connect(url: &str) -> Result<Pool, Failure> {
    let manager = Manager::new(url.parse()?, NoTls);
    Ok(Pool::builder(manager).max_size(usize::try_from(POOL)?).build()?)
}

/// Runs a workload.
pub async fn run(pool: &Pool, workload: &str, variant: &str, tasks: i64, authors: i64) -> Outcome {
    match workload {
        "W8" => return concurrent(pool, tasks, authors).await,
        "W12" => {
            let (pool, pipelined) = (pool.clone(), variant.ends_with("pipelined"));
            let page = move |offset| {
                let pool = pool.clone();
                async move { show(&pool.get().await?, offset, pipelined).await }
            };
            return pages(tasks, authors, page).await;
        }
        _ => {}
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
        "D1" => {
            let authors = query(&client, AUTHORS_SQL, &[]).await?.iter().map(author).collect();
            Ok(total(authors))
        }
        "W2" | "W4" | "D2" | "D3" | "D4" => {
            let mut authors: Vec<Author> =
                query(&client, AUTHORS_SQL, &[]).await?.iter().map(author).collect();
            let keys: Vec<i64> = authors.iter().map(|author| author.id).collect();
            let sql = format!("{BOOKS_SQL} WHERE author_id = ANY($1)");
            let mut books: Vec<Book> = query(&client, &sql, &[&keys]).await?.iter().map(book).collect();
            if !workload.ends_with('2') {
                let keys: Vec<i64> = books.iter().map(|book| book.id).collect();
                let rows = query(&client, &format!("{TAGS_SQL} = ANY($1)"), &[&keys]).await?;
                let tags: Vec<TagOfBook> = rows.iter().map(tag).collect();
                let mut topics = Vec::new();
                if workload == "D4" {
                    let keys = topic_keys(&tags);
                    let rows = query(&client, &format!("{TOPICS_SQL} = ANY($1)"), &[&keys]).await?;
                    topics = rows.iter().map(topic).collect();
                }
                label(&mut books, tags, topics);
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
        "W6" if variant.ends_with("unnest") => {
            let (texts, likes): (Vec<String>, Vec<i64>) = (0..NOTES).map(|at| (note_text(at), at)).unzip();
            let names = vec!["jack"; texts.len()];
            let sql = "INSERT INTO notes (author, text, likes) \
                       SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])";
            let transaction = client.transaction().await?;
            let statement = transaction.prepare_cached(sql).await?;
            transaction.execute(&statement, &[&names, &texts, &likes]).await?;
            transaction.commit().await?;
            Ok(NOTES.unsigned_abs())
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
        "W9" => {
            let transaction = client.transaction().await?;
            let statement = transaction.prepare_cached(NOTES_SQL).await?;
            let mut notes: Vec<Note> = transaction.query(&statement, &[]).await?.iter().map(note).collect();
            notes.iter_mut().for_each(|note| note.likes += 1);
            let (keys, likes): (Vec<i64>, Vec<i64>) = notes.iter().map(|note| (note.id, note.likes)).unzip();
            let sql = "UPDATE notes SET likes = new.likes FROM unnest($1::bigint[], $2::bigint[]) AS new (id, likes) \
                       WHERE notes.id = new.id";
            let statement = transaction.prepare_cached(sql).await?;
            transaction.execute(&statement, &[&keys, &likes]).await?;
            transaction.commit().await?;
            Ok(NOTES.unsigned_abs())
        }
        "W10" => {
            let orders: Vec<Order> = query(&client, ORDERS_SQL, &[]).await?.iter().map(order).collect();
            Ok(orders.iter().map(Order::checksum).sum())
        }
        "W11" => {
            let mut sum = 0;
            for offset in offsets(authors) {
                sum += show(&client, offset, variant.ends_with("pipelined")).await?;
            }
            Ok(sum)
        }
        "W13" => {
            let authors: Vec<Author> = query(&client, &format!("{FIRST_AUTHORS_SQL} LIMIT $1"), &[&SIBLINGS])
                .await?
                .iter()
                .map(author)
                .collect();
            let keys: Vec<i64> = authors.iter().map(|author| author.id).collect();
            let sql = format!("{BOOKS_SQL} WHERE author_id = ANY($1)");
            let values: &[&(dyn ToSql + Sync)] = &[&keys];
            let books = query(&client, &sql, values);
            let (awards, comments) = (format!("{AWARDS_SQL} = ANY($1)"), format!("{COMMENTS_SQL} = ANY($1)"));
            let (awards, comments) = (query(&client, &awards, values), query(&client, &comments, values));
            let (books, awards, comments) = match variant.ends_with("pipelined") {
                true => future::try_join3(books, awards, comments).await?,
                false => (books.await?, awards.await?, comments.await?),
            };
            let books = books.iter().map(book).collect();
            let (awards, comments) =
                (awards.iter().map(award).collect(), comments.iter().map(comment).collect());
            Ok(careers(authors, books, awards, comments))
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

/// Shows a page. What needs no keys of the books is asked for with them if requested, and then what needs keys.
async fn show(client: &Object, offset: i64, pipelined: bool) -> Outcome {
    let sql = page_sql("$1", "$2");
    let values: &[&(dyn ToSql + Sync)] = &[&PAGE, &offset];
    let (books, count) = (query(client, &sql, values), query(client, COUNT_SQL, &[]));
    let (books, count) = match pipelined {
        true => future::try_join(books, count).await?,
        false => (books.await?, count.await?),
    };
    let books: Vec<Pair> = books.iter().map(pair).collect();
    let keys: Vec<i64> = books.iter().map(|book| book.id).collect();
    let values: &[&(dyn ToSql + Sync)] = &[&keys];
    let (tags, remarks) = (format!("{TAGS_SQL} = ANY($1)"), format!("{REMARKS_SQL} = ANY($1)"));
    let (tags, remarks) = (query(client, &tags, values), query(client, &remarks, values));
    let (tags, remarks) = match pipelined {
        true => future::try_join(tags, remarks).await?,
        false => (tags.await?, remarks.await?),
    };
    let (tags, remarks) = (tags.iter().map(tag).collect(), remarks.iter().map(remark).collect());
    Ok(page(books, tags, remarks, count[0].get(0)))
}

async fn get(client: &Object, key: i64) -> Result<Author, tokio_postgres::Error> {
    let statement = client.prepare_cached(&format!("{AUTHORS_SQL} WHERE id = $1")).await?;
    Ok(author(&client.query_one(&statement, &[&key]).await?))
}

async fn concurrent(pool: &Pool, tasks: i64, authors: i64) -> Outcome {
    let pool = pool.clone();
    let get = move |key| {
        let pool = pool.clone();
        async move { Ok(get(&pool.get().await?, key).await?.checksum()) }
    };
    concurrently(tasks, authors, get).await
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

fn tag(row: &Row) -> TagOfBook {
    TagOfBook { book_id: row.get(0), id: row.get(1), name: row.get(2), topic_id: row.get(3) }
}

fn topic(row: &Row) -> Topic {
    Topic { id: row.get(0), name: row.get(1) }
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

fn remark(row: &Row) -> Remark {
    Remark {
        id: row.get(0),
        book_id: row.get(1),
        text: row.get(2),
        author_id: row.get(3),
        name: row.get(4),
        country: row.get(5),
        born: row.get(6),
        active: row.get(7),
    }
}

fn comment(row: &Row) -> Comment {
    Comment { id: row.get(0), book_id: row.get(1), author_id: row.get(2), text: row.get(3) }
}

fn award(row: &Row) -> Award {
    Award { id: row.get(0), author_id: row.get(1), name: row.get(2) }
}

fn note(row: &Row) -> Note {
    Note { id: row.get(0), author: row.get(1), text: row.get(2), likes: row.get(3) }
}

fn order(row: &Row) -> Order {
    Order {
        id: row.get(0),
        day: row.get(1),
        at: row.get(2),
        number: row.get(3),
        amount: row.get(4),
        details: row.get(5),
    }
}
