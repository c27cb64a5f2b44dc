//! A session against a model of it: random sequences of what one can do with a session, and after every step what its
//! objects show, and after every commit and rollback what the database holds.
//!
//! 500 sequences of 60 steps, 20,000 with `ORM_DEEP=1`. A failure prints the shortest sequence that still fails and a
//! line that replays it.
#![allow(missing_docs)]

mod compare;
mod models;
mod rng;
mod run;
mod world;

use rng::{Op, Rng};

const STEPS: usize = 60;

#[test]
fn a_session_is_its_model() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("ORM_SEED") {
        check(&runtime, seed).unwrap_or_else(|failure| panic!("{failure}"));
        return;
    }
    let sequences =
        number("ORM_SEQUENCES").unwrap_or(if number("ORM_DEEP") == Some(1) { 20_000 } else { 500 });
    let first = number("ORM_FIRST").unwrap_or(1);
    // One is enough to fail; several tell more.
    let most = number("ORM_FAILURES").unwrap_or(1);
    let mut failures: Vec<String> = Vec::new();
    let mut used = std::collections::BTreeMap::new();
    for seed in first..first + sequences {
        match check(&runtime, seed) {
            Ok(done) => done.into_iter().for_each(|op| *used.entry(op).or_insert(0_u64) += 1),
            Err(failure) => failures.push(failure),
        }
        if failures.len() as u64 >= most {
            break;
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    // A step that never did anything would test nothing.
    assert!(
        sequences < 100 || used.len() == rng::KINDS.len(),
        "of {} kinds of steps these were done: {used:?}",
        rng::KINDS.len()
    );
    println!("{sequences} sequences of {STEPS} steps: {used:?}");
}

/// Runs a sequence; the names of the steps that were done, or what went wrong.
fn check(runtime: &tokio::runtime::Runtime, seed: u64) -> Result<Vec<&'static str>, String> {
    let mut rng = Rng::new(seed);
    let settings = rng.next();
    let ops: Vec<Op> = (0..STEPS).map(|_| Op::random(&mut rng)).collect();
    let outcome = |ops: &[Op]| runtime.block_on(run::run(settings, ops));
    let first = match outcome(&ops) {
        Ok(done) => return Ok(done),
        Err(failure) => failure,
    };
    let (ops, failure) = shorten(ops, first, |ops| outcome(ops).err());
    let listed: Vec<String> = ops.iter().map(|op| format!("    {op:?}")).collect();
    Err(format!(
        "{failure}\nORM_SEED={seed} cargo test -p orm-tests --test session_model\nthe shortest sequence that fails:\n{}",
        listed.join("\n")
    ))
}

/// Leaves out steps for as long as it still fails.
fn shorten(
    mut ops: Vec<Op>,
    mut failure: String,
    fails: impl Fn(&[Op]) -> Option<String>,
) -> (Vec<Op>, String) {
    let mut size = ops.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < ops.len() {
            let mut fewer = ops.clone();
            fewer.drain(at..(at + size).min(ops.len()));
            match fails(&fewer) {
                Some(text) => (ops, failure) = (fewer, text),
                None => at += size,
            }
        }
        size /= 2;
    }
    (ops, failure)
}
