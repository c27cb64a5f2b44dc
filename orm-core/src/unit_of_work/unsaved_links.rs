//! Unsaved links in what queries load.

use hashbrown::HashSet;
use indexmap::IndexSet;

use super::moves::{held, holders};
use super::unit_of_work::{LinkRow, Ref, UnitOfWork, by_arena};
use crate::graph::{ObjectId, Slot};
use crate::identity::Store;
use crate::model::{RelationDef, RelationKind};
use crate::sql::TableName;
use crate::value::Value;

/// Links that no flush has written, and what queries find without them.
impl UnitOfWork {
    /// Whether a to-one of an object was given an object that has no row yet.
    pub(crate) fn awaits_target(&self, relation: &RelationDef, of: ObjectId) -> bool {
        match relation.kind {
            RelationKind::ManyToOne { .. } => {
                let local = relation.local_columns();
                self.waiting_keys.wait(of, local)
            }
            RelationKind::OneToOne => {
                let given =
                    |(held, node): &(&'static RelationDef, ObjectId)| held.is(relation) && *node == of;
                self.pending.linked_to(&Ref::Node(of)).any(|entry| entry.beside.held_by.iter().any(given))
            }
            RelationKind::OneToMany | RelationKind::ManyToMany => false,
        }
    }

    /// Whether an object may have keys that its row does not have.
    pub(super) fn has_unsaved_keys(&self, node: ObjectId) -> bool {
        self.dirty.contains_key(&node) || self.waiting_keys.has(node)
    }

    /// Whether links of an object wait for a flush.
    pub(crate) fn has_unsaved_links(&self, node: ObjectId) -> bool {
        let is_end = |row: &LinkRow| row.parent.node() == Some(node) || row.target.node() == Some(node);
        self.links.iter().chain(self.unlinks.iter()).any(is_end)
            || self.waiting_keys.has(node)
            || self
                .pending
                .linked_to(&Ref::Node(node))
                .any(|entry| entry.beside.held_by.iter().any(|(_, holder)| *holder == node))
    }

    /// Puts unsaved links into collections that a query filled with what the database has. A session that flushes
    /// before its queries has none.
    pub(crate) fn show_unsaved(&mut self, store: &mut Store) {
        let moved: Vec<(ObjectId, usize)> = self.dirty.iter().map(|(node, of)| (*node, of.saved)).collect();
        for (node, saved) in moved {
            let columns: Vec<usize> = (0..store.def(node.arena).columns.len()).collect();
            self.move_child(store, node, &columns, saved);
            let changed = self.changed_columns(store, node);
            self.members_changed(store, node, &changed, saved);
        }
        let leaving: Vec<(ObjectId, &'static [usize])> =
            self.waiting_keys.for_new().map(|(node, key)| (node, key.columns)).collect();
        for (node, columns) in leaving {
            self.leave_parents(store, node, columns);
            self.forget_target(store, node, columns);
        }
        let deleted: Vec<ObjectId> = self.deleted.iter().copied().collect();
        for node in deleted {
            for holder in holders(store, node.arena) {
                self.leave_parents(store, node, holder.1.remote_columns());
            }
            self.member_gone(store, node);
        }
        let tables: Vec<TableName> =
            self.links.iter().chain(self.unlinks.iter()).filter_map(link_table).collect();
        tables.into_iter().for_each(|table| self.rows_written(store, table));
        self.links_found(store);
        for row in self.links.iter().cloned().collect::<Vec<_>>() {
            self.at_both_ends(store, &row, UnitOfWork::hold);
        }
        for row in self.unlinks.iter().cloned().collect::<Vec<_>>() {
            self.at_both_ends(store, &row, UnitOfWork::let_go);
        }
        let given: Vec<(&'static RelationDef, ObjectId)> =
            self.pending.values().flat_map(|entry| entry.beside.held_by.iter().copied()).collect();
        for (relation, parent) in given.into_iter().filter(|(relation, _)| !relation.is_collection()) {
            self.set_slot(store, parent, relation, None, Slot::Unloaded);
        }
    }

    /// The parents of a child whose key waits for a new object do not hold it.
    pub(super) fn leave_parents(&mut self, store: &mut Store, child: ObjectId, columns: &[usize]) {
        for holder in holders(store, child.arena) {
            if holder.1.remote_columns() == columns {
                let key = store.values(child, columns);
                for parent in self.former_parents(store, holder, &key) {
                    self.let_go(store, parent, holder.1, child);
                }
            }
        }
        self.member_leaves(store, child, columns);
    }

    /// A query may have found out whether a link exists that no collection showed when it was made: then it is not written
    /// again, or is known to be new.
    fn links_found(&mut self, store: &Store) {
        let exists = |row: &LinkRow| {
            let (parent, target) = (row.parent.node()?, row.target.node()?);
            let inverse = || row.relation.inverse().and_then(|inverse| shows(store, inverse, target, parent));
            shows(store, row.relation, parent, target).or_else(inverse)
        };
        for mut row in self.links.extract(|row| !row.seen && exists(row).is_some()) {
            if exists(&row) == Some(false) {
                row.seen = true;
                self.links.insert(row);
            }
        }
    }

    /// A child that goes is held by no parent any more: neither by those that its keys lead to, nor by those that it was to
    /// take keys from, which may have others by now.
    pub(super) fn leave_all_parents(&mut self, store: &mut Store, child: ObjectId) {
        self.cancel_waiting(store, child, |_| true);
        for (_, relation) in holders(store, child.arena) {
            self.leave_parents(store, child, relation.remote_columns());
        }
    }

    /// The key of a child leads to one parent, which has its value since an edit: others that hold the child do so no more,
    /// whatever their keys are by now.
    pub(super) fn leave_others(
        &mut self,
        store: &Store,
        child: ObjectId,
        columns: &[usize],
        parent: ObjectId,
    ) {
        let by_key = holders(store, child.arena).into_iter();
        for (arena, relation) in by_key.filter(|(_, relation)| relation.remote_columns() == columns) {
            let all = (0..store.arena(arena).len()).map(|node| ObjectId { arena, node });
            all.filter(|other| *other != parent).for_each(|other| self.let_go(store, other, relation, child));
        }
    }

    /// Nor does it hold them.
    pub(super) fn forget_target(&mut self, store: &Store, child: ObjectId, columns: &[usize]) {
        for relation in store.def(child.arena).relations {
            let by_key = matches!(relation.kind, RelationKind::ManyToOne { .. });
            if by_key && relation.local_columns() == columns {
                self.set_slot(store, child, relation, None, Slot::Unloaded);
            }
        }
    }

    /// Rows of objects are gone: what was to be written of their link rows is not, and what waits for its row does not
    /// hold them by links.
    pub(super) fn links_end(&mut self, gone: &HashSet<ObjectId>) {
        let is_gone = |end: &Ref| matches!(end, Ref::Node(node) if gone.contains(node));
        self.links.extract(|row| is_gone(&row.parent) || is_gone(&row.target));
        self.unlinks.extract(|row| is_gone(&row.parent) || is_gone(&row.target));
        let by_link = |relation: &RelationDef| relation.kind == RelationKind::ManyToMany;
        for entry in self.pending.values_mut() {
            let Some(beside) = entry.beside.existing() else { continue };
            for (_, targets) in beside.holds.iter_mut().filter(|(relation, _)| by_link(relation)) {
                targets.retain(|target| !is_gone(target));
            }
            beside.held_by.retain(|(relation, node)| !by_link(relation) || !gone.contains(node));
        }
    }

    /// Does something to what both ends of a link row hold, where both are there.
    pub(super) fn at_both_ends(
        &mut self,
        store: &Store,
        row: &LinkRow,
        what: fn(&mut UnitOfWork, &Store, ObjectId, &RelationDef, ObjectId),
    ) {
        let (Some(parent), Some(target)) = (Ref::node(&row.parent), Ref::node(&row.target)) else { return };
        what(self, store, parent, row.relation, target);
        if let Some(inverse) = row.relation.inverse() {
            what(self, store, target, inverse, parent);
        }
    }

    /// Objects have the keys of their rows again, whatever they were given meanwhile: parents hold those that refer to
    /// them.
    pub(super) fn follow_rows(&mut self, store: &mut Store, children: &IndexSet<ObjectId>) {
        for (child_arena, nodes) in by_arena(children.iter().copied()) {
            for holder in holders(store, child_arena) {
                let (arena, relation) = holder;
                let mut own: IndexSet<(ObjectId, ObjectId)> = IndexSet::new();
                for node in &nodes {
                    let child = ObjectId { arena: child_arena, node: *node };
                    own.extend(
                        self.parents_of(store, holder, child).into_iter().map(|parent| (parent, child)),
                    );
                }
                let mut wrong = Vec::new();
                for parent in (0..store.arena(arena).len()).map(|node| ObjectId { arena, node }) {
                    let held = held(store, relation, parent).into_iter();
                    let is_wrong =
                        |child: &ObjectId| children.contains(child) && !own.contains(&(parent, *child));
                    wrong.extend(held.filter(is_wrong).map(|child| (parent, child)));
                }
                for (parent, child) in wrong {
                    self.let_go(store, parent, relation, child);
                }
                for (parent, child) in own {
                    self.add_child(store, parent, relation, child);
                }
            }
        }
    }

    /// Unsaved links that a collection does not show any more, because a query overwrote it, are not written either.
    pub(super) fn links_overwritten(&mut self, store: &mut Store) {
        let moved: Vec<(ObjectId, usize)> = self.dirty.iter().map(|(node, of)| (*node, of.saved)).collect();
        for (child, saved) in moved {
            for holder in holders(store, child.arena) {
                let columns = holder.1.remote_columns();
                let objects = store.arena(child.arena);
                let before = |column: &usize| objects.view_version(child.node, saved, *column).to_value();
                let old: Vec<Value> = columns.iter().map(before).collect();
                let new = store.values(child, columns);
                if old == new {
                    continue;
                }
                let holds = self.parents_of(store, holder, child);
                if holds.iter().any(|parent| shows(store, holder.1, *parent, child) == Some(false)) {
                    // The values were the object's own, so they fit.
                    let _ = self.change(store, child, columns.iter().copied().zip(old).collect());
                }
            }
        }
        let says = |row: &LinkRow, what: bool| {
            let (Some(parent), Some(target)) = (row.parent.node(), row.target.node()) else { return false };
            let inverse = row.relation.inverse();
            shows(store, row.relation, parent, target) == Some(what)
                || inverse.is_some_and(|inverse| shows(store, inverse, target, parent) == Some(what))
        };
        for row in self.links.extract(|row| says(row, false)) {
            self.at_both_ends(store, &row, UnitOfWork::let_go);
        }
        for row in self.unlinks.extract(|row| says(row, true)) {
            self.at_both_ends(store, &row, UnitOfWork::hold);
        }
    }
}

fn link_table(row: &LinkRow) -> Option<TableName> {
    row.relation.through.as_ref().map(|through| through.table())
}

/// Whether a collection shows a link, from either side.
pub(super) fn is_shown(store: &Store, relation: &RelationDef, parent: ObjectId, target: ObjectId) -> bool {
    shows(store, relation, parent, target) == Some(true)
        || relation.inverse().is_some_and(|inverse| shows(store, inverse, target, parent) == Some(true))
}

/// Whether a loaded collection shows if a link exists, from either side.
pub(super) fn is_known(store: &Store, relation: &RelationDef, parent: ObjectId, target: ObjectId) -> bool {
    shows(store, relation, parent, target).is_some()
        || relation.inverse().is_some_and(|inverse| shows(store, inverse, target, parent).is_some())
}

/// Whether a collection shows a member; `None` if it is not loaded.
pub(super) fn shows(store: &Store, relation: &RelationDef, of: ObjectId, member: ObjectId) -> Option<bool> {
    match store.arena(of.arena).slots_mut(relation.index)?.loaded_mut(of.node)? {
        Slot::Many(members) => Some(members.contains(member.node)),
        Slot::Unloaded | Slot::Absent | Slot::One(_) => None,
    }
}
