//! Objects that follow another one.

use indexmap::IndexSet;

use super::PendingCell;
use super::unit_of_work::{Ref, UnitOfWork, cell_id};
use crate::graph::ObjectId;
use crate::identity::Store;
use crate::model::{Cascade, RelationDef};
use std::sync::Arc;

impl UnitOfWork {
    /// An object and the objects that follow it through relationships with the given cascade, to any depth.
    pub(crate) fn held_with(
        &self,
        store: &Store,
        node: ObjectId,
        follows: fn(Cascade) -> bool,
    ) -> Vec<ObjectId> {
        let mut found: IndexSet<ObjectId> = IndexSet::from([node]);
        let mut at = 0;
        while let Some(node) = found.get_index(at).copied() {
            at += 1;
            for relation in
                store.def(node.arena).relations.iter().filter(|relation| follows(relation.cascade))
            {
                found.extend(store.held_objects(node, relation.index));
            }
        }
        found.retain(|node| !store.arena(node.arena).is_detached(node.node));
        found.into_iter().collect()
    }

    /// Drops the new objects that follow some objects out of the session.
    pub(crate) fn expunge_given(&mut self, store: &mut Store, nodes: &[ObjectId]) {
        let mut given: Vec<Arc<PendingCell>> = Vec::new();
        for node in nodes {
            let follows = |(held, of): &(&RelationDef, ObjectId)| held.cascade.expunge && of == node;
            let entries = self.pending.linked_to(&Ref::Node(*node));
            let entries = entries.filter(|entry| entry.beside.held_by.iter().any(follows));
            given.extend(entries.map(|entry| Arc::clone(&entry.cell)));
        }
        given.iter().for_each(|cell| self.drop_pending(store, cell));
    }

    /// Drops a new object; whether it waited here.
    pub(crate) fn expunge_pending(&mut self, store: &mut Store, cell: &Arc<PendingCell>) -> bool {
        let waits = self.pending.contains(cell_id(cell));
        self.drop_pending(store, cell);
        waits
    }
}
