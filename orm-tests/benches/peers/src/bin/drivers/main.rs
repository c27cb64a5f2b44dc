//! The raw drivers: rusqlite with cached statements, tokio-postgres with cached statements, and sqlx.

mod plain;
mod with_rusqlite;
mod with_sqlx;
mod with_tokio_postgres;

use contender::{answer, arguments};

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (url, authors) = arguments()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if url.starts_with("sqlite:") {
        let connection = with_rusqlite::connect(&url)?;
        let pool = runtime.block_on(with_sqlx::sqlite::connect(&url))?;
        let all = [&with_rusqlite::WORKLOADS[..], &with_sqlx::sqlite::WORKLOADS[..]].concat();
        return answer(&all, |workload, variant, tasks| match variant.starts_with("rusqlite") {
            true => with_rusqlite::run(&connection, workload, authors),
            false => runtime.block_on(with_sqlx::sqlite::run(&pool, workload, tasks, authors)),
        });
    }
    let clients = with_tokio_postgres::connect(&url)?;
    let pool = runtime.block_on(with_sqlx::postgres::connect(&url))?;
    let all = [&with_tokio_postgres::WORKLOADS[..], &with_sqlx::postgres::WORKLOADS[..]].concat();
    answer(&all, |workload, variant, tasks| {
        runtime.block_on(async {
            match variant.starts_with("sqlx") {
                true => with_sqlx::postgres::run(&pool, workload, tasks, authors).await,
                false => with_tokio_postgres::run(&clients, workload, variant, tasks, authors).await,
            }
        })
    })
}
