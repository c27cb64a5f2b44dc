//! What a session has to write.

use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashMap, HashSet};
use indexmap::{IndexMap, IndexSet};

use super::draft::DraftData;
use super::journal::Journal;
use super::key_links::KeyLinks;
use super::link_set::LinkSet;
use super::pending::{PendingCell, PendingState};
use super::pending_set::PendingSet;
use super::state::EntityState;
use super::waiting_keys::WaitingKeys;
use crate::error::{Error, Result};
use crate::graph::{ArenaId, ObjectId, Region};
use crate::identity::Store;
use crate::model::RelationDef;
use crate::value::{Value, ValueRef};

/// What a session has to write.
#[derive(Debug, Default)]
pub(crate) struct UnitOfWork {
    /// Objects without a row, in the order they were added in.
    pub(super) pending: PendingSet,
    /// Objects with unsaved changes.
    pub(super) dirty: IndexMap<ObjectId, Unsaved, DefaultHashBuilder>,
    /// Objects to delete, in the order they were given in.
    pub(super) deleted: IndexSet<ObjectId, DefaultHashBuilder>,
    /// Those of them that only lost their parent: another link brings them back.
    pub(super) orphans: HashSet<ObjectId>,
    /// Those of them whose row goes although its model would only mark it as deleted.
    pub(super) purged: HashSet<ObjectId>,
    /// Whether the session sees rows that are marked as deleted, so that a mark changes nothing about what leads to them.
    pub(super) sees_deleted: bool,
    /// Rows of link tables to insert and to delete.
    pub(super) links: LinkSet,
    pub(super) unlinks: LinkSet,
    /// Links by keys of rows that may not be held.
    pub(super) key_links: KeyLinks,
    pub(super) waiting_keys: WaitingKeys,
    /// To-one relationships by the other side's key that got a new target while their old one was not loaded, by object
    /// and relationship.
    pub(super) replaced_unloaded: IndexMap<(ObjectId, usize), &'static RelationDef>,
    /// Objects that were taken out of the session while new objects were linked to them.
    pub(super) expunged_ends: Vec<ObjectId>,
    /// Objects whose row a flush deleted.
    gone: HashSet<ObjectId>,
    pub(super) journal: Journal,
    /// The journals around the open savepoints.
    outer: Vec<Journal>,
    /// Why a draft could not be taken; the next flush returns it.
    refusal: Option<Error>,
    /// Room for the list of the columns that an edit changes.
    pub(crate) edited: Vec<usize>,
}

/// Which pending object a cell belongs to: a number that rises with every object that is added.
pub(super) type CellId = u64;

pub(super) fn cell_id(cell: &Arc<PendingCell>) -> CellId {
    cell.id()
}

/// An existing object, or one that a flush will make.
#[derive(Debug, Clone)]
pub(crate) enum Ref {
    Node(ObjectId),
    Pending(Arc<PendingCell>),
}

/// What is unsaved of an object.
#[derive(Debug, Clone, Default)]
pub(super) struct Unsaved {
    /// The version that the database has, as far as the session knows.
    pub(super) saved: usize,
    /// Columns that were given a value while the object was expired: they are written, whatever it showed.
    pub(super) assigned: Vec<usize>,
    /// Whether it was edited while it was expired: its row must still be what it showed.
    pub(super) edited_expired: bool,
}

impl Unsaved {
    /// Adds the columns in which an object, of which this is unsaved, differs from the database.
    pub(super) fn add_changed_columns(&self, store: &Store, node: ObjectId, columns: &mut Vec<usize>) {
        let Unsaved { saved, assigned, .. } = self;
        let arena = store.arena(node.arena);
        arena.differing(node.node, *saved, columns);
        if !assigned.is_empty() {
            let loaded = |column: &usize| arena.view(node.node, *column) != ValueRef::NotLoaded;
            columns.extend(assigned.iter().copied().filter(loaded));
            columns.sort_unstable();
            columns.dedup();
        }
    }
}

/// Columns that take their values from another object's.
#[derive(Debug, Clone)]
pub(super) struct KeyFrom {
    pub(super) columns: &'static [usize],
    pub(super) from: Ref,
    pub(super) from_columns: &'static [usize],
    /// The relationship by which one draft was given both the key's columns and the object: they have to agree.
    pub(super) given_by: Option<&'static RelationDef>,
}

/// A row of a link table.
#[derive(Debug, Clone)]
pub(super) struct LinkRow {
    pub(super) relation: &'static RelationDef,
    pub(super) parent: Ref,
    pub(super) target: Ref,
    /// Whether a loaded collection showed the link or its absence: then a removed row must exist, and an added one must
    /// not.
    pub(super) seen: bool,
}

impl UnitOfWork {
    /// Nothing to write yet, in a session that sees rows that are marked as deleted or does not.
    pub(crate) fn new(sees_deleted: bool) -> UnitOfWork {
        UnitOfWork { sees_deleted, ..UnitOfWork::default() }
    }

    /// Whether a flush would do anything.
    pub(crate) fn has_work(&self) -> bool {
        self.refusal.is_some()
            || !self.pending.is_empty()
            || !self.dirty.is_empty()
            || !self.deleted.is_empty()
            || !self.links.is_empty()
            || !self.unlinks.is_empty()
            || !self.key_links.is_empty()
            || !self.waiting_keys.is_empty()
            || !self.replaced_unloaded.is_empty()
    }

    /// Takes a draft. `add` cannot fail, so the next flush reports mistakes in its links.
    pub(crate) fn add(&mut self, store: &mut Store, draft: DraftData) -> Arc<PendingCell> {
        match self.register(store, draft) {
            Ok(cell) => cell,
            Err(error) => {
                self.refusal.get_or_insert(error);
                let cell = Arc::new(PendingCell::new());
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

    /// How many objects have unsaved changes.
    pub(crate) fn modified_count(&self, store: &Store) -> usize {
        self.dirty.keys().filter(|node| !self.changed_columns(store, **node).is_empty()).count()
    }

    /// How many objects wait for their deletion.
    pub(crate) fn deleted_count(&self) -> usize {
        self.deleted.len()
    }

    /// What an object of this session is to it.
    pub(crate) fn state(&self, node: ObjectId) -> EntityState {
        match self.deleted.contains(&node) || self.gone.contains(&node) {
            true => EntityState::Deleted,
            false => EntityState::Persistent,
        }
    }

    /// Whether a flush or a bulk statement deleted an object's row.
    pub(super) fn is_gone(&self, node: ObjectId) -> bool {
        self.gone.contains(&node)
    }

    /// Marks an object for deletion.
    pub(crate) fn delete(&mut self, node: ObjectId) {
        self.deleted.insert(node);
    }

    /// Marks an object for deletion from its table, whatever its model marks; whether that is new.
    pub(crate) fn purge(&mut self, node: ObjectId) -> bool {
        let is_new = self.deleted.insert(node);
        self.purged.insert(node) || is_new
    }

    /// Whether the row of an object that is deleted stays, marked as deleted.
    pub(super) fn only_marks(&self, store: &Store, node: ObjectId) -> bool {
        store.def(node.arena).table.marks_deleted() && !self.purged.contains(&node)
    }

    /// Whether the next flush marks the row of an object as deleted.
    pub(crate) fn is_to_be_marked(&self, store: &Store, node: ObjectId) -> bool {
        self.deleted.contains(&node) && self.only_marks(store, node)
    }

    /// Marks a child that lost its parent for deletion, unless it gets another one before the flush.
    pub(super) fn delete_orphan(&mut self, node: ObjectId) {
        if self.deleted.insert(node) {
            self.orphans.insert(node);
        }
    }

    /// Whether an object is to be deleted only because it lost its parent.
    pub(crate) fn is_orphan(&self, node: ObjectId) -> bool {
        self.orphans.contains(&node)
    }

    /// A child that lost its parent has one again.
    pub(super) fn adopt(&mut self, node: ObjectId) {
        if self.orphans.remove(&node) {
            self.deleted.shift_remove(&node);
        }
    }

    /// A statement deleted the object's row, so its pending changes are dropped.
    pub(super) fn row_gone(&mut self, node: ObjectId, key: Vec<Value>) {
        self.gone.insert(node);
        self.dirty.swap_remove(&node);
        self.deleted.swap_remove(&node);
        self.orphans.remove(&node);
        self.purged.remove(&node);
        drop(self.waiting_keys.take_of(node));
        self.journal.deleted(node, key);
    }

    /// The row of an expired object no longer exists: the session forgets the object until a rollback brings the row
    /// back. Its unsaved changes are stale, and the flush reports that.
    pub(crate) fn row_vanished(&mut self, store: &mut Store, node: ObjectId) {
        let key = store.key(node);
        // A key read from an object is a key of its model.
        let _ = store.identity_mut(node.arena).remove(&key);
        self.gone.insert(node);
        self.journal.deleted(node, key);
    }

    /// Records that an object is about to change.
    pub(crate) fn touch(&mut self, store: &Store, node: ObjectId) {
        let saved = store.arena(node.arena).version(node.node);
        self.dirty.entry(node).or_insert(Unsaved { saved, ..Unsaved::default() });
        self.journal.changed(node, saved);
    }

    /// Columns of an object were edited: of them and a link to a pending object, the later one counts.
    pub(crate) fn key_edited(&mut self, store: &mut Store, node: ObjectId, columns: &[usize]) {
        if !self.waiting_keys.is_empty() {
            self.cancel_waiting(store, node, |column| columns.contains(&column));
        }
    }

    /// Records that columns of an expired object are assigned.
    pub(super) fn assign(&mut self, store: &Store, node: ObjectId, columns: impl Iterator<Item = usize>) {
        self.touch(store, node);
        if let Some(unsaved) = self.dirty.get_mut(&node) {
            unsaved.assigned.extend(columns);
        }
    }

    /// Records that an expired object is edited. It is unknown which of the unchanged columns were assigned, so the
    /// flush checks whether the row still has the values that the object showed.
    pub(crate) fn edited_while_expired(&mut self, store: &Store, node: ObjectId) {
        self.touch(store, node);
        if let Some(unsaved) = self.dirty.get_mut(&node) {
            unsaved.edited_expired = true;
        }
    }

    /// Rows of objects were written, so these have no unsaved changes any more.
    pub(super) fn saved(&mut self, nodes: &[ObjectId]) {
        // Mostly they are all that there were, in the order of their edits.
        if self.dirty.len() == nodes.len() && self.dirty.keys().eq(nodes) {
            return self.dirty.clear();
        }
        for node in nodes {
            self.dirty.swap_remove(node);
        }
    }

    /// The version of an object that the database has, as far as the session knows.
    pub(super) fn saved_version(&self, store: &Store, node: ObjectId) -> usize {
        let saved = self.dirty.get(&node).map(|unsaved| unsaved.saved);
        saved.unwrap_or_else(|| store.arena(node.arena).version(node.node))
    }

    /// Columns of an object as the database has them.
    pub(super) fn saved_values(&self, store: &Store, node: ObjectId, columns: &[usize]) -> Vec<Value> {
        let (objects, version) = (store.arena(node.arena), self.saved_version(store, node));
        columns.iter().map(|column| objects.view_version(node.node, version, *column).to_value()).collect()
    }

    /// Whether columns of an object have values that its row does not have yet.
    pub(super) fn is_unsaved(&self, store: &Store, node: ObjectId, columns: &[usize]) -> bool {
        self.dirty.contains_key(&node)
            && self.saved_values(store, node, columns) != store.values(node, columns)
    }

    /// The columns in which an object differs from the database.
    pub(crate) fn changed_columns(&self, store: &Store, node: ObjectId) -> Vec<usize> {
        let mut columns = Vec::new();
        self.add_changed_columns(store, node, &mut columns);
        columns
    }

    /// The same, in a list that was emptied.
    pub(super) fn add_changed_columns(&self, store: &Store, node: ObjectId, columns: &mut Vec<usize>) {
        if let Some(unsaved) = self.dirty.get(&node) {
            unsaved.add_changed_columns(store, node, columns);
        }
    }

    /// A query overwrote its objects with their rows, and what they held: what was unsaved of them is gone.
    pub(crate) fn overwritten(&mut self, store: &mut Store, answer: &Region) {
        let (mut discarded, mut answered) = (IndexSet::new(), HashSet::new());
        for level in (0..).map_while(|level| answer.level(level)) {
            let nodes = level.nodes.iter().map(|node| ObjectId { arena: level.arena, node: *node });
            discarded.extend(nodes.clone().filter(|node| self.dirty.contains_key(node)));
            answered.extend(nodes.filter(|node| self.waiting_keys.has(*node)));
        }
        self.waiting_keys.forget_existing(|node| answered.contains(&node));
        self.dirty.retain(|node, _| !discarded.contains(node));
        self.follow_rows(store, &discarded);
        self.links_overwritten(store);
    }

    /// Takes back the unsaved changes of all objects; what was added stays, and what is deleted too.
    pub(crate) fn discard_all_changes(&mut self, store: &mut Store) {
        let rows = self.links.iter().chain(self.unlinks.iter());
        let linked = rows.filter_map(|row| Some((row.parent.node()?, row.target.node()?)).map(|row| row.0));
        let changed = self.dirty.keys().copied().chain(linked).chain(self.waiting_keys.nodes());
        let changed: IndexSet<ObjectId> = changed.filter(|node| !self.deleted.contains(node)).collect();
        self.discard_changes(store, &changed);
    }

    /// Tells the store which objects have unsaved changes.
    pub(crate) fn keep_changes(&self, store: &mut Store) {
        store.keep_changes(self.dirty.keys().copied());
    }

    /// An object is taken out of the session: its pending changes are dropped.
    pub(crate) fn expunged(&mut self, store: &mut Store, node: ObjectId) {
        self.discard_changes(store, &IndexSet::from([node]));
        self.deleted.swap_remove(&node);
        self.purged.remove(&node);
        if self.orphans.remove(&node) {
            // It was taken from its parents, which no flush has written.
            self.return_to_all_parents(store, node);
        }
        let end = Ref::Node(node);
        if self.pending.linked_to(&end).next().is_some() || !self.links.new_at(&end).is_empty() {
            self.expunged_ends.push(node);
        }
    }

    /// In the links of new objects, an object that was read again replaces the expunged object of the same row.
    pub(crate) fn relink_expunged(&mut self, store: &mut Store) {
        for old in std::mem::take(&mut self.expunged_ends) {
            let key = store.key(old);
            let Some(new) = store.find(old.arena, &key) else {
                self.expunged_ends.push(old);
                continue;
            };
            let linked = self.links.replace_end(old, new);
            self.pending.replace_end(old, new, linked);
        }
    }

    /// All objects are taken out of the session as they are, and what waits for its row is discarded.
    pub(crate) fn expunged_all(&mut self, store: &mut Store) {
        for entry in self.pending.values() {
            entry.cell.set(PendingState::Discarded);
        }
        let savepoints = self.outer.len();
        *self = UnitOfWork::default();
        for _ in 0..savepoints {
            self.savepoint();
            store.savepoint();
        }
    }

    /// Makes everything since the last commit permanent in memory too.
    pub(crate) fn committed(&mut self) {
        self.journal = Journal::default();
        self.outer.clear();
    }

    /// Begins a savepoint.
    pub(crate) fn savepoint(&mut self) {
        self.outer.push(std::mem::take(&mut self.journal));
    }

    /// A savepoint was released.
    pub(crate) fn savepoint_released(&mut self) {
        if let Some(outer) = self.outer.pop() {
            let inner = std::mem::replace(&mut self.journal, outer);
            self.journal.absorb(inner);
        }
    }

    /// A savepoint was rolled back.
    pub(crate) fn savepoint_rolled_back(&mut self, store: &mut Store) {
        self.undo(store);
        store.rolled_back();
        self.journal = self.outer.pop().unwrap_or_default();
    }

    /// Takes back everything since the last commit: pending objects, new ones, edits, links and deletions.
    pub(crate) fn rolled_back(&mut self, store: &mut Store) {
        while !self.outer.is_empty() {
            self.savepoint_released();
            store.savepoint_released();
        }
        self.undo(store);
        store.rolled_back();
    }

    fn undo(&mut self, store: &mut Store) {
        self.pending = PendingSet::default();
        self.dirty.clear();
        self.deleted.clear();
        self.orphans.clear();
        self.purged.clear();
        self.links = LinkSet::default();
        self.unlinks = LinkSet::default();
        self.key_links = KeyLinks::default();
        self.waiting_keys = WaitingKeys::default();
        self.replaced_unloaded.clear();
        self.expunged_ends.clear();
        self.refusal = None;
        for back in std::mem::take(&mut self.journal).undo(store) {
            self.gone.remove(&back);
        }
    }
}

impl Ref {
    /// The object, once it is there.
    pub(crate) fn node(&self) -> Option<ObjectId> {
        match self {
            Ref::Node(node) => Some(*node),
            Ref::Pending(cell) => match cell.state() {
                PendingState::Flushed { arena, node, .. } => Some(ObjectId { arena, node }),
                PendingState::Waiting | PendingState::Discarded => None,
            },
        }
    }

    /// Replaces one object with another.
    pub(super) fn replace(&mut self, old: ObjectId, new: ObjectId) {
        if matches!(self, Ref::Node(node) if *node == old) {
            *self = Ref::Node(new);
        }
    }

    pub(super) fn is(&self, other: &Ref) -> bool {
        match (self, other) {
            (Ref::Pending(a), Ref::Pending(b)) => Arc::ptr_eq(a, b),
            _ => self.node().is_some() && self.node() == other.node(),
        }
    }
}

/// Objects grouped by the arena they lie in, in order.
pub(super) fn by_arena(nodes: impl IntoIterator<Item = ObjectId>) -> Vec<(ArenaId, Vec<u32>)> {
    let mut index: HashMap<ArenaId, usize> = HashMap::new();
    let mut groups: Vec<(ArenaId, Vec<u32>)> = Vec::new();
    for node in nodes {
        let at = *index.entry(node.arena).or_insert_with(|| {
            groups.push((node.arena, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(node.node);
    }
    groups
}
