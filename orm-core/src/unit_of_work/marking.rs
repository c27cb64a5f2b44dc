//! Deletes objects of models that keep deleted rows, marked with the time of their deletion.

use std::panic::Location;

use hashbrown::HashSet;

use super::flush::Flush;
use super::moves::{Holder, holders, link_holders};
use super::unit_of_work::{UnitOfWork, by_arena};
use crate::error::Result;
use crate::graph::{ArenaId, ObjectId, Slot};
use crate::identity::Store;
use crate::load::Loader;
use crate::model::{RelationDef, RelationKind};
use crate::query::{SelectSpec, hides};
use crate::sql::{Expr, Source};
use crate::value::Value;

impl Flush<'_> {
    /// Deletes a child of a row that goes, from its table.
    pub(super) fn purge(&mut self, child: ObjectId) {
        if self.unit.purge(child) && self.store.def(child.arena).table.marks_deleted() {
            self.again.push(child);
        }
    }

    /// Follows deletions of rows that stay in their table: children are marked with their parent where the relationship
    /// cascades. Other rows still refer to an existing one, so nothing is done about them.
    pub(super) async fn follow_marks(
        &mut self,
        relation: &'static RelationDef,
        arena: ArenaId,
        parents: &[u32],
    ) -> Result<()> {
        let has_children = matches!(relation.kind, RelationKind::OneToMany | RelationKind::OneToOne);
        if !has_children || relation.view_only || !relation.cascade.delete {
            return Ok(());
        }
        for child in self.unit.pending_children(relation, arena, parents) {
            self.unit.drop_pending(self.store, &child);
        }
        if !marks_children(relation) {
            return Ok(());
        }
        let mut children = match self.criteria.has_conditions() && hides(self.criteria, relation) {
            true => self.all_children(relation, arena, parents).await?,
            false => self.children(relation, arena, parents).await?,
        };
        self.as_they_are_now(relation, arena, parents, &mut children)?;
        children.retain(|child| !self.unit.stays_marked(self.store, *child));
        children.into_iter().for_each(|child| self.unit.delete(child));
        Ok(())
    }

    /// Makes edits of deletions whose rows stay: what is deleted already keeps its time, and a time that an edit gave counts.
    pub(super) async fn mark_deleted(&mut self) -> Result<()> {
        let (unit, store) = (&self.unit, &self.store);
        let marked: Vec<ObjectId> =
            unit.deleted.iter().copied().filter(|node| unit.only_marks(store, *node)).collect();
        if marked.is_empty() {
            return Ok(());
        }
        let stays: HashSet<ObjectId> = marked.iter().copied().collect();
        self.unit.deleted.retain(|node| !stays.contains(node));
        self.read_expired(&marked).await?;
        let (unit, store) = (&self.unit, &self.store);
        let marked: Vec<ObjectId> =
            marked.into_iter().filter(|node| !unit.stays_marked(store, *node)).collect();
        for node in &marked {
            let model = self.store.model(node.arena);
            model.before_delete(self.store.graph(), node.arena, node.node, self.context)?;
        }
        for node in &marked {
            let def = self.store.def(node.arena);
            if let Some(deleted) = def.deleted()
                && self.store.values(*node, &[deleted]).iter().all(Value::is_null)
            {
                let now = self.clock(&def.columns[deleted]);
                self.unit.change(self.store, *node, vec![(deleted, now)])?;
            }
        }
        self.marked.extend(marked);
        Ok(())
    }

    /// Which version an expired object's row has is unknown, and whether it is marked already: reads it.
    async fn read_expired(&mut self, nodes: &[ObjectId]) -> Result<()> {
        let expired = nodes.iter().copied().filter(|node| self.store.is_expired(*node));
        for (arena, nodes) in by_arena(expired.collect::<Vec<_>>()) {
            let def = self.store.def(arena);
            let keys: Vec<Vec<Value>> =
                nodes.iter().map(|node| self.store.key(ObjectId { arena, node: *node })).collect();
            let room = self.dialect.key_limit(def.key.len(), 0).max(1);
            for keys in keys.chunks(room) {
                let mut spec = SelectSpec::of(self.store.model(arena));
                spec.core.filter =
                    Some(Expr::among(&Source::Table(def.table), &def.key_columns(def.key), keys));
                spec.core.raise_all = true;
                spec.core.under.ignore();
                let (dialect, caller) = (self.dialect, Location::caller());
                let mut loader =
                    Loader::new(self.store, self.lease, self.monitor, dialect, false, self.criteria, caller);
                loader.select(spec).await?;
            }
        }
        Ok(())
    }

    /// Objects whose rows are marked as deleted leave the collections and to-ones that hold them, as queries no longer find
    /// them; a to-one that is never empty keeps its target. They stay in the session, where an edit can restore them.
    pub(super) fn leave(&mut self, arena: ArenaId, nodes: &[u32]) {
        if self.criteria.shows_deleted() {
            return;
        }
        self.leave_collections(arena, nodes);
        self.leave_to_ones(arena, nodes);
        for node in nodes.iter().map(|node| ObjectId { arena, node: *node }) {
            for holder in holders(self.store, arena) {
                let key = self.store.values(node, holder.1.remote_columns());
                for parent in self.unit.former_parents(self.store, holder, &key) {
                    self.unit.let_go(self.store, parent, holder.1, node);
                }
            }
            self.unit.member_gone(self.store, node);
        }
    }
}

impl UnitOfWork {
    /// Whether a deletion leaves an object as it is: its row is marked as deleted already, and no edit restores it.
    pub(super) fn stays_marked(&self, store: &Store, node: ObjectId) -> bool {
        let Some(deleted) = store.def(node.arena).deleted() else { return false };
        let is_marked = |values: Vec<Value>| values.iter().any(|time| !time.is_null());
        is_marked(self.saved_values(store, node, &[deleted])) && is_marked(store.values(node, &[deleted]))
    }

    /// Whether an object is marked as deleted, in a session that hides such objects.
    pub(super) fn is_hidden(&self, store: &Store, node: ObjectId) -> bool {
        let deleted = store.def(node.arena).deleted().filter(|_| !self.sees_deleted);
        deleted.is_some_and(|deleted| !store.arena(node.arena).view(node.node, deleted).to_value().is_null())
    }

    /// Whether a flush writes no mark for the deletion of an object, as far as is known before it reads expired ones.
    pub(super) fn keeps_mark(&self, store: &Store, node: ObjectId) -> bool {
        self.only_marks(store, node) && !store.is_expired(node) && self.stays_marked(store, node)
    }

    /// Whether an object is marked as deleted after some of its columns changed, if that is another answer than before and the
    /// session hides marked rows.
    pub(crate) fn mark_between(
        &self,
        store: &Store,
        node: ObjectId,
        columns: &[usize],
        before: usize,
    ) -> Option<bool> {
        let deleted = store.def(node.arena).deleted();
        let deleted = deleted.filter(|deleted| !self.sees_deleted && columns.contains(deleted))?;
        let objects = store.arena(node.arena);
        let was_marked = !objects.view_version(node.node, before, deleted).to_value().is_null();
        let is_marked = !objects.view(node.node, deleted).to_value().is_null();
        (was_marked != is_marked).then_some(is_marked)
    }

    /// An object was marked as deleted or restored, and with it what leads to the object: what other objects hold there is
    /// unknown until the next load.
    pub(crate) fn mark_edited(&mut self, store: &mut Store, node: ObjectId) {
        let arena = node.arena;
        self.member_shown(store, node);
        for holder in holders(store, arena) {
            let key = store.values(node, holder.1.remote_columns());
            for parent in self.former_parents(store, holder, &key) {
                self.forget_held(store, holder.1, parent);
            }
        }
        for (holder, relation) in leading_to(store, arena) {
            let key = store.values(node, relation.remote_columns());
            for of in (0..store.arena(holder).len()).map(|node| ObjectId { arena: holder, node }) {
                if store.values(of, relation.local_columns()) == key {
                    self.forget_held(store, relation, of);
                }
            }
        }
        for (holder, relation) in link_holders(store, arena) {
            for of in (0..store.arena(holder).len()).map(|node| ObjectId { arena: holder, node }) {
                self.forget_held(store, relation, of);
            }
        }
    }

    pub(super) fn forget_held(&mut self, store: &Store, relation: &'static RelationDef, of: ObjectId) {
        if store.is_held(of, relation.index) {
            self.set_slot(store, of, relation, None, Slot::Unloaded);
        }
    }
}

impl Flush<'_> {
    /// The targets of to-ones are looked for among all objects that may hold them: their keys stay.
    fn leave_to_ones(&mut self, arena: ArenaId, nodes: &[u32]) {
        let gone: HashSet<u32> = nodes.iter().copied().collect();
        for (holder, relation) in leading_to(self.store, arena) {
            for holder in (0..self.store.arena(holder).len()).map(|node| ObjectId { arena: holder, node }) {
                let (slot, target) = self.store.held(holder, relation.index);
                if target == Some(arena) && matches!(slot, Slot::One(held) if gone.contains(&held)) {
                    self.unit.set_slot(self.store, holder, relation, None, Slot::Absent);
                }
            }
        }
    }
}

/// The to-ones of objects of this session that may lead to those of a model by their key and may be empty, but for those with
/// a filter.
fn leading_to(store: &Store, target: ArenaId) -> Vec<Holder> {
    let model = store.model(target).type_id();
    let leads = |relation: &&'static RelationDef| {
        relation.kind == RelationKind::ManyToOne { required: false }
            && !relation.is_filtered()
            && (relation.target)().type_id() == model
    };
    let relations = |arena: ArenaId| store.def(arena).relations.iter().map(move |relation| (arena, relation));
    store.graph().arenas().flat_map(relations).filter(|(_, relation)| leads(relation)).collect()
}

/// Whether children are marked as deleted with their parents.
pub(super) fn marks_children(relation: &RelationDef) -> bool {
    relation.cascade.delete && relation.target().table.marks_deleted()
}
