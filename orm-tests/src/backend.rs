use std::collections::HashSet;
use std::future::Future;
use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};

use orm_core::Result;

use crate::TestDatabase;
use crate::server::Server;

/// A database that the tests run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    /// SQLite, in memory.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB or MySQL.
    Mysql,
    /// The same without RETURNING, as MySQL always is.
    MysqlWithoutReturning,
}

impl Backend {
    /// The server of the backend, started at the first call; none for SQLite.
    ///
    /// # Errors
    /// Why it is not available.
    pub(crate) fn server(self) -> std::result::Result<Option<&'static Server>, String> {
        static POSTGRES: OnceLock<std::result::Result<Server, String>> = OnceLock::new();
        static MYSQL: OnceLock<std::result::Result<Server, String>> = OnceLock::new();
        let server = match self {
            Backend::Sqlite => return Ok(None),
            Backend::Postgres => POSTGRES.get_or_init(crate::postgres::server),
            Backend::Mysql | Backend::MysqlWithoutReturning => MYSQL.get_or_init(crate::mysql::server),
        };
        server.as_ref().map(Some).map_err(Clone::clone)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Backend::Sqlite => "SQLite",
            Backend::Postgres => "PostgreSQL",
            Backend::Mysql => "MariaDB/MySQL",
            Backend::MysqlWithoutReturning => "MariaDB/MySQL without RETURNING",
        }
    }
}

/// Runs a test on one backend, in a separate database that is dropped afterwards.
///
/// # Panics
/// The test fails, or the backend is not available and `CI=true`.
pub async fn run<F>(backend: Backend, test: impl FnOnce(TestDatabase) -> F)
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    if let Err(reason) = backend.server() {
        return not_run(backend.name(), &reason);
    }
    let database =
        TestDatabase::create(backend).await.unwrap_or_else(|reason| panic!("{}: {reason}", backend.name()));
    if backend == Backend::Mysql && !database.returns().await {
        database.remove().await;
        return not_run("MariaDB with RETURNING", "the server is MySQL, which has none");
    }
    let result = tokio::spawn(test(database.clone())).await;
    database.remove().await;
    match result {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("on {}: {error:?}", backend.name()),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// Prints once for each backend or program that a test was not run with it. It bypasses the capture of test output,
/// which would hide it.
///
/// # Panics
/// `CI=true`: nothing must be missing there.
pub fn not_run(on: &'static str, reason: &str) {
    static SAID: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{on} was not run: {reason}");
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if said.get_or_insert_default().insert(on) {
        let _ = writeln!(std::io::stderr(), "NOT RUN on {on}: {reason}");
    }
}

/// Makes a module with one test for each backend from an async function that takes a [`TestDatabase`].
#[macro_export]
macro_rules! on_every_backend {
    ($($(#[$meta:meta])* async fn $name:ident($database:ident: $taken:ty) -> $given:ty $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn test($database: $taken) -> $given $body

            #[tokio::test]
            async fn sqlite() {
                $crate::run($crate::Backend::Sqlite, test).await;
            }

            #[tokio::test]
            async fn postgres() {
                $crate::run($crate::Backend::Postgres, test).await;
            }

            #[tokio::test]
            async fn mysql() {
                $crate::run($crate::Backend::Mysql, test).await;
            }

            #[tokio::test]
            async fn mysql_without_returning() {
                $crate::run($crate::Backend::MysqlWithoutReturning, test).await;
            }
        }
    )+};
}
