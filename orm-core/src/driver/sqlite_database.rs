use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use super::ConnectOptions;
use super::attachment::Attachment;
use super::checkouts::{Borrower, Checkouts};
use super::connector::Connector;
use super::lease::Connection;
use super::pooled::Pool;
use super::sqlite::SqliteLease;
use super::sqlite_error::database_error;
use super::sqlite_handle::register;
use super::sqlite_job;
use super::sqlite_place::Place;
use crate::error::{Error, ErrorKind, Result};

/// A SQLite database: a pool, and for one in memory the connection that keeps it alive.
#[derive(Debug)]
pub(super) struct SqliteDatabase {
    pool: Pool<SqliteConnector>,
    /// False once a connection could not be given the function that runs jobs; rows then come through the driver.
    runs_jobs: Arc<AtomicBool>,
    _anchor: Option<SqliteConnection>,
}

/// How connections are made.
pub(super) struct SqliteConnector {
    options: SqliteConnectOptions,
    attached: Vec<Attachment>,
    runs_jobs: Arc<AtomicBool>,
}

impl Connector for SqliteConnector {
    type Connection = Place;

    /// What a connection holds is locked for everybody until it is closed.
    const CLOSES_FIRST: bool = true;

    async fn connect(&self) -> sqlx::Result<Place> {
        let mut connection = self.options.connect().await?;
        for attachment in &self.attached {
            attachment.attach(&mut connection).await?;
        }
        if register(&mut connection, sqlite_job::run).await.is_err() {
            self.runs_jobs.store(false, Ordering::Release);
        }
        Ok(Place::There(connection))
    }

    /// It is in this process.
    async fn ping(_: &mut Place) -> sqlx::Result<()> {
        Ok(())
    }

    async fn close(connection: Place) {
        if let Ok(connection) = connection.into_connection() {
            // It is gone, whatever it says.
            let _ = connection.close().await;
        }
    }
}

impl SqliteDatabase {
    pub(super) async fn connect(url: &str, options: &ConnectOptions) -> Result<SqliteDatabase> {
        let (connect, in_memory) = connect_options(url)?;
        let connect = connect.disable_statement_logging();
        let attached = options.attached.iter().map(|(schema, path)| Attachment::new(schema, path));
        let attached: Vec<Attachment> = attached.collect();
        let anchor = match in_memory || attached.iter().any(Attachment::in_memory) {
            true => Some(anchor(&connect, &attached).await.map_err(|error| connecting(url, error))?),
            false => None,
        };
        let runs_jobs = Arc::new(AtomicBool::new(true));
        let connector = SqliteConnector { options: connect, attached, runs_jobs: Arc::clone(&runs_jobs) };
        let pool = Pool::new(connector, options)?;
        pool.prove().await.map_err(|error| connecting(url, error))?;
        Ok(SqliteDatabase { pool, runs_jobs, _anchor: anchor })
    }

    pub(super) async fn acquire(&self, checkouts: &Arc<Checkouts>, borrower: Borrower) -> Result<Connection> {
        let connection = self.pool.acquire(checkouts, borrower, |error| database_error(error, None)).await?;
        let runs_jobs = self.runs_jobs.load(Ordering::Acquire);
        Ok(Connection::Sqlite(SqliteLease::new(connection, runs_jobs)))
    }

    /// How many connections are open.
    pub(super) fn size(&self) -> u32 {
        self.pool.size()
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Every engine on `sqlite::memory:` gets a database of its own, shared by its connections: SQLite's `memdb` keeps one
/// under its name for as long as somebody is connected.
fn connect_options(url: &str) -> Result<(SqliteConnectOptions, bool)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let rest = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = rest.strip_prefix("//").unwrap_or(rest);
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    if path == ":memory:" || query.is_some_and(|query| query.split('&').any(|pair| pair == "mode=memory")) {
        let name = format!("/orm-core-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        return Ok((SqliteConnectOptions::new().filename(name).vfs("memdb").create_if_missing(true), true));
    }
    if path.is_empty() {
        return Err(Error::new(
            ErrorKind::Configuration,
            "the URL names no file; write `sqlite:path/to/file.db` or `sqlite::memory:`",
        ));
    }
    let options = SqliteConnectOptions::from_str(url).map_err(|error| {
        Error::new(ErrorKind::Configuration, format!("`{url}` is not a SQLite URL: {error}"))
            .with_source(error)
    })?;
    // As SQLite itself does it: a file that is not there is made, unless the URL says how to open it.
    let create = !query.is_some_and(|query| query.contains("mode="));
    Ok((if create { options.create_if_missing(true) } else { options }, false))
}

/// A connection that keeps what is in memory alive.
async fn anchor(connect: &SqliteConnectOptions, attached: &[Attachment]) -> sqlx::Result<SqliteConnection> {
    let mut connection = connect.connect().await?;
    for attachment in attached {
        attachment.attach(&mut connection).await?;
    }
    Ok(connection)
}

fn connecting(url: &str, error: sqlx::Error) -> Error {
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
        let url = format!("sqlite:{}", file.display());
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
            let source = std::error::Error::source(error)?.downcast_ref::<sqlx::Error>()?;
            source.as_database_error()?.code().map(|code| code.into_owned())
        };
        let seen = refused.err().map(|error| (error.kind(), error.is_retryable(), code(&error)));
        assert_eq!(seen, Some((ErrorKind::Busy, true, Some("517".to_owned()))));
        Ok(())
    }
}
