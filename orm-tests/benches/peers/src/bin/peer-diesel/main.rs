//! Diesel on SQLite, and diesel-async on PostgreSQL.

mod models;
mod on_postgres;
mod on_sqlite;

use contender::{Contender, Failure, Outcome, answer, arguments};
use tokio::task::block_in_place;

const WORKLOADS: [&str; 12] = ["W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "D1", "D2", "D3", "D4"];

struct OnSqlite {
    pool: on_sqlite::Connections,
    authors: i64,
}

struct OnPostgres {
    pool: on_postgres::Connections,
    authors: i64,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (url, authors) = arguments()?;
    if url.starts_with("sqlite:") {
        answer(OnSqlite { pool: on_sqlite::connect(&url)?, authors }).await
    } else {
        answer(OnPostgres { pool: on_postgres::connect(&url)?, authors }).await
    }
}

impl Contender for OnSqlite {
    fn workloads(&self) -> Vec<(&'static str, &'static str)> {
        WORKLOADS
            .map(|workload| (workload, if workload == "W8" { "Diesel, r2d2" } else { "Diesel" }))
            .to_vec()
    }

    async fn run(&self, workload: &'static str, _: &'static str, tasks: i64) -> Outcome {
        match workload {
            "W8" => on_sqlite::concurrent(&self.pool, tasks, self.authors).await,
            _ => block_in_place(|| on_sqlite::run(&self.pool, workload, self.authors)),
        }
    }
}

impl Contender for OnPostgres {
    fn workloads(&self) -> Vec<(&'static str, &'static str)> {
        let variant = |workload| if workload == "W8" { "diesel-async, deadpool" } else { "diesel-async" };
        WORKLOADS.map(|workload| (workload, variant(workload))).to_vec()
    }

    async fn run(&self, workload: &'static str, _: &'static str, tasks: i64) -> Outcome {
        match workload {
            "W8" => on_postgres::concurrent(&self.pool, tasks, self.authors).await,
            _ => on_postgres::run(&self.pool, workload, self.authors).await,
        }
    }
}
