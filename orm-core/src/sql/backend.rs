//! Which database an engine is connected to.

use std::fmt;

use super::Dialect;

/// Which database an engine is connected to: what [`Engine::backend`](crate::Engine::backend) returns.
///
/// ```
/// # use orm_core::prelude::*;
/// use orm_core::options::Backend;
///
/// /// The folder of the migrations for a database.
/// fn folder(engine: &Engine) -> &'static str {
///     match engine.backend() {
///         Backend::Sqlite => "migrations/sqlite",
///         Backend::Postgres => "migrations/postgres",
///         Backend::MariaDb => "migrations/mariadb",
///         _ => "migrations/mysql",
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let engine = Engine::connect("sqlite::memory:").await?;
/// assert_eq!(folder(&engine), "migrations/sqlite");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL.
    MySql,
    /// MariaDB, whichever of `mysql:` and `mariadb:` the URL begins with.
    MariaDb,
}

impl Dialect {
    /// Which database speaks it.
    pub(crate) fn backend(self) -> Backend {
        match self {
            Dialect::Sqlite => Backend::Sqlite,
            Dialect::Postgres => Backend::Postgres,
            Dialect::Mysql(server) if server.mariadb => Backend::MariaDb,
            Dialect::Mysql(_) => Backend::MySql,
        }
    }
}

/// The name as the database's makers write it.
impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Backend::Sqlite => "SQLite",
            Backend::Postgres => "PostgreSQL",
            Backend::MySql => "MySQL",
            Backend::MariaDb => "MariaDB",
        })
    }
}
