use super::lease::Connection;
use super::replicas::Replicas;
use super::{ConnectOptions, Lease, Monitor};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::Dialect;

/// A pool of connections to one database, of the backend that the URL chose.
#[derive(Debug)]
pub struct Database {
    pool: Pool,
    replicas: Option<Replicas>,
    pub(crate) monitor: Monitor,
}

/// The connections to one server.
#[derive(Debug)]
pub(super) enum Pool {
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
    /// Connects, and proves it with one connection to each server.
    ///
    /// # Errors
    /// `Configuration`: the URL names no backend that is compiled in. `Connection`: the database does not answer.
    pub async fn connect(url: &str, options: &ConnectOptions) -> Result<Database> {
        let pool = Pool::connect(url, options).await?;
        let replicas = Replicas::connect(&pool, options).await?;
        Ok(Database { pool, replicas, monitor: Monitor::new(options.echo) })
    }

    /// The SQL it speaks.
    pub fn dialect(&self) -> Dialect {
        self.pool.dialect()
    }

    /// Takes a connection from the pool.
    ///
    /// # Errors
    /// `PoolTimeout`: none became free in time. `Connection`: a new one could not be made.
    pub async fn acquire(&self) -> Result<Lease> {
        let lease = Lease::new(self.pool.acquire().await?, self.dialect());
        Ok(match &self.replicas {
            Some(replicas) => lease.telling(replicas.written()),
            None => lease,
        })
    }

    /// Takes a connection to a replica that has what was committed so far; to the primary if there is none.
    ///
    /// # Errors
    /// Those of [`acquire`](Self::acquire).
    pub async fn acquire_to_read(&self) -> Result<Lease> {
        if let Some(replicas) = &self.replicas
            && let Some(lease) = replicas.acquire().await?
        {
            return Ok(lease);
        }
        self.acquire().await
    }

    /// Whether a connection is to a replica that need not have what was committed so far.
    pub fn is_behind(&self, lease: &Lease) -> bool {
        self.replicas.as_ref().is_some_and(|replicas| replicas.is_ahead_of(lease))
    }

    /// Closes the pools; sessions that hold a connection keep it until they end.
    pub async fn close(&self) {
        self.pool.close().await;
        if let Some(replicas) = &self.replicas {
            replicas.close().await;
        }
    }
}

impl Pool {
    pub(super) async fn connect(url: &str, options: &ConnectOptions) -> Result<Pool> {
        let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
        Ok(match scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => Pool::Sqlite(super::sqlite::SqliteDatabase::connect(url, options).await?),
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => {
                Pool::Postgres(super::postgres::PostgresDatabase::connect(url, options).await?)
            }
            #[cfg(feature = "mysql")]
            "mysql" | "mariadb" => Pool::Mysql(super::mysql::MysqlDatabase::connect(url, options).await?),
            _ => return Err(unknown(scheme)),
        })
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self {
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

    pub(super) async fn acquire(&self) -> Result<Connection> {
        match self {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Pool::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => pool.acquire().await,
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => pool.acquire().await,
            #[cfg(feature = "mysql")]
            Pool::Mysql(pool) => pool.acquire().await,
        }
    }

    pub(super) async fn close(&self) {
        match self {
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
