//! What a rollback takes back.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::pending::{PendingCell, PendingState};
use crate::graph::{ArenaId, ObjectId, Slot};
use crate::identity::Store;
use crate::value::Value;

/// What changed in memory since the last commit or savepoint, to take back on rollback.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// Objects that were added.
    registered: Vec<Arc<PendingCell>>,
    /// What happened to the identity map, in order.
    identity: Vec<IdentityChange>,
    /// Which version an object had before a change, in the order of the changes: of one object, the first counts.
    versions: Vec<(ObjectId, usize)>,
    /// What each changed slot held first, by object and relationship.
    slots: HashMap<(ObjectId, usize), (ArenaId, Slot)>,
}

#[derive(Debug)]
enum IdentityChange {
    /// With the version that was its row.
    Inserted(ObjectId, usize),
    Deleted(ObjectId, Vec<Value>),
    Rekeyed(ObjectId, Vec<Value>, Vec<Value>),
}

impl Journal {
    pub(super) fn registered(&mut self, cell: Arc<PendingCell>) {
        self.registered.push(cell);
    }

    pub(super) fn inserted(&mut self, node: ObjectId, version: usize) {
        self.identity.push(IdentityChange::Inserted(node, version));
    }

    pub(super) fn deleted(&mut self, node: ObjectId, key: Vec<Value>) {
        self.identity.push(IdentityChange::Deleted(node, key));
    }

    pub(super) fn rekeyed(&mut self, node: ObjectId, from: Vec<Value>, to: Vec<Value>) {
        self.identity.push(IdentityChange::Rekeyed(node, from, to));
    }

    pub(super) fn changed(&mut self, node: ObjectId, version: usize) {
        if self.versions.last().is_none_or(|(last, _)| *last != node) {
            self.versions.push((node, version));
        }
    }

    /// `slot` is asked for what was held only the first time: a collection that is kept is copied when it changes.
    pub(super) fn slot_changed(
        &mut self,
        node: ObjectId,
        relation: usize,
        target: ArenaId,
        slot: impl FnOnce() -> Slot,
    ) {
        self.slots.entry((node, relation)).or_insert_with(|| (target, slot()));
    }

    /// What a savepoint did becomes part of what is around it.
    pub(super) fn absorb(&mut self, inner: Journal) {
        self.registered.extend(inner.registered);
        self.identity.extend(inner.identity);
        self.versions.extend(inner.versions);
        for (place, slot) in inner.slots {
            self.slots.entry(place).or_insert(slot);
        }
    }

    /// Takes everything back; returns the objects that exist again.
    pub(super) fn undo(self, store: &mut Store) -> Vec<ObjectId> {
        // What was expunged is not the session's any more.
        let mine = |store: &Store, node: ObjectId| !store.arena(node.arena).is_detached(node.node);
        for ((node, relation), (target, slot)) in self.slots {
            if !mine(store, node) {
                continue;
            }
            store.set_held(node, relation, target, slot);
        }
        for (node, version) in self.versions.into_iter().rev().filter(|(node, _)| mine(store, *node)) {
            store.arena(node.arena).revert(node.node, version);
        }
        let mut back = Vec::new();
        // Objects that have an earlier key again.
        let mut restored: HashSet<ObjectId> = HashSet::new();
        for change in self.identity.into_iter().rev() {
            match change {
                IdentityChange::Inserted(node, version) => {
                    let key = store.key_in(node, version);
                    store.arena(node.arena).detach(node.node);
                    // Whatever key it has again, it never was.
                    restored.remove(&node);
                    evict(store, node.arena, &key, &restored);
                }
                IdentityChange::Deleted(node, _) if !mine(store, node) => {}
                IdentityChange::Deleted(node, key) => {
                    back.push(node);
                    // The keys came from objects, so the maps accept them.
                    let _ = store.identity_mut(node.arena).insert(&key, node.node);
                }
                IdentityChange::Rekeyed(node, _, to) if !mine(store, node) => {
                    evict(store, node.arena, &to, &restored);
                }
                IdentityChange::Rekeyed(node, from, to) => {
                    restored.insert(node);
                    if store.find(node.arena, &to) == Some(node) {
                        let _ = store.identity_mut(node.arena).remove(&to);
                    } else {
                        evict(store, node.arena, &to, &restored);
                    }
                    let _ = store.identity_mut(node.arena).insert(&from, node.node);
                }
            }
        }
        for cell in self.registered {
            cell.set(PendingState::Discarded);
        }
        back
    }
}

/// The row with this key never was, so what was read from it belongs to no row; a key that another object has again stays
/// its own.
fn evict(store: &mut Store, arena: ArenaId, key: &[Value], restored: &HashSet<ObjectId>) {
    let Some(node) = store.find(arena, key) else { return };
    if !restored.contains(&node) {
        let _ = store.identity_mut(arena).remove(key);
        store.arena(arena).detach(node.node);
    }
}
