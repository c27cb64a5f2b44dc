use std::mem;
use std::panic::Location;

use super::batches::{Batches, Finish};
use super::levels::Levels;
use super::loader::Loader;
use super::plan;
use super::raw_rows::{raw_root, raw_statement};
use super::row_branches::RowBranches;
use super::rows::Rows;
use super::select_rows::{of_row, rows_root, rows_statement};
use crate::driver::Lease;
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Store;
use crate::model::Hydrate;
use crate::observe::Monitor;
use crate::query::{Reader, RowView, RowsFrom};
use crate::sql::{Dialect, Shown, Statement, check};
use crate::value::Cells;

/// Rows of values and entities. The entities of each batch have a graph of their own, which goes with the last handle to
/// one of them.
pub(crate) struct RowBatches<R: Reader> {
    query: RowsFrom,
    asks_more: bool,
    reader: R,
    dialect: Dialect,
    caller: &'static Location<'static>,
    batch: Option<Batch<R::Held>>,
}

/// One batch while its rows come.
struct Batch<H> {
    store: Store,
    levels: Levels,
    branches: RowBranches,
    held: Vec<H>,
}

impl<R: Reader> RowBatches<R> {
    /// # Errors
    /// `InvalidQuery`: the query cannot be run, or not a batch at a time.
    pub(crate) fn new(
        query: RowsFrom,
        reader: R,
        dialect: Dialect,
        caller: &'static Location<'static>,
    ) -> Result<RowBatches<R>> {
        let asks_more = asks_more(&query, dialect)?;
        if asks_more && matches!(dialect, Dialect::Mysql(_)) {
            return refuse(
                "on MySQL and MariaDB a stream of rows takes its connection until the last one, so that nothing can be \
                 loaded for their entities in between; stream the entities by `select::<Model>()`, which is read in \
                 pages, load a to-one with `.joined()`, or load nothing (`.raise_all()` leaves out what models load by \
                 default)",
            );
        }
        Ok(RowBatches { query, asks_more, reader, dialect, caller, batch: None })
    }

    fn branches(&self, store: &mut Store, levels: &mut Levels) -> Result<RowBranches> {
        match &self.query {
            RowsFrom::Select(spec) => {
                let (select, branches) = rows_root(store, levels, spec, self.dialect)?;
                Ok(RowBranches::listed(branches, Shown::of_rows(&select)))
            }
            RowsFrom::Raw(spec) => raw_root(store, levels, spec, self.dialect),
        }
    }
}

impl<R: Reader> Batches<R::Row> for RowBatches<R> {
    fn statement(&mut self) -> Result<Statement> {
        match &self.query {
            RowsFrom::Select(spec) => {
                let (mut store, mut levels) = (Store::new(), Levels::default());
                let (select, _) = rows_root(&mut store, &mut levels, spec, self.dialect)?;
                check(&select, self.dialect)?;
                Ok(rows_statement(self.dialect, spec, &select))
            }
            RowsFrom::Raw(spec) => raw_statement(self.dialect, spec),
        }
    }

    fn in_pages(&self) -> bool {
        false
    }

    fn asks_more(&self) -> bool {
        self.asks_more
    }

    fn page(&mut self, _rows: usize) -> Result<Option<Statement>> {
        refuse(
            "rows cannot be streamed over this connection, which cannot read a statement a part at a time; read them with \
             `session.rows(..)`, a limited number at once",
        )
    }

    fn begin(&mut self) -> Result<()> {
        let (mut store, mut levels) = (Store::new(), Levels::default());
        let branches = self.branches(&mut store, &mut levels)?;
        self.batch = Some(Batch { store, levels, branches, held: Vec::new() });
        Ok(())
    }

    fn row(&mut self, cells: &dyn Cells) -> Result<()> {
        let Some(Batch { store, levels, branches, held }) = &mut self.batch else { return Ok(()) };
        let reader = &self.reader;
        let mut sink = |row: &RowView<'_>| -> Result<()> {
            held.push(reader.read(row)?);
            Ok(())
        };
        let mut rows = Rows { store, levels, existing: Hydrate::Keep };
        let taken = branches.take(&mut rows, cells, &mut sink);
        taken.map_err(|error| match &self.query {
            RowsFrom::Select(spec) => of_row(spec, error),
            RowsFrom::Raw(_) => error,
        })
    }

    fn finish<'f>(&'f mut self, lease: &'f mut Lease, monitor: &'f Monitor) -> Finish<'f, R::Row> {
        Box::pin(async move {
            let Some(Batch { mut store, mut levels, branches, held }) = mem::take(&mut self.batch) else {
                return Ok(Vec::new());
            };
            let mut loader = Loader::new(&mut store, lease, monitor, self.dialect, false, self.caller);
            let waiting = branches.finish(&mut levels)?;
            loader.load_wanted(waiting, &mut levels).await?;
            let answer = loader.answer(levels)?;
            Ok(held.into_iter().map(|row| self.reader.finish(row, &answer)).collect())
        })
    }
}

/// Whether the rows of a batch need further statements.
///
/// # Errors
/// `InvalidQuery`: the query locks rows, or loads what needs all of them.
fn asks_more(query: &RowsFrom, dialect: Dialect) -> Result<bool> {
    let mut more = false;
    match query {
        RowsFrom::Select(spec) if spec.lock.is_some() => {
            return refuse(
                "a stream locks no rows; lock them with `session.rows(..)`, a limited number at once",
            );
        }
        RowsFrom::Select(spec) => {
            for item in &spec.list.entities {
                more |= plan::of_row_batches(&plan::of_entity(item, spec, dialect)?)?;
            }
        }
        RowsFrom::Raw(spec) => {
            if let Some(item) = &spec.entity {
                more = plan::of_row_batches(&plan::of_raw(item, dialect)?)?;
            }
        }
    }
    Ok(more)
}

fn refuse<T>(why: &str) -> Result<T> {
    Err(Error::new(ErrorKind::InvalidQuery, why))
}
