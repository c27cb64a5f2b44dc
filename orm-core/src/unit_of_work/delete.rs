//! Deletes objects, and follows the deletion to others.

use hashbrown::HashSet;
use indexmap::IndexSet;

use super::flush::Flush;
use super::flush_plan::{FlushStep, links_of};
use super::moves::{held, holders, link_holders};
use super::switch::NewKeys;
use super::unit_of_work::{KeyFrom, Ref, by_arena};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ArenaId, ObjectId, Slot};
use crate::load::{LateLoad, Loader};
use crate::model::{ModelDef, RelationDef, RelationKind};
use crate::query::{LoadSpec, Strategy, hides};
use crate::sql::{Delete, Expr, KeyColumn, Source, TableName, Writer};
use crate::value::Value;
use std::sync::Arc;

/// Children that a deletion would leave without their parent although their key cannot be NULL.
#[derive(Debug)]
struct Refused {
    relation: &'static RelationDef,
    children: Vec<ObjectId>,
}

impl Flush<'_> {
    /// Follows deletions to what refers to the deleted rows, before anything is written: children are deleted with
    /// their parent where the relationship cascades, and lose their key where it may be NULL.
    pub(super) async fn follow_deletes(&mut self) -> Result<()> {
        // From here on what lost its parent is deleted as everything else.
        self.unit.orphans.clear();
        if self.unit.deleted.is_empty() {
            return Ok(());
        }
        let new_keys = NewKeys::of(self.unit, self.store);
        let mut refused: Vec<Refused> = Vec::new();
        let mut done = 0;
        while done < self.unit.deleted.len() || !self.again.is_empty() {
            let mut next: Vec<ObjectId> = self.unit.deleted.iter().skip(done).copied().collect();
            // Those whose row turns out to go although it was followed as one that stays.
            let (unit, again) = (&self.unit, std::mem::take(&mut self.again));
            next.extend(again.into_iter().filter(|node| unit.deleted.get_index_of(node) < Some(done)));
            done = self.unit.deleted.len();
            let (marked, gone): (Vec<ObjectId>, Vec<ObjectId>) =
                next.into_iter().partition(|node| self.unit.only_marks(self.store, *node));
            // Rows that stay keep their children: no DELETE of the database's takes these along.
            self.switched.find(&new_keys, self.unit, self.store, &gone);
            for (arena, nodes) in by_arena(gone) {
                for relation in self.store.def(arena).relations {
                    refused.extend(self.follow(relation, arena, &nodes).await?);
                }
            }
            for (arena, nodes) in by_arena(marked) {
                for relation in self.store.def(arena).relations {
                    self.follow_marks(relation, arena, &nodes).await?;
                }
            }
        }
        let goes = |node: &ObjectId| !self.unit.only_marks(self.store, *node);
        let gone = self.unit.deleted.iter().copied().filter(goes);
        let unsaved: Vec<ObjectId> = gone.filter(|node| self.unit.has_unsaved_keys(*node)).collect();
        for node in unsaved {
            // Parents may be given other keys before the row goes.
            self.unit.leave_all_parents(self.store, node);
        }
        for Refused { relation, children } in refused {
            let (unit, store) = (&self.unit, &self.store);
            let stays = |child: &&ObjectId| !unit.deleted.contains(*child) || unit.only_marks(store, **child);
            if let Some(left) = children.iter().find(stays) {
                return Err(needs_a_rule(relation, Some(&self.store.key(*left))));
            }
        }
        self.mark_deleted().await
    }

    async fn follow(
        &mut self,
        relation: &'static RelationDef,
        arena: ArenaId,
        parents: &[u32],
    ) -> Result<Option<Refused>> {
        let (mut parents, switched): (Vec<u32>, Vec<u32>) =
            parents.iter().partition(|node| !self.switched.contains(ObjectId { arena, node: **node }));
        match relation.kind {
            RelationKind::ManyToOne { .. } | RelationKind::ManyToMany => return Ok(None),
            RelationKind::OneToMany | RelationKind::OneToOne if relation.view_only => return Ok(None),
            RelationKind::OneToMany | RelationKind::OneToOne if relation.passive_deletes => {
                // The database deletes the children; those that are held go with their rows.
                let held: Vec<ObjectId> = parents
                    .iter()
                    .flat_map(|parent| self.held(relation, ObjectId { arena, node: *parent }))
                    .collect();
                if relation.cascade.delete {
                    self.passively_deleted.extend(held);
                }
                parents = Vec::new();
            }
            RelationKind::OneToMany | RelationKind::OneToOne => {}
        }
        parents.extend(switched);
        if parents.is_empty() {
            return Ok(None);
        }
        let parents = parents.as_slice();
        let mut children = match hides(self.criteria, relation) {
            true => self.all_children(relation, arena, parents).await?,
            false => self.children(relation, arena, parents).await?,
        };
        self.as_they_are_now(relation, arena, parents, &mut children)?;
        let pending = self.unit.pending_children(relation, arena, parents);
        if relation.cascade.delete {
            // A row that refers to one that goes cannot stay.
            children.into_iter().for_each(|child| self.purge(child));
            pending.iter().for_each(|child| self.unit.drop_pending(self.store, child));
            return Ok(None);
        }
        let def = relation.target();
        let nullable: Vec<usize> = relation
            .remote_columns()
            .iter()
            .copied()
            .filter(|column| def.columns[*column].nullable)
            .collect();
        if nullable.is_empty() {
            if !pending.is_empty() {
                return Err(needs_a_rule(relation, None));
            }
            return Ok(Some(Refused { relation, children }));
        }
        for child in &pending {
            self.unit.drop_key(relation, child)?;
        }
        for child in children {
            let changes = nullable.iter().map(|column| (*column, Value::Null)).collect();
            self.unit.cancel_waiting(self.store, child, |column| nullable.contains(&column));
            self.unit.change(self.store, child, changes)?;
        }
        Ok(None)
    }

    /// Corrects children read from rows by unsaved changes: removes those that have moved away and adds those that have
    /// moved here.
    pub(super) fn as_they_are_now(
        &self,
        relation: &'static RelationDef,
        arena: ArenaId,
        parents: &[u32],
        children: &mut Vec<ObjectId>,
    ) -> Result<()> {
        let (local, remote) = (relation.local_columns(), relation.remote_columns());
        // A key that a parent was given and that is not written yet is not its row's, which its children refer to.
        let keys: HashSet<Vec<Value>> = parents
            .iter()
            .flat_map(|parent| {
                [
                    self.store.values(ObjectId { arena, node: *parent }, local),
                    self.saved_values(ObjectId { arena, node: *parent }, local),
                ]
            })
            .collect();
        let here = |child: &ObjectId| match self.unit.waiting_keys.key(*child, remote) {
            Some(key) => {
                let from = key.from.node().filter(|from| from.arena == arena);
                from.is_some_and(|from| parents.contains(&from.node))
            }
            None => keys.contains(&self.store.values(*child, remote)),
        };
        let target = (relation.target)().type_id();
        // A collection still shows what was expunged, beside the session's new object of its row.
        children.retain(|child| !self.store.arena(child.arena).is_detached(child.node));
        children.retain(here);
        let known: HashSet<ObjectId> = children.iter().copied().collect();
        let changed = self.unit.dirty.keys().copied().chain(self.unit.waiting_keys.nodes());
        let changed: IndexSet<ObjectId> = changed.collect();
        let moved = changed.into_iter().filter(|node| {
            self.store.model(node.arena).type_id() == target && !known.contains(node) && here(node)
        });
        children.extend(moved);
        Ok(())
    }

    /// The children of some parents: what is held where it is, one statement for the rest.
    pub(super) async fn children(
        &mut self,
        relation: &'static RelationDef,
        arena: ArenaId,
        parents: &[u32],
    ) -> Result<Vec<ObjectId>> {
        // Of a member that was expunged the session has no object, but its row is there.
        let is_detached = |node: &ObjectId| self.store.arena(node.arena).is_detached(node.node);
        for parent in parents {
            if self.held(relation, ObjectId { arena, node: *parent }).iter().any(is_detached) {
                self.store.arena(arena).unload_one(*parent, relation.index);
            }
        }
        let ask: Vec<u32> = {
            let unloaded =
                |node: &&u32| !self.store.is_held(ObjectId { arena, node: **node }, relation.index);
            parents.iter().filter(unloaded).copied().collect()
        };
        if !ask.is_empty() {
            let region = Arc::clone(self.store.region());
            // Rows refer to the keys that rows have, and not to those that unsaved edits gave the objects.
            let edited: Vec<(u32, usize)> =
                ask.iter().filter_map(|node| self.show_saved(ObjectId { arena, node: *node })).collect();
            let asked: Vec<ObjectId> = ask.iter().map(|node| ObjectId { arena, node: *node }).collect();
            let objects = ask.into_iter().map(|node| (Arc::clone(&region), arena, node));
            let mut loader = Loader::new(
                self.store,
                self.lease,
                self.monitor,
                self.dialect,
                false,
                self.criteria,
                std::panic::Location::caller(),
            );
            let loaded =
                loader.load(LateLoad::bare(objects), LoadSpec::new(relation, Strategy::Selectin)).await;
            edited.into_iter().for_each(|(node, version)| self.store.arena(arena).revert(node, version));
            loaded?;
            self.unit.relink_expunged(self.store);
            self.tell_asked(relation, &asked);
        }
        Ok(parents.iter().flat_map(|parent| self.held(relation, ObjectId { arena, node: *parent })).collect())
    }

    /// The children of some parents, also those that the session does not see: their rows refer to the parents' rows as well.
    pub(super) async fn all_children(
        &mut self,
        relation: &'static RelationDef,
        arena: ArenaId,
        parents: &[u32],
    ) -> Result<Vec<ObjectId>> {
        let region = Arc::clone(self.store.region());
        let edited: Vec<(u32, usize)> =
            parents.iter().filter_map(|node| self.show_saved(ObjectId { arena, node: *node })).collect();
        let objects = parents.iter().map(|node| (Arc::clone(&region), arena, *node));
        let mut load = LoadSpec::new(relation, Strategy::Selectin);
        load.under.ignore();
        let (dialect, caller) = (self.dialect, std::panic::Location::caller());
        let mut loader =
            Loader::new(self.store, self.lease, self.monitor, dialect, false, self.criteria, caller);
        let loaded = loader.load(LateLoad::bare(objects), load).await;
        edited.into_iter().for_each(|(node, version)| self.store.arena(arena).revert(node, version));
        let (answer, places) = loaded?;
        self.unit.relink_expunged(self.store);
        let asked: Vec<ObjectId> = parents.iter().map(|node| ObjectId { arena, node: *node }).collect();
        self.tell_asked(relation, &asked);
        Ok(places.iter().flat_map(|place| place.targets(&answer, relation.index)).collect())
    }

    /// Records that a statement looked for the children of some parents: a part of the deletion of those that are deleted,
    /// and a step of its own for the rest.
    fn tell_asked(&mut self, relation: &'static RelationDef, parents: &[ObjectId]) {
        if self.executed.is_none() {
            return;
        }
        let deleted = |parent: &&ObjectId| {
            self.unit.deleted.contains(*parent)
                && !self.switched.contains(**parent)
                && !self.unit.only_marks(self.store, **parent)
        };
        let (deleted, others): (Vec<&ObjectId>, Vec<&ObjectId>) = parents.iter().partition(deleted);
        if !others.is_empty() {
            self.executed(|| FlushStep::Look { relation: relation.path(), rows: others.len() });
        }
        if !deleted.is_empty() {
            self.asked.insert(relation.path());
        }
    }

    /// Shows an object as its row is; the version that it had, where that is another one.
    fn show_saved(&self, ObjectId { arena, node }: ObjectId) -> Option<(u32, usize)> {
        let saved = self.unit.dirty.get(&ObjectId { arena, node })?.saved;
        let objects = self.store.arena(arena);
        let version = objects.version(node);
        objects.revert(node, saved);
        Some((node, version))
    }

    /// The old targets of `has_one`s that got another one: they lose their key, or go under delete-orphan.
    pub(super) async fn displace(&mut self) -> Result<()> {
        for ((parent, _), relation) in std::mem::take(&mut self.unit.replaced_unloaded) {
            let now = self.held(relation, parent);
            let local = relation.local_columns();
            let key = self.store.values(parent, local);
            let saved = self.saved_values(parent, local);
            if !self.has_new_target(relation, parent, &key) {
                continue;
            }
            for child in self.rows_of(relation, parent).await? {
                let remote = relation.remote_columns();
                let now_refers_to = self.store.values(child, remote);
                let still = now_refers_to == key || now_refers_to == saved;
                let key = self.unit.waiting_keys.key(child, remote);
                let moves = key.is_some_and(|key| key.from.node() != Some(parent));
                if still && !moves && !now.contains(&child) {
                    self.unit.orphan(self.store, relation, child)?;
                }
            }
        }
        Ok(())
    }

    /// Whether a `has_one` really gets another target, or none: what was to displace the old one may be gone itself.
    fn has_new_target(&self, relation: &'static RelationDef, parent: ObjectId, key: &[Value]) -> bool {
        if self.store.is_held(parent, relation.index) {
            return true;
        }
        let remote = relation.remote_columns();
        let from = |other: &KeyFrom| other.columns == remote && other.from.node() == Some(parent);
        let target = (relation.target)().type_id();
        let pending = self.unit.pending.linked_to(&Ref::Node(parent));
        let comes = |node: &&ObjectId| {
            self.store.model(node.arena).type_id() == target && self.store.values(**node, remote) == key
        };
        pending
            .filter(|entry| entry.model.type_id() == target)
            .any(|entry| entry.beside.keys.iter().any(from))
            || self.unit.dirty.keys().any(|node| comes(&node))
    }

    /// The children that the database has for a parent, whatever the parent holds.
    async fn rows_of(&mut self, relation: &'static RelationDef, parent: ObjectId) -> Result<Vec<ObjectId>> {
        let (slot, _) = self.store.held(parent, relation.index);
        self.store.arena(parent.arena).unload_one(parent.node, relation.index);
        let children = self.children(relation, parent.arena, &[parent.node]).await;
        if matches!(slot, Slot::One(_) | Slot::Absent) {
            let target = self.store.target_arena(relation);
            self.store.set_held(parent, relation.index, target, slot);
        }
        children
    }

    /// What an object holds for a relationship.
    pub(super) fn held(&self, relation: &RelationDef, node: ObjectId) -> Vec<ObjectId> {
        held(self.store, relation, node)
    }

    /// Deletes rows of one table. Their link rows are gone already.
    pub(super) async fn deletes(&mut self, arena: ArenaId, nodes: &[u32]) -> Result<()> {
        let deleted = self.delete_rows(arena, nodes).await;
        deleted.map_err(|error| self.in_its_own_way(error, arena, nodes))?;
        for node in nodes {
            self.unit.deleted.swap_remove(&ObjectId { arena, node: *node });
        }
        Ok(())
    }

    /// A statement deleted rows past the unit of work: their objects are gone, and so is what was to be written of their
    /// links.
    pub(super) fn rows_gone(&mut self, arena: ArenaId, nodes: &[u32]) {
        self.leave_collections(arena, nodes);
        let gone: HashSet<ObjectId> = nodes.iter().map(|node| ObjectId { arena, node: *node }).collect();
        self.unit.links_end(&gone);
        nodes.iter().for_each(|node| self.forget(ObjectId { arena, node: *node }));
    }

    /// The link rows of deleted objects.
    pub(super) async fn delete_links(
        &mut self,
        arena: ArenaId,
        nodes: &[u32],
        which: impl Fn(TableName) -> bool,
    ) -> Result<()> {
        let def = self.store.def(arena);
        for (relation, table) in links_of(def).filter(|(_, table)| which(*table)) {
            let local = relation.local_columns();
            let keys: Vec<Vec<Value>> =
                nodes.iter().map(|node| self.saved_values(ObjectId { arena, node: *node }, local)).collect();
            if self.delete_where(table, relation.link_columns(), &keys).await? > 0 {
                self.unit.rows_written(self.store, table);
            }
            self.executed(|| FlushStep::UnlinkAll { table, model: def.name, rows: nodes.len() });
        }
        Ok(())
    }

    /// Objects whose links are gone leave the collections that hold them by links. Only the collections know which: a
    /// link has no key in the objects.
    pub(super) fn leave_collections(&mut self, arena: ArenaId, nodes: &[u32]) {
        let gone: HashSet<u32> = nodes.iter().copied().collect();
        for (holder, relation) in link_holders(self.store, arena) {
            for parent in (0..self.store.arena(holder).len()).map(|node| ObjectId { arena: holder, node }) {
                let held = self.held(relation, parent);
                for target in held.into_iter().filter(|target| gone.contains(&target.node)) {
                    self.unit.let_go(self.store, parent, relation, target);
                }
            }
        }
    }

    /// Columns of an object as the database has them.
    pub(super) fn saved_values(&self, id: ObjectId, columns: &[usize]) -> Vec<Value> {
        self.unit.saved_values(self.store, id, columns)
    }

    async fn delete_rows(&mut self, arena: ArenaId, nodes: &[u32]) -> Result<()> {
        let def = self.store.def(arena);
        // Which version the row of an expired object has is not known, and what it showed may have been rolled back.
        let (expired, known): (Vec<u32>, Vec<u32>) =
            nodes.iter().partition(|node| self.store.is_expired(ObjectId { arena, node: **node }));
        let with_version: Vec<usize> = def.key.iter().copied().chain(def.version()).collect();
        for (nodes, columns) in [(known, &with_version[..]), (expired, def.key)] {
            let keys: Vec<Vec<Value>> = nodes
                .iter()
                .map(|node| self.saved_values(ObjectId { arena, node: *node }, columns))
                .collect();
            let gone = self.delete_where(def.table, &def.key_columns(columns), &keys).await?;
            if gone != keys.len() as u64 {
                return Err(stale_delete(def, keys.len(), gone));
            }
        }
        let asked = self.asked.clone();
        self.executed(|| {
            let follows = def.relations.iter().map(RelationDef::path).filter(|path| asked.contains(path));
            FlushStep::Delete { model: def.name, rows: nodes.len(), follows: follows.collect() }
        });
        for node in nodes {
            self.forget(ObjectId { arena, node: *node });
        }
        Ok(())
    }

    /// `DELETE .. WHERE columns IN keys`, in as few statements as the database binds; returns how many rows went.
    pub(super) async fn delete_where(
        &mut self,
        table: TableName,
        columns: &[KeyColumn],
        keys: &[Vec<Value>],
    ) -> Result<u64> {
        let room = self.dialect.key_limit(columns.len(), 0).max(1);
        let mut gone = 0;
        for keys in keys.chunks(room) {
            let filter = Expr::among(&Source::Table(table), columns, keys);
            let mut statement =
                Writer::delete(self.dialect, &Delete { table, filter: Some(filter), returning: Vec::new() });
            statement.path = Some(table.to_string().into());
            statement.strategy = Some("flush");
            gone += self.lease.execute(self.monitor, &statement).await?;
        }
        Ok(gone)
    }

    /// An object's row is gone: removes the object from all collections and to-ones.
    pub(super) fn forget(&mut self, node: ObjectId) {
        for holder in holders(self.store, node.arena) {
            let columns = holder.1.remote_columns();
            let key = self.store.values(node, columns);
            for parent in self.unit.former_parents(self.store, holder, &key) {
                self.unit.let_go(self.store, parent, holder.1, node);
            }
        }
        self.unit.member_gone(self.store, node);
        // An edit of the key that was never written is not the row's.
        let key = self.saved_values(node, self.store.def(node.arena).key);
        // A key read from an object is a key of its model.
        let _ = self.store.identity_mut(node.arena).remove(&key);
        self.unit.row_gone(node, key);
    }
}

/// `key` is that of the child; a new one may have none yet.
fn needs_a_rule(relation: &RelationDef, key: Option<&[Value]>) -> Error {
    let (path, target) = (relation.path(), relation.target());
    let columns: Vec<&str> =
        relation.remote_columns().iter().map(|column| target.columns[*column].field).collect();
    let child = match key {
        Some(key) => format!("the `{}` with the key {}", target.name, target.shown(target.key, key)),
        None => format!("a new `{}`", target.name),
    };
    Error::new(
        ErrorKind::InvalidState,
        format!(
            "`{path}` still has {child}, and its `{}` cannot be NULL; declare `cascade = \"delete\"`, delete \
             it too, or give it another parent",
            columns.join(", ")
        ),
    )
}

fn stale_delete(def: &ModelDef, expected: usize, gone: u64) -> Error {
    Error::new(
        ErrorKind::Stale,
        format!(
            "tried to delete {expected} rows of `{}`, but only {gone} still match what this session loaded: the \
             others were changed or deleted concurrently; roll back and reload",
            def.name
        ),
    )
}
