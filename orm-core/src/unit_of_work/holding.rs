//! What new objects hold, and what holds them.

use super::flush::Flush;
use super::moves::{Holder, holders};
use super::pending_entry::PendingEntry;
use super::unit_of_work::Ref;
use crate::graph::{ArenaId, ObjectId, Slice, Slot};
use crate::model::{RelationDef, RelationKind};

/// What new objects hold, and who holds them.
impl Flush<'_> {
    /// Gives new objects what their drafts were given, and those that they lead to the new ones.
    pub(super) fn hold_new(&mut self, made: Vec<(PendingEntry, ObjectId)>) {
        let mut joins: Option<(ArenaId, Vec<Holder>)> = None;
        for (entry, node) in made {
            // The rows of one model come one after the other, and no model is new to the session any more.
            if joins.as_ref().is_none_or(|(arena, _)| *arena != node.arena) {
                let mut holders = holders(self.store, node.arena);
                holders.retain(|(parents, _)| self.store.holds_any(*parents));
                joins = Some((node.arena, holders));
            }
            self.hold(entry, node, joins.as_ref().map_or(&[], |(_, holders)| holders));
        }
    }

    /// Gives a new object what its draft was given, and the objects it was appended to the new one; what was linked
    /// elsewhere in the meantime is left where it is.
    fn hold(&mut self, entry: PendingEntry, node: ObjectId, joins: &[Holder]) {
        let (holds, held_by, keys) = entry
            .beside
            .into_inner()
            .map(|beside| (beside.holds, beside.held_by, beside.keys))
            .unwrap_or_default();
        for (relation, targets) in holds {
            // Some may be gone by now, for the sake of rows that took their unique values.
            let nodes: Vec<ObjectId> = targets
                .iter()
                .filter_map(Ref::node)
                .filter(|target| !self.unit.is_gone(*target))
                .filter(|target| self.keys_agree(relation, node, *target))
                .collect();
            if nodes.is_empty() && !targets.is_empty() && !relation.is_collection() {
                continue;
            }
            let Some(first) = nodes.first() else {
                let arena = self.store.target_arena(relation);
                let empty =
                    if relation.is_collection() { Slot::Many(Slice::of(Vec::new())) } else { Slot::Absent };
                self.unit.set_slot(self.store, node, relation, Some(arena), empty);
                continue;
            };
            let slot = match relation.is_collection() {
                true => Slot::Many(Slice::of(nodes.iter().map(|target| target.node).collect())),
                false => Slot::One(first.node),
            };
            self.unit.set_slot(self.store, node, relation, Some(first.arena), slot);
            self.hold_inverse(relation, node, &nodes);
        }
        for (relation, parent) in held_by {
            if self.keys_agree(relation, parent, node) {
                self.unit.hold_both(self.store, relation, parent, node);
            }
        }
        if !joins.is_empty() {
            self.unit.child_added(self.store, node, joins, &keys);
        }
        self.unit.member_added(self.store, node);
    }

    /// Whether the keys of two objects link them; link tables are not considered.
    fn keys_agree(&self, relation: &RelationDef, parent: ObjectId, target: ObjectId) -> bool {
        if relation.kind == RelationKind::ManyToMany {
            return true;
        }
        self.store.values(parent, relation.local_columns())
            == self.store.values(target, relation.remote_columns())
    }

    fn hold_inverse(&mut self, relation: &'static RelationDef, node: ObjectId, targets: &[ObjectId]) {
        let Some(inverse) = relation.inverse() else { return };
        for target in targets {
            match inverse.is_collection() {
                true => self.unit.hold(self.store, *target, inverse, node),
                false => {
                    self.unit.set_slot(self.store, *target, inverse, Some(node.arena), Slot::One(node.node));
                }
            }
        }
    }
}
