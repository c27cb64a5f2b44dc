use std::sync::Arc;

use super::levels::Levels;
use super::loader::Loader;
use super::plan;
use super::row_branches::{RowBranches, RowSink};
use super::rows::Rows;
use super::tree::{Branch, Tree};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::Region;
use crate::identity::Store;
use crate::query::{LoadSpec, RowsSpec};
use crate::sql::{Dialect, Expected, Select, Statement, Writer, check};
use crate::value::Cells;

impl Loader<'_> {
    /// Runs a query for rows of values and entities. The answer has the levels of the entities, and the sink has seen
    /// where in them each row's are.
    ///
    /// # Errors
    /// As for [`select`](Self::select).
    pub(crate) async fn rows(&mut self, spec: &RowsSpec, sink: &mut RowSink<'_>) -> Result<Arc<Region>> {
        let known = self.store.mark();
        let mut levels = Levels::default();
        let done = self.run_rows(spec, &mut levels, sink).await;
        match done.and_then(|()| self.answer(levels)) {
            Ok(answer) => Ok(answer),
            Err(error) => {
                self.store.forget_since(&known);
                Err(error)
            }
        }
    }

    async fn run_rows(&mut self, spec: &RowsSpec, levels: &mut Levels, sink: &mut RowSink<'_>) -> Result<()> {
        let (select, mut branches) = rows_root(self.store, levels, spec, self.dialect)?;
        let locked = select.lock.as_ref().and_then(|lock| lock.of.as_ref());
        branches.iter_mut().for_each(|branch| branch.locked = locked == Some(&branch.source));
        check(&select, self.dialect)?;
        let statement = rows_statement(self.dialect, spec, &select);
        let mut branches = RowBranches::listed(branches, statement.shown.clone());
        let mut rows = Rows { store: self.store, levels, existing: self.existing };
        let mut take = |cells: &dyn Cells| -> Result<()> {
            branches.take(&mut rows, cells, sink).map_err(|error| of_row(spec, error))
        };
        self.lease.fetch(self.monitor, &statement, &mut take).await?;
        let waiting = branches.finish(levels)?;
        self.load_wanted(waiting, levels).await
    }
}

/// The statement of a query's rows, and where in them its entities are.
pub(super) fn rows_root(
    store: &mut Store,
    levels: &mut Levels,
    spec: &RowsSpec,
    dialect: Dialect,
) -> Result<(Select, Vec<Branch>)> {
    let select = spec.values()?;
    let mut loads: Vec<Vec<LoadSpec>> = Vec::with_capacity(spec.list.entities.len());
    for item in &spec.list.entities {
        loads.push(plan::of_entity(item, spec, dialect)?);
    }
    let mut tree = Tree {
        store,
        levels,
        select,
        order: Vec::new(),
        ties: Vec::new(),
        collections: 0,
        own_columns: usize::MAX,
        distinct: false,
    };
    let (mut joins, mut inner) = (Vec::new(), Vec::new());
    let mut branches = Vec::with_capacity(loads.len());
    for (item, loads) in spec.list.entities.iter().zip(loads) {
        let path = item.model.def().name.into();
        branches.push(tree.branch(item.selection(), &item.source, loads, &path, &mut joins, &mut inner)?);
    }
    let Tree { mut select, .. } = tree;
    select.joins.append(&mut inner);
    select.joins.append(&mut joins);
    Ok((select, branches))
}

pub(super) fn rows_statement(dialect: Dialect, spec: &RowsSpec, select: &Select) -> Statement {
    let mut statement = Writer::select(dialect, select).for_path(rows_path(spec), "select");
    statement.expected = Expected::limited(spec.limit);
    statement
}

/// What a query for rows is of, in logs.
pub(super) fn rows_path(spec: &RowsSpec) -> &'static str {
    spec.list.entities.first().map_or("rows", |item| item.model.def().name)
}

/// A value that does not fit, by the name of what was selected.
pub(super) fn of_row(spec: &RowsSpec, error: Error) -> Error {
    match error.kind() {
        ErrorKind::InvalidValue if spec.list.entities.is_empty() && spec.list.values.len() == 1 => {
            let name = spec.list.values[0].name.unwrap_or("the selected value");
            error.prefixed(&format!("`{name}`: "))
        }
        _ => error,
    }
}
