/// Workloads of sqlx on one kind of database: how a condition on many keys is written and bound, and how rows are inserted.
macro_rules! on {
    ($module:ident, $database:ty, one: $one:literal, among: $among:expr, bind: |$query:ident, $keys:ident| $bind:expr, insert: $insert:expr, $how:literal) => {
        pub mod $module {
            use contender::{
                AUTHORS_SQL, BOOKS_SQL, NOTES, Outcome, POOL, SALES_SQL, author_key, concurrently, note_text,
            };
            use futures_util::TryStreamExt;
            use sqlx::pool::PoolOptions;
            use sqlx::{AssertSqlSafe, Database, Pool, QueryBuilder};

            use crate::plain::{Author, Book, PAIRS_SQL, Pair, TAGS_SQL, TagOfBook, label, shelve, total};

            type Query<'q, T> = sqlx::query::QueryAs<'q, $database, T, <$database as Database>::Arguments>;

            /// What it does.
            pub const WORKLOADS: [(&str, &str); 8] = [
                ("W1", "sqlx, query_as"),
                ("W2", "sqlx, query_as"),
                ("W3", "sqlx, query_as, JOIN"),
                ("W4", "sqlx, query_as"),
                ("W5", "sqlx, query_as, one connection"),
                ("W6", $how),
                ("W7", "sqlx, fetch"),
                ("W8", "sqlx, pool"),
            ];

            /// A pool of as many connections as everyone has.
            pub async fn connect(url: &str) -> sqlx::Result<Pool<$database>> {
                PoolOptions::new().max_connections(POOL).connect(url).await
            }

            /// Runs a workload.
            pub async fn run(pool: &Pool<$database>, workload: &str, tasks: i64, authors: i64) -> Outcome {
                if workload == "W8" {
                    return concurrent(pool, tasks, authors).await;
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
                        let keys = authors.iter().map(|author| author.id).collect();
                        let sql = among(&format!("{BOOKS_SQL} WHERE author_id"), &keys);
                        let query: Query<'_, Book> = sqlx::query_as(AssertSqlSafe(sql));
                        let mut books = bind(query, keys).fetch_all(&mut *connection).await?;
                        if workload == "W4" {
                            let keys = books.iter().map(|book| book.id).collect();
                            let query: Query<'_, TagOfBook> =
                                sqlx::query_as(AssertSqlSafe(among(TAGS_SQL, &keys)));
                            let tags = bind(query, keys).fetch_all(connection).await?;
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

            fn among(start: &str, keys: &Vec<i64>) -> String {
                let among: fn(usize) -> String = $among;
                format!("{start} {}", among(keys.len()))
            }

            fn bind<T>($query: Query<'_, T>, $keys: Vec<i64>) -> Query<'_, T> {
                $bind
            }

            async fn insert(connection: &mut <$database as Database>::Connection) -> sqlx::Result<()> {
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
    among: |keys| format!("IN ({})", vec!["?"; keys].join(",")),
    bind: |query, keys| keys.into_iter().fold(query, |query, key| query.bind(key)),
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
    "sqlx, 100 rows a statement"
);

on!(
    postgres, sqlx::Postgres,
    one: "$1",
    among: |_| "= ANY($1)".to_owned(),
    bind: |query, keys| query.bind(keys),
    insert: |notes| {
        let mut builder = QueryBuilder::new("INSERT INTO notes (author, text, likes) SELECT * FROM unnest(");
        builder.push_bind(vec!["jack"; notes.len()]).push(", ");
        builder.push_bind(notes.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>()).push(", ");
        builder.push_bind(notes.iter().map(|(_, likes)| *likes).collect::<Vec<_>>()).push(")");
        vec![builder]
    },
    "sqlx, unnest"
);
