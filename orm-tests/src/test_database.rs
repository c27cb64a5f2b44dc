use std::sync::atomic::{AtomicU32, Ordering};

use orm_core::options::EngineBuilder;
use orm_core::{Engine, Result};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, PgConnection};
use tokio::sync::OnceCell;

use crate::{Backend, FaultProxy};

/// A database that one test has for itself.
#[derive(Debug, Clone)]
pub struct TestDatabase {
    backend: Backend,
    name: String,
    url: String,
}

impl TestDatabase {
    /// Creates an empty database.
    pub(crate) async fn create(backend: Backend) -> std::result::Result<TestDatabase, String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Some(server) = backend.server()? else {
            return Ok(TestDatabase { backend, name: String::new(), url: "sqlite::memory:".to_owned() });
        };
        let name = format!("orm_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let database = TestDatabase { backend, url: with_database(&server.url, &name), name };
        database.administrate(&format!("CREATE DATABASE {}", database.name)).await?;
        Ok(database)
    }

    pub(crate) async fn remove(&self) {
        let sql = match self.backend {
            Backend::Sqlite => return,
            Backend::Postgres => format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
            Backend::Mysql | Backend::MysqlWithoutReturning => {
                format!("DROP DATABASE IF EXISTS {}", self.name)
            }
        };
        // It is gone with its server at the latest.
        let _ = self.administrate(&sql).await;
    }

    /// What it is on.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Whether it is MariaDB or MySQL.
    pub fn is_mysql(&self) -> bool {
        matches!(self.backend, Backend::Mysql | Backend::MysqlWithoutReturning)
    }

    /// How to connect to it. On SQLite every engine has a separate database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The settings of an engine on it.
    pub fn builder(&self) -> EngineBuilder {
        Engine::builder(&self.url).insert_returning(self.backend != Backend::MysqlWithoutReturning)
    }

    /// A proxy in front of its server, and the settings of an engine that goes through it.
    ///
    /// # Panics
    /// It is SQLite, or no port is free.
    pub async fn behind_proxy(&self) -> (FaultProxy, EngineBuilder) {
        let (server, name) = self.place();
        let (before, _) = self.url.split_once('@').expect("the URL of a server names a user");
        let proxy = FaultProxy::new(server.to_owned()).await.expect("there is a free port");
        let url = format!("{before}@127.0.0.1:{}/{name}", proxy.port());
        (proxy, Engine::builder(&url).insert_returning(self.backend != Backend::MysqlWithoutReturning))
    }

    /// `host:port` of its server, and its name there with the rest of the URL.
    pub(crate) fn place(&self) -> (&str, &str) {
        let (_, rest) = self.url.split_once('@').expect("the URL of a server names a user");
        rest.split_once('/').expect("the URL of a server names a database")
    }

    /// Whether the server has RETURNING, as all have but MySQL.
    ///
    /// # Panics
    /// The server does not answer.
    pub async fn returns(&self) -> bool {
        if !self.is_mysql() {
            return true;
        }
        static RETURNS: OnceCell<bool> = OnceCell::const_new();
        let ask = async || {
            let mut connection = MySqlConnection::connect(&self.url).await.expect("the server is there");
            let version =
                sqlx::query_scalar::<_, String>("SELECT VERSION()").fetch_one(&mut connection).await;
            version.expect("the server has a version").contains("MariaDB")
        };
        *RETURNS.get_or_init(ask).await
    }

    /// An engine on it.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn engine(&self) -> Result<Engine> {
        self.builder().connect().await
    }

    /// Runs a statement outside the library, on a separate connection.
    ///
    /// # Panics
    /// The database refuses it, or it is SQLite in memory, to which no other program can connect.
    pub async fn run(&self, sql: &str) {
        let done = self.run_on(&self.url, sql).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Ends every connection to the database, as an administrator does.
    ///
    /// # Panics
    /// It is SQLite, or the server refuses.
    pub async fn kill_connections(&self) {
        let name = &self.name;
        match self.backend {
            Backend::Sqlite => panic!("SQLite has no connections to end"),
            Backend::Postgres => {
                let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ";
                self.administrate(&format!("{sql}'{name}'")).await.unwrap_or_else(|error| panic!("{error}"));
            }
            Backend::Mysql | Backend::MysqlWithoutReturning => {
                let server = self.backend.server().ok().flatten().expect("the database is on a server");
                let mut connection =
                    MySqlConnection::connect(&server.url).await.expect("the server is there");
                let ids = sqlx::query_scalar::<_, i64>(
                    "SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE db = ?",
                );
                let ids = ids
                    .bind(name)
                    .fetch_all(&mut connection)
                    .await
                    .expect("the server lists its connections");
                for id in ids {
                    // It may have ended meanwhile.
                    let _ = connection.execute(AssertSqlSafe(format!("KILL {id}"))).await;
                }
            }
        }
    }

    async fn administrate(&self, sql: &str) -> std::result::Result<(), String> {
        let server = self.backend.server()?.ok_or("SQLite has no server")?;
        self.run_on(&server.url, sql).await.map_err(|error| format!("{sql}: {error}"))
    }

    async fn run_on(&self, url: &str, sql: &str) -> sqlx::Result<()> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.backend {
            Backend::Sqlite => {
                Err(sqlx::Error::Configuration("SQLite in memory has no second connection".into()))
            }
            Backend::Postgres => {
                let mut connection = PgConnection::connect(url).await?;
                connection.execute(sql).await?;
                connection.close().await
            }
            Backend::Mysql | Backend::MysqlWithoutReturning => {
                let mut connection = MySqlConnection::connect(url).await?;
                connection.execute(sql).await?;
                connection.close().await
            }
        }
    }
}

/// The URL with another database.
fn with_database(url: &str, name: &str) -> String {
    let (url, query) =
        url.split_once('?').map_or((url, String::new()), |(url, query)| (url, format!("?{query}")));
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    format!("{}/{name}{query}", &url[..end])
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        assert_eq!(
            with_database("postgres://orm@host:1/postgres?sslmode=disable", "a"),
            "postgres://orm@host:1/a?sslmode=disable"
        );
        assert_eq!(with_database("mysql://orm@host:1/", "a"), "mysql://orm@host:1/a");
        assert_eq!(with_database("mysql://orm@host", "a"), "mysql://orm@host/a");
    }
}
