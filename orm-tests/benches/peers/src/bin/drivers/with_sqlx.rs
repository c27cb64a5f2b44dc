/// Workloads of sqlx on one kind of database: how values are marked, how a condition on many keys is written and bound, and
/// how rows are inserted and edited.
macro_rules! on {
    ($module:ident, $database:ty, one: $one:literal, limit: $limit:expr, among: $among:expr, bind: |$query:ident, $keys:ident| $bind:expr, insert: $insert:expr, $how:literal, edit: $edit:expr, $edits:literal, amount: |$row:ident| $amount:expr) => {
        pub mod $module {
            use contender::{
                AUTHORS_SQL, BOOKS_SQL, NOTES, Outcome, PAGE, POOL, SALES_SQL, SIBLINGS, author_key,
                concurrently, note_text, offsets, pages,
            };
            use futures_util::TryStreamExt;
            use sqlx::pool::PoolOptions;
            use sqlx::{AssertSqlSafe, Database, Pool, QueryBuilder, Row};

            use crate::plain::{
                AWARDS_SQL, Author, Award, Book, COMMENTS_SQL, COUNT_SQL, Comment, FIRST_AUTHORS_SQL,
                NOTES_SQL, Note, ORDERS_SQL, Order, PAIRS_SQL, Pair, REMARKS_SQL, Remark, TAGS_SQL,
                TagOfBook, careers, label, page, page_sql, shelve, total,
            };

            type Connection = <$database as Database>::Connection;
            type Query<'q, T> = sqlx::query::QueryAs<'q, $database, T, <$database as Database>::Arguments>;

            /// What it does.
            pub const WORKLOADS: [(&str, &str); 13] = [
                ("W1", "sqlx, query_as"),
                ("W2", "sqlx, query_as"),
                ("W3", "sqlx, query_as, JOIN"),
                ("W4", "sqlx, query_as"),
                ("W5", "sqlx, query_as, one connection"),
                ("W6", $how),
                ("W7", "sqlx, fetch"),
                ("W8", "sqlx, pool"),
                ("W9", $edits),
                ("W10", "sqlx, query"),
                ("W11", "sqlx, query_as"),
                ("W12", "sqlx, pool"),
                ("W13", "sqlx, query_as"),
            ];

            /// A pool of as many connections as everyone has.
            pub async fn connect(url: &str) -> sqlx::Result<Pool<$database>> {
                PoolOptions::new().max_connections(POOL).connect(url).await
            }

            /// Runs a workload.
            pub async fn run(pool: &Pool<$database>, workload: &str, tasks: i64, authors: i64) -> Outcome {
                match workload {
                    "W8" => return concurrent(pool, tasks, authors).await,
                    "W12" => {
                        let pool = pool.clone();
                        let page = move |offset| {
                            let pool = pool.clone();
                            async move { show(&mut *pool.acquire().await?, offset).await }
                        };
                        return pages(tasks, authors, page).await;
                    }
                    _ => {}
                }
                let mut connection = pool.acquire().await?;
                let connection = &mut *connection;
                match workload {
                    "W1" => {
                        let books: Vec<Book> = sqlx::query_as(BOOKS_SQL).fetch_all(connection).await?;
                        Ok(books.iter().map(Book::checksum).sum())
                    }
                    "W2" | "W4" => {
                        let mut authors: Vec<Author> =
                            sqlx::query_as(AUTHORS_SQL).fetch_all(&mut *connection).await?;
                        let keys: Vec<i64> = authors.iter().map(|author| author.id).collect();
                        let sql = format!("{BOOKS_SQL} WHERE author_id");
                        let mut books: Vec<Book> = among(connection, &sql, &keys).await?;
                        if workload == "W4" {
                            let keys: Vec<i64> = books.iter().map(|book| book.id).collect();
                            let tags = among(connection, TAGS_SQL, &keys).await?;
                            label(&mut books, tags, Vec::new());
                        }
                        shelve(&mut authors, books);
                        Ok(total(authors))
                    }
                    "W3" => {
                        let pairs: Vec<Pair> = sqlx::query_as(PAIRS_SQL).fetch_all(connection).await?;
                        Ok(pairs.iter().map(Pair::checksum).sum())
                    }
                    "W5" => {
                        let mut sum = 0;
                        for at in 0..1_000 {
                            let query: Query<'_, Author> =
                                sqlx::query_as(AssertSqlSafe(format!("{AUTHORS_SQL} WHERE id = {}", $one)));
                            let author =
                                query.bind(author_key(at % authors)).fetch_one(&mut *connection).await?;
                            sum += author.checksum();
                        }
                        Ok(sum)
                    }
                    "W6" => {
                        let mut transaction = sqlx::Connection::begin(connection).await?;
                        insert(&mut transaction).await?;
                        transaction.commit().await?;
                        Ok(NOTES.unsigned_abs())
                    }
                    "W9" => edit(connection).await,
                    "W10" => {
                        let orders = sqlx::query(ORDERS_SQL).try_map(order).fetch_all(connection).await?;
                        Ok(orders.iter().map(Order::checksum).sum())
                    }
                    "W11" => {
                        let mut sum = 0;
                        for offset in offsets(authors) {
                            sum += show(connection, offset).await?;
                        }
                        Ok(sum)
                    }
                    "W13" => {
                        let sql = format!("{FIRST_AUTHORS_SQL} LIMIT {}", $one);
                        let query: Query<'_, Author> = sqlx::query_as(AssertSqlSafe(sql));
                        let authors = query.bind(SIBLINGS).fetch_all(&mut *connection).await?;
                        let keys: Vec<i64> = authors.iter().map(|author| author.id).collect();
                        let sql = format!("{BOOKS_SQL} WHERE author_id");
                        let books: Vec<Book> = among(connection, &sql, &keys).await?;
                        let awards: Vec<Award> = among(connection, AWARDS_SQL, &keys).await?;
                        let comments: Vec<Comment> = among(connection, COMMENTS_SQL, &keys).await?;
                        Ok(careers(authors, books, awards, comments))
                    }
                    _ => {
                        let mut sales = sqlx::query_as(SALES_SQL).fetch(connection);
                        let mut sum = 0;
                        while let Some(sale) = sales.try_next().await? {
                            sum += Book::checksum(&sale);
                        }
                        Ok(sum)
                    }
                }
            }

            /// The rows where what `start` ends with is one of the keys.
            async fn among<T>(connection: &mut Connection, start: &str, keys: &[i64]) -> sqlx::Result<Vec<T>>
            where
                T: for<'r> sqlx::FromRow<'r, <$database as Database>::Row> + Send + Unpin,
            {
                let among: fn(usize) -> String = $among;
                let sql = format!("{start} {}", among(keys.len()));
                bind(sqlx::query_as(AssertSqlSafe(sql)), keys).fetch_all(connection).await
            }

            fn bind<'q, T>($query: Query<'q, T>, $keys: &'q [i64]) -> Query<'q, T> {
                $bind
            }

            /// Shows a page.
            async fn show(connection: &mut Connection, offset: i64) -> Outcome {
                let [limit, skip] = $limit;
                let sql = page_sql(limit, skip);
                let query: Query<'_, Pair> = sqlx::query_as(AssertSqlSafe(sql));
                let books = query.bind(PAGE).bind(offset).fetch_all(&mut *connection).await?;
                let keys: Vec<i64> = books.iter().map(|book| book.id).collect();
                let tags: Vec<TagOfBook> = among(connection, TAGS_SQL, &keys).await?;
                let remarks: Vec<Remark> = among(connection, REMARKS_SQL, &keys).await?;
                let count = sqlx::query_scalar(COUNT_SQL).fetch_one(connection).await?;
                Ok(page(books, tags, remarks, count))
            }

            fn order($row: <$database as Database>::Row) -> sqlx::Result<Order> {
                Ok(Order {
                    id: $row.try_get(0)?,
                    day: $row.try_get(1)?,
                    at: $row.try_get(2)?,
                    number: $row.try_get(3)?,
                    amount: $amount,
                    details: $row.try_get(5)?,
                })
            }

            /// Adds a like to each note.
            async fn edit(connection: &mut Connection) -> Outcome {
                let mut transaction = sqlx::Connection::begin(connection).await?;
                let mut notes: Vec<Note> = sqlx::query_as(NOTES_SQL).fetch_all(&mut *transaction).await?;
                notes.iter_mut().for_each(|note| note.likes += 1);
                let statements: fn(&[Note]) -> Vec<QueryBuilder<$database>> = $edit;
                for mut statement in statements(&notes) {
                    statement.build().execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
                Ok(NOTES.unsigned_abs())
            }

            async fn insert(connection: &mut Connection) -> sqlx::Result<()> {
                let notes: Vec<(String, i64)> = (0..NOTES).map(|at| (note_text(at), at)).collect();
                let statements: fn(&[(String, i64)]) -> Vec<QueryBuilder<$database>> = $insert;
                for mut statement in statements(&notes) {
                    statement.build().execute(&mut *connection).await?;
                }
                Ok(())
            }

            async fn concurrent(pool: &Pool<$database>, tasks: i64, authors: i64) -> Outcome {
                let pool = pool.clone();
                let get = move |key| {
                    let pool = pool.clone();
                    async move {
                        let query: Query<'_, Author> =
                            sqlx::query_as(AssertSqlSafe(format!("{AUTHORS_SQL} WHERE id = {}", $one)));
                        let author: Author = query.bind(key).fetch_one(&pool).await?;
                        Ok(author.checksum())
                    }
                };
                concurrently(tasks, authors, get).await
            }
        }
    };
}

on!(
    sqlite, sqlx::Sqlite,
    one: "?",
    limit: ["?", "?"],
    among: |keys| format!("IN ({})", vec!["?"; keys].join(",")),
    bind: |query, keys| keys.iter().fold(query, |query, key| query.bind(key)),
    insert: |notes| {
        let insert = |notes: &[(String, i64)]| {
            let mut builder = QueryBuilder::new("INSERT INTO notes (author, text, likes) ");
            builder.push_values(notes, |mut row, (text, likes)| {
                row.push_bind("jack").push_bind(text.clone()).push_bind(*likes);
            });
            builder
        };
        notes.chunks(100).map(insert).collect()
    },
    "sqlx, 100 rows a statement",
    edit: |notes| {
        let edit = |notes: &[Note]| {
            let mut builder = QueryBuilder::new("WITH new (id, likes) AS (");
            builder.push_values(notes, |mut row, note| {
                row.push_bind(note.id).push_bind(note.likes);
            });
            builder.push(") UPDATE notes SET likes = new.likes FROM new WHERE notes.id = new.id");
            builder
        };
        notes.chunks(500).map(edit).collect()
    },
    "sqlx, UPDATE .. FROM",
    // sqlx has no decimals on SQLite.
    amount: |row| row.try_get::<&str, _>(4)?.parse().map_err(|error| sqlx::Error::Decode(Box::new(error) as _))?
);

on!(
    postgres, sqlx::Postgres,
    one: "$1",
    limit: ["$1", "$2"],
    among: |_| "= ANY($1)".to_owned(),
    bind: |query, keys| query.bind(keys),
    insert: |notes| {
        let mut builder = QueryBuilder::new("INSERT INTO notes (author, text, likes) SELECT * FROM unnest(");
        builder.push_bind(vec!["jack"; notes.len()]).push(", ");
        builder.push_bind(notes.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>()).push(", ");
        builder.push_bind(notes.iter().map(|(_, likes)| *likes).collect::<Vec<_>>()).push(")");
        vec![builder]
    },
    "sqlx, unnest",
    edit: |notes| {
        let mut builder = QueryBuilder::new("UPDATE notes SET likes = new.likes FROM unnest(");
        builder.push_bind(notes.iter().map(|note| note.id).collect::<Vec<_>>()).push(", ");
        builder.push_bind(notes.iter().map(|note| note.likes).collect::<Vec<_>>());
        builder.push(") AS new (id, likes) WHERE notes.id = new.id");
        vec![builder]
    },
    "sqlx, unnest",
    amount: |row| row.try_get(4)?
);

on!(
    mariadb, sqlx::MySql,
    one: "?",
    limit: ["?", "?"],
    among: |keys| format!("IN ({})", vec!["?"; keys].join(",")),
    bind: |query, keys| keys.iter().fold(query, |query, key| query.bind(key)),
    insert: |notes| {
        let insert = |notes: &[(String, i64)]| {
            let mut builder = QueryBuilder::new("INSERT INTO notes (author, text, likes) ");
            builder.push_values(notes, |mut row, (text, likes)| {
                row.push_bind("jack").push_bind(text.clone()).push_bind(*likes);
            });
            builder
        };
        notes.chunks(1_000).map(insert).collect()
    },
    "sqlx, 1,000 rows a statement",
    edit: |notes| {
        let pairs: Vec<[i64; 2]> = notes.iter().map(|note| [note.id, note.likes]).collect();
        let mut builder = QueryBuilder::new("UPDATE notes JOIN JSON_TABLE(");
        builder.push_bind(serde_json::json!(pairs).to_string());
        builder.push(
            ", '$[*]' COLUMNS (id BIGINT PATH '$[0]', likes BIGINT PATH '$[1]')) AS new ON notes.id = new.id \
             SET notes.likes = new.likes",
        );
        vec![builder]
    },
    "sqlx, JSON_TABLE",
    amount: |row| row.try_get(4)?
);
