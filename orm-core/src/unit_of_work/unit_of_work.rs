use std::sync::Arc;

use indexmap::IndexMap;

use super::journal::Journal;
use super::pending::{PendingCell, PendingState};
use super::draft::DraftData;
use crate::error::{Error, Result};
use crate::graph::Region;
use crate::identity::Store;
use crate::model::{ErasedModel, RelationDef};
use crate::value::Value;

/// What a session has to write.
#[derive(Debug, Default)]
pub(crate) struct UnitOfWork {
    /// Objects without a row, in the order they were added in.
    pub(super) pending: IndexMap<CellId, PendingEntry>,
    /// Objects with unsaved changes, and the version that the database has.
    pub(super) dirty: IndexMap<(u32, u32), usize>,
    /// Rows of link tables to insert.
    pub(super) links: Vec<LinkRow>,
    /// Keys of existing objects that wait for a pending object's key.
    pub(super) waiting_keys: Vec<(Node, KeyFrom)>,
    pub(super) journal: Journal,
    /// Why a draft could not be taken; the next flush says it.
    refusal: Option<Error>,
}

/// Which pending object a cell belongs to: its address, which is its own for as long as an entry keeps the cell.
pub(super) type CellId = usize;

pub(super) fn cell_id(cell: &Arc<PendingCell>) -> CellId {
    Arc::as_ptr(cell).addr()
}

/// An object of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    pub(crate) arena: u32,
    pub(crate) node: u32,
}

/// An object that is there, or one that a flush will make.
#[derive(Debug, Clone)]
pub(crate) enum Ref {
    Node(Node),
    Pending(Arc<PendingCell>),
}

/// An object that waits for its row.
#[derive(Debug)]
pub(super) struct PendingEntry {
    pub(super) cell: Arc<PendingCell>,
    pub(super) model: &'static dyn ErasedModel,
    pub(super) values: Vec<Option<Value>>,
    /// Keys that come from other objects.
    pub(super) keys: Vec<KeyFrom>,
    /// What it was given for its relationships, to hold once it is there.
    pub(super) holds: Vec<(&'static RelationDef, Vec<Ref>)>,
    /// Objects that were given it for a relationship, to hold it once it is there.
    pub(super) held_by: Vec<(&'static RelationDef, Node)>,
}

/// Columns that take their values from another object's.
#[derive(Debug, Clone)]
pub(super) struct KeyFrom {
    pub(super) columns: Vec<usize>,
    pub(super) from: Ref,
    pub(super) from_columns: Vec<usize>,
}

/// A row of a link table.
#[derive(Debug, Clone)]
pub(super) struct LinkRow {
    pub(super) relation: &'static RelationDef,
    pub(super) parent: Ref,
    pub(super) target: Ref,
}

impl UnitOfWork {
    /// Whether a flush would do anything.
    pub(crate) fn has_work(&self) -> bool {
        self.refusal.is_some()
            || !self.pending.is_empty()
            || !self.dirty.is_empty() || !self.links.is_empty() || !self.waiting_keys.is_empty()
    }

    /// Takes a draft. `add` cannot fail, so what is wrong with its links is said by the next flush.
    pub(crate) fn add(&mut self, store: &mut Store, draft: DraftData) -> Arc<PendingCell> {
        match self.register(store, draft) {
            Ok(cell) => cell,
            Err(error) => {
                self.refusal.get_or_insert(error);
                let cell = Arc::new(PendingCell::default());
                cell.set(PendingState::Discarded);
                cell
            }
        }
    }

    /// What was wrong with a draft since the last flush.
    pub(crate) fn take_refusal(&mut self) -> Result<()> {
        self.refusal.take().map_or(Ok(()), Err)
    }

    /// How many objects wait for a row.
    pub(crate) fn new_count(&self) -> usize {
        self.pending.len()
    }

    /// Says that an object is about to change.
    pub(crate) fn touch(&mut self, store: &Store, node: Node) {
        let version = store.arena(node.arena).version(node.node);
        self.dirty.entry((node.arena, node.node)).or_insert(version);
        self.journal.changed(node, version);
    }

    /// The columns in which an object differs from the database.
    pub(crate) fn changed_columns(&self, store: &Store, node: Node) -> Vec<usize> {
        let Some(saved) = self.dirty.get(&(node.arena, node.node)) else { return Vec::new() };
        let arena = store.arena(node.arena);
        let columns = 0..store.def(node.arena).columns.len();
        columns
            .filter(|column| arena.view_version(node.node, *saved, *column) != arena.view(node.node, *column))
            .collect()
    }

    /// A query overwrote its objects with their rows: what was unsaved of them is gone.
    pub(crate) fn overwritten(&mut self, answer: &Region) {
        for level in (0..).map_while(|level| answer.level(level)) {
            for node in level.nodes.iter() {
                self.dirty.shift_remove(&(level.arena, *node));
            }
        }
    }

    /// Makes everything since the last commit permanent in memory too.
    pub(crate) fn committed(&mut self) {
        self.journal.clear();
    }

    /// Takes back everything since the last commit: pending objects, new ones, edits and links.
    pub(crate) fn rolled_back(&mut self, store: &mut Store) {
        self.pending.clear();
        self.dirty.clear();
        self.links.clear();
        self.waiting_keys.clear();
        self.refusal = None;
        self.journal.undo(store);
    }
}

impl Ref {
    /// The object, once it is there.
    pub(super) fn node(&self) -> Option<Node> {
        match self {
            Ref::Node(node) => Some(*node),
            Ref::Pending(cell) => match cell.state() {
                PendingState::Flushed { arena, node, .. } => Some(Node { arena, node }),
                PendingState::Waiting | PendingState::Discarded => None,
            },
        }
    }
}
