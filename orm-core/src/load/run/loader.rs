//! Runs a plan on a connection, into the graph of a session.

use std::collections::VecDeque;
use std::panic::Location;
use std::sync::Arc;

use super::fill::fill;
use super::first_rows::{FirstRows, RowSink};
use super::levels::Levels;
use super::rows::Rows;
use super::wanted::Wanted;
use crate::driver::Lease;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Answer, ObjectId, Region, Targets};
use crate::identity::Store;
use crate::load::plan::LoadPlan;
use crate::model::{Hydrate, RelationKind};
use crate::observe::Monitor;
use crate::query::{RowsFrom, SelectSpec, hides};
use crate::sql::{Criteria, Dialect};
use crate::value::{Cells, Value};

/// Runs queries on a session's connection, into its graph.
pub(crate) struct Loader<'s> {
    pub(super) store: &'s mut Store,
    pub(super) lease: &'s mut Lease,
    pub(super) monitor: &'s Monitor,
    pub(super) dialect: Dialect,
    /// What rows do to existing objects.
    pub(super) existing: Hydrate,
    /// Where the query is in the program.
    pub(super) caller: &'static Location<'static>,
    /// Which rows the session sees.
    pub(super) criteria: &'s Criteria,
}

impl<'s> Loader<'s> {
    pub(crate) fn new(
        store: &'s mut Store,
        lease: &'s mut Lease,
        monitor: &'s Monitor,
        dialect: Dialect,
        populate_existing: bool,
        criteria: &'s Criteria,
        caller: &'static Location<'static>,
    ) -> Loader<'s> {
        let existing = if populate_existing { Hydrate::Overwrite } else { Hydrate::Keep };
        Loader { store, lease, monitor, dialect, existing, caller, criteria }
    }

    /// Runs a query for entities. The answer's first level holds them, in order.
    ///
    /// # Errors
    /// The query is wrong, the database refuses it, or a row does not fit. The session keeps nothing from a query that
    /// failed.
    pub(crate) async fn select(&mut self, mut spec: SelectSpec) -> Result<Arc<Region>> {
        spec.core.under.set(self.criteria);
        let plan = LoadPlan::of_select(spec, self.dialect)?;
        self.run(&plan, &mut |_| Ok(())).await
    }

    /// Runs a query for rows of values and entities. The answer has the levels of the entities, and the sink has seen
    /// where in them each row's are.
    ///
    /// # Errors
    /// As for [`select`](Self::select).
    pub(crate) async fn rows(&mut self, query: &RowsFrom, sink: &mut RowSink<'_>) -> Result<Arc<Region>> {
        let plan = LoadPlan::of_rows(query, self.dialect)?;
        self.run(&plan, sink).await
    }

    async fn run(&mut self, plan: &LoadPlan, sink: &mut RowSink<'_>) -> Result<Arc<Region>> {
        let known = self.store.mark();
        let done = self.run_plan(plan, sink).await;
        self.kept(&known, done)
    }

    async fn run_plan(&mut self, plan: &LoadPlan, sink: &mut RowSink<'_>) -> Result<Arc<Region>> {
        let mut levels = Levels::default();
        let mut rows = Rows { store: self.store, levels: &mut levels, existing: self.existing };
        let mut first = FirstRows::begin(plan, &mut rows)?;
        if let Some(mut take) = first.entities(plan) {
            let mut take = |cells: &dyn Cells| take(&mut rows, cells);
            self.lease.fetch(self.monitor, &plan.statement, &mut take).await?;
        } else {
            let mut take = |cells: &dyn Cells| first.take(plan, &mut rows, cells, sink);
            self.lease.fetch(self.monitor, &plan.statement, &mut take).await?;
        }
        let wanted = first.finish(plan, &mut levels)?;
        self.complete(wanted, &mut levels).await?;
        self.answer(levels)
    }

    /// The session keeps nothing from a load that failed.
    pub(super) fn kept<T>(&mut self, known: &[u32], done: Result<T>) -> Result<T> {
        if done.is_err() {
            self.store.forget_since(known);
        }
        done
    }

    /// Runs what levels wait for, and checks what was found. Breadth first: a queue, so that no chain of levels is too deep
    /// for the stack.
    pub(super) async fn complete(&mut self, wanted: Vec<Wanted>, levels: &mut Levels) -> Result<()> {
        let mut queue: VecDeque<Wanted> = wanted.into();
        while let Some(next) = queue.pop_front() {
            let below = self.further(next, levels).await?;
            queue.extend(below);
        }
        self.check(levels)
    }

    /// The answer of complete levels, which objects hold from now on.
    pub(super) fn answer(&mut self, mut levels: Levels) -> Result<Arc<Region>> {
        fill(self.store, &levels, self.existing == Hydrate::Overwrite);
        let (graph, rows) = (Arc::clone(self.store.region()), levels.rows.take());
        Ok(Arc::new(Region::Answer(Answer::new(graph, levels.finish(), rows, self.caller))))
    }

    /// A required to-one has its row in every level, or the answer would promise what is not there.
    fn check(&self, levels: &Levels) -> Result<()> {
        for level in &levels.levels {
            for edge in &level.edges {
                let required = edge.relation.kind == RelationKind::ManyToOne { required: true };
                let Targets::One { items } = &edge.targets else { continue };
                if let (true, Some(at)) = (required, items.iter().position(Option::is_none)) {
                    let may_be_hidden = hides(self.criteria, edge.relation);
                    if !edge.whole && !may_be_hidden {
                        return Err(dropped(edge.relation));
                    }
                    let columns = edge.relation.local_columns();
                    let key =
                        self.store.values(ObjectId { arena: level.arena, node: level.nodes[at] }, columns);
                    return Err(dangling(edge.relation, &key, may_be_hidden));
                }
            }
        }
        Ok(())
    }
}

fn dangling(relation: &crate::model::RelationDef, key: &[Value], may_be_hidden: bool) -> Error {
    let local = relation.local_columns();
    if may_be_hidden {
        let (path, target) = (relation.path(), relation.target().name);
        return Error::new(
            ErrorKind::DanglingKey,
            format!(
                "`{path}` is required, and the session's criteria hide the `{target}` with the key {}, unless no row has it; \
                 hide the `{}` with it, load it by `.joined().inner()`, which leaves out those without one, or write \
                 {}",
                relation.parent().shown(local, key),
                relation.parent().name,
                match relation.target().table.marks_deleted() {
                    true => "`.with_deleted()` or `.without_criteria()`",
                    false => "`.without_criteria()`",
                }
            ),
        );
    }
    Error::new(
        ErrorKind::DanglingKey,
        format!(
            "`{}` is required, and no row of `{}` has the key {}; repair the row, or make the relationship a \
             `BelongsTo<Option<{}>>`",
            relation.path(),
            relation.target().name,
            relation.parent().shown(local, key),
            relation.target().name
        ),
    )
}

/// A to-one is not a whole relationship only if an inner join below it drops its row.
fn dropped(relation: &crate::model::RelationDef) -> Error {
    let path = relation.path();
    Error::new(
        ErrorKind::InvalidQuery,
        format!(
            "an inner join below `{path}` drops a row that `{path}` requires; make `{path}` `.joined().inner()` too, or \
             the join below it an outer one"
        ),
    )
}
