//! The driver's own connection, as programs get it.

use std::fmt;
use std::pin::Pin;

use super::Control;
use super::connection::Connection;
use super::lease::Lease;
#[cfg(feature = "sqlite")]
use super::sqlite::SqliteConnection;
use crate::error::{Error, ErrorKind, Result};

/// The driver's own connection, for what this library does not model: COPY, pragmas, your own SQL functions.
///
/// [`Session::connection`](crate::Session::connection) lends the connection of a session, and
/// [`EngineBuilder::on_connect`](crate::options::EngineBuilder::on_connect) each new one. Its types come from the crates
/// behind [`orm_core::drivers`](crate::drivers), sqlx and rusqlite. Statements on it are neither logged nor
/// counted.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let mut connection = session.connection().await?;
/// connection.execute("CREATE TEMPORARY TABLE prices (book_id INTEGER, cents INTEGER)").await?;
/// let added = connection.sqlite(|raw| raw.execute("INSERT INTO prices VALUES (?1, ?2)", (1, 950))).await?;
/// assert_eq!(added, 1);
/// # Ok(()) }
/// ```
pub struct DriverConnection<'c> {
    place: Place<'c>,
}

enum Place<'c> {
    Lent(&'c mut Lease),
    #[cfg(feature = "sqlite")]
    NewSqlite(&'c mut Option<SqliteConnection>),
    #[cfg(feature = "postgres")]
    NewPostgres(&'c mut sqlx::PgConnection),
    #[cfg(feature = "mysql")]
    NewMysql(&'c mut sqlx::MySqlConnection),
}

impl<'c> DriverConnection<'c> {
    pub(super) fn lent(lease: &'c mut Lease) -> DriverConnection<'c> {
        DriverConnection { place: Place::Lent(lease) }
    }

    #[cfg(feature = "sqlite")]
    pub(super) fn new_sqlite(connection: &'c mut Option<SqliteConnection>) -> DriverConnection<'c> {
        DriverConnection { place: Place::NewSqlite(connection) }
    }

    #[cfg(feature = "postgres")]
    pub(super) fn new_postgres(connection: &'c mut sqlx::PgConnection) -> DriverConnection<'c> {
        DriverConnection { place: Place::NewPostgres(connection) }
    }

    #[cfg(feature = "mysql")]
    pub(super) fn new_mysql(connection: &'c mut sqlx::MySqlConnection) -> DriverConnection<'c> {
        DriverConnection { place: Place::NewMysql(connection) }
    }

    /// Runs SQL without parameters, on every database; separate several statements by semicolons. A function for
    /// [`on_connect`](crate::options::EngineBuilder::on_connect) can return its future.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "sqlite")] async fn f() -> Result<()> {
    /// // For every new connection of the pool.
    /// let engine = Engine::builder("sqlite:shop.db")
    ///     .on_connect(|connection| connection.execute("PRAGMA foreign_keys = ON; PRAGMA cache_size = -64000"))
    ///     .connect()
    ///     .await?;
    /// # let _ = engine; Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// Those of the database.
    ///
    /// # Cancel safety
    /// If the future is dropped before its end, the session needs `rollback`.
    pub fn execute<'s>(&'s mut self, sql: &str) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 's>> {
        let sql = sql.to_owned();
        Box::pin(self.run(sql))
    }

    #[allow(unreachable_patterns, reason = "there may be one backend alone")]
    async fn run(&mut self, sql: String) -> Result<()> {
        match &mut self.place {
            #[cfg(feature = "sqlite")]
            Place::Lent(Lease { connection: Connection::Sqlite(_), .. }) | Place::NewSqlite(_) => {
                self.sqlite(move |connection| connection.execute_batch(&sql)).await
            }
            Place::Lent(lease) => {
                lease.running = true;
                let done = lease.connection.control(&Control::other(&sql)).await;
                lease.running = false;
                done
            }
            #[cfg(feature = "postgres")]
            Place::NewPostgres(connection) => {
                sqlx::Executor::execute(&mut **connection, sqlx::AssertSqlSafe(sql))
                    .await
                    .map_err(Error::driver)?;
                Ok(())
            }
            #[cfg(feature = "mysql")]
            Place::NewMysql(connection) => {
                sqlx::Executor::execute(&mut **connection, sqlx::AssertSqlSafe(sql))
                    .await
                    .map_err(Error::driver)?;
                Ok(())
            }
        }
    }

    /// The connection to PostgreSQL, of sqlx.
    ///
    /// # Errors
    /// `InvalidState`: the engine is on another database.
    #[cfg(feature = "postgres")]
    pub fn postgres(&mut self) -> Result<&mut sqlx::PgConnection> {
        match &mut self.place {
            Place::NewPostgres(connection) => Ok(connection),
            Place::Lent(Lease { connection: Connection::Postgres(lease), .. }) => lease.connection(),
            _ => Err(elsewhere("PostgreSQL")),
        }
    }

    /// The connection to MySQL or MariaDB, of sqlx.
    ///
    /// # Errors
    /// `InvalidState`: the engine is on another database.
    #[cfg(feature = "mysql")]
    pub fn mysql(&mut self) -> Result<&mut sqlx::MySqlConnection> {
        match &mut self.place {
            Place::NewMysql(connection) => Ok(connection),
            Place::Lent(Lease { connection: Connection::Mysql(lease), .. }) => lease.connection(),
            _ => Err(elsewhere("MySQL or MariaDB")),
        }
    }

    /// Calls a function with rusqlite's connection, on the connection's own thread, so the function may block.
    ///
    /// If the function panics, the panic continues in the caller.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let mut connection = session.connection().await?;
    /// let pages = connection.sqlite(|sqlite| sqlite.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0))).await?;
    /// assert!(pages > 0);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The error of `work`. `InvalidState`: the engine is on another database.
    ///
    /// # Cancel safety
    /// If the future is dropped, the running statement is interrupted and the session needs `rollback`.
    #[cfg(feature = "sqlite")]
    pub async fn sqlite<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        match &mut self.place {
            Place::NewSqlite(place) => SqliteConnection::lend_new(place, work).await,
            Place::Lent(lease) => {
                #[allow(irrefutable_let_patterns, reason = "there may be one backend alone")]
                let Connection::Sqlite(connection) = &mut lease.connection else {
                    return Err(elsewhere("SQLite"));
                };
                lease.running = true;
                let done = connection.lend(work).await;
                lease.running = false;
                done
            }
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => Err(elsewhere("SQLite")),
        }
    }
}

fn elsewhere(name: &str) -> Error {
    Error::new(
        ErrorKind::InvalidState,
        format!("the engine is not on {name}, so there is no such connection"),
    )
}

impl fmt::Debug for DriverConnection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DriverConnection")
    }
}
