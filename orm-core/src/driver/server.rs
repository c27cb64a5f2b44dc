//! The pool of one server, whichever backend it is.

use std::sync::Arc;

use super::pool::{Borrower, Checkouts};
use super::{ConnectOptions, DatabaseUrl, Lease, PoolStatus, Pooler};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::Dialect;

/// A pool of connections to one server, of the backend that the URL chose.
#[derive(Debug)]
pub(super) struct Server {
    pool: Pool,
    checkouts: Arc<Checkouts>,
    pooler: Pooler,
}

#[derive(Debug)]
enum Pool {
    #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
    None(std::convert::Infallible),
    #[cfg(feature = "sqlite")]
    Sqlite(super::sqlite::SqliteDatabase),
    #[cfg(feature = "postgres")]
    Postgres(super::postgres::PostgresDatabase),
    #[cfg(feature = "mysql")]
    Mysql(super::mysql::MysqlDatabase),
}

impl Server {
    /// Connects, and proves it with one connection.
    ///
    /// # Errors
    /// `Configuration`: the URL names no backend that is compiled in. `Connection`: the database does not answer.
    pub(super) async fn connect(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Server> {
        let scheme = url.scheme().ok_or_else(no_scheme)?;
        fits(scheme, options)?;
        let pool = match scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => Pool::Sqlite(super::sqlite::SqliteDatabase::connect(url, options).await?),
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => {
                Pool::Postgres(super::postgres::PostgresDatabase::connect(url, options).await?)
            }
            #[cfg(feature = "mysql")]
            "mysql" | "mariadb" => Pool::Mysql(super::mysql::MysqlDatabase::connect(url, options).await?),
            _ => return Err(unknown(scheme)),
        };
        Ok(Server { pool, checkouts: Checkouts::new(options), pooler: options.pooler })
    }

    /// The SQL it speaks.
    pub(super) fn dialect(&self) -> Dialect {
        match &self.pool {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Pool::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Pool::Postgres(_) => Dialect::Postgres,
            #[cfg(feature = "mysql")]
            Pool::Mysql(pool) => Dialect::Mysql(pool.server()),
        }
    }

    /// Takes a connection from the pool.
    ///
    /// # Errors
    /// `PoolTimeout`: none became free in time. `Connection`: a new one could not be made.
    pub(super) async fn acquire(&self, borrower: Borrower) -> Result<Lease> {
        let checkouts = &self.checkouts;
        let connection = match &self.pool {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Pool::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => pool.acquire(checkouts, borrower).await?,
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => pool.acquire(checkouts, borrower).await?,
            #[cfg(feature = "mysql")]
            Pool::Mysql(pool) => pool.acquire(checkouts, borrower).await?,
        };
        Ok(Lease::new(connection, self.dialect(), self.pooler))
    }

    /// Makes a connection that the pool does not know.
    #[cfg(feature = "migrate")]
    pub(super) async fn raw_connection(&self) -> Result<super::RawConnection> {
        match &self.pool {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Pool::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => pool.raw_connection().await,
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => pool.raw_connection().await,
            #[cfg(feature = "mysql")]
            Pool::Mysql(pool) => pool.raw_connection().await,
        }
    }

    /// How the pool is now.
    pub(super) fn status(&self) -> PoolStatus {
        let open = match &self.pool {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Pool::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => pool.size(),
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => pool.size(),
            #[cfg(feature = "mysql")]
            Pool::Mysql(pool) => pool.size(),
        };
        self.checkouts.status(open)
    }

    /// Closes the pool; sessions that hold a connection keep it until they end.
    pub(super) async fn close(&self) {
        match &self.pool {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Pool::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => pool.close().await,
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => pool.close().await,
            #[cfg(feature = "mysql")]
            Pool::Mysql(pool) => pool.close().await,
        }
    }
}

/// Whether the options are those of the database that the URL names.
fn fits(scheme: &str, options: &ConnectOptions) -> Result<()> {
    let refuse = |why: String| Err(Error::new(ErrorKind::Configuration, why));
    let (is_sqlite, is_postgres) = (scheme == "sqlite", scheme.starts_with("postgres"));
    if options.most_connections() == 0 {
        return refuse(
            "the pool would have no connections; set `pool_size` or `max_overflow` to at least 1".to_owned(),
        );
    }
    if !is_postgres && options.pooler == Pooler::Transaction {
        return refuse(format!(
            "`Pooler::Transaction` is only for PostgreSQL, but this URL begins with `{scheme}:`; remove it"
        ));
    }
    if is_sqlite && options.tls.is_given() {
        return refuse("SQLite has no connection to encrypt; remove the `ssl_` options".to_owned());
    }
    if !is_sqlite && !options.attached.is_empty() {
        return refuse(format!("`attach` is only for SQLite; remove it: `{scheme}:` has its own schemas"));
    }
    if !is_postgres && options.search_path.is_some() {
        return refuse(format!(
            "`search_path` is only for PostgreSQL, but this URL begins with `{scheme}:`; remove it"
        ));
    }
    if is_sqlite && options.statement_timeout.is_some() {
        return refuse(
            "SQLite has no `statement_timeout`; remove it, and use `tokio::time::timeout`: a statement whose future is \
             dropped is interrupted"
                .to_owned(),
        );
    }
    if options.pooler == Pooler::Transaction
        && (options.search_path.is_some()
            || options.statement_timeout.is_some()
            || options.on_connect.is_given())
    {
        return refuse(
            "behind `Pooler::Transaction`, a connection's settings would affect other programs; set `search_path`, \
             `statement_timeout` and what `on_connect` does for the role or the database (`ALTER ROLE .. SET ..`)"
                .to_owned(),
        );
    }
    options.tls.check()
}

/// The beginnings of URLs, and the feature that each needs.
const SCHEMES: [(&str, &str); 5] = [
    ("sqlite", "sqlite"),
    ("postgres", "postgres"),
    ("postgresql", "postgres"),
    ("mysql", "mysql"),
    ("mariadb", "mysql"),
];

fn no_scheme() -> Error {
    Error::new(
        ErrorKind::Configuration,
        "a database URL begins with `sqlite:`, `postgres:` or `mysql:`, and this one does not",
    )
}

fn unknown(scheme: &str) -> Error {
    let message = match SCHEMES.iter().find(|(known, _)| *known == scheme) {
        Some((_, feature)) => {
            format!("this build cannot connect to `{scheme}:`; enable the feature `{feature}` of orm-core")
        }
        None => format!(
            "unsupported database URL scheme `{scheme}:`; expected `sqlite:`, `postgres:` or `mysql:`"
        ),
    };
    Error::new(ErrorKind::Configuration, message)
}
