//! Diesel on SQLite, and diesel-async on PostgreSQL.

mod models;
mod on_servers;
mod on_sqlite;

use contender::{Contender, Failure, Outcome, answer, arguments};
use on_servers::{mariadb, postgres};
use tokio::task::block_in_place;

const WORKLOADS: [&str; 17] = [
    "W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W9", "W10", "W11", "W12", "W13", "D1", "D2", "D3", "D4",
];

struct OnSqlite {
    pool: on_sqlite::Connections,
    authors: i64,
}

/// diesel-async on one server.
macro_rules! on_server {
    ($name:ident, $server:ident, edits: $edits:literal, pages: $pages:literal, pooled: $pooled:literal) => {
        struct $name {
            pool: $server::Connections,
            authors: i64,
        }

        impl Contender for $name {
            fn workloads(&self) -> Vec<(&'static str, &'static str)> {
                let variant = |workload| match workload {
                    "W8" => "diesel-async, deadpool",
                    "W9" => $edits,
                    "W11" | "W13" => $pages,
                    "W12" => $pooled,
                    _ => "diesel-async",
                };
                WORKLOADS.map(|workload| (workload, variant(workload))).to_vec()
            }

            async fn run(&self, workload: &'static str, _: &'static str, tasks: i64) -> Outcome {
                match workload {
                    "W8" => $server::concurrent(&self.pool, tasks, self.authors).await,
                    "W12" => $server::concurrent_pages(&self.pool, tasks, self.authors).await,
                    _ => $server::run(&self.pool, workload, self.authors).await,
                }
            }
        }
    };
}

on_server!(
    OnPostgres, postgres,
    edits: "diesel-async, on_conflict",
    pages: "diesel-async, pipelined",
    pooled: "diesel-async, deadpool, pipelined"
);
on_server!(
    OnMariadb, mariadb,
    edits: "diesel-async, on_conflict",
    pages: "diesel-async",
    pooled: "diesel-async, deadpool"
);
#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (url, authors) = arguments()?;
    if url.starts_with("sqlite:") {
        answer(OnSqlite { pool: on_sqlite::connect(&url)?, authors }).await
    } else if url.starts_with("mysql:") {
        // Its driver would leave TCP for the server's socket, which the others do not do.
        let url = format!("{url}?prefer_socket=false");
        answer(OnMariadb { pool: mariadb::connect(&url)?, authors }).await
    } else {
        answer(OnPostgres { pool: postgres::connect(&url)?, authors }).await
    }
}

impl Contender for OnSqlite {
    fn workloads(&self) -> Vec<(&'static str, &'static str)> {
        WORKLOADS
            .map(|workload| {
                let pooled = matches!(workload, "W8" | "W12");
                (workload, if pooled { "Diesel, r2d2" } else { "Diesel" })
            })
            .to_vec()
    }

    async fn run(&self, workload: &'static str, _: &'static str, tasks: i64) -> Outcome {
        match workload {
            "W8" => on_sqlite::concurrent(&self.pool, tasks, self.authors).await,
            "W12" => on_sqlite::concurrent_pages(&self.pool, tasks, self.authors).await,
            _ => block_in_place(|| on_sqlite::run(&self.pool, workload, self.authors)),
        }
    }
}
