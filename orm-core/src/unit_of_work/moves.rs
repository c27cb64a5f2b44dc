//! Moves children between collections when their keys change.

use super::draft::DraftData;
use super::unit_of_work::{KeyFrom, UnitOfWork};
use crate::graph::{ArenaId, ObjectId, Slot};
use crate::identity::Store;
use crate::model::{RelationDef, RelationKind};
use crate::value::Value;

/// A relationship by whose key parents hold their children, and the arena of the parents.
pub(super) type Holder = (ArenaId, &'static RelationDef);
/// An object, and a relationship by whose key it holds others.
pub(super) type Holding = (ObjectId, &'static RelationDef);

/// What objects hold follows a key, whatever changed it: an edit, a link, a bulk statement, or the undoing of one.
impl UnitOfWork {
    /// An object's columns changed from what they were in an earlier version. It no longer holds what its old key led
    /// to, and moves from the collections of its old parents to those of its new ones, where they are loaded.
    pub(crate) fn keys_changed(
        &mut self,
        store: &mut Store,
        node: ObjectId,
        columns: &[usize],
        before: usize,
    ) {
        for relation in store.def(node.arena).relations {
            let is_key = matches!(relation.kind, RelationKind::ManyToOne { .. });
            let local = relation.local_columns();
            if is_key && local.iter().any(|column| columns.contains(column)) {
                self.follow_key(store, node, relation, local);
            }
        }
        self.move_child(store, node, columns, before);
        self.members_changed(store, node, columns, before);
        // A row that is marked as deleted leaves what leads to it at the flush or in the statement that marks it.
        if self.mark_between(store, node, columns, before) == Some(false) {
            self.mark_edited(store, node);
        }
    }

    /// Updates a to-one whose key changed: it is empty for NULL, the session's object with that key if there is one,
    /// and otherwise unloaded.
    fn follow_key(&mut self, store: &Store, node: ObjectId, relation: &RelationDef, local: &[usize]) {
        let (slot, target) = store.held(node, relation.index);
        let key = store.values(node, local);
        let leads_to = |held: u32| {
            let remote = relation.remote_columns();
            target.is_some_and(|arena| store.values(ObjectId { arena, node: held }, remote) == key)
        };
        let slot = match slot {
            Slot::Unloaded => return,
            _ if key.iter().any(Value::is_null) => Slot::Absent,
            Slot::One(held) if leads_to(held) => return,
            _ => Slot::Unloaded,
        };
        self.set_slot(store, node, relation, None, slot);
    }

    /// A child leaves the parents that its key led to in an earlier version, and joins those that it leads to now.
    pub(super) fn move_child(
        &mut self,
        store: &mut Store,
        child: ObjectId,
        columns: &[usize],
        before: usize,
    ) {
        for holder in holders(store, child.arena) {
            let remote = holder.1.remote_columns();
            if !remote.iter().any(|column| columns.contains(column)) {
                continue;
            }
            let objects = store.arena(child.arena);
            let earlier = |column: &usize| objects.view_version(child.node, before, *column).to_value();
            let old: Vec<Value> = remote.iter().map(earlier).collect();
            let new = store.values(child, remote);
            if old == new {
                continue;
            }
            for parent in self.former_parents(store, holder, &old) {
                self.let_go(store, parent, holder.1, child);
            }
            for parent in self.parents_of(store, holder, child) {
                self.add_child(store, parent, holder.1, child);
            }
        }
    }

    /// A new object joins the parents that its values lead to, where these hold their children. `keys` are those that it took
    /// from other objects, which hold it already.
    pub(super) fn child_added(
        &mut self,
        store: &mut Store,
        child: ObjectId,
        joins: &[Holder],
        keys: &[KeyFrom],
    ) {
        for holder in joins {
            let remote = holder.1.remote_columns();
            if keys.iter().any(|key| key.columns == remote) {
                continue;
            }
            for parent in self.parents_of(store, *holder, child) {
                self.add_child(store, parent, holder.1, child);
            }
        }
    }

    /// The collections of objects of this session that new rows belong to, by the values of the rows. A row that an object has
    /// is not new, and moves with the object.
    pub(super) fn gaining(&self, store: &mut Store, arena: ArenaId, rows: &[DraftData]) -> Vec<Holding> {
        let mut gaining = Vec::new();
        for holder in holders(store, arena) {
            if !store.holds_any(holder.0) {
                continue;
            }
            let remote = holder.1.remote_columns();
            for row in rows {
                let values = |columns: &[usize]| -> Option<Vec<Value>> {
                    columns.iter().map(|column| row.values.get(*column).cloned().flatten()).collect()
                };
                let Some(key) = values(remote) else { continue };
                if values(store.def(arena).key).is_some_and(|own| store.find(arena, &own).is_some()) {
                    continue;
                }
                let parents = self.former_parents(store, holder, &key);
                gaining.extend(parents.into_iter().map(|parent| (parent, holder.1)));
            }
        }
        gaining
    }

    /// The collections of objects of this session that any row of a model may belong to.
    pub(super) fn all_gaining(&self, store: &Store, arena: ArenaId) -> Vec<Holding> {
        let each = |(holder, relation): Holder| {
            let nodes = 0..store.arena(holder).len();
            nodes.map(move |node| (ObjectId { arena: holder, node }, relation))
        };
        holders(store, arena).into_iter().flat_map(each).collect()
    }

    /// What objects hold is unknown until the next load.
    pub(super) fn forget_gaining(&mut self, store: &Store, gaining: &[Holding]) {
        gaining.iter().for_each(|(parent, relation)| self.forget_held(store, relation, *parent));
    }

    /// The objects that a child's key leads to. Until a flush, a child whose key was not edited belongs to the object whose
    /// row has the value, whatever the object was given since.
    pub(super) fn parents_of(&self, store: &mut Store, holder: Holder, child: ObjectId) -> Vec<ObjectId> {
        let remote = holder.1.remote_columns();
        if let Some(key) = self.waiting_keys.key(child, remote) {
            return key.from.node().filter(|from| from.arena == holder.0).into_iter().collect();
        }
        let key = store.values(child, remote);
        let is_unsaved = self.is_unsaved(store, child, remote);
        parents_where(store, holder, &key, |store, parent, local| match is_unsaved {
            true => store.values(parent, local) == key,
            false => self.saved_values(store, parent, local) == key,
        })
    }

    /// Whether the key of a child leads to a parent. One that takes its key from another parent has moved already.
    pub(super) fn is_led_here(
        &self,
        store: &Store,
        relation: &RelationDef,
        parent: ObjectId,
        child: ObjectId,
    ) -> bool {
        let (local, remote) = (relation.local_columns(), relation.remote_columns());
        if let Some(key) = self.waiting_keys.key(child, remote) {
            return key.from.node() == Some(parent);
        }
        let key = store.values(child, remote);
        let of_parent = match self.is_unsaved(store, child, remote) {
            true => store.values(parent, local),
            false => self.saved_values(store, parent, local),
        };
        key == of_parent
    }

    /// The objects that may hold a child since it had a key: those that have it now, and those whose rows have it.
    pub(super) fn former_parents(&self, store: &mut Store, holder: Holder, key: &[Value]) -> Vec<ObjectId> {
        parents_where(store, holder, key, |store, parent, local| {
            store.values(parent, local) == key
                || self.dirty.contains_key(&parent) && self.saved_values(store, parent, local) == key
        })
    }

    /// Adds a child to the parent that its key names. If a `has_one` would have two, it is unloaded.
    pub(super) fn add_child(
        &mut self,
        store: &Store,
        parent: ObjectId,
        relation: &'static RelationDef,
        child: ObjectId,
    ) {
        if self.is_hidden(store, child) {
            // A load of the parent would not find it, unless it asks for deleted rows.
            return self.forget_held(store, relation, parent);
        }
        if relation.is_collection() {
            return self.hold(store, parent, relation, child);
        }
        match store.held(parent, relation.index).0 {
            Slot::Absent => {
                self.set_slot(store, parent, relation, Some(child.arena), Slot::One(child.node));
            }
            Slot::One(other) if other != child.node => {
                self.set_slot(store, parent, relation, None, Slot::Unloaded);
            }
            _ => {}
        }
    }
}

/// The relationships by whose key objects of this session may hold those of a model. One with a filter is none: a key alone
/// does not say who is in it.
pub(super) fn holders(store: &Store, child: ArenaId) -> Vec<Holder> {
    let target = store.model(child).type_id();
    let by_key = |relation: &&'static RelationDef| {
        matches!(relation.kind, RelationKind::OneToMany | RelationKind::OneToOne)
            && !relation.is_filtered()
            && (relation.target)().type_id() == target
    };
    let relations = |arena: ArenaId| store.def(arena).relations.iter().map(move |relation| (arena, relation));
    let all = store.graph().arenas().flat_map(relations);
    all.filter(|(_, relation)| by_key(relation)).collect()
}

/// The relationships by whose link table objects of this session may hold those of a model, but for those that only the
/// database can evaluate.
pub(super) fn link_holders(store: &Store, target: ArenaId) -> Vec<Holder> {
    let leads_here = |relation: &&'static RelationDef| {
        relation.through.is_some()
            && !relation.is_derived()
            && (relation.target)().type_id() == store.model(target).type_id()
    };
    let relations = |arena: ArenaId| store.def(arena).relations.iter().map(move |relation| (arena, relation));
    let all = store.graph().arenas().flat_map(relations);
    all.filter(|(_, relation)| leads_here(relation)).collect()
}

/// What an object holds for a relationship.
pub(super) fn held(store: &Store, relation: &RelationDef, node: ObjectId) -> Vec<ObjectId> {
    store.held_objects(node, relation.index)
}

/// The objects of this session that a key of a relationship to their children refers to: by their primary key that of their
/// rows, and by other columns those for which `has_key` holds.
fn parents_where(
    store: &mut Store,
    (arena, relation): Holder,
    key: &[Value],
    has_key: impl Fn(&Store, ObjectId, &[usize]) -> bool,
) -> Vec<ObjectId> {
    let local = relation.local_columns();
    if key.iter().any(Value::is_null) {
        return Vec::new();
    }
    let primary = store.def(arena).key;
    let places: Option<Vec<usize>> =
        primary.iter().map(|column| local.iter().position(|other| other == column)).collect();
    if let Some(places) = places.filter(|places| places.len() == local.len()) {
        return store.find_target(arena, key, &places).into_iter().collect();
    }
    let mut found = store.ever_with_key(arena, relation, key);
    found.retain(|parent| !store.arena(arena).is_detached(parent.node) && has_key(store, *parent, local));
    found
}
