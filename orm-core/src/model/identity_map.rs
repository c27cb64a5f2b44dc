//! Which object has which key.

use std::fmt;
use std::ops::Range;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::Model;
use crate::graph::{ArenaId, CellError, ErasedArena, Graph};
use crate::value::{Cells, Key, Value, ValueError};

/// Which object is which row: the key of every object of one model that a session holds.
///
/// As in SQLAlchemy and Hibernate, it is what makes one row one object; here it is strong for the session's life.
pub struct IdentityMap<M: Model> {
    nodes: HashMap<M::Key, u32>,
}

/// What to do with a row whose object the session already holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hydrate {
    /// Keep the object as it is and skip the rest of the row, but for deferred columns that it lacks.
    Keep,
    /// Take the row's columns; what the row does not have is not loaded any more.
    Overwrite,
    /// Take the row's columns; what the row does not have stays.
    Follow,
}

/// A row's object.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// Its index in the arena.
    pub node: u32,
    /// Whether the row made it.
    pub new: bool,
    /// Whether it took anything from the row.
    pub read: bool,
    /// The version that it showed before, if the row overwrote it.
    pub before: Option<usize>,
}

/// An identity map as a trait object.
pub trait ErasedIdentity: Send + Sync {
    /// The object of a row: the one that the map knows, or a new one read from the cells. None when the key is NULL,
    /// as an outer join without a match gives it.
    ///
    /// # Errors
    /// A cell does not hold its field's type: boxed, since every row has a result.
    fn hydrate(
        &mut self,
        graph: &Graph,
        arena: ArenaId,
        cells: &dyn Cells,
        existing: Hydrate,
    ) -> Result<Option<Found>, Box<CellError>>;

    /// Enters objects that were admitted to the arena without being looked for, under the keys of their rows.
    fn enter(&mut self, graph: &Graph, arena: ArenaId, nodes: Range<u32>);

    /// The object with this key.
    ///
    /// # Errors
    /// The cells are not a key of the model.
    fn look_up(&self, key: &[Value]) -> Result<Option<u32>, ValueError>;

    /// Forgets the object with this key.
    ///
    /// # Errors
    /// The cells are not a key of the model.
    fn remove(&mut self, key: &[Value]) -> Result<Option<u32>, ValueError>;

    /// Enters an object under a key; the object that had it is returned.
    ///
    /// # Errors
    /// The cells are not a key of the model.
    fn insert(&mut self, key: &[Value], node: u32) -> Result<Option<u32>, ValueError>;

    /// How many objects there are.
    fn len(&self) -> usize;
}

impl<M: Model> IdentityMap<M> {
    pub(crate) fn new() -> IdentityMap<M> {
        IdentityMap { nodes: HashMap::new() }
    }

    fn key(values: &[Value]) -> Result<M::Key, ValueError> {
        const PLACES: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 7];
        M::Key::read(&values, PLACES.get(..values.len()).unwrap_or(&PLACES))
    }
}

impl<M: Model> ErasedIdentity for IdentityMap<M> {
    fn hydrate(
        &mut self,
        graph: &Graph,
        arena: ArenaId,
        cells: &dyn Cells,
        existing: Hydrate,
    ) -> Result<Option<Found>, Box<CellError>> {
        let columns = M::def().key;
        let at_key =
            |error| Box::new(CellError { column: columns.first().copied().unwrap_or_default(), error });
        let key = match M::Key::read(cells, columns) {
            Ok(key) => key,
            Err(ValueError::UnexpectedNull { .. }) if all_null(cells, columns) => return Ok(None),
            Err(error) => return Err(at_key(error)),
        };
        let arena = graph.arena::<M>(arena);
        match self.nodes.entry(key) {
            Entry::Occupied(entry) => {
                let node = *entry.get();
                let before = (existing != Hydrate::Keep).then(|| arena.version(node));
                let read = match existing {
                    Hydrate::Keep => arena.fill(node, cells)?,
                    Hydrate::Overwrite => arena.update(node, cells).map(|_| true)?,
                    Hydrate::Follow => arena.follow(node, cells).map(|_| true)?,
                };
                Ok(Some(Found { node, new: false, read, before }))
            }
            Entry::Vacant(entry) => {
                let node = *entry.insert(arena.push(cells)?);
                Ok(Some(Found { node, new: true, read: true, before: None }))
            }
        }
    }

    fn enter(&mut self, graph: &Graph, arena: ArenaId, nodes: Range<u32>) {
        let (arena, columns) = (graph.arena::<M>(arena), M::def().key);
        self.nodes.reserve(nodes.len());
        for node in nodes {
            // What a row's cells were read into is a key again.
            if let Ok(key) = M::Key::read(&arena.row(node), columns) {
                self.nodes.entry(key).or_insert(node);
            }
        }
    }

    fn look_up(&self, key: &[Value]) -> Result<Option<u32>, ValueError> {
        Ok(self.nodes.get(&Self::key(key)?).copied())
    }

    fn remove(&mut self, key: &[Value]) -> Result<Option<u32>, ValueError> {
        Ok(self.nodes.remove(&Self::key(key)?))
    }

    fn insert(&mut self, key: &[Value], node: u32) -> Result<Option<u32>, ValueError> {
        Ok(self.nodes.insert(Self::key(key)?, node))
    }

    fn len(&self) -> usize {
        self.nodes.len()
    }
}

fn all_null(cells: &dyn Cells, columns: &[usize]) -> bool {
    columns.iter().all(|column| cells.cell(*column).is_ok_and(|cell| cell.is_null()))
}

impl<M: Model> fmt::Debug for IdentityMap<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityMap<{}>({})", M::def().name, self.nodes.len())
    }
}
