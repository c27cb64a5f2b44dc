use std::sync::Arc;

use super::levels::Levels;
use super::loader::Loader;
use super::plan;
use super::row_branches::{RowBranches, RowSink};
use super::rows::Rows;
use super::tree::Branch;
use crate::error::Result;
use crate::graph::Region;
use crate::identity::Store;
use crate::model::Selection;
use crate::query::RawSpec;
use crate::sql::{Dialect, Source, Statement, raw};
use crate::value::Cells;

impl Loader<'_> {
    /// Runs SQL of a user's. An entity's columns are found by their names.
    ///
    /// # Errors
    /// As for [`select`](Self::select), and `InvalidQuery` where a column is not there.
    pub(crate) async fn raw(&mut self, spec: RawSpec, sink: &mut RowSink<'_>) -> Result<Arc<Region>> {
        let known = self.store.mark();
        let mut levels = Levels::default();
        let done = self.run_raw(spec, &mut levels, sink).await;
        match done.and_then(|()| self.answer(levels)) {
            Ok(answer) => Ok(answer),
            Err(error) => {
                self.store.forget_since(&known);
                Err(error)
            }
        }
    }

    async fn run_raw(&mut self, spec: RawSpec, levels: &mut Levels, sink: &mut RowSink<'_>) -> Result<()> {
        let statement = raw_statement(self.dialect, &spec)?;
        let mut branches = raw_root(self.store, levels, &spec, self.dialect)?;
        let mut rows = Rows { store: self.store, levels, existing: self.existing };
        let mut take = |cells: &dyn Cells| -> Result<()> { branches.take(&mut rows, cells, sink) };
        self.lease.fetch(self.monitor, &statement, &mut take).await?;
        let waiting = branches.finish(levels)?;
        self.load_wanted(waiting, levels).await
    }
}

/// SQL of a user's, as the database takes it.
pub(super) fn raw_statement(dialect: Dialect, spec: &RawSpec) -> Result<Statement> {
    Ok(raw(dialect, &spec.text, &spec.binds)?.for_path("sql", "raw"))
}

/// The entity in the rows of SQL of a user's, if they have one.
pub(super) fn raw_root(
    store: &mut Store,
    levels: &mut Levels,
    spec: &RawSpec,
    dialect: Dialect,
) -> Result<RowBranches> {
    let Some(item) = &spec.entity else { return Ok(RowBranches::of_width(spec.width)) };
    let loads = plan::of_raw(item, dialect)?;
    let def = item.model.def();
    let arena = store.arena_of(item.model)?;
    let below = |relation: &'static str| -> Arc<str> { format!("{}.{relation}", def.name).into() };
    let later = loads
        .into_iter()
        .map(|load| {
            let path = below(load.relation.name);
            (load, path)
        })
        .collect();
    let level = levels.add(arena);
    let source = Source::Table(def.table);
    let every: Vec<usize> = def.deferred().collect();
    let selection = Selection::new(item.model, &every);
    let branch = Branch { later, ..Branch::new((level, arena), source, selection, 0) };
    Ok(RowBranches::named(branch, def))
}
