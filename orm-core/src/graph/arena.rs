//! The objects of one model.

use std::any::Any;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use append_only_vec::AppendOnlyVec;
use hashbrown::HashSet;

use super::{ArenaId, CellError, ColumnSet, GraphHandle, Node, Record, Seed, Slots};
use crate::value::{Cells, Value, ValueError, ValueRef};

/// The objects of one model in one graph, at stable addresses, with the slots of their relationships.
///
/// `AppendOnlyVec` grows without moving what exists and through `&self`; that is what lets handles borrow from it. It
/// writes no memory that no object needs.
pub struct Arena<M> {
    graph: GraphHandle,
    id: ArenaId,
    columns: usize,
    nodes: AppendOnlyVec<Node<M>>,
    slots: Box<[RwLock<Slots>]>,
    /// Objects that were taken out of their session before it ended.
    detached: RwLock<HashSet<u32>>,
    /// New versions of objects, from when an index first asked for them.
    log: OnceLock<Mutex<Vec<(u32, usize)>>>,
}

/// An arena as a trait object.
pub trait ErasedArena: Any + Send + Sync {
    /// The arena itself, to downcast.
    fn as_any(&self) -> &dyn Any;
    /// A new object, read from the cells of a row that no object of the graph is.
    ///
    /// # Errors
    /// A cell does not fit its field: boxed, since every row has a result.
    fn admit(&self, cells: &dyn Cells) -> Result<u32, Box<CellError>>;
    /// How many objects there are.
    fn len(&self) -> u32;
    /// How many bytes the objects take, without what they point to.
    fn bytes(&self) -> usize;
    /// The newest value of a column of an object.
    fn view(&self, node: u32, column: usize) -> ValueRef<'_>;
    /// The value that a column had in an earlier version.
    fn view_version(&self, node: u32, version: usize, column: usize) -> ValueRef<'_>;
    /// Adds the columns that have been loaded and whose newest value differs from that in an earlier version.
    fn differing(&self, node: u32, version: usize, columns: &mut Vec<usize>);
    /// The number of an object's newest version.
    fn version(&self, node: u32) -> usize;
    /// How many versions an object has.
    fn versions(&self, node: u32) -> usize;
    /// From now on new versions are logged.
    fn keep_log(&self);
    /// The new versions of objects that were logged after some earlier ones, with the objects' numbers.
    fn logged(&self, after: usize) -> Vec<(u32, usize)>;
    /// The first column in which a row differs from an earlier version of its object, of those that both have.
    ///
    /// # Errors
    /// A cell does not fit its field.
    fn unlike(&self, node: u32, version: usize, cells: &dyn Cells) -> Result<Option<usize>, CellError>;
    /// Whether the object could differ in these columns.
    ///
    /// # Errors
    /// A value does not fit its field.
    fn fits(&self, node: u32, changes: &[(usize, Value)]) -> Result<(), CellError>;
    /// Publishes a version that differs in these columns.
    ///
    /// # Errors
    /// A value does not fit its field; nothing is published then.
    fn change(&self, node: u32, changes: &[(usize, Value)]) -> Result<(), CellError>;
    /// Makes an earlier version the newest again.
    fn revert(&self, node: u32, version: usize);
    /// Forgets what an object holds for every relationship.
    fn unload(&self, node: u32);
    /// Forgets what an object holds for one relationship.
    fn unload_one(&self, node: u32, relation: usize);
    /// Whether an object was taken out of its session.
    fn is_detached(&self, node: u32) -> bool;
    /// Marks an object as removed from its session.
    fn detach(&self, node: u32);
    /// What the objects hold for one relationship.
    fn slots(&self, relation: usize) -> Option<RwLockReadGuard<'_, Slots>>;
    /// The same, to change.
    fn slots_mut(&self, relation: usize) -> Option<RwLockWriteGuard<'_, Slots>>;
}

impl<M: Record> Arena<M> {
    pub(crate) fn new(graph: GraphHandle, id: ArenaId, columns: usize, relations: usize) -> Arena<M> {
        let slots = std::iter::repeat_with(RwLock::default).take(relations).collect();
        let detached = RwLock::default();
        Arena { graph, id, columns, nodes: AppendOnlyVec::new(), slots, detached, log: OnceLock::new() }
    }

    /// Adds an object read from cells.
    pub(crate) fn push(&self, cells: &dyn Cells) -> Result<u32, CellError> {
        // Only the session's `&mut` reaches this, so the count is the next object's index.
        let next = u32::try_from(self.nodes.len()).map_err(|_| self.full())?;
        let record = M::read(cells, &self.seed(next))?;
        self.nodes.push(Node::new(record));
        Ok(next)
    }

    /// Publishes a new version read from cells; what did not change adds none.
    pub(crate) fn update(&self, node: u32, cells: &dyn Cells) -> Result<bool, CellError> {
        let version = M::read(cells, &self.seed(node))?;
        let changed: ColumnSet = self.differences(self.node(node).current(), &version).collect();
        let changes = changed != ColumnSet::default();
        if changes {
            self.publish(node, version, changed);
        }
        Ok(changes)
    }

    /// The columns in which two versions differ.
    pub(crate) fn differences(&self, one: &M, other: &M) -> impl Iterator<Item = usize> {
        (0..self.columns).filter(|column| one.view(*column) != other.view(*column))
    }

    /// Makes a version of an object, which differs from the newest one in these columns at most, the newest.
    pub(crate) fn publish(&self, node: u32, version: M, changed: ColumnSet) {
        let number = self.node(node).publish(version, changed);
        if let Some(log) = self.log.get() {
            log.lock().unwrap_or_else(PoisonError::into_inner).push((node, number));
        }
    }

    /// Gives an object the deferred columns that the cells have and it has not; whether there were any. They are the
    /// row's in every version, so that what was changed meanwhile still differs from the row.
    pub(crate) fn fill(&self, node: u32, cells: &dyn Cells) -> Result<bool, CellError> {
        let mut filled = false;
        for column in M::DEFERRED.iter().copied() {
            let cell = cells.cell(column).map_err(|error| CellError { column, error })?;
            if cell == ValueRef::NotLoaded {
                continue;
            }
            for version in self.node(node).versions() {
                if version.view(column) == ValueRef::NotLoaded {
                    version.fill(column, cell)?;
                    filled = true;
                }
            }
        }
        Ok(filled)
    }

    /// As [`update`](Self::update), but a deferred column that the cells do not have stays as it is.
    pub(crate) fn follow(&self, node: u32, cells: &dyn Cells) -> Result<bool, CellError> {
        let current = Fields(self.node(node).current());
        self.update(node, &Followed { cells, current: &current })
    }

    /// The columns of an object as they were in the row that made it.
    pub(crate) fn row(&self, node: u32) -> impl Cells {
        Fields(self.node(node).version(0))
    }

    /// A copy of the newest version that the unit of work may change and publish.
    pub(crate) fn duplicate(&self, node: u32) -> Result<M, CellError> {
        M::read(&Fields(self.node(node).current()), &self.seed(node))
    }

    /// The same, with some columns changed.
    #[cfg(feature = "serde")]
    pub(crate) fn duplicate_with(&self, node: u32, changes: &[(usize, Value)]) -> Result<M, CellError> {
        M::read(&Changed { fields: Fields(self.node(node).current()), changes }, &self.seed(node))
    }

    /// A version as its cells hold it, with some columns changed. What cannot be read back cannot be written either, so it
    /// stays for the flush, which refuses it and names the column.
    pub(crate) fn as_stored(&self, node: u32, version: M, changes: &[(usize, Value)]) -> M {
        M::read(&Changed { fields: Fields(&version), changes }, &self.seed(node)).unwrap_or(version)
    }

    pub(crate) fn node(&self, node: u32) -> &Node<M> {
        &self.nodes[node as usize]
    }

    fn seed(&self, node: u32) -> Seed {
        Seed::new(self.graph, self.id, node)
    }

    fn full(&self) -> CellError {
        let error =
            ValueError::Range { value: "the number of objects in one session".into(), expected: "u32" };
        CellError { column: 0, error }
    }
}

impl<M: Record> ErasedArena for Arena<M> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn admit(&self, cells: &dyn Cells) -> Result<u32, Box<CellError>> {
        Ok(self.push(cells)?)
    }

    fn len(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    fn bytes(&self) -> usize {
        self.nodes.len() * size_of::<Node<M>>()
    }

    fn view(&self, node: u32, column: usize) -> ValueRef<'_> {
        self.node(node).current().view(column)
    }

    fn view_version(&self, node: u32, version: usize, column: usize) -> ValueRef<'_> {
        self.node(node).version(version).view(column)
    }

    fn differing(&self, node: u32, version: usize, columns: &mut Vec<usize>) {
        let node = self.node(node);
        let (now, then) = (node.current(), node.version(version));
        let mut add = |column: usize| {
            let cell = now.view(column);
            if cell != then.view(column) && cell != ValueRef::NotLoaded {
                columns.push(column);
            }
        };
        match node.changed_since(version) {
            Some(changed) => changed.each(self.columns, add),
            None => (0..self.columns).for_each(&mut add),
        }
    }

    fn version(&self, node: u32) -> usize {
        self.node(node).current_version()
    }

    fn versions(&self, node: u32) -> usize {
        self.node(node).versions().count()
    }

    fn keep_log(&self) {
        self.log.get_or_init(Mutex::default);
    }

    fn logged(&self, after: usize) -> Vec<(u32, usize)> {
        let Some(log) = self.log.get() else { return Vec::new() };
        let log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.get(after..).unwrap_or_default().to_vec()
    }

    fn unlike(&self, node: u32, version: usize, cells: &dyn Cells) -> Result<Option<usize>, CellError> {
        let row = M::read(cells, &self.seed(node))?;
        let had = self.node(node).version(version);
        let differs = |column: &usize| {
            let (now, had) = (row.view(*column), had.view(*column));
            now != had && now != ValueRef::NotLoaded && had != ValueRef::NotLoaded
        };
        Ok((0..self.columns).find(differs))
    }

    fn fits(&self, node: u32, changes: &[(usize, Value)]) -> Result<(), CellError> {
        let current = self.node(node).current();
        M::read(&Changed { fields: Fields(current), changes }, &self.seed(node)).map(drop)
    }

    fn change(&self, node: u32, changes: &[(usize, Value)]) -> Result<(), CellError> {
        let current = self.node(node).current();
        let changed = M::read(&Changed { fields: Fields(current), changes }, &self.seed(node))?;
        self.publish(node, changed, changes.iter().map(|(column, _)| *column).collect());
        Ok(())
    }

    fn revert(&self, node: u32, version: usize) {
        self.node(node).revert(version);
    }

    fn unload(&self, node: u32) {
        for relation in 0..self.slots.len() {
            self.unload_one(node, relation);
        }
    }

    fn unload_one(&self, node: u32, relation: usize) {
        if let Some(mut slots) = self.slots_mut(relation) {
            slots.unload(node);
        }
    }

    fn is_detached(&self, node: u32) -> bool {
        self.detached.read().unwrap_or_else(PoisonError::into_inner).contains(&node)
    }

    fn detach(&self, node: u32) {
        self.detached.write().unwrap_or_else(PoisonError::into_inner).insert(node);
    }

    fn slots(&self, relation: usize) -> Option<RwLockReadGuard<'_, Slots>> {
        // A slot is valid after every single step of a change, so a panic elsewhere poisons nothing.
        Some(self.slots.get(relation)?.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn slots_mut(&self, relation: usize) -> Option<RwLockWriteGuard<'_, Slots>> {
        Some(self.slots.get(relation)?.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<M> fmt::Debug for Arena<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena").field("id", &self.id).field("objects", &self.nodes.len()).finish()
    }
}

/// An object's own fields as cells.
struct Fields<'m, M>(&'m M);

impl<M: Record> Cells for Fields<'_, M> {
    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError> {
        Ok(self.0.view(index))
    }

    fn boolean(&self, index: usize) -> Option<bool> {
        if let ValueRef::Bool(v) = self.0.view(index) { Some(v) } else { None }
    }

    fn integer(&self, index: usize) -> Option<i64> {
        if let ValueRef::Int(v) = self.0.view(index) { Some(v) } else { None }
    }

    fn float(&self, index: usize) -> Option<f64> {
        if let ValueRef::Float(v) = self.0.view(index) { Some(v) } else { None }
    }

    fn text(&self, index: usize) -> Option<&str> {
        if let ValueRef::Text(v) = self.0.view(index) { Some(v) } else { None }
    }
}

/// An object's fields with some replaced.
struct Changed<'m, M> {
    fields: Fields<'m, M>,
    changes: &'m [(usize, Value)],
}

impl<M: Record> Cells for Changed<'_, M> {
    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError> {
        let change = self.changes.iter().rev().find(|(column, _)| *column == index);
        change.map_or_else(|| self.fields.cell(index), |(_, value)| Ok(value.as_ref()))
    }
}

/// A row, and an object's own fields where the row has none.
struct Followed<'m> {
    cells: &'m dyn Cells,
    current: &'m dyn Cells,
}

impl Cells for Followed<'_> {
    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError> {
        match self.cells.cell(index)? {
            ValueRef::NotLoaded => self.current.cell(index),
            cell => Ok(cell),
        }
    }
}
