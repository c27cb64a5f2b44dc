use std::marker::PhantomData;
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;

use super::levels::Levels;
use super::loader::{Loader, first_statement};
use super::pages::Pages;
use super::plan;
use super::root::Root;
use super::rows::Rows;
use super::tree::Branch;
use crate::driver::Lease;
use crate::entity::Entity;
use crate::error::Result;
use crate::identity::Store;
use crate::model::{Hydrate, Model};
use crate::observe::Monitor;
use crate::query::{LoadSpec, SelectSpec};
use crate::sql::{Dialect, Statement, check};
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

    /// The statement of the next page, where the whole cannot be read a part at a time; none when there is none.
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

/// Entities with what is loaded of their relationships: each batch has a graph of its own, which goes with the last
/// handle to one of its objects.
pub(crate) struct EntityBatches<M: Model, L> {
    spec: SelectSpec,
    loads: Vec<LoadSpec>,
    /// Whether one of them is a statement of its own.
    asks_more: bool,
    path: Arc<str>,
    dialect: Dialect,
    caller: &'static Location<'static>,
    pages: Pages,
    /// The most rows of the page, and how many of them came.
    page: Option<(u64, u64)>,
    batch: Option<Batch>,
    of: PhantomData<fn() -> (M, L)>,
}

/// One batch while its rows come.
struct Batch {
    store: Store,
    levels: Levels,
    branch: Branch,
}

impl<M: Model, L> EntityBatches<M, L> {
    /// # Errors
    /// `InvalidQuery`: the query cannot be run, or not a batch at a time.
    pub(crate) fn new(
        spec: SelectSpec,
        dialect: Dialect,
        caller: &'static Location<'static>,
    ) -> Result<EntityBatches<M, L>> {
        let loads = plan::of_stream(&spec, dialect)?;
        let asks_more = plan::of_row_batches(&loads)?;
        let (path, pages) = (spec.model.def().name.into(), Pages::new(&spec)?);
        Ok(EntityBatches {
            spec,
            loads,
            asks_more,
            path,
            dialect,
            caller,
            pages,
            page: None,
            batch: None,
            of: PhantomData,
        })
    }

    fn write(&mut self, spec: SelectSpec, pages: bool) -> Result<Statement> {
        let (mut store, mut levels) = (Store::new(), Levels::default());
        let loads = self.loads.clone();
        let Root { mut select, branch, .. } = Root::new(&mut store, &mut levels, spec, loads, &self.path)?;
        if pages {
            self.pages.select_terms(&mut select);
        }
        check(&select, self.dialect)?;
        Ok(first_statement(self.dialect, &select, &branch, &self.path))
    }
}

impl<M: Model, L> Batches<Entity<M, L>> for EntityBatches<M, L> {
    fn statement(&mut self) -> Result<Statement> {
        self.write(self.spec.clone(), false)
    }

    fn in_pages(&self) -> bool {
        true
    }

    fn asks_more(&self) -> bool {
        self.asks_more
    }

    fn page(&mut self, rows: usize) -> Result<Option<Statement>> {
        let Some(spec) = self.pages.page(self.spec.clone(), rows) else { return Ok(None) };
        self.page = spec.limit.map(|most| (most, 0));
        self.write(spec, true).map(Some)
    }

    fn begin(&mut self) -> Result<()> {
        let (mut store, mut levels) = (Store::new(), Levels::default());
        let spec = SelectSpec { filter: None, order: Vec::new(), loads: Vec::new(), ..self.spec.clone() };
        let loads = self.loads.clone();
        let Root { mut branch, .. } = Root::new(&mut store, &mut levels, spec, loads, &self.path)?;
        Rows { store: &mut store, levels: &mut levels, existing: Hydrate::Keep }.begin(&mut branch);
        self.batch = Some(Batch { store, levels, branch });
        Ok(())
    }

    fn row(&mut self, cells: &dyn Cells) -> Result<()> {
        if let Some(Batch { store, levels, branch }) = &mut self.batch {
            Rows { store, levels, existing: Hydrate::Keep }.own(branch, cells)?;
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
            let Some(Batch { mut store, levels, branch }) = mem::take(&mut self.batch) else {
                return Ok(Vec::new());
            };
            let mut loader = Loader::new(&mut store, lease, monitor, self.dialect, false, self.caller);
            let answer = loader.complete(branch, levels).await?;
            Ok(Entity::of_first_level(&answer))
        })
    }
}
