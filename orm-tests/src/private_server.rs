use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, PgConnection, Row};

use crate::server::Server;
use crate::{Backend, not_run};

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

    /// Two nodes of a Galera cluster, in step with each other, and a database `test`.
    pub async fn galera(name: &str) -> Option<[PrivateServer; 2]> {
        let nodes = match crate::mysql::start_cluster(name) {
            Ok(nodes) => nodes,
            Err(reason) => {
                not_run("a Galera cluster", &reason);
                return None;
            }
        };
        let mut nodes = nodes.map(|server| PrivateServer { server, backend: Backend::Mysql });
        for node in &nodes {
            while !node.is_in_step().await {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        nodes[0].run("CREATE DATABASE test").await;
        nodes.iter_mut().for_each(|node| node.server.url.push_str("test"));
        Some(nodes)
    }

    /// Whether a node of a cluster of two takes statements.
    async fn is_in_step(&self) -> bool {
        let sql = "SELECT CAST(count(*) AS SIGNED) FROM information_schema.global_status WHERE \
                   (variable_name, variable_value) IN (('wsrep_ready', 'ON'), ('wsrep_cluster_size', '2'), \
                   ('wsrep_local_state_comment', 'Synced'))";
        let Ok(mut connection) = MySqlConnection::connect(self.url()).await else { return false };
        sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut connection).await.is_ok_and(|right| right == 3)
    }

    fn or_missing(backend: Backend, started: Result<Server, String>) -> Option<PrivateServer> {
        match started {
            Ok(server) => Some(PrivateServer { server, backend }),
            Err(reason) => {
                not_run(backend.name(), &reason);
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
