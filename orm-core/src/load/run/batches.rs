//! Streams: one plan, run for a batch of rows at a time.

use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;

use super::first_rows::{FirstRows, RowSink};
use super::levels::Levels;
use super::loader::Loader;
use super::pages::Pages;
use super::rows::Rows;
use crate::driver::Lease;
use crate::entity::Entity;
use crate::error::Result;
use crate::graph::Region;
use crate::identity::Store;
use crate::load::plan::{LoadPlan, Root};
use crate::model::{Hydrate, Model};
use crate::observe::Monitor;
use crate::query::{LoadSpec, SelectSpec};
use crate::sql::{Criteria, Dialect, Statement};
use crate::value::Cells;

/// What the rows of a stream become, a batch at a time.
#[doc(hidden)]
pub trait Batches<T>: Send {
    /// The statement of the whole stream.
    ///
    /// # Errors
    /// `InvalidQuery`.
    fn statement(&mut self) -> Result<Statement>;

    /// Whether it can be read in pages, where a result that is being read takes the whole connection.
    fn in_pages(&self) -> bool;

    /// Whether a batch may need further statements.
    fn asks_more(&self) -> bool;

    /// The statement of the next page, where the whole cannot be read a part at a time; `None` after the last page.
    ///
    /// # Errors
    /// `InvalidQuery`: the stream cannot be read in pages.
    fn page(&mut self, rows: usize) -> Result<Option<Statement>>;

    /// Begins a batch.
    ///
    /// # Errors
    /// `InvalidQuery`.
    fn begin(&mut self) -> Result<()>;

    /// Takes a row of the batch.
    ///
    /// # Errors
    /// The row does not fit.
    fn row(&mut self, cells: &dyn Cells) -> Result<()>;

    /// What the rows of the batch became; runs the further statements that they need.
    fn finish<'f>(&'f mut self, lease: &'f mut Lease, monitor: &'f Monitor) -> Finish<'f, T>;
}

/// The future of a batch.
#[doc(hidden)]
pub type Finish<'f, T> = Pin<Box<dyn Future<Output = Result<Vec<T>>> + Send + 'f>>;

/// Entities with their loaded relationships: each batch has its own graph, which is freed with the last handle to one
/// of its objects.
pub(crate) struct EntityBatches<M: Model, L> {
    plan: LoadPlan,
    /// The query and its loads, for its pages.
    spec: SelectSpec,
    loads: Vec<LoadSpec>,
    dialect: Dialect,
    caller: &'static Location<'static>,
    pages: Pages,
    /// The most rows of the page, and how many of them came.
    page: Option<(u64, u64)>,
    batch: Option<Batch>,
    of: PhantomData<fn() -> (M, L)>,
}

/// One batch while its rows come.
pub(super) struct Batch {
    store: Store,
    levels: Levels,
    first: FirstRows,
}

impl Batch {
    /// # Errors
    /// `InvalidModel`.
    pub(super) fn begin(plan: &LoadPlan) -> Result<Batch> {
        let (mut store, mut levels) = (Store::new(), Levels::default());
        let mut rows = Rows { store: &mut store, levels: &mut levels, existing: Hydrate::Keep };
        let first = FirstRows::begin(plan, &mut rows)?;
        Ok(Batch { store, levels, first })
    }

    /// Takes a row of the first statement.
    pub(super) fn row(&mut self, plan: &LoadPlan, cells: &dyn Cells, sink: &mut RowSink<'_>) -> Result<()> {
        let Batch { store, levels, first } = self;
        first.take(plan, &mut Rows { store, levels, existing: Hydrate::Keep }, cells, sink)
    }

    /// Runs what the objects of the batch still wait for.
    pub(super) async fn finish(
        self,
        plan: &LoadPlan,
        (lease, monitor): (&mut Lease, &Monitor),
        (dialect, criteria): (Dialect, &Criteria),
        caller: &'static Location<'static>,
    ) -> Result<Arc<Region>> {
        let Batch { mut store, mut levels, first } = self;
        let mut loader = Loader::new(&mut store, lease, monitor, dialect, false, criteria, caller);
        let wanted = first.finish(plan, &mut levels)?;
        loader.complete(wanted, &mut levels).await?;
        loader.answer(levels)
    }
}

impl<M: Model, L> EntityBatches<M, L> {
    /// # Errors
    /// `InvalidQuery`: the query cannot be run, or not a batch at a time.
    pub(crate) fn new(
        spec: SelectSpec,
        dialect: Dialect,
        caller: &'static Location<'static>,
    ) -> Result<EntityBatches<M, L>> {
        let (plan, loads) = LoadPlan::of_stream(spec.clone(), dialect)?;
        let pages = Pages::new(&spec)?;
        let (page, batch, of) = (None, None, PhantomData);
        Ok(EntityBatches { plan, spec, loads, dialect, caller, pages, page, batch, of })
    }
}

impl<M: Model, L> Batches<Entity<M, L>> for EntityBatches<M, L> {
    fn statement(&mut self) -> Result<Statement> {
        Ok(self.plan.statement.clone())
    }

    fn in_pages(&self) -> bool {
        true
    }

    fn asks_more(&self) -> bool {
        self.plan.asks_more()
    }

    fn page(&mut self, rows: usize) -> Result<Option<Statement>> {
        let Some(spec) = self.pages.page(self.spec.clone(), rows) else { return Ok(None) };
        self.page = spec.core.limit.map(|most| (most, 0));
        let path = spec.model.def().name;
        let mut root = Root::new(spec, self.loads.clone())?;
        self.pages.select_terms(&mut root.select);
        root.statement(self.dialect, path).map(Some)
    }

    fn begin(&mut self) -> Result<()> {
        self.batch = Some(Batch::begin(&self.plan)?);
        Ok(())
    }

    fn row(&mut self, cells: &dyn Cells) -> Result<()> {
        if let Some(batch) = &mut self.batch {
            batch.row(&self.plan, cells, &mut |_| Ok(()))?;
        }
        if let Some((most, taken)) = &mut self.page {
            *taken += 1;
            if most == taken {
                self.pages.set_last(cells, *most)?;
            }
        }
        Ok(())
    }

    fn finish<'f>(&'f mut self, lease: &'f mut Lease, monitor: &'f Monitor) -> Finish<'f, Entity<M, L>> {
        Box::pin(async move {
            let Some(batch) = self.batch.take() else { return Ok(Vec::new()) };
            let settings = (self.dialect, self.spec.core.under.criteria());
            let answer = batch.finish(&self.plan, (lease, monitor), settings, self.caller).await?;
            Ok(Entity::of_first_level(&answer))
        })
    }
}
