//! Takes back unsaved changes.

use indexmap::IndexSet;

use super::moves::{Holder, holders};
use super::unit_of_work::{LinkRow, UnitOfWork};
use crate::graph::{ObjectId, Slot};
use crate::identity::Store;
use crate::model::RelationDef;

impl UnitOfWork {
    /// Takes back the unsaved changes of some objects: their columns, and their links to existing objects, on both
    /// sides. What waits for its row keeps its links.
    pub(crate) fn discard_changes(&mut self, store: &mut Store, nodes: &IndexSet<ObjectId>) {
        let now: Vec<_> = nodes.iter().map(|node| self.parents_now(store, *node)).collect();
        self.revert(store, nodes);
        let waited: Vec<bool> = nodes.iter().map(|node| self.waiting_keys.has(*node)).collect();
        self.waiting_keys.forget(|node| nodes.contains(&node));
        for ((node, now), waited) in nodes.iter().zip(now).zip(waited) {
            for (holder, now) in now {
                let before = self.parents_of(store, holder, *node);
                // A child that waited for another parent's key was removed from the parent that its own key names.
                if waited || now != before {
                    self.child_returns(store, holder.1, *node, &now, &before);
                }
            }
        }
        let of_nodes = |row: &LinkRow| match (row.parent.node(), row.target.node()) {
            (Some(parent), Some(target)) => nodes.contains(&parent) || nodes.contains(&target),
            _ => false,
        };
        for row in self.links.extract(of_nodes) {
            self.at_both_ends(store, &row, UnitOfWork::let_go);
        }
        for row in self.unlinks.extract(of_nodes) {
            self.at_both_ends(store, &row, UnitOfWork::hold);
        }
    }

    /// The objects that may hold a child now, by the relationships on their side.
    fn parents_now(&self, store: &mut Store, child: ObjectId) -> Vec<(Holder, Vec<ObjectId>)> {
        let all = holders(store, child.arena);
        let of_holder = |holder: Holder| {
            let remote = holder.1.remote_columns();
            let key = store.values(child, remote);
            let mut now = self.former_parents(store, holder, &key);
            let from = self.waiting_keys.key(child, remote).and_then(|key| key.from.node());
            now.extend(from.filter(|from| from.arena == holder.0 && !now.contains(from)));
            (holder, now)
        };
        all.into_iter().map(of_holder).collect()
    }

    /// Takes back unsaved columns.
    fn revert(&mut self, store: &Store, nodes: &IndexSet<ObjectId>) {
        let revert = |node: &ObjectId, saved: usize| store.arena(node.arena).revert(node.node, saved);
        if let (Some(node), 1) = (nodes.first(), nodes.len()) {
            // This changes the order of the remaining entries, on which nothing depends.
            if let Some(unsaved) = self.dirty.swap_remove(node) {
                revert(node, unsaved.saved);
            }
            return;
        }
        self.dirty.retain(|node, unsaved| {
            let discarded = nodes.contains(node);
            if discarded {
                revert(node, unsaved.saved);
            }
            !discarded
        });
    }

    fn child_returns(
        &mut self,
        store: &Store,
        relation: &'static RelationDef,
        child: ObjectId,
        from: &[ObjectId],
        to: &[ObjectId],
    ) {
        for from in from.iter().filter(|from| !to.contains(from)) {
            self.let_go(store, *from, relation, child);
            self.unload_to_one(store, relation, *from);
        }
        let is_absent = |of: ObjectId| matches!(store.held(of, relation.index).0, Slot::Absent);
        for to in to {
            match relation.is_collection() {
                true => self.hold(store, *to, relation, child),
                false if from.contains(to) && !is_absent(*to) => {}
                false => self.unload_to_one(store, relation, *to),
            }
        }
    }

    /// If several children remain for a `has_one` after one of them went back, only a query can choose.
    fn unload_to_one(&mut self, store: &Store, relation: &RelationDef, parent: ObjectId) {
        if !relation.is_collection() {
            self.set_slot(store, parent, relation, None, Slot::Unloaded);
        }
    }
}
