use std::any::TypeId;
use std::sync::{Arc, Weak};

use hashbrown::HashMap;

use crate::error::{Error, ErrorKind, Result};
use crate::graph::{CellError, ErasedArena, Graph, Region};
use crate::model::{ErasedIdentity, ErasedModel, Found, Hydrate, ModelDef};
use crate::value::{Cells, Value};

/// The graph of one session, with its identity maps.
pub struct Store {
    region: Arc<Region>,
    shelves: Vec<Shelf>,
    by_type: HashMap<TypeId, u32>,
}

/// The objects of one model.
struct Shelf {
    model: &'static dyn ErasedModel,
    identity: Box<dyn ErasedIdentity>,
}

impl Store {
    pub(crate) fn new() -> Store {
        let region = Arc::new(Region::Graph(Graph::new()));
        Store { region, shelves: Vec::new(), by_type: HashMap::new() }
    }

    /// The graph, for handles.
    pub(crate) fn region(&self) -> &Arc<Region> {
        &self.region
    }

    pub(crate) fn graph(&self) -> &Graph {
        self.region.graph()
    }

    /// The arena of a model, made at its first use.
    pub(crate) fn arena_of(&mut self, model: &'static dyn ErasedModel) -> u32 {
        let graph = self.region.graph();
        *self.by_type.entry(model.type_id()).or_insert_with(|| {
            let index = graph.arena_count();
            self.shelves.push(Shelf { model, identity: model.new_identity() });
            let weak: Weak<Region> = Arc::downgrade(&self.region);
            graph.add_arena(model.new_arena(weak, index))
        })
    }

    pub(crate) fn model(&self, arena: u32) -> &'static dyn ErasedModel {
        self.shelves[arena as usize].model
    }

    pub(crate) fn def(&self, arena: u32) -> &'static ModelDef {
        self.model(arena).def()
    }

    pub(crate) fn arena(&self, arena: u32) -> &dyn ErasedArena {
        self.region.graph().erased(arena)
    }

    /// The object of a row; see [`ErasedIdentity::hydrate`].
    pub(crate) fn hydrate(&mut self, arena: u32, cells: &dyn Cells, existing: Hydrate) -> Result<Option<Found>> {
        let shelf = &mut self.shelves[arena as usize];
        let found = shelf.identity.hydrate(self.region.graph(), arena, cells, existing);
        found.map_err(|error| cell_error(shelf.model.def(), &error))
    }

    /// The object with a key, if the session holds it. Cells that are no key find nothing.
    pub(crate) fn find(&self, arena: u32, key: &[Value]) -> Option<u32> {
        self.shelves[arena as usize].identity.find(key).ok().flatten()
    }

    pub(crate) fn identity_mut(&mut self, arena: u32) -> &mut dyn ErasedIdentity {
        &mut *self.shelves[arena as usize].identity
    }

    /// The values of some columns of an object, as it is now.
    pub(crate) fn values(&self, arena: u32, node: u32, columns: &[usize]) -> Vec<Value> {
        let arena = self.arena(arena);
        columns.iter().map(|column| arena.view(node, *column).to_value()).collect()
    }

    /// How many objects there are in each arena, to come back to.
    pub(crate) fn mark(&self) -> Vec<u32> {
        (0..self.graph().arena_count()).map(|arena| self.arena(arena).len()).collect()
    }

    /// Takes the objects that came after a mark out of the identity maps: a query that failed leaves nothing behind.
    pub(crate) fn forget_since(&mut self, mark: &[u32]) {
        for (index, shelf) in (0u32..).zip(&mut self.shelves) {
            let arena = self.region.graph().erased(index);
            let first = mark.get(index as usize).copied().unwrap_or_default();
            for node in first..arena.len() {
                let column = |column: &usize| arena.view(node, *column).to_value();
                let key: Vec<Value> = shelf.model.def().key.iter().map(column).collect();
                // A key read from the object is a key of its model.
                let _ = shelf.identity.remove(&key);
            }
        }
    }

    /// How many objects the session holds.
    pub(crate) fn len(&self) -> usize {
        self.shelves.iter().map(|shelf| shelf.identity.len()).sum()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.region.graph().close();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("objects", &self.len()).finish_non_exhaustive()
    }
}

/// A cell that its field cannot hold, as an error that names both.
pub(crate) fn cell_error(def: &ModelDef, error: &CellError) -> Error {
    let field = def.columns.get(error.column).map_or("?", |column| column.field);
    Error::new(ErrorKind::InvalidValue, format!("`{}.{field}`: {}", def.name, error.error))
        .with_source(error.error.clone())
}
