use super::inverse::inverse_of;
use super::unit_of_work::{LinkRow, Node, Ref, UnitOfWork};
use crate::graph::Slot;
use crate::identity::Store;
use crate::model::{RelationDef, RelationKind};

impl UnitOfWork {
    /// Takes back the unsaved changes of an object: its columns, and its links to objects that are there, on both sides.
    /// What waits for its row keeps its links.
    pub(crate) fn discard_changes(&mut self, store: &mut Store, node: Node) {
        let now = self.parents(store, node);
        if let Some(saved) = self.dirty.shift_remove(&node) {
            store.arena(node.arena).revert(node.node, saved);
        }
        self.waiting_keys.retain(|(waiting, _)| *waiting != node);
        let before = self.parents(store, node);
        for ((relation, now), (_, before)) in now.into_iter().zip(before) {
            self.child_returns(store, relation, node, now, before);
        }
        for row in self.rows_of(node, |unit| &mut unit.links) {
            self.link_ends(store, &row, UnitOfWork::let_go);
        }
        for row in self.rows_of(node, |unit| &mut unit.unlinks) {
            self.link_ends(store, &row, UnitOfWork::hold);
        }
    }

    /// The objects that an object's keys refer to, by the relationships on their side.
    fn parents(&self, store: &mut Store, node: Node) -> Vec<(&'static RelationDef, Option<Node>)> {
        let keys = store.def(node.arena).relations.iter();
        let keys = keys.filter(|relation| matches!(relation.kind, RelationKind::BelongsTo { .. }));
        let sides = keys.filter_map(|relation| Some((relation, inverse_of(relation)?)));
        sides.map(|(relation, inverse)| (inverse, self.parent_of(store, relation, node))).collect()
    }

    fn child_returns(
        &mut self,
        store: &Store,
        relation: &'static RelationDef,
        child: Node,
        from: Option<Node>,
        to: Option<Node>,
    ) {
        if let Some(from) = from.filter(|from| Some(*from) != to) {
            self.let_go(store, from, relation, child);
            self.unload_to_one(store, relation, from);
        }
        let Some(to) = to else { return };
        match relation.is_collection() {
            true => self.hold(store, to, relation, child),
            false if from != Some(to) => self.unload_to_one(store, relation, to),
            false => {}
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

    fn link_ends(
        &mut self,
        store: &Store,
        row: &LinkRow,
        undo: fn(&mut UnitOfWork, &Store, Node, &RelationDef, Node),
    ) {
        let (Some(parent), Some(target)) = (Ref::node(&row.parent), Ref::node(&row.target)) else { return };
        undo(self, store, parent, row.relation, target);
        if let Some(inverse) = inverse_of(row.relation) {
            undo(self, store, target, inverse, parent);
        }
    }
}
