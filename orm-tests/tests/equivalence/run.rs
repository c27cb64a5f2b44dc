//! Runs the cases of a test, and prints how to repeat one that fails.

use std::future::Future;
use std::ops::Range;

/// The numbers of the cases: the quick ones, the deep ones, from `ORM_FIRST` on, or the one that was asked for.
pub fn cases(quick: u64, deep: u64) -> Range<u64> {
    if let Some(case) = number("ORM_CASE") {
        return case..case + 1;
    }
    let first = number("ORM_FIRST").unwrap_or(0);
    match number("ORM_DEEP") {
        Some(1..) => first..first + deep,
        _ => first..first + quick,
    }
}

/// Whether all cases run, so that what they cover together can be looked at.
pub fn all_cases() -> bool {
    number("ORM_CASE").is_none()
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

/// Fails with one line that runs the case again.
pub fn fail(test: &str, case: u64, what: &str) -> ! {
    panic!("{what}\nORM_CASE={case} cargo test -p orm-tests --test equivalence -- --exact {test}")
}

/// Runs a future on this thread.
pub fn block_on(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future);
}
