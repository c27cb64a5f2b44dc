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
    #[cfg(feature = "sqlite")]
    Sqlite(super::sqlite::SqliteDatabase),
}

impl Database {
    /// Connects, and proves it with one connection.
    ///
    /// # Errors
    /// `Configuration`: the URL names no backend that is compiled in. `Connection`: the database does not answer.
    pub async fn connect(url: &str, options: &ConnectOptions) -> Result<Database> {
        let monitor = Monitor::new(options.echo);
        let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
        match scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => {
                let pool = super::sqlite::SqliteDatabase::connect(url, options).await?;
                Ok(Database { pool: Pool::Sqlite(pool), monitor })
            }
            #[cfg(not(feature = "sqlite"))]
            "sqlite" => Err(Error::new(
                ErrorKind::Configuration,
                "this build has no SQLite; enable the feature `sqlite` of orm-core",
            )),
            _ => Err(Error::new(
                ErrorKind::Configuration,
                format!("`{scheme}` is no database that this build knows; a URL begins with `sqlite:`"),
            )),
        }
    }

    /// The SQL it speaks.
    pub fn dialect(&self) -> Dialect {
        match &self.pool {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Takes a connection from the pool.
    ///
    /// # Errors
    /// `PoolTimeout`: none became free in time. `Connection`: a new one could not be made.
    pub async fn acquire(&self) -> Result<Lease> {
        match &self.pool {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => Ok(Lease::new(pool.acquire().await?)),
        }
    }

    /// Closes the pool; sessions that hold a connection keep it until they end.
    pub async fn close(&self) {
        match &self.pool {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(pool) => pool.close().await,
        }
    }
}
