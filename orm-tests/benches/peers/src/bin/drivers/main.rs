//! The raw drivers: rusqlite with cached statements, tokio-postgres with cached statements, and sqlx.

mod plain;
mod with_rusqlite;
mod with_sqlx;
mod with_tokio_postgres;

use contender::{Contender, Failure, Outcome, answer, arguments};
use deadpool_postgres::Pool;
use sqlx::{MySqlPool, PgPool, SqlitePool};
use tokio::task::block_in_place;
use with_rusqlite::Connections;

struct OnSqlite {
    connections: Connections,
    pool: SqlitePool,
    authors: i64,
}

struct OnPostgres {
    clients: Pool,
    pool: PgPool,
    authors: i64,
}

struct OnMariadb {
    pool: MySqlPool,
    authors: i64,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (url, authors) = arguments()?;
    if url.starts_with("sqlite:") {
        let connections = with_rusqlite::connect(&url)?;
        let pool = with_sqlx::sqlite::connect(&url).await?;
        answer(OnSqlite { connections, pool, authors }).await
    } else if url.starts_with("mysql:") {
        let pool = with_sqlx::mariadb::connect(&url).await?;
        answer(OnMariadb { pool, authors }).await
    } else {
        let clients = with_tokio_postgres::connect(&url)?;
        let pool = with_sqlx::postgres::connect(&url).await?;
        answer(OnPostgres { clients, pool, authors }).await
    }
}

impl Contender for OnSqlite {
    fn workloads(&self) -> Vec<(&'static str, &'static str)> {
        [&with_rusqlite::WORKLOADS[..], &with_sqlx::sqlite::WORKLOADS[..]].concat()
    }

    async fn run(&self, workload: &'static str, variant: &'static str, tasks: i64) -> Outcome {
        if variant.starts_with("sqlx") {
            return with_sqlx::sqlite::run(&self.pool, workload, tasks, self.authors).await;
        }
        match workload {
            "W8" => self.connections.concurrent(tasks, self.authors).await,
            "W12" => self.connections.pages(tasks, self.authors).await,
            _ => block_in_place(|| {
                let run = |connection: &_| with_rusqlite::run(connection, workload, variant, self.authors);
                self.connections.with(run)
            }),
        }
    }
}

impl Contender for OnPostgres {
    fn workloads(&self) -> Vec<(&'static str, &'static str)> {
        [&with_tokio_postgres::WORKLOADS[..], &with_sqlx::postgres::WORKLOADS[..]].concat()
    }

    async fn run(&self, workload: &'static str, variant: &'static str, tasks: i64) -> Outcome {
        match variant.starts_with("sqlx") {
            true => with_sqlx::postgres::run(&self.pool, workload, tasks, self.authors).await,
            false => with_tokio_postgres::run(&self.clients, workload, variant, tasks, self.authors).await,
        }
    }
}

/// sqlx is the raw driver of MariaDB.
impl Contender for OnMariadb {
    fn workloads(&self) -> Vec<(&'static str, &'static str)> {
        with_sqlx::mariadb::WORKLOADS.to_vec()
    }

    async fn run(&self, workload: &'static str, _: &'static str, tasks: i64) -> Outcome {
        with_sqlx::mariadb::run(&self.pool, workload, tasks, self.authors).await
    }
}
