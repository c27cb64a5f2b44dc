use std::path::Path;

use rusqlite::Connection;
use sqlx::{AssertSqlSafe, MySqlConnection};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

use crate::Result;
use crate::rows::{self, Dialect, MARIADB, POSTGRES, SQLITE, notes, rows, tables};

/// A database with the rows that all contenders read.
pub struct Data {
    pub name: String,
    pub url: String,
    pub authors: i64,
    access: Access,
}

enum Access {
    Sqlite(Connection),
    Postgres(Runtime, Client),
    Mariadb(Runtime, Box<MySqlConnection>),
}

impl Data {
    /// A file of SQLite in WAL mode.
    pub fn sqlite(file: &Path, authors: i64) -> Result<Data> {
        let connection = Connection::open(file)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        let access = Access::Sqlite(connection);
        let name = format!("SQLite {}", rusqlite::version());
        let url = format!("sqlite:{}", file.display());
        Data { name, url, authors, access }.filled("PRAGMA journal_mode = WAL; BEGIN", "COMMIT; ANALYZE")
    }

    /// A database of a PostgreSQL server.
    pub fn postgres(server: &str, authors: i64) -> Result<Data> {
        let runtime = Runtime::new()?;
        let url = format!("{server}/rows_{authors}");
        let (client, version) = runtime.block_on(async {
            let first = connect(&format!("{server}/postgres")).await?;
            first.batch_execute(&format!("CREATE DATABASE rows_{authors}")).await?;
            let client = connect(&url).await?;
            let version: String = client.query_one("SHOW server_version", &[]).await?.get(0);
            Result::Ok((client, version))
        })?;
        let name = format!("PostgreSQL {}", version.split(' ').next().unwrap_or_default());
        let data = Data { name, url, authors, access: Access::Postgres(runtime, client) };
        // The rows refer to existing ones, which need not be looked up for each.
        let mut data = data
            .filled("SET session_replication_role = replica", "RESET session_replication_role; CHECKPOINT")?;
        data.execute("VACUUM ANALYZE")?;
        Ok(data)
    }

    /// A database of a MariaDB server.
    pub fn mariadb(server: &str, authors: i64) -> Result<Data> {
        use sqlx::Connection;
        let runtime = Runtime::new()?;
        let url = format!("{server}/rows_{authors}");
        let (connection, version) = runtime.block_on(async {
            let mut first = MySqlConnection::connect(server).await?;
            let sql = format!("CREATE DATABASE rows_{authors}");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut first).await?;
            let mut connection = MySqlConnection::connect(&url).await?;
            let version: String = sqlx::query_scalar("SELECT version()").fetch_one(&mut connection).await?;
            Result::Ok((connection, version))
        })?;
        let name = format!("MariaDB {}", version.split('-').next().unwrap_or_default());
        let data = Data { name, url, authors, access: Access::Mariadb(runtime, Box::new(connection)) };
        data.filled(
            "SET foreign_key_checks = 0",
            "SET foreign_key_checks = 1;
             ANALYZE TABLE authors, books, topics, tags, book_tags, comments, awards, sales, orders",
        )
    }

    fn filled(mut self, before: &str, after: &str) -> Result<Data> {
        let dialect = self.dialect();
        for sql in [before, &tables(dialect), &rows(dialect, self.authors), after] {
            self.execute(sql)?;
        }
        self.checkpoint()?;
        Ok(self)
    }

    /// How many rows a stream has.
    pub fn sales(&self) -> i64 {
        rows::sales_of(self.authors)
    }

    /// Makes room for the next that inserts, or gives the next that edits what it edits.
    pub fn reset_notes(&mut self, filled: bool) -> Result<()> {
        self.execute(match self.access {
            Access::Sqlite(_) => "DELETE FROM notes",
            _ => "TRUNCATE TABLE notes",
        })?;
        if filled {
            self.execute(&notes(self.dialect()))?;
            self.execute(match self.access {
                Access::Mariadb(..) => "ANALYZE TABLE notes",
                _ => "ANALYZE notes",
            })?;
        }
        self.checkpoint()
    }

    /// Whether everything that a contender should have written exists: all notes, with so many more likes.
    pub fn check_notes(&mut self, variant: &str, likes: i64) -> Result<()> {
        let sum = format!("CAST(sum(likes + length(text) + length(author)) AS {})", self.dialect().integer);
        let sql = format!("SELECT count(*), {sum} FROM notes");
        let found: (i64, i64) = match &mut self.access {
            Access::Sqlite(connection) => {
                connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?
            }
            Access::Postgres(runtime, client) => {
                let row = runtime.block_on(client.query_one(&sql, &[]))?;
                (row.get(0), row.get(1))
            }
            Access::Mariadb(runtime, connection) => {
                runtime.block_on(sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut **connection))?
            }
        };
        let notes = contender::NOTES;
        let expected = (0..notes).map(|at| at + likes + contender::note_text(at).len() as i64 + 4).sum();
        if found == (notes, expected) {
            return Ok(());
        }
        Err(format!("`{variant}` has written {found:?} and not {:?}", (notes, expected)).into())
    }

    fn dialect(&self) -> &'static Dialect {
        match self.access {
            Access::Sqlite(_) => &SQLITE,
            Access::Postgres(..) => &POSTGRES,
            Access::Mariadb(..) => &MARIADB,
        }
    }

    fn execute(&mut self, sql: &str) -> Result<()> {
        match &mut self.access {
            Access::Sqlite(connection) => connection.execute_batch(sql)?,
            Access::Postgres(runtime, client) => runtime.block_on(client.batch_execute(sql))?,
            Access::Mariadb(runtime, connection) => {
                let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
                runtime.block_on(sql.execute(&mut **connection)).map(drop)?;
            }
        }
        Ok(())
    }

    /// No contender has to write back what others have written.
    fn checkpoint(&mut self) -> Result<()> {
        match self.access {
            Access::Sqlite(_) => self.execute("PRAGMA wal_checkpoint(TRUNCATE)"),
            _ => Ok(()),
        }
    }
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
