//! Diesel on SQLite, and diesel-async on PostgreSQL.

mod models;
mod on_postgres;
mod on_sqlite;

use contender::{answer, arguments};

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (url, authors) = arguments()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if url.starts_with("sqlite:") {
        let pool = on_sqlite::connect(&url)?;
        return answer(&workloads("diesel", "diesel, r2d2"), |workload, _, tasks| match workload {
            "G" => runtime.block_on(on_sqlite::concurrent(&pool, tasks, authors)),
            _ => on_sqlite::run(&pool, workload, authors),
        });
    }
    let pool = on_postgres::connect(&url)?;
    answer(&workloads("diesel-async", "diesel-async, deadpool"), |workload, _, tasks| {
        runtime.block_on(async {
            match workload {
                "G" => on_postgres::concurrent(&pool, tasks, authors).await,
                _ => on_postgres::run(&pool, workload, authors).await,
            }
        })
    })
}

fn workloads<'n>(name: &'n str, pooled: &'n str) -> Vec<(&'n str, &'n str)> {
    let mut all: Vec<_> =
        ["W1", "W2", "W3", "W4", "W5", "W6", "W7"].into_iter().map(|workload| (workload, name)).collect();
    all.push(("G", pooled));
    all
}
