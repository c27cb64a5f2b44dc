//! What the objects of a level wait for.

use super::rows::BranchRows;
use crate::load::plan::{Branch, Further};

/// A relationship that a level still waits for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) level: usize,
    pub(super) further: Further,
}

/// What the levels of a statement wait for.
pub(super) fn wanted(branch: &Branch, rows: &BranchRows, path: &str) -> Vec<Wanted> {
    let levels = rows.levels();
    let further = branch.further(path).into_iter();
    further.map(|(at, further)| Wanted { level: levels[at], further }).collect()
}
