//! Streams of rows of values and entities.

use std::panic::Location;

use super::batches::{Batch, Batches, Finish};
use crate::driver::Lease;
use crate::error::{Error, ErrorKind, Result};
use crate::load::plan::LoadPlan;
use crate::observe::Monitor;
use crate::query::{Reader, RowView, RowsFrom};
use crate::sql::{Criteria, Dialect, Statement};
use crate::value::Cells;

/// Rows of values and entities. The entities of each batch have a graph of their own, which is freed with the last handle
/// to one of them.
pub(crate) struct RowBatches<R: Reader> {
    plan: LoadPlan,
    reader: R,
    dialect: Dialect,
    criteria: Criteria,
    caller: &'static Location<'static>,
    batch: Option<Batch>,
    held: Vec<R::Held>,
}

impl<R: Reader> RowBatches<R> {
    /// # Errors
    /// `InvalidQuery`: the query cannot be run, or not a batch at a time.
    pub(crate) fn new(
        query: &RowsFrom,
        reader: R,
        dialect: Dialect,
        caller: &'static Location<'static>,
    ) -> Result<RowBatches<R>> {
        if let RowsFrom::Select(spec) = query
            && spec.core.lock.is_some()
        {
            return refuse(
                "a stream cannot lock rows; lock them with `session.rows(..)`, a limited number at a time",
            );
        }
        let plan = LoadPlan::of_row_stream(query, dialect)?;
        if plan.asks_more() && !dialect.reads_beside_others() {
            return refuse(
                "on MySQL and MariaDB a stream of rows takes its connection until the last one, so that nothing can be \
                 loaded for their entities in between; stream the entities by `select::<Model>()`, which is read in \
                 pages, load a to-one with `.joined()`, or load nothing (`.raise_all()` leaves out what models load by \
                 default)",
            );
        }
        let criteria = query.criteria().clone();
        Ok(RowBatches { plan, reader, dialect, criteria, caller, batch: None, held: Vec::new() })
    }
}

impl<R: Reader> Batches<R::Row> for RowBatches<R> {
    fn statement(&mut self) -> Result<Statement> {
        Ok(self.plan.statement.clone())
    }

    fn in_pages(&self) -> bool {
        false
    }

    fn asks_more(&self) -> bool {
        self.plan.asks_more()
    }

    fn page(&mut self, _rows: usize) -> Result<Option<Statement>> {
        refuse(
            "rows cannot be streamed over this connection, which cannot read a statement a part at a time; read them with \
             `session.rows(..)`, a limited number at once",
        )
    }

    fn begin(&mut self) -> Result<()> {
        self.batch = Some(Batch::begin(&self.plan)?);
        self.held.clear();
        Ok(())
    }

    fn row(&mut self, cells: &dyn Cells) -> Result<()> {
        let RowBatches { plan, reader, batch: Some(batch), held, .. } = self else { return Ok(()) };
        let mut sink = |row: &RowView<'_>| -> Result<()> {
            held.push(reader.read(row)?);
            Ok(())
        };
        batch.row(plan, cells, &mut sink)
    }

    fn finish<'f>(&'f mut self, lease: &'f mut Lease, monitor: &'f Monitor) -> Finish<'f, R::Row> {
        Box::pin(async move {
            let Some(batch) = self.batch.take() else { return Ok(Vec::new()) };
            let settings = (self.dialect, &self.criteria);
            let answer = batch.finish(&self.plan, (lease, monitor), settings, self.caller).await?;
            Ok(self.held.drain(..).map(|row| self.reader.finish(row, &answer)).collect())
        })
    }
}

fn refuse<T>(why: &str) -> Result<T> {
    Err(Error::new(ErrorKind::InvalidQuery, why))
}
