//! What objects hold of relationships with a filter, when rows change.

use super::moves::Holder;
use super::unit_of_work::UnitOfWork;
use crate::graph::{ObjectId, Slot};
use crate::identity::{FilteredPlace, Store};
use crate::sql::TableName;
use crate::value::Value;

/// What objects hold of relationships with a filter, which the database evaluates: where a change may add or remove a member,
/// they hold nothing until the next load.
impl UnitOfWork {
    /// Columns of an object changed from what they were in an earlier version.
    pub(super) fn members_changed(
        &mut self,
        store: &mut Store,
        node: ObjectId,
        columns: &[usize],
        before: usize,
    ) {
        let def = store.def(node.arena);
        for place in store.filtered(|known| known.depends_on(def, columns)) {
            let Some(holder) = by_key(store, &place, node) else {
                self.forget_members(store, place);
                continue;
            };
            let remote = holder.1.remote_columns();
            let objects = store.arena(node.arena);
            let earlier = |column: &usize| objects.view_version(node.node, before, *column).to_value();
            let earlier: Vec<Value> = remote.iter().map(earlier).collect();
            self.forget_members_of(store, holder, &earlier);
            let now = store.values(node, remote);
            self.forget_members_of(store, holder, &now);
        }
    }

    /// An object has a row that it did not have before.
    pub(super) fn member_added(&mut self, store: &mut Store, node: ObjectId) {
        let table = store.def(node.arena).table;
        for place in store.filtered(|known| known.gains_by(table)) {
            let Some(holder) = by_key(store, &place, node) else {
                self.forget_members(store, place);
                continue;
            };
            let key = store.values(node, holder.1.remote_columns());
            self.forget_members_of(store, holder, &key);
        }
    }

    /// The row of an object is no longer marked as deleted, or is now.
    pub(super) fn member_shown(&mut self, store: &mut Store, node: ObjectId) {
        let table = store.def(node.arena).table;
        for place in store.filtered(|known| known.reads(table)) {
            match by_key(store, &place, node) {
                Some(holder) => {
                    let key = store.values(node, holder.1.remote_columns());
                    self.forget_members_of(store, holder, &key);
                }
                None => self.forget_members(store, place),
            }
        }
    }

    /// The row of an object is gone, so it is not a member, whatever the filter says.
    pub(super) fn member_gone(&mut self, store: &mut Store, node: ObjectId) {
        let table = store.def(node.arena).table;
        for place in store.filtered(|known| known.reads(table)) {
            match by_key(store, &place, node) {
                Some(holder) => self.leave(store, holder, node),
                None => self.forget_members(store, place),
            }
        }
    }

    /// The key of an object in some columns is about to lead to another one.
    pub(super) fn member_leaves(&mut self, store: &mut Store, node: ObjectId, columns: &[usize]) {
        let def = store.def(node.arena);
        for place in store.filtered(|known| known.depends_on(def, columns)) {
            match by_key(store, &place, node) {
                Some(holder) if holder.1.remote_columns() == columns => self.leave(store, holder, node),
                Some(holder) => {
                    let key = store.values(node, holder.1.remote_columns());
                    self.forget_members_of(store, holder, &key);
                }
                None => self.forget_members(store, place),
            }
        }
    }

    /// Rows of a table were written, whichever they are.
    pub(super) fn rows_written(&mut self, store: &mut Store, table: TableName) {
        for place in store.filtered(|known| known.reads(table)) {
            self.forget_members(store, place);
        }
    }

    fn leave(&mut self, store: &mut Store, holder: Holder, node: ObjectId) {
        let key = store.values(node, holder.1.remote_columns());
        for parent in self.former_parents(store, holder, &key) {
            self.let_go(store, parent, holder.1, node);
        }
    }

    fn forget_members_of(&mut self, store: &mut Store, holder: Holder, key: &[Value]) {
        for parent in self.former_parents(store, holder, key) {
            self.set_slot(store, parent, holder.1, None, Slot::Unloaded);
        }
    }

    fn forget_members(&mut self, store: &mut Store, place: FilteredPlace) {
        let FilteredPlace { arena, relation, .. } = place;
        for node in (0..store.arena(arena).len()).map(|node| ObjectId { arena, node }) {
            if store.is_held(node, relation.index) {
                self.set_slot(store, node, relation, None, Slot::Unloaded);
            }
        }
        store.filtered_emptied(place);
    }
}

/// The parents whose key an object of the target has, where each row decides about itself.
fn by_key(store: &Store, place: &FilteredPlace, node: ObjectId) -> Option<Holder> {
    let is_target = (place.relation.target)().type_id() == store.model(node.arena).type_id();
    let has_key = place.by_row && place.relation.is_keyed_by_target();
    (is_target && has_key).then_some((place.arena, place.relation))
}
