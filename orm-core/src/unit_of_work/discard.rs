use super::moves::{Holder, holders, parents};
use super::unit_of_work::{LinkRow, Node, UnitOfWork};
use crate::graph::Slot;
use crate::identity::Store;
use crate::model::RelationDef;

impl UnitOfWork {
    /// Takes back the unsaved changes of an object: its columns, and its links to objects that are there, on both sides.
    /// What waits for its row keeps its links.
    pub(crate) fn discard_changes(&mut self, store: &mut Store, node: Node) {
        let now = parents_of(store, node);
        if let Some(unsaved) = self.dirty.shift_remove(&node) {
            store.arena(node.arena).revert(node.node, unsaved.saved);
        }
        self.waiting_keys.retain(|(waiting, _)| *waiting != node);
        let before = parents_of(store, node);
        for ((relation, now), (_, before)) in now.into_iter().zip(before) {
            self.child_returns(store, relation, node, &now, &before);
        }
        for row in self.rows_of(node, |unit| &mut unit.links) {
            self.at_both_ends(store, &row, UnitOfWork::let_go);
        }
        for row in self.rows_of(node, |unit| &mut unit.unlinks) {
            self.at_both_ends(store, &row, UnitOfWork::hold);
        }
    }

    fn child_returns(
        &mut self,
        store: &Store,
        relation: &'static RelationDef,
        child: Node,
        from: &[Node],
        to: &[Node],
    ) {
        for from in from.iter().filter(|from| !to.contains(from)) {
            self.let_go(store, *from, relation, child);
            self.unload_to_one(store, relation, *from);
        }
        for to in to {
            match relation.is_collection() {
                true => self.hold(store, *to, relation, child),
                false if !from.contains(to) => self.unload_to_one(store, relation, *to),
                false => {}
            }
        }
    }

    /// Which of several children a `has_one` has after one of them went back is for a query to say.
    fn unload_to_one(&mut self, store: &Store, relation: &RelationDef, parent: Node) {
        if !relation.is_collection() {
            self.set_slot(store, parent, relation, None, Slot::Unloaded);
        }
    }

    /// Takes the rows between an object and others that are there out of a list.
    fn rows_of(&mut self, node: Node, list: impl Fn(&mut UnitOfWork) -> &mut Vec<LinkRow>) -> Vec<LinkRow> {
        let list = list(self);
        let of_node = |row: &mut LinkRow| match (row.parent.node(), row.target.node()) {
            (Some(parent), Some(target)) => parent == node || target == node,
            _ => false,
        };
        list.extract_if(.., of_node).collect()
    }
}

/// The objects that an object's keys refer to, by the relationships on their side.
fn parents_of(store: &mut Store, child: Node) -> Vec<(&'static RelationDef, Vec<Node>)> {
    let all = holders(store, child.arena);
    let of_holder = |holder: Holder| {
        let key = store.values(child.arena, child.node, &holder.1.remote_columns().unwrap_or_default());
        (holder.1, parents(store, holder, &key))
    };
    all.into_iter().map(of_holder).collect()
}
