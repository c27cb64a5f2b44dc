//! Edits what objects hold.

use super::unit_of_work::UnitOfWork;
use crate::graph::{ArenaId, ObjectId, Slot};
use crate::identity::Store;
use crate::model::{RelationDef, RelationKind};

/// What objects hold for their relationships.
impl UnitOfWork {
    /// What an object holds for a relationship from now on, until a rollback.
    pub(super) fn set_slot(
        &mut self,
        store: &Store,
        node: ObjectId,
        relation: &RelationDef,
        target: Option<ArenaId>,
        slot: Slot,
    ) {
        let Some(mut slots) = store.arena(node.arena).slots_mut(relation.index) else { return };
        let Some(target) = target.or(slots.target()) else { return };
        self.journal.slot_changed(node, relation.index, target, || slots.get(node.node));
        *slots.slot_mut(node.node, target) = slot;
    }

    /// Both ends of a link hold each other, where they hold anything.
    pub(super) fn hold_both(
        &mut self,
        store: &Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        target: ObjectId,
    ) {
        match relation.is_collection() {
            true if self.is_hidden(store, target) => self.forget_held(store, relation, parent),
            true => self.hold(store, parent, relation, target),
            false => self.set_slot(store, parent, relation, Some(target.arena), Slot::One(target.node)),
        }
        let Some(inverse) = relation.inverse() else { return };
        match inverse.is_collection() {
            true if self.is_hidden(store, parent) => self.forget_held(store, inverse, target),
            true => self.hold(store, target, inverse, parent),
            false => self.set_slot(store, target, inverse, Some(parent.arena), Slot::One(parent.node)),
        }
    }

    /// Adds a member to a collection that an object holds; one that is not loaded stays so.
    pub(super) fn hold(&mut self, store: &Store, parent: ObjectId, relation: &RelationDef, target: ObjectId) {
        self.edit_slot(store, parent, relation, target, |slot| match slot {
            Slot::Many(members) => (!members.contains(target.node)).then_some(|slot, node| {
                if let Slot::Many(members) = slot {
                    members.push(node);
                }
            }),
            Slot::One(_) | Slot::Absent => Some(|slot, node| *slot = Slot::One(node)),
            Slot::Unloaded => None,
        });
    }

    /// Takes a member out of a collection that an object holds.
    pub(super) fn let_go(
        &mut self,
        store: &Store,
        parent: ObjectId,
        relation: &RelationDef,
        target: ObjectId,
    ) {
        self.edit_slot(store, parent, relation, target, |slot| match slot {
            Slot::Many(members) => members.contains(target.node).then_some(|slot, node| {
                if let Slot::Many(members) = slot {
                    members.remove(node);
                }
            }),
            Slot::One(held) if *held == target.node => Some(|slot, _| *slot = Slot::Absent),
            _ => None,
        });
    }

    /// Changes what an object holds where it is, after a note of what it was: `how` looks at it first.
    fn edit_slot(
        &mut self,
        store: &Store,
        of: ObjectId,
        relation: &RelationDef,
        target: ObjectId,
        how: impl FnOnce(&mut Slot) -> Option<fn(&mut Slot, u32)>,
    ) {
        let Some(mut slots) = store.arena(of.arena).slots_mut(relation.index) else { return };
        let Some(slot) = slots.loaded_mut(of.node) else { return };
        if let Some(edit) = how(slot) {
            self.journal.slot_changed(of, relation.index, target.arena, || slot.clone());
            edit(slot, target.node);
        }
    }

    /// A child that was taken from its parent has none, which is known without asking.
    pub(super) fn release_parent(
        &mut self,
        store: &Store,
        relation: &RelationDef,
        parent: ObjectId,
        child: ObjectId,
    ) {
        let Some(inverse) = relation.inverse() else { return };
        match inverse.is_collection() {
            true => self.let_go(store, child, inverse, parent),
            // A required one has none only until its object is deleted.
            false if inverse.kind == (RelationKind::ManyToOne { required: true }) => {
                self.set_slot(store, child, inverse, None, Slot::Unloaded);
            }
            false => self.set_slot(store, child, inverse, Some(parent.arena), Slot::Absent),
        }
    }

    /// The object that a key refers to, if the session holds it.
    pub(super) fn parent_of(
        &self,
        store: &mut Store,
        relation: &RelationDef,
        child: ObjectId,
    ) -> Option<ObjectId> {
        let places = relation.primary_key_places()?;
        let key = store.values(child, relation.local_columns());
        let arena = store.target_arena(relation);
        store.find_target(arena, &key, places)
    }
}
