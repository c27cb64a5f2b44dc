//! Children without a parent.

use std::sync::Arc;

use super::PendingCell;
use super::moves::holders;
use super::pending::PendingState;
use super::unit_of_work::{CellId, KeyFrom, Ref, UnitOfWork, cell_id};
use crate::error::Result;
use crate::graph::{ArenaId, ObjectId};
use crate::identity::Store;
use crate::model::{RelationDef, RelationKind};

impl UnitOfWork {
    /// New objects whose key comes from one of some parents.
    pub(super) fn pending_children(
        &self,
        relation: &RelationDef,
        arena: ArenaId,
        parents: &[u32],
    ) -> Vec<Arc<PendingCell>> {
        let (remote, target) = (relation.remote_columns(), (relation.target)().type_id());
        let mut children: Vec<Arc<PendingCell>> = Vec::new();
        for parent in parents.iter().map(|node| Ref::Node(ObjectId { arena, node: *node })) {
            let from_here = |key: &KeyFrom| key.columns == remote && key.from.is(&parent);
            let entries = self.pending.linked_to(&parent).filter(|entry| entry.model.type_id() == target);
            let entries = entries.filter(|entry| entry.beside.keys.iter().any(from_here));
            children.extend(entries.map(|entry| Arc::clone(&entry.cell)));
        }
        children.sort_unstable_by_key(cell_id);
        children
    }

    /// Drops a new object, and the objects that would be deleted with it. Objects that were moved to it return to where
    /// their keys place them.
    pub(super) fn drop_pending(&mut self, store: &mut Store, cell: &Arc<PendingCell>) {
        let mut dropped = vec![Arc::clone(cell)];
        while let Some(cell) = dropped.pop() {
            let Some(entry) = self.pending.remove(cell_id(&cell)) else { continue };
            let gone = Ref::Pending(Arc::clone(&cell));
            for relation in entry.model.def().relations {
                dropped.extend(self.leave_pending(relation, &gone));
            }
            for (child, key) in self.waiting_keys.drop_from(&gone) {
                self.return_to_parents(store, child, key.columns);
            }
            self.links.end(&gone);
            cell.set(PendingState::Discarded);
        }
    }

    /// Columns of an object were given a value, so a key that shares one of them no longer waits for a pending object. The
    /// object had left the parents of the key that it shows; whether it leaves them is up to the value.
    pub(super) fn cancel_waiting(
        &mut self,
        store: &mut Store,
        node: ObjectId,
        columns: impl Fn(usize) -> bool,
    ) {
        for key in self.waiting_keys.cancel(node, columns) {
            if let Some(from) = key.from.node() {
                self.leave_parent(store, node, key.columns, from);
            }
            self.return_to_parents(store, node, key.columns);
        }
    }

    /// A child leaves the parent that it took a key from, whatever key this has by now.
    fn leave_parent(&mut self, store: &Store, child: ObjectId, columns: &[usize], parent: ObjectId) {
        let by_key = holders(store, child.arena).into_iter();
        for (_, relation) in
            by_key.filter(|(arena, relation)| *arena == parent.arena && relation.remote_columns() == columns)
        {
            self.let_go(store, parent, relation, child);
        }
    }

    /// A child that was about to be deleted because it lost its parent stays.
    pub(super) fn return_to_all_parents(&mut self, store: &mut Store, child: ObjectId) {
        for holder in holders(store, child.arena) {
            for parent in self.parents_of(store, holder, child) {
                self.add_child(store, parent, holder.1, child);
            }
        }
        self.member_added(store, child);
    }

    /// A child that was about to leave its parents stays.
    fn return_to_parents(&mut self, store: &mut Store, child: ObjectId, columns: &[usize]) {
        for holder in holders(store, child.arena) {
            if holder.1.remote_columns() == columns {
                for parent in self.parents_of(store, holder, child) {
                    self.add_child(store, parent, holder.1, child);
                }
            }
        }
        self.member_added(store, child);
    }

    /// The new children of a new object that is not written lose their key, or go with it.
    fn leave_pending(&mut self, relation: &RelationDef, parent: &Ref) -> Vec<Arc<PendingCell>> {
        if !matches!(relation.kind, RelationKind::OneToMany | RelationKind::OneToOne) {
            return Vec::new();
        }
        let (remote, target) = (relation.remote_columns(), (relation.target)().type_id());
        let mut gone = Vec::new();
        let cells = self.pending.linked_to(parent).filter(|entry| entry.model.type_id() == target);
        let cells: Vec<CellId> = cells.map(|entry| cell_id(&entry.cell)).collect();
        for cell in cells {
            let Some(entry) = self.pending.get_mut(cell) else { continue };
            if entry.lose_key(remote, |key| key.from.is(parent)) && relation.cascade.delete {
                gone.push(Arc::clone(&entry.cell));
            }
        }
        gone
    }

    /// A new object loses its parent.
    pub(super) fn drop_key(&mut self, relation: &RelationDef, cell: &Arc<PendingCell>) -> Result<()> {
        let remote = relation.remote_columns();
        if let Some(entry) = self.pending.get_mut(cell_id(cell)) {
            entry.lose_key(remote, |_| true);
            entry.beside.held_by.retain(|(held, _): &(&RelationDef, ObjectId)| !held.is(relation));
        }
        Ok(())
    }

    /// A child that has no row yet loses its parent: under delete-orphan it is not written at all.
    pub(super) fn orphan_pending(
        &mut self,
        store: &mut Store,
        relation: &RelationDef,
        cell: &Arc<PendingCell>,
    ) -> Result<()> {
        match relation.cascade.delete_orphan {
            true => {
                self.drop_pending(store, cell);
                Ok(())
            }
            false => self.drop_key(relation, cell),
        }
    }
}
