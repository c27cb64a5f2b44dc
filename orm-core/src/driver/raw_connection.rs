//! A connection outside the pool, for migrations.

use super::database::Database;
use crate::error::Result;

/// A connection outside the pool, as the driver makes it: for migrations, which sqlx runs itself.
#[derive(Debug)]
pub(crate) enum RawConnection {
    #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
    None(std::convert::Infallible),
    #[cfg(feature = "sqlite")]
    Sqlite(Box<sqlx::SqliteConnection>),
    #[cfg(feature = "postgres")]
    Postgres(Box<sqlx::PgConnection>),
    #[cfg(feature = "mysql")]
    Mysql(Box<sqlx::MySqlConnection>),
}

impl Database {
    /// Makes a connection outside the pool. A database in memory is removed with the engine anyway.
    ///
    /// # Errors
    /// `Connection`: the database does not answer.
    pub(crate) async fn raw_connection(&self) -> Result<RawConnection> {
        self.refuse_in_sandbox("a connection for migrations")?;
        self.server().raw_connection().await
    }
}

impl RawConnection {
    /// Ends it.
    pub(crate) async fn close(self) {
        use sqlx::Connection as _;
        // The connection is gone in either case.
        let _ = match self {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            RawConnection::None(never) => match never {},
            #[cfg(feature = "sqlite")]
            RawConnection::Sqlite(connection) => connection.close().await,
            #[cfg(feature = "postgres")]
            RawConnection::Postgres(connection) => connection.close().await,
            #[cfg(feature = "mysql")]
            RawConnection::Mysql(connection) => connection.close().await,
        };
    }
}
