use super::{ConnectOptions, Lease, Monitor};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::Dialect;

/// A pool of connections to one database, of the backend that the URL chose.
#[derive(Debug)]
pub struct Database {
    pool: Pool,
    pub(crate) monitor: Monitor,
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

impl Database {
    /// Connects, and proves it with one connection.
    ///
    /// # Errors
    /// `Configuration`: the URL names no backend that is compiled in. `Connection`: the database does not answer.
    pub async fn connect(url: &str, options: &ConnectOptions) -> Result<Database> {
        let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
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
        Ok(Database { pool, monitor: Monitor::new(options) })
    }

    /// The SQL it speaks.
    pub fn dialect(&self) -> Dialect {
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
    pub async fn acquire(&self) -> Result<Lease> {
        let connection = match &self.pool {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Pool::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => pool.acquire().await?,
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => pool.acquire().await?,
            #[cfg(feature = "mysql")]
            Pool::Mysql(pool) => pool.acquire().await?,
        };
        Ok(Lease::new(connection, self.dialect()))
    }

    /// Closes the pool; sessions that hold a connection keep it until they end.
    pub async fn close(&self) {
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

/// The beginnings of URLs, and the feature that each needs.
const SCHEMES: [(&str, &str); 5] = [
    ("sqlite", "sqlite"),
    ("postgres", "postgres"),
    ("postgresql", "postgres"),
    ("mysql", "mysql"),
    ("mariadb", "mysql"),
];

fn unknown(scheme: &str) -> Error {
    let message = match SCHEMES.iter().find(|(known, _)| *known == scheme) {
        Some((_, feature)) => {
            format!("this build cannot connect to `{scheme}:`; enable the feature `{feature}` of orm-core")
        }
        None => format!(
            "`{scheme}:` is no database that this library knows; a URL begins with `sqlite:`, `postgres:` or `mysql:`"
        ),
    };
    Error::new(ErrorKind::Configuration, message)
}
