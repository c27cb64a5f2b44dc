//! Connects to SQLite.

use std::fs;
use std::sync::Arc;

use super::connection::{NotOpened, SqliteConnection};
use super::error::database_error;
use super::lease::SqliteLease;
use super::opening::Opening;
use super::worker::gone;
use crate::driver::connection::Connection;
use crate::driver::pool::{Borrower, Checkouts, Connector, Pool};
use crate::driver::{ConnectOptions, DatabaseUrl, DriverConnection, OnConnect};
use crate::error::{Error, ErrorKind, Result};

/// A SQLite database.
#[derive(Debug)]
pub(in crate::driver) struct SqliteDatabase {
    pool: Pool<SqliteConnector>,
    /// Its file, by the one name that every engine of it has.
    file: Arc<str>,
    /// Whether this engine made the file.
    made: bool,
}

/// How connections are made.
pub(super) struct SqliteConnector {
    opening: Arc<Opening>,
    on_connect: OnConnect,
}

impl Connector for SqliteConnector {
    type Connection = SqliteConnection;
    type Error = NotOpened;

    /// What a connection holds is locked for everybody until it is closed.
    const CLOSES_FIRST: bool = true;

    async fn connect(&self) -> Result<SqliteConnection, NotOpened> {
        let connection = SqliteConnection::open(&self.opening).await?;
        if !self.on_connect.is_given() {
            return Ok(connection);
        }
        let mut place = Some(connection);
        let called = self.on_connect.run(DriverConnection::new_sqlite(&mut place)).await;
        called.map_err(NotOpened::OnConnect)?;
        place.ok_or_else(|| NotOpened::OnConnect(gone()))
    }

    /// It is in this process.
    async fn ping(_: &mut SqliteConnection) -> Result<(), NotOpened> {
        Ok(())
    }

    async fn close(connection: SqliteConnection) {
        connection.close().await;
    }
}

impl SqliteDatabase {
    /// Makes a connection that the pool does not know, of sqlx's.
    #[cfg(feature = "migrate")]
    pub(in crate::driver) async fn raw_connection(&self) -> Result<crate::driver::RawConnection> {
        let connection = self.pool.connector().opening.connect_sqlx().await.map_err(|error| {
            Error::new(ErrorKind::Connection, format!("cannot open the database: {error}")).with_source(error)
        })?;
        Ok(crate::driver::RawConnection::Sqlite(Box::new(connection)))
    }

    pub(in crate::driver) async fn connect(
        url: &DatabaseUrl,
        options: &ConnectOptions,
    ) -> Result<SqliteDatabase> {
        let opening = Arc::new(Opening::new(url, options)?);
        let made = opening.makes_its_file();
        let pool = Pool::new(
            SqliteConnector { opening: Arc::clone(&opening), on_connect: options.on_connect.clone() },
            options,
        )?;
        pool.prove(|error| match error {
            NotOpened::OnConnect(error) => error,
            error => {
                Error::new(ErrorKind::Connection, format!("cannot open `{url}`: {error}")).with_source(error)
            }
        })
        .await?;
        let file = fs::canonicalize(opening.location());
        let file = file.map_or_else(|_| opening.location().into(), |file| file.to_string_lossy().into());
        Ok(SqliteDatabase { pool, file, made })
    }

    pub(in crate::driver) async fn acquire(
        &self,
        checkouts: &Arc<Checkouts>,
        borrower: Borrower,
    ) -> Result<Connection> {
        let connection = self.pool.acquire(checkouts, borrower, not_opened).await?;
        Ok(Connection::Sqlite(SqliteLease::new(connection, Arc::clone(&self.file), self.made, borrower)))
    }

    /// How many connections are open.
    pub(in crate::driver) fn size(&self) -> u32 {
        self.pool.size()
    }

    pub(in crate::driver) async fn close(&self) {
        self.pool.close().await;
    }
}

fn not_opened(error: NotOpened) -> Error {
    match error {
        NotOpened::Refused(error) => database_error(error, None),
        NotOpened::OnConnect(error) => error,
        error @ (NotOpened::NoThread(_) | NotOpened::Journal { .. }) => {
            Error::new(ErrorKind::Connection, error.to_string()).with_source(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::Control;
    use crate::driver::backend::Backend;
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
        first.control(&Control::other("PRAGMA journal_mode = WAL")).await?;
        first.control(&Control::other("CREATE TABLE t (n INTEGER)")).await?;
        first.control(&Control::begin("BEGIN")).await?;
        first.control(&Control::other("SELECT n FROM t")).await?;
        second.control(&Control::other("INSERT INTO t VALUES (1)")).await?;
        let refused = first.execute(&Statement::plain("INSERT INTO t VALUES (2)"), true).await;
        first.control(&Control::Rollback).await?;
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
