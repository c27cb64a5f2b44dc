use std::sync::Arc;

use super::levels::Levels;
use super::loader::{Loader, wanted};
use super::plan;
use super::rows::Rows;
use super::select_rows::RowSink;
use super::tree::Branch;
use crate::entity::Place;
use crate::error::Result;
use crate::graph::Region;
use crate::model::{ColumnDef, ModelDef, Selection};
use crate::query::{RawSpec, RowView, places};
use crate::sql::{Source, raw};
use crate::value::{Cells, ValueError, ValueRef};

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
        let statement = raw(self.dialect, &spec.text, &spec.binds)?.for_path("sql", "raw");
        let mut branch = None;
        if let Some(item) = spec.entity {
            let loads = plan::of_raw(&item, self.dialect)?;
            let def = item.model.def();
            let arena = self.store.arena_of(item.model);
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
            branch = Some((
                Branch {
                    level,
                    arena,
                    source,
                    selection: Selection::new(item.model, &every),
                    locked: false,
                    offset: 0,
                    joined: Vec::new(),
                    later,
                },
                def,
            ));
        }
        let mut columns: Option<Vec<Option<usize>>> = None;
        let mut rows = Rows { store: self.store, levels, existing: self.existing };
        let mut take = |cells: &dyn Cells| -> Result<()> {
            let mut entity: [Option<Place>; 1] = [None];
            if let Some((branch, def)) = &mut branch {
                let found = match &columns {
                    Some(columns) => columns,
                    None => columns.insert(columns_of(cells, def)?),
                };
                let position = rows.own(branch, &Named { cells, places: found })?;
                entity[0] = Some(rows.place(branch, position));
            }
            sink(&RowView { cells, entities: &entity })
        };
        self.lease.fetch(self.monitor, &statement, &mut take).await?;
        let Some((mut branch, _)) = branch else { return Ok(()) };
        let waiting = wanted(&mut branch);
        branch.finish(levels)?;
        self.load_wanted(waiting, levels).await
    }
}

/// Where the columns of a model are. A deferred one may be left out.
fn columns_of(cells: &dyn Cells, def: &'static ModelDef) -> Result<Vec<Option<usize>>> {
    let given = |name: &str| (0..).map_while(|at| cells.name(at)).any(|given| given == name);
    let wanted = |column: &&ColumnDef| !column.deferred || given(column.name);
    let names: Vec<&str> = def.columns.iter().filter(wanted).map(|column| column.name).collect();
    let mut found = places(cells, &names, def.name)?.into_iter();
    let place = |column| if wanted(&column) { found.next() } else { None };
    Ok(def.columns.iter().map(place).collect())
}

/// The cells of a model in a row whose columns have an order of their own.
struct Named<'r> {
    cells: &'r dyn Cells,
    places: &'r [Option<usize>],
}

impl Cells for Named<'_> {
    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError> {
        match self.places.get(index) {
            None => Err(ValueError::MissingCell { index }),
            Some(None) => Ok(ValueRef::NotLoaded),
            Some(Some(place)) => self.cells.cell(*place),
        }
    }
}
