use std::sync::Arc;

use hashbrown::HashSet;

use super::PendingCell;
use super::pending::PendingState;
use super::unit_of_work::{KeyFrom, Node, Ref, UnitOfWork, cell_id};
use crate::error::Result;
use crate::model::{RelationDef, RelationKind};

impl UnitOfWork {
    /// New objects whose key comes from one of some parents.
    pub(super) fn pending_children(
        &self,
        relation: &RelationDef,
        arena: u32,
        parents: &[u32],
    ) -> Result<Vec<Arc<PendingCell>>> {
        let (remote, target) = (relation.remote_columns()?, (relation.target)().type_id());
        let parents: HashSet<u32> = parents.iter().copied().collect();
        let from_here = |key: &KeyFrom| {
            key.columns == remote
                && key.from.node().is_some_and(|from| from.arena == arena && parents.contains(&from.node))
        };
        let entries = self.pending.values().filter(|entry| entry.model.type_id() == target);
        let children = entries.filter(|entry| entry.keys.iter().any(from_here));
        Ok(children.map(|entry| Arc::clone(&entry.cell)).collect())
    }

    /// A new object is not written after all, nor what would be deleted with it.
    pub(super) fn drop_pending(&mut self, cell: &Arc<PendingCell>) {
        let mut dropped = vec![Arc::clone(cell)];
        while let Some(cell) = dropped.pop() {
            let Some(entry) = self.pending.shift_remove(&cell_id(&cell)) else { continue };
            let gone = Ref::Pending(Arc::clone(&cell));
            for relation in entry.model.def().relations {
                dropped.extend(self.leave_pending(relation, &gone));
            }
            self.waiting_keys.retain(|(_, key)| !key.from.is(&gone));
            self.links.retain(|row| !row.parent.is(&gone) && !row.target.is(&gone));
            cell.set(PendingState::Discarded);
        }
    }

    /// The new children of a new object that is not written lose their key, or go with it.
    fn leave_pending(&mut self, relation: &RelationDef, parent: &Ref) -> Vec<Arc<PendingCell>> {
        if !matches!(relation.kind, RelationKind::HasMany | RelationKind::HasOne) {
            return Vec::new();
        }
        let (remote, target) = (relation.remote_columns().unwrap_or_default(), (relation.target)().type_id());
        let mut gone = Vec::new();
        for entry in self.pending.values_mut().filter(|entry| entry.model.type_id() == target) {
            let keys = entry.keys.len();
            entry.keys.retain(|key| key.columns != remote || !key.from.is(parent));
            if entry.keys.len() < keys && relation.cascade.delete {
                gone.push(Arc::clone(&entry.cell));
            }
        }
        gone
    }

    /// A new object loses its parent.
    pub(super) fn drop_key(&mut self, relation: &RelationDef, cell: &Arc<PendingCell>) -> Result<()> {
        let remote = relation.remote_columns()?;
        if let Some(entry) = self.pending.get_mut(&cell_id(cell)) {
            entry.keys.retain(|key| key.columns != remote);
            entry.held_by.retain(|(held, _): &(&RelationDef, Node)| !held.is(relation));
        }
        Ok(())
    }

    /// A child that has no row yet loses its parent: under delete-orphan it is not written at all.
    pub(super) fn orphan_pending(&mut self, relation: &RelationDef, cell: &Arc<PendingCell>) -> Result<()> {
        match relation.cascade.delete_orphan {
            true => {
                self.drop_pending(cell);
                Ok(())
            }
            false => self.drop_key(relation, cell),
        }
    }
}
