//! The order in which a flush writes its rows.
//!
//! Each row that is written is an operation, and makes claims on values: it takes or gives up keys and unique values of
//! its own, and refers to keys of other rows or releases them. The constraints of a database are three rules about
//! these. A value is taken before another row refers to it. A row releases a value before its owner gives it up. And a
//! value is given up before another row takes it. Where the rules go round in a circle, the circle is cut at columns that
//! can be NULL for a while. The idea is that of topological sorting in SQLAlchemy's unit of work, for rows instead of
//! tables, and with unique values.

mod cuts;
mod graph;
mod joined;
mod operation;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod stars;
mod step;
mod turns;

pub(super) use operation::{Claim, Columns, Kind, Operation, Role, Work};
pub(super) use step::{Circle, Part, Schedule, Step};

use graph::Scheduler;
use step::Turn;

/// The steps that write some rows. With `by_row` the database checks the keys of a statement's rows one by one, and
/// otherwise when the statement ends.
///
/// # Errors
/// New rows need each other's generated keys.
pub(super) fn schedule(work: &Work, by_row: bool) -> Result<Schedule, Circle> {
    if work.claims.is_empty() {
        return Ok(Schedule { steps: unrelated(&work.operations), conflicts: Vec::new() });
    }
    let attempt = |by_row: bool, cheapest: bool| {
        let mut scheduler = Scheduler::new(work, by_row, cheapest);
        if !by_row {
            scheduler.join_circles();
        }
        scheduler.cut_circles()?;
        Ok(Schedule { steps: scheduler.steps(), conflicts: scheduler.conflicts })
    };
    let first = attempt(by_row, true);
    if first.as_ref().is_ok_and(|schedule| schedule.conflicts.is_empty()) {
        return first;
    }
    // Rows that one statement writes may stand in the way of a cut, and so may an earlier cut.
    let others = [attempt(true, true), attempt(true, false)];
    let better = others.into_iter().flatten().find(|schedule| schedule.conflicts.is_empty());
    better.map_or(first, Ok)
}

/// The steps of rows that have nothing to do with each other, as in most flushes.
fn unrelated(operations: &[Operation]) -> Vec<Step> {
    let mut steps: Vec<(Turn, Step)> = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        // Rows of one table mostly follow each other.
        let of_last = steps.iter_mut().rev().find(|(turn, _)| turn.is_of(operation));
        match of_last {
            Some((_, step)) => step.operations.push(at),
            None => {
                let step = Step { part: Part::Whole, kind: operation.kind, operations: vec![at] };
                steps.push((Turn::new(operation, Part::Whole), step));
            }
        }
    }
    steps.sort_by(|(one, _), (other, _)| one.cmp(other));
    steps.into_iter().map(|(_, step)| step).collect()
}
