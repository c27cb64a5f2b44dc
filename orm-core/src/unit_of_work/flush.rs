//! Executes the plan of a flush.

use std::time::SystemTime;

use hashbrown::{HashMap, HashSet};

use super::flush_plan::FlushPlan;
use super::late::Cut;
use super::pending_entry::PendingEntry;
use super::row_plan::RowPlan;
use super::schedule::{Kind, Part, Step};
use super::switch::Switched;
use super::unit_of_work::{UnitOfWork, by_arena, cell_id};
use super::work::{Row, Rows};
use crate::driver::Lease;
use crate::error::Result;
use crate::graph::ObjectId;
use crate::identity::Store;
use crate::model::Context;
use crate::observe::Monitor;
use crate::sql::{Criteria, Dialect, TableName};

/// Writes a unit of work, in the steps that [`schedule`] orders: rows of the tables from parents to children, then link
/// rows, then deletions.
pub(crate) struct Flush<'s> {
    pub(super) store: &'s mut Store,
    pub(super) unit: &'s mut UnitOfWork,
    pub(super) lease: &'s mut Lease,
    pub(super) monitor: &'s Monitor,
    pub(super) dialect: Dialect,
    /// Objects whose rows the database deletes with those of their parents.
    pub(super) passively_deleted: Vec<ObjectId>,
    /// Objects whose rows are marked as deleted.
    pub(super) marked: Vec<ObjectId>,
    /// Objects to be purged that may have been followed as those whose rows stay.
    pub(super) again: Vec<ObjectId>,
    /// Objects whose rows become those of drafts with their keys.
    pub(super) switched: Switched,
    /// Columns of rows that are written in parts.
    pub(super) cut: HashMap<Row, Cut>,
    /// Deleted objects whose link rows are gone.
    unlinked: HashSet<ObjectId>,
    /// What was executed, where it is recorded.
    pub(super) executed: Option<FlushPlan>,
    /// Which rows the session sees. What is written is checked against the rows that there are.
    pub(super) criteria: &'s Criteria,
    /// How much was executed before the present step of the schedule.
    pub(super) executed_before: usize,
    /// When it happens, for columns that hold the time of a change.
    pub(super) now: SystemTime,
    /// What the session tells hooks and columns.
    pub(super) context: &'s Context,
    /// The relationships whose targets a statement looked for.
    pub(super) asked: HashSet<String>,
}

/// When rows are written, and by whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Authorship<'s> {
    pub(crate) now: SystemTime,
    pub(crate) context: &'s Context,
}

impl<'s> Flush<'s> {
    pub(crate) fn new(
        store: &'s mut Store,
        unit: &'s mut UnitOfWork,
        lease: &'s mut Lease,
        monitor: &'s Monitor,
        dialect: Dialect,
        criteria: &'s Criteria,
        Authorship { now, context }: Authorship<'s>,
    ) -> Flush<'s> {
        Flush {
            store,
            unit,
            lease,
            monitor,
            dialect,
            passively_deleted: Vec::new(),
            marked: Vec::new(),
            again: Vec::new(),
            switched: Switched::default(),
            cut: HashMap::new(),
            unlinked: HashSet::new(),
            executed: None,
            criteria,
            executed_before: 0,
            now,
            context,
            asked: HashSet::new(),
        }
    }
}

impl Flush<'_> {
    /// Writes everything.
    ///
    /// # Errors
    /// A required column has no value, or the database refuses a row; the transaction must be rolled back then.
    pub(crate) async fn run(&mut self) -> Result<()> {
        self.unit.relink_expunged(self.store);
        self.verify_expired_edits().await?;
        self.displace().await?;
        self.follow_deletes().await?;
        self.switch_rows();
        self.hooks_of_deleted()?;
        let plan = RowPlan::of(self.unit, self.store, &self.switched, self.dialect)?;
        self.note_cuts(&plan.rows, &plan.steps);
        let before = self.before_rows(&plan);
        self.links_before_rows(&plan).await?;
        let made = self.write_rows(&plan).await?;
        let new = match &before {
            Some(_) => made.iter().map(|(entry, node)| (cell_id(&entry.cell), *node)).collect(),
            None => HashMap::new(),
        };
        self.hold_new(made);
        self.unlinked_rows().await?;
        self.link_rows().await?;
        self.links_of_deleted(&plan).await?;
        self.delete_rows_last(&plan).await?;
        if let Some(before) = before {
            self.written_rows(&plan, before, &new);
        }
        self.settle();
        Ok(())
    }

    /// As [`run`](Self::run); returns what was executed.
    pub(crate) async fn run_and_tell(&mut self) -> Result<FlushPlan> {
        self.executed = Some(FlushPlan::default());
        self.run().await?;
        Ok(self.executed.take().unwrap_or_default())
    }

    /// Asks the models whether their objects may be deleted, before anything is written.
    fn hooks_of_deleted(&self) -> Result<()> {
        let deleted = self.unit.deleted.iter();
        deleted.into_iter().try_for_each(|node| {
            let model = self.store.model(node.arena);
            model.before_delete(self.store.graph(), node.arena, node.node, self.context)
        })
    }

    /// The link rows of rows that become others go first, and those of rows that are deleted early, for the sake of rows
    /// that take their unique values.
    async fn links_before_rows(&mut self, plan: &RowPlan) -> Result<()> {
        self.links_of_switched().await?;
        if plan.before_links().iter().any(|step| step.kind == Kind::Delete) {
            let deleted: HashSet<ObjectId> = self.unit.deleted.iter().copied().collect();
            self.unit.links_end(&deleted);
            self.unlinked_rows().await?;
            self.links_of_deleted(plan).await?;
        }
        Ok(())
    }

    /// Writes the rows but for the deletions at the end; returns the new objects.
    async fn write_rows(&mut self, plan: &RowPlan) -> Result<Vec<(PendingEntry, ObjectId)>> {
        let mut made = Vec::with_capacity(self.unit.pending.len());
        for at in 0..plan.deletions {
            made.extend(self.step(plan, at).await?);
        }
        Ok(made)
    }

    async fn delete_rows_last(&mut self, plan: &RowPlan) -> Result<()> {
        for at in plan.deletions..plan.steps.len() {
            self.step(plan, at).await?;
        }
        Ok(())
    }

    /// What was to be written is written.
    fn settle(&mut self) {
        for (arena, nodes) in by_arena(std::mem::take(&mut self.passively_deleted)) {
            self.rows_gone(arena, &nodes);
        }
        self.unit.deleted.clear();
        self.unit.purged.clear();
        for (arena, nodes) in by_arena(std::mem::take(&mut self.marked)) {
            self.leave(arena, &nodes);
        }
        self.unit.dirty.clear();
        self.unit.expunged_ends.clear();
    }

    /// The link rows of all objects that are still to be deleted are deleted before the first of these: a link may be
    /// declared on only one side. Rows of a link table that are also objects are deleted first.
    async fn links_of_deleted(&mut self, plan: &RowPlan) -> Result<()> {
        let deleted: Vec<ObjectId> =
            self.unit.deleted.iter().copied().filter(|node| self.unlinked.insert(*node)).collect();
        for (arena, nodes) in by_arena(deleted) {
            self.delete_links(arena, &nodes, |table| !plan.deletes_from(table)).await?;
            self.leave_collections(arena, &nodes);
        }
        Ok(())
    }

    /// The link rows that are left of a table whose objects are deleted now.
    async fn links_beside_objects(&mut self, table: TableName) -> Result<()> {
        let deleted: Vec<ObjectId> =
            self.unit.deleted.iter().copied().filter(|node| self.unlinked.contains(node)).collect();
        for (arena, nodes) in by_arena(deleted) {
            self.delete_links(arena, &nodes, |other| other == table).await?;
        }
        Ok(())
    }

    /// Writes the rows of a step; returns the new objects.
    async fn step(&mut self, plan: &RowPlan, at: usize) -> Result<Vec<(PendingEntry, ObjectId)>> {
        let step = &plan.steps[at];
        self.executed_before = self.executed.as_ref().map_or(0, |executed| executed.steps().len());
        let made = self.write(&plan.rows, step).await;
        let made = made.map_err(|error| self.in_each_others_way(error, plan, step))?;
        for table in plan.last_deletions(at) {
            self.links_beside_objects(table).await?;
        }
        Ok(made)
    }

    async fn write(&mut self, rows: &Rows, step: &Step) -> Result<Vec<(PendingEntry, ObjectId)>> {
        let rows = step.operations.iter().map(|operation| rows.rows[*operation]);
        let mut made = Vec::new();
        match (&step.part, step.kind) {
            (Part::Whole, Kind::Insert) => {
                let cells = rows.filter_map(|row| if let Row::New(cell) = row { Some(cell) } else { None });
                let batch = cells.filter_map(|cell| self.unit.pending.remove(cell)).collect();
                made = self.insert_whole(batch).await?;
            }
            (Part::Whole, Kind::Update) => {
                let rows: Vec<Row> = rows.collect();
                for row in &rows {
                    match row {
                        Row::Changed(node) if !self.unit.waiting_keys.is_empty() => {
                            self.keys_that_waited(*node)?
                        }
                        Row::Changed(_) => {}
                        Row::Switched(node) => made.extend(self.fill_switched(*node)?),
                        Row::New(_) | Row::Deleted(_) => {}
                    }
                }
                self.updates(rows.iter().filter_map(|row| self.node_of(*row)).collect()).await?;
                self.defaults_of_switched().await?;
            }
            (Part::Whole, Kind::Delete) => {
                for (arena, nodes) in by_arena(rows.filter_map(|row| self.node_of(row))) {
                    self.deletes(arena, &nodes).await?;
                }
            }
            (Part::Clear(columns), _) => {
                for (arena, nodes) in by_arena(rows.filter_map(|row| self.node_of(row))) {
                    self.clear_keys(arena, &nodes, columns).await?;
                }
            }
            (Part::Late(columns), _) => {
                let rows: Vec<Row> = rows.collect();
                rows.iter().try_for_each(|row| self.late_values(*row, columns))?;
                let nodes: Vec<ObjectId> = rows.iter().filter_map(|row| self.node_of(*row)).collect();
                self.update_late(nodes, columns).await?;
            }
        }
        Ok(made)
    }

    pub(super) fn node_of(&self, row: Row) -> Option<ObjectId> {
        match row {
            Row::Changed(node) | Row::Switched(node) | Row::Deleted(node) => Some(node),
            Row::New(_) => self.cut.get(&row).and_then(|cut| cut.node),
        }
    }
}
