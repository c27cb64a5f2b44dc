//! Whole queries at random: what they join, filter, sort by and page beside what they load.
//!
//! A load never changes the list, and a strategy never changes what is loaded. `count` returns their number, pages
//! concatenate to the list, and the plan shown is the plan that runs.
//!
//! `ORM_SURVEY=1` shows every case that fails instead of the first one.

mod answer;
mod condition;
mod coverage;
mod properties;
mod question;
mod random;
mod rules;
mod term;

pub use condition::{Condition, Op, Place};
pub use term::Term;

use coverage::Coverage;
use orm_tests::{Backend, TestDatabase};
use properties::check;
use question::Question;
use random::random;

use super::dice::Dice;
use super::run::{all_cases, block_on, cases, fail};
use super::world::World;

/// Cases in a row that share their rows.
const SHARED: u64 = 8;
/// Cases in a row that share a connection, which remembers the statements of all of them.
const RECONNECTED: u64 = 200;

#[test]
fn every_query_matches_the_rows_on_sqlite() {
    block_on(async {
        let world = World::new().await.expect("a database");
        all_queries(world, cases(2_000, 50_000), "sqlite").await;
    });
}

#[tokio::test]
async fn every_query_matches_the_rows_on_postgres() {
    orm_tests::run(Backend::Postgres, |database| on_server(database, "postgres")).await;
}

#[tokio::test]
async fn every_query_matches_the_rows_on_mysql() {
    orm_tests::run(Backend::Mysql, |database| on_server(database, "mysql")).await;
}

async fn on_server(database: TestDatabase, backend: &'static str) -> orm_core::Result<()> {
    // What checks a query stays on its thread.
    let checking = tokio::task::spawn_blocking(move || {
        block_on(async {
            let world = World::on(&database).await.expect("a database");
            all_queries(world, cases(300, 5_000), backend).await;
        });
    });
    match checking.await {
        Ok(()) => Ok(()),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

async fn all_queries(mut world: World, range: std::ops::Range<u64>, backend: &str) {
    let mut coverage = Coverage::default();
    let count = range.end - range.start;
    let names = world.table_names();
    let mut filled = None;
    let mut failed = 0;
    for case in range {
        if case % RECONNECTED == RECONNECTED - 1 {
            world.reconnect().await.expect("the database is there");
        }
        if filled != Some(case / SHARED) {
            world.fill(case / SHARED).await;
            filled = Some(case / SHARED);
        }
        let question = random(&mut Dice::new(case ^ 0x4e57_0000_0000), &world.data, &names);
        if let Err(what) = check(&world, &question, case, &mut coverage).await {
            let what = smallest(&world, question, case, what).await;
            if std::env::var_os("ORM_SURVEY").is_none() {
                fail(&format!("whole::every_query_matches_the_rows_on_{backend}"), case, &what);
            }
            eprintln!("=== case {case}\n{what}");
            failed += 1;
        }
    }
    assert_eq!(failed, 0, "cases failed of {count}");
    if all_cases() {
        coverage.check(usize::try_from(count).expect("not that many"));
    }
}

/// The failure of the simplest query that still fails, found by taking away a part at a time.
async fn smallest(world: &World, question: Question, case: u64, what: String) -> String {
    let (mut question, mut what) = (question, what);
    let mut left = 300;
    'smaller: loop {
        for simpler in question.simpler() {
            left -= 1;
            if left == 0 {
                break 'smaller;
            }
            if let Err(less) = check(world, &simpler, case, &mut Coverage::default()).await {
                (question, what) = (simpler, less);
                continue 'smaller;
            }
        }
        break;
    }
    what
}
