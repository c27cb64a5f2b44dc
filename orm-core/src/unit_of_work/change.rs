use super::unit_of_work::{Node, Ref, UnitOfWork, cell_id};
use crate::error::Result;
use crate::graph::Slot;
use crate::identity::{Store, cell_error};
use crate::model::{RelationDef, RelationKind};
use crate::value::Value;

impl UnitOfWork {
    /// Changes columns of an object, so that the next flush writes them; equal values are no change.
    pub(super) fn change(&mut self, store: &Store, node: Node, changes: Vec<(usize, Value)>) -> Result<()> {
        let arena = store.arena(node.arena);
        let differs = |(column, value): &(usize, Value)| arena.view(node.node, *column) != value.as_ref();
        let changes: Vec<_> = changes.into_iter().filter(differs).collect();
        if changes.is_empty() {
            return Ok(());
        }
        self.touch(store, node);
        let done = arena.change(node.node, &changes);
        done.map_err(|error| cell_error(store.def(node.arena), &error))?;
        let columns: Vec<usize> = changes.iter().map(|(column, _)| *column).collect();
        self.keys_changed(store, node, &columns);
        Ok(())
    }

    /// An object whose key to another changed no longer holds the other one.
    pub(crate) fn keys_changed(&mut self, store: &Store, node: Node, columns: &[usize]) {
        for relation in store.def(node.arena).relations {
            let is_key = matches!(relation.kind, RelationKind::BelongsTo { .. });
            let local = relation.local_columns().unwrap_or_default();
            if is_key && local.iter().any(|column| columns.contains(column)) {
                self.set_slot(store, node, relation, None, Slot::Unloaded);
            }
        }
    }

    /// What an object holds for a relationship from now on, until a rollback.
    pub(super) fn set_slot(
        &mut self,
        store: &Store,
        node: Node,
        relation: &RelationDef,
        target: Option<u32>,
        slot: Slot,
    ) {
        let Some(mut slots) = store.arena(node.arena).slots_mut(relation.index) else { return };
        let Some(target) = target.or(slots.target()) else { return };
        self.journal.slot_changed(node, relation.index, target, slots.get(node.node));
        *slots.slot_mut(node.node, target) = slot;
    }

    /// Adds a member to a collection that an object holds; one that is not loaded stays so.
    pub(super) fn hold(&mut self, store: &Store, parent: Node, relation: &RelationDef, target: Node) {
        let slot = match store.arena(parent.arena).slots(relation.index) {
            Some(slots) => slots.get(parent.node),
            None => return,
        };
        match slot {
            Slot::Many(mut slice) => {
                slice.edit(|nodes| {
                    if !nodes.contains(&target.node) {
                        nodes.push(target.node);
                    }
                });
                self.set_slot(store, parent, relation, Some(target.arena), Slot::Many(slice));
            }
            Slot::One(_) | Slot::Nobody => {
                self.set_slot(store, parent, relation, Some(target.arena), Slot::One(target.node));
            }
            Slot::Unloaded => {}
        }
    }

    /// Links two objects from a session's `append` or `assign`: keys, and what the objects hold.
    pub(crate) fn connect(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: Node,
        target: super::LinkTarget,
    ) -> Result<()> {
        let target = self.resolve(store, target)?;
        self.link(store, relation, &Ref::Node(parent), &target)?;
        match target.node() {
            Some(target) => self.hold_both(store, relation, parent, target),
            None => {
                // The new object is held as soon as a flush made it.
                if let Ref::Pending(cell) = &target
                    && let Some(entry) = self.pending.get_mut(&cell_id(cell))
                {
                    entry.held_by.push((relation, parent));
                }
            }
        }
        Ok(())
    }

    /// Both ends of a link hold each other, where they hold anything.
    pub(super) fn hold_both(&mut self, store: &Store, relation: &'static RelationDef, parent: Node, target: Node) {
        match relation.is_collection() {
            true => self.hold(store, parent, relation, target),
            false => self.set_slot(store, parent, relation, Some(target.arena), Slot::One(target.node)),
        }
        let Some(inverse) = super::inverse::inverse_of(relation) else { return };
        match inverse.is_collection() {
            true => self.hold(store, target, inverse, parent),
            false => self.set_slot(store, target, inverse, Some(parent.arena), Slot::One(parent.node)),
        }
    }
}
