//! diesel-async on each server: how several queries are sent, how rows are inserted or updated, and the types of orders.

/// Queries that go out together, and whose answers come in this order.
macro_rules! pipelined {
    ($connection:ident, $($query:expr),+) => {
        futures_util::try_join!($($query.load(&mut &*$connection)),+)?
    };
}

/// Queries one after the other.
macro_rules! in_turn {
    ($connection:ident, $($query:expr),+) => {
        ($($query.load($connection).await?),+)
    };
}

macro_rules! on {
    (
        $module:ident, $connection:ty, together: $together:ident, upsert: |$insert:ident| $upsert:expr,
        orders: ($at:ident, $number:ident, $amount:ident, $details:ident), |$order:ident: $row:ty| $checksum:expr
    ) => {
        pub mod $module {
            use contender::{
                Failure, NOTES, Outcome, PAGE, POOL, SIBLINGS, author_key, concurrently, offsets, pages,
            };
            use diesel::prelude::*;
            use diesel_async::pooled_connection::AsyncDieselConnectionManager;
            use diesel_async::pooled_connection::deadpool::Pool;
            use diesel_async::{AsyncConnection, RunQueryDsl};
            use futures_util::TryStreamExt;

            use crate::models::{
                Author, Award, Book, BookTag, Comment, Note, Sale, Tag, Topic, authors, books, careers, labelled,
                new_notes, notes, of_tag, of_tag_and_topic, page, sales, shelved, tags, topics, total, total_linked,
            };

            pub type Connections = Pool<$connection>;

            /// A pool of as many connections as everyone has.
            pub fn connect(url: &str) -> Result<Connections, Failure> {
                let manager = AsyncDieselConnectionManager::new(url);
                Ok(Pool::builder(manager).max_size(usize::try_from(POOL)?).build()?)
            }

            /// Runs a workload on one connection.
            pub async fn run(pool: &Connections, workload: &str, count: i64) -> Outcome {
                let mut lent = pool.get().await?;
                let connection: &mut $connection = &mut lent;
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
                        let insert = async |connection: &mut $connection| {
                            diesel::insert_into(notes::table).values(new_notes()).execute(connection).await
                        };
                        connection.transaction(insert).await?;
                        Ok(NOTES.unsigned_abs())
                    }
                    "W9" => {
                        let edit = async |connection: &mut $connection| {
                            let mut all: Vec<Note> = notes::table.select(Note::as_select()).load(connection).await?;
                            all.iter_mut().for_each(|note| note.likes += 1);
                            upsert(connection, &all).await
                        };
                        connection.transaction(edit).await?;
                        Ok(NOTES.unsigned_abs())
                    }
                    "W10" => {
                        let orders: Vec<orders::Row> = orders::table::table.load(connection).await?;
                        orders.iter().map(orders::checksum).sum()
                    }
                    "W11" => {
                        let mut sum = 0;
                        for offset in offsets(count) {
                            sum += show(connection, offset).await?;
                        }
                        Ok(sum)
                    }
                    "W13" => {
                        let first = authors::table.order(authors::id).limit(SIBLINGS);
                        let authors: Vec<Author> = first.select(Author::as_select()).load(connection).await?;
                        let (books, awards, comments) = $together!(
                            connection,
                            Book::belonging_to(&authors).select(Book::as_select()),
                            Award::belonging_to(&authors).select(Award::as_select()),
                            Comment::belonging_to(&authors).select(Comment::as_select())
                        );
                        Ok(careers(authors, books, awards, comments))
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

            /// Pages by many tasks.
            pub async fn concurrent_pages(pool: &Connections, tasks: i64, count: i64) -> Outcome {
                let pool = pool.clone();
                let page = move |offset| {
                    let pool = pool.clone();
                    async move { show(&mut *pool.get().await?, offset).await }
                };
                pages(tasks, count, page).await
            }

            async fn show(connection: &mut $connection, offset: i64) -> Outcome {
                let rows = books::table.inner_join(authors::table).order(books::id.desc()).limit(PAGE).offset(offset);
                let (rows, count): (Vec<(Book, Author)>, Vec<i64>) = $together!(
                    connection,
                    rows.select((Book::as_select(), Author::as_select())),
                    books::table.count()
                );
                let books: Vec<&Book> = rows.iter().map(|(book, _)| book).collect();
                let links = BookTag::belonging_to(&books).inner_join(tags::table);
                let comments = Comment::belonging_to(&books).inner_join(authors::table);
                let (links, comments) = $together!(
                    connection,
                    links.select((BookTag::as_select(), Tag::as_select())),
                    comments.select((Comment::as_select(), Author::as_select()))
                );
                Ok(page(rows, links, comments, count.into_iter().sum()))
            }

            async fn upsert(connection: &mut $connection, notes: &[Note]) -> QueryResult<usize> {
                let $insert = diesel::insert_into(notes::table).values(notes);
                $upsert.execute(connection).await
            }

            /// Orders, whose types differ.
            pub mod orders {
                use contender::Outcome;

                pub type Row = $row;

                pub fn checksum($order: &Row) -> Outcome {
                    $checksum
                }

                pub mod table {
                    diesel::table! {
                        orders (id) { id -> BigInt, day -> Date, at -> $at, number -> $number, amount -> $amount, details -> $details, }
                    }
                    pub use orders::table;
                }
            }
        }
    };
}

on!(
    postgres, diesel_async::AsyncPgConnection,
    together: pipelined,
    upsert: |insert| {
        use diesel::upsert::excluded;
        insert.on_conflict(notes::id).do_update().set(notes::likes.eq(excluded(notes::likes)))
    },
    orders: (Timestamptz, Uuid, Numeric, Jsonb),
    |order: (
        i64,
        chrono::NaiveDate,
        chrono::DateTime<chrono::Utc>,
        uuid::Uuid,
        rust_decimal::Decimal,
        serde_json::Value
    )| {
        let (id, day, at, number, amount, details) = order;
        Ok(contender::order(*id, *day, *at, *number, *amount, details))
    }
);

on!(
    mariadb, diesel_async::AsyncMysqlConnection,
    together: in_turn,
    upsert: |insert| {
        use diesel::dsl::{DuplicatedKeys, sql};
        let likes = sql::<diesel::sql_types::BigInt>("VALUES(likes)");
        insert.on_conflict(DuplicatedKeys).do_update().set(notes::likes.eq(likes))
    },
    orders: (Datetime, Binary, Text, Json),
    |order: (
        i64,
        chrono::NaiveDate,
        chrono::NaiveDateTime,
        Vec<u8>,
        String,
        serde_json::Value
    )| {
        let (id, day, at, number, amount, details) = order;
        let number = uuid::Uuid::from_slice(number)?;
        Ok(contender::order(*id, *day, at.and_utc(), number, amount.parse()?, details))
    }
);
