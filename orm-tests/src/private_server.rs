use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, PgConnection, Row};

use crate::Backend;
use crate::backend::missing;
use crate::server::Server;

/// A server that one test has for itself, because it would be in the way of the others: it crashes, it follows another
/// one, or it is set differently.
///
/// A server that cannot be started is printed, and fails where `CI=true`.
#[derive(Debug)]
pub struct PrivateServer {
    server: Server,
    backend: Backend,
}

impl PrivateServer {
    /// A PostgreSQL with further settings (`name=value`). Names are for its directory; each may be used once.
    pub fn postgres(name: &str, settings: &[&str]) -> Option<PrivateServer> {
        PrivateServer::or_missing(Backend::Postgres, crate::postgres::start(name, settings))
    }

    /// A PostgreSQL that follows this one.
    pub fn standby(&self, name: &str, settings: &[&str]) -> Option<PrivateServer> {
        PrivateServer::or_missing(
            Backend::Postgres,
            crate::postgres::start_standby(name, &self.server, settings),
        )
    }

    /// A MariaDB with further settings (`--name=value`) and a database `test`.
    pub async fn mariadb(name: &str, settings: &[&str]) -> Option<PrivateServer> {
        let started = crate::mysql::start(name, settings).and_then(|(server, is_mariadb)| match is_mariadb {
            true => Ok(server),
            false => Err("it is MySQL, and the test is about MariaDB".to_owned()),
        });
        let mut private = PrivateServer::or_missing(Backend::Mysql, started)?;
        private.run("CREATE DATABASE test").await;
        private.server.url.push_str("test");
        Some(private)
    }

    fn or_missing(backend: Backend, started: Result<Server, String>) -> Option<PrivateServer> {
        match started {
            Ok(server) => Some(PrivateServer { server, backend }),
            Err(reason) => {
                missing(backend, &reason);
                None
            }
        }
    }

    /// How to connect to it.
    pub fn url(&self) -> &str {
        &self.server.url
    }

    /// Runs a statement past the library.
    ///
    /// # Panics
    /// The server refuses it.
    pub async fn run(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        let done = match self.backend {
            Backend::Postgres => match PgConnection::connect(self.url()).await {
                Ok(mut connection) => connection.execute(sql).await.map(|_| ()),
                Err(error) => Err(error),
            },
            _ => match MySqlConnection::connect(self.url()).await {
                Ok(mut connection) => connection.execute(sql).await.map(|_| ()),
                Err(error) => Err(error),
            },
        };
        done.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Asks a PostgreSQL for one column of integers, past the library; none if it does not answer.
    pub async fn numbers(&self, sql: &str) -> Option<Vec<i64>> {
        let mut connection = PgConnection::connect(self.url()).await.ok()?;
        let rows = connection.fetch_all(AssertSqlSafe(sql.to_owned())).await.ok()?;
        rows.iter().map(|row| row.try_get(0).ok()).collect()
    }
}
