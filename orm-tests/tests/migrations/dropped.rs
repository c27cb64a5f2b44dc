//! Tables that refer to each other in any way are dropped, with their rows.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::dice::Dice;
use crate::{mutation, rows};

async fn tables(engine: &Engine, backend: Backend) -> Result<i64> {
    let count = match backend {
        Backend::Sqlite => {
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        }
        Backend::Postgres => "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()",
        _ => "SELECT count(*) FROM information_schema.tables WHERE table_schema = database()",
    };
    Ok(engine.session().rows(sql(count).rows::<i64>()).await?[0])
}

/// Creates, fills and drops a random schema.
async fn come_and_go(engine: &Engine, backend: Backend, seed: u64) -> Result<()> {
    let mut dice = Dice::new(seed);
    let mut made = mutation::blueprint(&mut dice);
    made.without_partial = matches!(backend, Backend::Mysql | Backend::MysqlWithoutReturning);
    // Circles are rare otherwise.
    for _ in 0..dice.below(5) {
        mutation::add_reference(&mut made, &mut dice);
    }
    engine.create_all(made.schema(0)).await?;
    if dice.below(4) > 0 {
        rows::fill(engine, backend, &made).await?;
    }
    engine.drop_all(made.schema(0)).await?;
    assert_eq!(tables(engine, backend).await?, 0, "a table is left");
    // Dropping what does not exist is not an error.
    engine.drop_all(made.schema(0)).await
}

on_every_backend! {
    async fn tables_in_circles_are_dropped(database: TestDatabase) -> Result<()> {
        let backend = database.backend();
        // `ORM_TEST_DROPS=1000` tries that many schemas instead.
        let quick = if backend == Backend::Sqlite { 200 } else { 10 };
        let schemas = std::env::var("ORM_TEST_DROPS").ok().and_then(|count| count.parse().ok()).unwrap_or(quick);
        let url = database.url().to_owned();
        // The slots of the models belong to a thread.
        let all = tokio::task::spawn_blocking(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let engine = Engine::connect(&url).await?;
                for seed in 0..schemas {
                    let done = come_and_go(&engine, backend, seed).await;
                    done.unwrap_or_else(|error| panic!("seed {seed}: {error:?}"));
                }
                Ok(())
            })
        });
        all.await.expect("every schema is dropped")
    }
}
