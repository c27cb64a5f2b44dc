//! The rows that a flush writes, in steps.

use super::conflict::needs_itself;
use super::schedule::{Kind, Schedule, Step, schedule};
use super::switch::Switched;
use super::unit_of_work::UnitOfWork;
use super::work::Rows;
use crate::error::Result;
use crate::identity::Store;
use crate::sql::{Dialect, TableName};

/// The rows that a flush writes, in steps: what [`Flush`](super::Flush) executes and [`FlushPlan`](super::FlushPlan) shows.
#[derive(Debug)]
pub(super) struct RowPlan {
    pub(super) rows: Rows,
    pub(super) steps: Vec<Step>,
    /// Where the deletions at the end begin. Link rows are written before them.
    pub(super) deletions: usize,
    /// Pairs of operations, each of which should come before the other.
    pub(super) conflicts: Vec<(usize, usize)>,
}

impl RowPlan {
    /// # Errors
    /// New rows need each other's generated keys.
    pub(super) fn of(
        unit: &UnitOfWork,
        store: &Store,
        switched: &Switched,
        dialect: Dialect,
    ) -> Result<RowPlan> {
        let rows = Rows::of(unit, store, switched);
        let Schedule { steps, conflicts } = schedule(&rows.work, dialect.checks_keys_by_row())
            .map_err(|circle| needs_itself(&rows, &circle))?;
        let deletions = steps.iter().rposition(|step| step.kind != Kind::Delete).map_or(0, |last| last + 1);
        Ok(RowPlan { rows, steps, deletions, conflicts })
    }

    /// The steps before link rows are written.
    pub(super) fn before_links(&self) -> &[Step] {
        &self.steps[..self.deletions]
    }

    /// Whether objects of a table are deleted.
    pub(super) fn deletes_from(&self, table: TableName) -> bool {
        self.steps.iter().any(|step| self.deleted_from(step).any(|other| other == table))
    }

    /// The tables whose last objects a step deletes.
    pub(super) fn last_deletions(&self, at: usize) -> Vec<TableName> {
        let is_last = |table: &TableName| {
            !self.steps[at + 1..].iter().any(|step| self.deleted_from(step).any(|other| other == *table))
        };
        self.deleted_from(&self.steps[at]).filter(is_last).collect()
    }

    /// The tables of the objects that a step deletes: rows of one step are of one rank, and mostly of one table.
    fn deleted_from(&self, step: &Step) -> impl Iterator<Item = TableName> {
        let first = (step.kind == Kind::Delete).then_some(step.operations.first()).flatten();
        first.into_iter().map(|operation| self.rows.model(*operation).def().table)
    }
}
