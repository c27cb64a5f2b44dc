//! What a flush writes where its features meet: random edits of rows with natural keys, unique values, versions, generated
//! columns, defaults, circles, cascades and links, against a model of what they mean. After each flush the rows, the objects,
//! the plan and what hooks learn have to agree.
//!
//! Quick on every backend; `ORM_DEEP=1` for more, `ORM_FIRST` and `ORM_SEQUENCES` for other seeds, `ORM_SEED` for one.
#![allow(missing_docs)]

mod audit;
mod models;
mod notes;
mod play;
mod random;
mod steps;
mod world;

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

const STEPS: usize = 40;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

on_every_backend! {
    async fn a_flush_writes_what_was_meant(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(models::schema()).await?;
        let (quick, deep) = match database.backend() {
            Backend::Sqlite => (150, 5_000),
            _ => (20, 500),
        };
        let sequences = number("ORM_SEQUENCES").unwrap_or(if number("ORM_DEEP") == Some(1) { deep } else { quick });
        let first = number("ORM_FIRST").unwrap_or(1);
        let seeds = match number("ORM_SEED") {
            Some(seed) => seed..seed + 1,
            None => first..first + sequences,
        };
        let mut done = std::collections::BTreeMap::new();
        let mut failures = Vec::new();
        for seed in seeds {
            match play::play(&engine, seed, STEPS).await {
                Ok(steps) => steps.into_iter().for_each(|step| *done.entry(step).or_insert(0_u64) += 1),
                Err((failure, steps)) => {
                    let steps: Vec<String> = steps.iter().map(|step| format!("    {step}")).collect();
                    failures.push(format!("ORM_SEED={seed}: {failure}\n{}", steps.join("\n")));
                }
            }
            if failures.len() as u64 >= number("ORM_FAILURES").unwrap_or(1) {
                break;
            }
        }
        assert!(failures.is_empty(), "{}", failures.join("\n\n"));
        println!("{done:?}");
        assert!(number("ORM_SEED").is_some() || sequences < 20 || done.len() >= steps::KINDS, "of {} kinds of steps these were done: {done:?}", steps::KINDS);
        Ok(())
    }
}
