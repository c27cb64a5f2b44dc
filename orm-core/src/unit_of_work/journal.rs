use std::sync::Arc;

use hashbrown::HashMap;

use super::pending::{PendingCell, PendingState};
use super::unit_of_work::Node;
use crate::graph::Slot;
use crate::identity::Store;
use crate::value::Value;

/// What changed in memory since the last commit, to take back on rollback.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// Objects that were added.
    registered: Vec<Arc<PendingCell>>,
    /// Objects that a flush made, with their keys.
    inserted: Vec<(Node, Vec<Value>)>,
    /// The version that each changed object had first.
    versions: HashMap<Node, usize>,
    /// What each changed slot held first, by object and relationship.
    slots: HashMap<(Node, usize), (u32, Slot)>,
    /// Keys that changed: the object's first key and its last one.
    keys: Vec<(Node, Vec<Value>, Vec<Value>)>,
}

impl Journal {
    pub(super) fn registered(&mut self, cell: Arc<PendingCell>) {
        self.registered.push(cell);
    }

    pub(super) fn inserted(&mut self, node: Node, key: Vec<Value>) {
        self.inserted.push((node, key));
    }

    pub(super) fn changed(&mut self, node: Node, version: usize) {
        self.versions.entry(node).or_insert(version);
    }

    pub(super) fn slot_changed(&mut self, node: Node, relation: usize, target: u32, slot: Slot) {
        self.slots.entry((node, relation)).or_insert((target, slot));
    }

    pub(super) fn key_changed(&mut self, node: Node, from: Vec<Value>, to: Vec<Value>) {
        self.keys.push((node, from, to));
    }

    pub(super) fn clear(&mut self) {
        *self = Journal::default();
    }

    pub(super) fn undo(&mut self, store: &mut Store) {
        let Journal { registered, inserted, versions, slots, keys } = std::mem::take(self);
        for ((node, relation), (target, slot)) in slots {
            if let Some(mut slots) = store.arena(node.arena).slots_mut(relation) {
                *slots.slot_mut(node.node, target) = slot;
            }
        }
        for (node, version) in versions {
            store.arena(node.arena).revert(node.node, version);
        }
        // These keys came from objects, so the maps accept them.
        for (node, from, to) in keys.into_iter().rev() {
            let identity = store.identity_mut(node.arena);
            let _ = identity.remove(&to);
            let _ = identity.insert(&from, node.node);
        }
        for (node, key) in inserted {
            let _ = store.identity_mut(node.arena).remove(&key);
        }
        for cell in registered {
            cell.set(PendingState::Discarded);
        }
    }
}
