//! The objects of a session: its graph and its identity maps.

use std::any::TypeId;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::filtered::{Filtered, FilteredPlace, FilteredSlots};
use super::key_index::KeyIndex;
use super::reads::Reads;
use crate::error::{Constraint, Error, ErrorKind, Result};
use crate::graph::{ArenaId, CellError, ErasedArena, Graph, ObjectId, Region, Slot};
use crate::model::{ErasedIdentity, ErasedModel, Found, Hydrate, ModelDef, RelationDef};
use crate::sql::{Dialect, Expr};
use crate::value::{Cells, Value, ValueRef};

/// The graph of one session, with its identity maps.
pub struct Store {
    region: Arc<Region>,
    models: Vec<ModelEntry>,
    by_type: HashMap<TypeId, ArenaId>,
    /// Objects whose columns the next query that returns them fills in again.
    expired: HashSet<ObjectId>,
    /// Those of them that have unsaved changes, which a query must not overwrite.
    changed: HashSet<ObjectId>,
    reads: Reads,
    filtered: FilteredSlots,
    /// By the relationship that refers to the key.
    key_indexes: HashMap<(ArenaId, usize), KeyIndex>,
}

/// More objects than these are looked up by their keys.
const INDEXED_FROM: u32 = 32;

/// The objects of one model.
struct ModelEntry {
    model: &'static dyn ErasedModel,
    identity: Box<dyn ErasedIdentity>,
    /// The first of the objects that the identity map does not know yet, if there are any; those after it are the rest
    /// of them. Most of what a session reads is never looked for, and then no map is made.
    unmapped: Option<u32>,
}

impl ModelEntry {
    /// The identity map, which knows all objects.
    fn identity(&mut self, graph: &Graph, arena: ArenaId) -> &mut dyn ErasedIdentity {
        if let Some(first) = self.unmapped.take() {
            self.identity.enter(graph, arena, first..graph.erased(arena).len());
        }
        &mut *self.identity
    }
}

impl Store {
    pub(crate) fn new() -> Store {
        let region = Region::of_session();
        Store {
            region,
            models: Vec::new(),
            by_type: HashMap::new(),
            expired: HashSet::new(),
            changed: HashSet::new(),
            reads: Reads::default(),
            filtered: FilteredSlots::default(),
            key_indexes: HashMap::new(),
        }
    }

    /// The graph, for handles.
    pub(crate) fn region(&self) -> &Arc<Region> {
        &self.region
    }

    pub(crate) fn graph(&self) -> &Graph {
        self.region.graph()
    }

    /// The arena of a model, made at its first use.
    ///
    /// # Errors
    /// `InvalidModel`, so a session holds only objects of valid models.
    pub(crate) fn arena_of(&mut self, model: &'static dyn ErasedModel) -> Result<ArenaId> {
        if let Some(arena) = self.by_type.get(&model.type_id()) {
            return Ok(*arena);
        }
        model.def().check()?;
        Ok(self.checked_arena(model))
    }

    /// The arena of the objects that have a relationship, of a model that was checked.
    pub(crate) fn source_arena(&mut self, relation: &RelationDef) -> ArenaId {
        self.checked_arena((relation.parent)())
    }

    /// The arena of a relationship's targets. A model is valid where those that it leads to are.
    pub(crate) fn target_arena(&mut self, relation: &RelationDef) -> ArenaId {
        self.checked_arena((relation.target)())
    }

    fn checked_arena(&mut self, model: &'static dyn ErasedModel) -> ArenaId {
        let graph = self.region.graph();
        *self.by_type.entry(model.type_id()).or_insert_with(|| {
            let id = ArenaId::at(self.models.len());
            let identity = model.new_identity();
            self.models.push(ModelEntry { model, identity, unmapped: None });
            graph.add_arena(model.new_arena(graph.handle(), id))
        })
    }

    pub(crate) fn model(&self, arena: ArenaId) -> &'static dyn ErasedModel {
        self.models[arena.index()].model
    }

    pub(crate) fn def(&self, arena: ArenaId) -> &'static ModelDef {
        self.model(arena).def()
    }

    pub(crate) fn arena(&self, arena: ArenaId) -> &dyn ErasedArena {
        self.region.graph().erased(arena)
    }

    /// The object of a row; see [`ErasedIdentity::hydrate`].
    pub(crate) fn hydrate(
        &mut self,
        arena: ArenaId,
        cells: &dyn Cells,
        existing: Hydrate,
    ) -> Result<Option<Found>> {
        let entry = &mut self.models[arena.index()];
        let graph = self.region.graph();
        let identity = entry.identity(graph, arena);
        let mut found = identity.hydrate(graph, arena, cells, existing);
        if let Ok(Some(Found { node, new: false, .. })) = &found
            && !self.expired.is_empty()
            && !self.changed.contains(&ObjectId { arena, node: *node })
            && self.expired.remove(&ObjectId { arena, node: *node })
        {
            found = identity.hydrate(graph, arena, cells, Hydrate::Overwrite);
        }
        if let Ok(Some(Found { node, read: true, before, .. })) = &found {
            self.reads.node(ObjectId { arena, node: *node }, *before);
        }
        found.map_err(|error| cell_error(entry.model.def(), &error))
    }

    /// Whether the session holds no object of a model, so that every row is one that it has not seen.
    pub(crate) fn holds_none(&self, arena: ArenaId) -> bool {
        self.count(arena) == 0
    }

    /// The object of a row that no object is; the row is one of a statement that began when the session held
    /// [none](Self::holds_none), and gives no row twice.
    pub(crate) fn admit(&mut self, arena: ArenaId, cells: &dyn Cells) -> Result<Option<Found>> {
        match self.arena(arena).admit(cells) {
            Ok(node) => {
                self.models[arena.index()].unmapped.get_or_insert(node);
                self.reads.node(ObjectId { arena, node }, None);
                Ok(Some(Found { node, new: true, read: true, before: None }))
            }
            // It may have no key, and then reports it there.
            Err(_) => self.hydrate(arena, cells, Hydrate::Keep),
        }
    }

    /// Forgets what an object holds, and has its columns filled in again by the next query that returns it.
    pub(crate) fn expire(&mut self, id: ObjectId) {
        self.arena(id.arena).unload(id.node);
        self.expired.insert(id);
    }

    /// Records which objects have unsaved changes, before a query that could overwrite expired ones.
    pub(crate) fn keep_changes(&mut self, changed: impl Iterator<Item = ObjectId>) {
        self.changed.clear();
        if !self.expired.is_empty() {
            self.changed.extend(changed.filter(|id| self.expired.contains(id)));
        }
    }

    /// Gives an object what a query found for a relationship.
    pub(crate) fn fill_slot(&mut self, id: ObjectId, relation: usize, target: ArenaId, slot: Slot) {
        self.set_held(id, relation, target, slot);
        self.reads.slots(id.arena, relation, &[id.node]);
    }

    /// What an object holds for a relationship, and the arena of the targets, once anything was loaded.
    pub(crate) fn held(&self, id: ObjectId, relation: usize) -> (Slot, Option<ArenaId>) {
        let slots = self.arena(id.arena).slots(relation);
        slots.map_or((Slot::Unloaded, None), |slots| (slots.get(id.node), slots.target()))
    }

    /// The objects that an object holds for a relationship.
    pub(crate) fn held_objects(&self, id: ObjectId, relation: usize) -> Vec<ObjectId> {
        let (slot, target) = self.held(id, relation);
        let Some(arena) = target else { return Vec::new() };
        match slot {
            Slot::Unloaded | Slot::Absent => Vec::new(),
            Slot::One(node) => vec![ObjectId { arena, node }],
            Slot::Many(slice) => {
                slice.as_slice().iter().map(|node| ObjectId { arena, node: *node }).collect()
            }
        }
    }

    /// Whether an object holds what a relationship leads to.
    pub(crate) fn is_held(&self, id: ObjectId, relation: usize) -> bool {
        self.arena(id.arena).slots(relation).is_some_and(|slots| slots.is_loaded(id.node))
    }

    /// Changes what an object holds for a relationship.
    pub(crate) fn set_held(&self, id: ObjectId, relation: usize, target: ArenaId, slot: Slot) {
        if let Some(mut slots) = self.arena(id.arena).slots_mut(relation) {
            *slots.slot_mut(id.node, target) = slot;
        }
    }

    /// A query filled in what objects hold for a relationship.
    pub(crate) fn slots_filled(&mut self, arena: ArenaId, relation: usize, nodes: &[u32]) {
        self.reads.slots(arena, relation, nodes);
        if !nodes.is_empty() {
            self.filtered.filled(arena, &self.def(arena).relations[relation]);
        }
    }

    /// Where relationships with a filter are held, those of some kind.
    pub(crate) fn filtered(&self, which: impl Fn(&Filtered) -> bool) -> Vec<FilteredPlace> {
        self.filtered.held(which)
    }

    /// No object holds the relationship any more.
    pub(crate) fn filtered_emptied(&mut self, place: FilteredPlace) {
        self.filtered.emptied(place);
    }

    /// The open transaction writes, so what is read from now on is undone with it.
    pub(crate) fn writes(&mut self) {
        self.reads.watch();
    }

    /// The transaction is permanent, and so is what was read in it.
    pub(crate) fn committed(&mut self) {
        self.reads = Reads::default();
    }

    /// Begins a savepoint.
    pub(crate) fn savepoint(&mut self) {
        self.reads.savepoint();
    }

    /// A savepoint was released.
    pub(crate) fn savepoint_released(&mut self) {
        self.reads.released();
    }

    /// What was read since the last savepoint, or else since the transaction wrote, is not true any more. Objects show again
    /// what they showed before it was read.
    pub(crate) fn rolled_back(&mut self) {
        self.filtered.rolled_back();
        let read = self.reads.rolled_back();
        for (arena, node, relation) in read.slots {
            self.arena(arena).unload_one(node, relation);
        }
        for (id, before) in read.nodes {
            let objects = self.region.graph().erased(id.arena);
            if objects.is_detached(id.node) {
                continue;
            }
            // Of several versions the first counts, which has the lowest number.
            if let Some(before) = before.filter(|before| *before < objects.version(id.node)) {
                objects.revert(id.node, before);
            }
            self.expired.insert(id);
        }
    }

    /// Expires all objects.
    pub(crate) fn expire_all(&mut self) {
        for arena in self.graph().arenas() {
            for node in 0..self.arena(arena).len() {
                self.expire(ObjectId { arena, node });
            }
        }
    }

    pub(crate) fn is_expired(&self, id: ObjectId) -> bool {
        self.expired.contains(&id)
    }

    /// Takes an object out of the session.
    pub(crate) fn expunge(&mut self, id: ObjectId) {
        let key = self.key(id);
        // A key read from an object is a key of its model.
        let _ = self.identity_mut(id.arena).remove(&key);
        self.expired.remove(&id);
        self.arena(id.arena).detach(id.node);
    }

    /// The primary key of an object.
    pub(crate) fn key(&self, id: ObjectId) -> Vec<Value> {
        self.values(id, self.def(id.arena).key)
    }

    /// The primary key that an object had in an earlier version.
    pub(crate) fn key_in(&self, id: ObjectId, version: usize) -> Vec<Value> {
        let (objects, key) = (self.arena(id.arena), self.def(id.arena).key);
        key.iter().map(|column| objects.view_version(id.node, version, *column).to_value()).collect()
    }

    /// The objects that have the key by which a relationship refers to its parents, or had it in some version.
    pub(crate) fn ever_with_key(
        &mut self,
        arena: ArenaId,
        relation: &RelationDef,
        key: &[Value],
    ) -> Vec<ObjectId> {
        let (objects, local) = (self.region.graph().erased(arena), relation.local_columns());
        let columns = self.models[arena.index()].model.def().columns;
        // Few are looked at one by one. A deferred column is filled in without a new version.
        let is_indexed =
            objects.len() > INDEXED_FROM && !local.iter().any(|column| columns[*column].deferred);
        let nodes: Vec<u32> = match is_indexed {
            true => {
                let index = self.key_indexes.entry((arena, relation.index));
                index.or_insert_with(|| KeyIndex::new(objects, local)).find(objects, key)
            }
            false => (0..objects.len()).collect(),
        };
        nodes.into_iter().map(|node| ObjectId { arena, node }).collect()
    }

    /// The object with a key, if the session holds it. Cells that are not a key find nothing.
    pub(crate) fn find(&mut self, arena: ArenaId, key: &[Value]) -> Option<ObjectId> {
        let node = self.identity_mut(arena).look_up(key).ok().flatten()?;
        Some(ObjectId { arena, node })
    }

    /// The target of a relationship by its key, if the key is the target's primary key and the session holds it;
    /// `places` are those of the relationship, in the order of the primary key.
    pub(crate) fn find_target(
        &mut self,
        arena: ArenaId,
        key: &[Value],
        places: &[usize],
    ) -> Option<ObjectId> {
        match places.iter().enumerate().all(|(index, place)| index == *place) {
            true => self.find(arena, key),
            false => {
                let ordered: Vec<Value> =
                    places.iter().filter_map(|place| key.get(*place).cloned()).collect();
                self.find(arena, &ordered)
            }
        }
    }

    pub(crate) fn identity_mut(&mut self, arena: ArenaId) -> &mut dyn ErasedIdentity {
        self.models[arena.index()].identity(self.region.graph(), arena)
    }

    /// The deferred columns that an object holds.
    pub(crate) fn undeferred(&self, id: ObjectId) -> Vec<usize> {
        let (def, objects) = (self.def(id.arena), self.arena(id.arena));
        def.deferred().filter(|column| objects.view(id.node, *column) != ValueRef::NotLoaded).collect()
    }

    /// Whether an object holds some columns.
    pub(crate) fn has_columns(&self, id: ObjectId, columns: &[usize]) -> bool {
        let objects = self.arena(id.arena);
        columns.iter().all(|column| objects.view(id.node, *column) != ValueRef::NotLoaded)
    }

    /// Whether an object meets a condition on its row, as far as its values tell.
    pub(crate) fn meets(&self, id: ObjectId, condition: &Expr) -> Option<bool> {
        let (def, objects) = (self.def(id.arena), self.arena(id.arena));
        let column = |name: &str| def.columns.iter().position(|column| column.name == name);
        condition.holds_for(&|name| column(name).map(|column| objects.view(id.node, column)))
    }

    /// Whether an object meets the condition on the rows that a session sees, as far as its values tell.
    pub(crate) fn shows(&self, id: ObjectId, criterion: Option<&Expr>) -> bool {
        criterion.is_none_or(|criterion| self.meets(id, criterion) == Some(true))
    }

    /// The current values of some columns of an object.
    pub(crate) fn values(&self, id: ObjectId, columns: &[usize]) -> Vec<Value> {
        let objects = self.arena(id.arena);
        columns.iter().map(|column| objects.view(id.node, *column).to_value()).collect()
    }

    /// How many objects there are in each arena, to come back to.
    pub(crate) fn mark(&self) -> Vec<u32> {
        self.graph().arenas().map(|arena| self.arena(arena).len()).collect()
    }

    /// Takes the objects that came after a mark out of the identity maps: a query that failed leaves nothing behind.
    pub(crate) fn forget_since(&mut self, mark: &[u32]) {
        for (id, entry) in self.region.graph().arenas().zip(&mut self.models) {
            let arena = self.region.graph().erased(id);
            let first = mark.get(id.index()).copied().unwrap_or_default();
            let entered = match entry.unmapped.take_if(|unmapped| *unmapped >= first) {
                Some(unmapped) => first..unmapped,
                None => first..arena.len(),
            };
            for node in entered {
                let column = |column: &usize| arena.view(node, *column).to_value();
                let key: Vec<Value> = entry.model.def().key.iter().map(column).collect();
                // A key read from the object is a key of its model.
                let _ = entry.identity(self.region.graph(), id).remove(&key);
            }
        }
    }

    /// Names the fields of a violated constraint as the models do.
    pub(crate) fn name_violation(&self, error: Error, dialect: Dialect) -> Error {
        let Some(constraint) = error.constraint() else { return error };
        let Some(def) = self.violated(constraint) else { return error };
        let field =
            |name: &String| def.columns.iter().find(|column| column.name == name).map(|column| column.field);
        // MySQL reports only the index.
        let error = match &constraint.name {
            Some(index) if constraint.columns.is_empty() && error.kind() == ErrorKind::UniqueViolation => {
                let columns = def.names(&def.columns_of_unique(index));
                let columns = columns.into_iter().map(str::to_owned).collect();
                let constraint = Constraint { columns, ..constraint.clone() };
                error.with_constraint(constraint)
            }
            _ => error,
        };
        let Some(constraint) = error.constraint() else { return error };
        let names = match constraint.columns.is_empty() && error.kind() != ErrorKind::UniqueViolation {
            true => constraint.name.as_slice(),
            false => &constraint.columns,
        };
        let fields: Vec<String> =
            names.iter().filter_map(field).map(|field| format!("`{}.{field}`", def.name)).collect();
        if fields.is_empty() {
            return error;
        }
        let is_generated = def.auto_key().is_some_and(|key| names == [def.columns[key].name]);
        let error = match is_generated
            && error.kind() == ErrorKind::UniqueViolation
            && !dialect.counts_given_keys()
        {
            true => error.suffixed(&format!(
                "\nif the key was generated: PostgreSQL does not advance its sequence past keys that the program \
                 set; `engine.sync_sequences(schema![{}])` continues the sequence after them",
                def.name
            )),
            false => error,
        };
        error.prefixed(&format!("{}: ", fields.join(", ")))
    }

    /// The model whose table has the constraint, if that is unambiguous: tables in two schemas may share a name.
    fn violated(&self, constraint: &Constraint) -> Option<&'static ModelDef> {
        let named = |def: &&'static ModelDef| constraint.table.as_deref() == Some(def.table.name);
        let mut defs = self.models.iter().map(|entry| entry.model.def()).filter(named);
        let schema = constraint.schema.as_deref();
        match (schema, defs.clone().find(|def| def.table.schema == schema)) {
            (Some(_), Some(def)) => Some(def),
            // A model without a schema is in the one that the connection is in, whichever that is.
            (Some(_), None) => defs.find(|def| def.table.schema.is_none()),
            (None, _) => defs.next().filter(|_| defs.next().is_none()),
        }
    }

    /// Whether the session holds objects of a model.
    pub(crate) fn holds_any(&self, arena: ArenaId) -> bool {
        self.count(arena) > 0
    }

    /// How many objects of a model the session holds.
    fn count(&self, arena: ArenaId) -> usize {
        let entry = &self.models[arena.index()];
        let unmapped = entry.unmapped.map_or(0, |first| self.arena(arena).len() - first);
        entry.identity.len() + unmapped as usize
    }

    /// How many objects of each model the session holds, and how many bytes they take, without the texts in them.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = (&'static ModelDef, usize, usize)> {
        let sizes = |arena| (self.def(arena), self.count(arena), self.arena(arena).bytes());
        self.graph().arenas().map(sizes)
    }

    /// How many objects the session holds.
    pub(crate) fn len(&self) -> usize {
        self.graph().arenas().map(|arena| self.count(arena)).sum()
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
    let column = def.columns.get(error.column);
    let field = column.map_or("?", |column| column.field);
    let error = match column.is_some_and(|column| column.secret) {
        true => error.error.without_value(),
        false => error.error.clone(),
    };
    Error::new(ErrorKind::InvalidValue, format!("`{}.{field}`: {error}", def.name)).with_source(error)
}
