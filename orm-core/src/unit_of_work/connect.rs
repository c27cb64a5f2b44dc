//! Links objects.

use super::links::LinkTarget;
use super::unit_of_work::{Ref, UnitOfWork, cell_id};
use super::unsaved_links::is_shown;
use crate::error::Result;
use crate::graph::{ObjectId, Slot};
use crate::identity::Store;
use crate::model::{RelationDef, RelationKind};
use crate::value::Value;

/// Links between objects begin.
impl UnitOfWork {
    /// Links two objects from a session's `append` or `assign`: keys, and what the objects hold. What is refused changes
    /// nothing.
    pub(crate) fn connect(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        target: LinkTarget,
    ) -> Result<()> {
        self.check_connect(store, relation, parent, &target)?;
        let is_draft = matches!(target, LinkTarget::Draft(_));
        let target = self.resolve(store, target)?;
        self.connect_resolved(store, relation, parent, target, is_draft)
    }

    /// The same with the other end resolved, which may have been a draft.
    pub(super) fn connect_resolved(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        target: Ref,
        is_draft: bool,
    ) -> Result<()> {
        let child = match (&target, &relation.kind) {
            (Ref::Pending(cell), RelationKind::OneToMany | RelationKind::OneToOne) if is_draft => {
                Some(cell_id(cell))
            }
            _ => None,
        };
        self.connect_to(store, relation, parent, target)?;
        if let Some(child) = child {
            self.holds_to(child, relation, relation.remote_columns());
        }
        Ok(())
    }

    /// The same with the other end resolved, and the link checked.
    pub(super) fn connect_to(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        target: Ref,
    ) -> Result<()> {
        self.key_link_ends(store, relation, parent, &target);
        match relation.kind {
            RelationKind::ManyToMany => {}
            RelationKind::ManyToOne { .. } => self.adopt(parent),
            RelationKind::OneToMany | RelationKind::OneToOne => {
                target.node().into_iter().for_each(|child| self.adopt(child))
            }
        }
        let there = self.is_linked(store, relation, parent, &target);
        if !there {
            self.leave_old(store, relation, parent, &target)?;
            self.link(store, relation, &Ref::Node(parent), &target)?;
        }
        match (&target, target.node()) {
            (_, Some(target)) => self.hold_both(store, relation, parent, target),
            (Ref::Pending(cell), None) => {
                // The new object is held as soon as a flush made it, and the old one no more.
                self.pending.set_holder(cell_id(cell), relation, parent);
                if !relation.is_collection() {
                    self.set_slot(store, parent, relation, None, Slot::Unloaded);
                }
            }
            (Ref::Node(_), None) => {}
        }
        Ok(())
    }

    /// Whether a link already exists, by a key or by a link row. A link that would have been deleted stays; an existing
    /// one is not inserted again.
    fn is_linked(&mut self, store: &Store, relation: &RelationDef, parent: ObjectId, target: &Ref) -> bool {
        if relation.kind != RelationKind::ManyToMany {
            return self.key_says_so(store, relation, parent, target);
        }
        let parent_end = Ref::Node(parent);
        if let Some(ended) = self.unlinks.remove(relation, &parent_end, target) {
            if !ended.seen {
                // It may never have been there, and has to be now.
                self.links.insert(ended);
            }
            return true;
        }
        let held = target.node().is_some_and(|target| is_shown(store, relation, parent, target));
        held || self.links.contains(relation, &parent_end, target)
    }

    /// Whether two objects are linked by their keys. What an expired object shows is not proof, nor is a key that is
    /// about to change, at either end.
    fn key_says_so(&self, store: &Store, relation: &RelationDef, parent: ObjectId, target: &Ref) -> bool {
        let Some(target) = target.node() else { return false };
        let (local, remote) = (relation.local_columns(), relation.remote_columns());
        let (child, columns) = match relation.kind {
            RelationKind::ManyToOne { .. } => (parent, local),
            _ => (target, remote),
        };
        let (owner, referred) = if child == parent { (target, remote) } else { (parent, local) };
        if let Some(key) = self.waiting_keys.key(child, columns) {
            return key.from.node() == Some(owner);
        }
        if store.is_expired(child) || self.is_unsaved(store, owner, referred) {
            return false;
        }
        let key = store.values(parent, local);
        !key.iter().any(Value::is_null) && key == store.values(target, remote)
    }

    /// What a new link ends: the child's link to its old parent, and the old target of a to-one.
    fn leave_old(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        target: &Ref,
    ) -> Result<()> {
        match relation.kind {
            RelationKind::ManyToMany => {}
            RelationKind::ManyToOne { .. } => {
                let Some(inverse) = relation.inverse() else { return Ok(()) };
                if let Some(old) = self.parent_of(store, relation, parent) {
                    self.let_go(store, old, inverse, parent);
                }
            }
            RelationKind::OneToMany | RelationKind::OneToOne => {
                if let (Some(child), Some(inverse)) = (target.node(), relation.inverse())
                    && let Some(old) = self.parent_of(store, inverse, child)
                {
                    self.let_go(store, old, relation, child);
                }
                if relation.kind == RelationKind::OneToOne {
                    self.displace(store, relation, parent, Some(target))?;
                }
            }
        }
        Ok(())
    }

    /// A `has_one` gets another target, or none: the old one loses its key, at the next flush where it is not known
    /// yet.
    pub(super) fn displace(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        target: Option<&Ref>,
    ) -> Result<()> {
        let waiting: Vec<_> = self
            .pending
            .linked_to(&Ref::Node(parent))
            .filter(|entry| {
                entry.beside.held_by.iter().any(|(held, node)| held.is(relation) && *node == parent)
            })
            .map(|entry| Ref::Pending(std::sync::Arc::clone(&entry.cell)))
            .filter(|entry| !target.is_some_and(|target| target.is(entry)))
            .collect();
        for old in waiting {
            if let Ref::Pending(cell) = old {
                self.orphan_pending(store, relation, &cell)?;
            }
        }
        match store.held(parent, relation.index) {
            (Slot::One(old), Some(arena)) => {
                let old = ObjectId { arena, node: old };
                if target.is_some_and(|target| target.is(&Ref::Node(old))) {
                    return Ok(());
                }
                if self.is_led_here(store, relation, parent, old) {
                    self.orphan(store, relation, old)?;
                    self.release_parent(store, relation, parent, old);
                }
            }
            (Slot::Unloaded, _) => {
                self.replaced_unloaded.insert((parent, relation.index), relation);
            }
            _ => {}
        }
        Ok(())
    }
}
