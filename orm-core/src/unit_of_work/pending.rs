//! Handles to objects without a row.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::entity::{Entity, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ArenaId, Region};
use crate::model::Model;

/// An object that was added to a session and has no row yet. The next flush inserts it. It can be linked to other
/// objects before that.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let satire = session.add(Tag::draft().name("satire"));
/// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;   // flushes first: one INSERT
/// session.append(&book, Book::TAGS, &satire)?;
/// session.commit().await?;
/// assert!(satire.entity()?.id > 0);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Pending<M> {
    cell: Arc<PendingCell>,
    of: PhantomData<fn() -> M>,
}

/// Where a pending object's entity appears once a flush wrote it.
#[derive(Debug)]
pub struct PendingCell {
    id: u64,
    state: Mutex<PendingState>,
}

#[derive(Debug, Clone, Default)]
pub(crate) enum PendingState {
    /// Waits for a flush.
    #[default]
    Waiting,
    /// A flush wrote it.
    Flushed { region: Weak<Region>, arena: ArenaId, node: u32 },
    /// A rollback or `expunge` took it out of its session.
    Discarded,
}

impl PendingCell {
    pub(super) fn new() -> PendingCell {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        PendingCell { id: NEXT.fetch_add(1, Ordering::Relaxed), state: Mutex::default() }
    }

    /// A number that rises with every cell.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn state(&self) -> PendingState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, state: PendingState) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

impl<M: Model> Pending<M> {
    pub(crate) fn new(cell: Arc<PendingCell>) -> Pending<M> {
        Pending { cell, of: PhantomData }
    }

    pub(crate) fn cell(&self) -> &Arc<PendingCell> {
        &self.cell
    }

    /// The object, after a flush inserted it. It runs no statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let satire = session.add(Tag::draft().name("satire"));
    /// assert_eq!(satire.entity().unwrap_err().kind(), ErrorKind::NotFlushed);
    /// session.flush().await?;
    /// assert_eq!(satire.entity()?.name, "satire");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// * `NotFlushed`: call `session.flush().await` first.
    /// * `InvalidState`: a rollback discarded it, or it was expunged from its session.
    /// * `Detached`: its session was dropped and no handle to the object is left.
    pub fn entity(&self) -> Result<Entity<M>> {
        let name = M::def().name;
        match self.cell.state() {
            PendingState::Waiting => Err(Error::new(
                ErrorKind::NotFlushed,
                format!("this `{name}` is pending: it has no row yet; call `session.flush().await` first"),
            )),
            PendingState::Flushed { region, arena, node } => match region.upgrade() {
                Some(region) => Ok(Entity::new(region, Place { arena, node, answer: None })),
                None => Err(Error::new(
                    ErrorKind::Detached,
                    format!(
                        "this `{name}` was written by a session that has been dropped, and no handle to it was kept"
                    ),
                )),
            },
            PendingState::Discarded => Err(Error::new(
                ErrorKind::InvalidState,
                format!(
                    "this `{name}` was discarded by a rollback, or taken out of its session before it had a row; add its \
                     draft again"
                ),
            )),
        }
    }
}

impl<M> Clone for Pending<M> {
    fn clone(&self) -> Self {
        Pending { cell: Arc::clone(&self.cell), of: PhantomData }
    }
}
