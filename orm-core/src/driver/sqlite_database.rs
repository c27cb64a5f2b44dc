use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};

use super::attachment::Attachment;
use super::checkouts::{Borrower, Checkouts};
use super::connection::Connection;
use super::connector::Connector;
use super::pooled::Pool;
use super::sqlite::SqliteLease;
use super::sqlite_error::database_error;
use super::sqlite_handle::Handle;
use super::sqlite_memory::{MemoryFiles, VFS};
use super::{ConnectOptions, DatabaseUrl};
use crate::error::{Error, ErrorKind, Result};

/// SQLite counts the milliseconds of a wait in 32 bits.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

/// A SQLite database.
#[derive(Debug)]
pub(super) struct SqliteDatabase {
    pool: Pool<SqliteConnector>,
}

/// How connections are made.
pub(super) struct SqliteConnector {
    options: SqliteConnectOptions,
    /// The files of a database in memory, which go when nobody can connect any more.
    _memory: Option<Arc<MemoryFiles>>,
    attached: Vec<Attachment>,
}

impl Connector for SqliteConnector {
    type Connection = Handle;

    /// What a connection holds is locked for everybody until it is closed.
    const CLOSES_FIRST: bool = true;

    async fn connect(&self) -> sqlx::Result<Handle> {
        let mut connection = self.options.connect().await?;
        for attachment in &self.attached {
            attachment.attach(&mut connection).await?;
        }
        Handle::lock(connection).await
    }

    /// It is in this process.
    async fn ping(_: &mut Handle) -> sqlx::Result<()> {
        Ok(())
    }

    async fn close(connection: Handle) {
        if let Ok(connection) = connection.unlock() {
            // It is gone, whatever it says.
            let _ = connection.close().await;
        }
    }
}

impl SqliteDatabase {
    pub(super) async fn connect(url: &DatabaseUrl, options: &ConnectOptions) -> Result<SqliteDatabase> {
        let (connect, memory) = connect_options(url)?;
        let connect = connect.disable_statement_logging().busy_timeout(options.busy_timeout.min(LONGEST));
        let attached = options.attached.iter().map(|(schema, path)| Attachment::new(schema, path));
        let connector =
            SqliteConnector { options: connect, _memory: memory, attached: attached.collect::<Result<_>>()? };
        let pool = Pool::new(connector, options)?;
        pool.prove().await.map_err(|error| connecting(url, error))?;
        Ok(SqliteDatabase { pool })
    }

    pub(super) async fn acquire(&self, checkouts: &Arc<Checkouts>, borrower: Borrower) -> Result<Connection> {
        let connection = self.pool.acquire(checkouts, borrower, |error| database_error(error, None)).await?;
        Ok(Connection::Sqlite(SqliteLease::new(connection)))
    }

    /// How many connections are open.
    pub(super) fn size(&self) -> u32 {
        self.pool.size()
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// How to connect, and the files of a database in memory. Every engine has one of its own, unless the URL names one that is
/// shared: `sqlite:file:name?mode=memory&cache=shared`.
fn connect_options(url: &DatabaseUrl) -> Result<(SqliteConnectOptions, Option<Arc<MemoryFiles>>)> {
    let rest = url.as_str().strip_prefix("sqlite:").unwrap_or_default();
    let path = rest.strip_prefix("//").unwrap_or(rest);
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let says = |pair: &str| query.is_some_and(|query| query.split('&').any(|said| said == pair));
    if path == ":memory:" || says("mode=memory") {
        let name = path.strip_prefix("file:").unwrap_or(path);
        let shared = says("cache=shared") && !matches!(name, "" | ":memory:");
        let memory = if shared { MemoryFiles::named(name)? } else { MemoryFiles::new()? };
        let options = SqliteConnectOptions::new()
            .filename(memory.file())
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Off);
        let options = if let Some(vfs) = VFS { options.vfs(vfs) } else { options };
        return Ok((options, Some(memory)));
    }
    if path.is_empty() {
        return Err(Error::new(
            ErrorKind::Configuration,
            "the URL names no file; write `sqlite:path/to/file.db` or `sqlite::memory:`",
        ));
    }
    let options = SqliteConnectOptions::from_str(url.as_str()).map_err(|error| {
        Error::new(ErrorKind::Configuration, format!("`{url}` is not a SQLite URL: {error}"))
            .with_source(error)
    })?;
    // As SQLite itself does it: a file that is not there is made, unless the URL says how to open it.
    let create = !query.is_some_and(|query| query.contains("mode="));
    Ok((if create { options.create_if_missing(true) } else { options }, None))
}

fn connecting(url: &DatabaseUrl, error: sqlx::Error) -> Error {
    Error::new(ErrorKind::Connection, format!("cannot open `{url}`: {error}")).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::super::sqlite::SqliteLease;
    use super::*;
    use crate::sql::Statement;

    async fn lease(database: &SqliteDatabase, checkouts: &Arc<Checkouts>) -> Result<SqliteLease> {
        match database.acquire(checkouts, Borrower::here()).await? {
            Connection::Sqlite(lease) => Ok(lease),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => Err(Error::new(ErrorKind::Configuration, "it is SQLite")),
        }
    }

    /// Transactions of sessions that write never begin with a read, so only here can the snapshot be an old one.
    #[tokio::test]
    async fn a_snapshot_that_is_too_old_to_write_is_worth_another_attempt() -> Result<()> {
        let file = std::env::temp_dir().join(format!("orm-core-snapshot-{}.db", std::process::id()));
        let url = DatabaseUrl::new(&format!("sqlite:{}", file.display()));
        let options = ConnectOptions::default();
        let (database, checkouts) =
            (SqliteDatabase::connect(&url, &options).await?, Checkouts::new(&options));
        let (mut first, mut second) =
            (lease(&database, &checkouts).await?, lease(&database, &checkouts).await?);
        first.control("PRAGMA journal_mode = WAL").await?;
        first.control("CREATE TABLE t (n INTEGER)").await?;
        first.control("BEGIN").await?;
        first.control("SELECT n FROM t").await?;
        second.control("INSERT INTO t VALUES (1)").await?;
        let refused = first.execute(&Statement::plain("INSERT INTO t VALUES (2)")).await;
        first.control("ROLLBACK").await?;
        drop((first, second));
        database.close().await;
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
        }
        let code = |error: &Error| {
            let source = std::error::Error::source(error)?.downcast_ref::<rusqlite::Error>()?;
            Some(source.sqlite_error()?.extended_code)
        };
        let seen = refused.err().map(|error| (error.kind(), error.is_retryable(), code(&error)));
        assert_eq!(seen, Some((ErrorKind::Busy, true, Some(517))));
        Ok(())
    }
}
