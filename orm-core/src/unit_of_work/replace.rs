//! Replaces the targets of a collection.

use hashbrown::HashSet;

use super::disconnect::orphan_needs_a_rule;
use super::link_set::End;
use super::links::LinkTarget;
use super::refusal::check_written;
use super::state::EntityState;
use super::unit_of_work::{Ref, UnitOfWork};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ObjectId, Slot};
use crate::identity::Store;
use crate::model::{RelationDef, RelationKind};

impl UnitOfWork {
    /// Makes a loaded collection hold exactly these targets.
    pub(crate) fn replace(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        targets: Vec<LinkTarget>,
    ) -> Result<()> {
        check_written(relation)?;
        let (Slot::Many(slice), Some(arena)) = store.held(parent, relation.index) else {
            return Err(Error::new(
                ErrorKind::NotLoaded,
                format!(
                    "`{}` is not loaded, so the members to remove are unknown; load it before you replace \
                     it: `session.load(&object, {})`",
                    relation.path(),
                    relation.constant()
                ),
            ));
        };
        // What is refused has changed nothing, so all of it is looked at first.
        let given: HashSet<ObjectId> = targets.iter().filter_map(|target| target.node(store)).collect();
        let held: HashSet<u32> = slice.as_slice().iter().copied().collect();
        let new = |target: &LinkTarget| target.node(store).is_none_or(|node| !held.contains(&node.node));
        for target in &targets {
            match new(target) {
                true => self.check_connect(store, relation, parent, target)?,
                false => self.check_target(store, target)?,
            }
        }
        let members = slice.as_slice().iter().map(|node| ObjectId { arena, node: *node });
        let leaving: Vec<ObjectId> = members.filter(|member| !given.contains(member)).collect();
        for member in leaving.iter().filter(|member| self.state(**member) != EntityState::Deleted) {
            self.check_member(store, relation, parent, &Ref::Node(*member))?;
            if relation.kind == RelationKind::OneToMany && !relation.may_lose_child() {
                return Err(orphan_needs_a_rule(relation));
            }
        }
        let waiting = self.pending_members(relation, parent);
        let mut wanted: HashSet<End> = HashSet::with_capacity(targets.len());
        for target in targets {
            let is_draft = matches!(target, LinkTarget::Draft(_));
            let target = self.resolve(store, target)?;
            wanted.insert(End::of(&target));
            if !target.node().is_some_and(|node| held.contains(&node.node)) {
                self.connect_resolved(store, relation, parent, target, is_draft)?;
            }
        }
        for member in leaving {
            match self.state(member) {
                EntityState::Deleted => self.let_go(store, parent, relation, member),
                _ => self.disconnect_member(store, relation, parent, Ref::Node(member))?,
            }
        }
        self.disconnect_waiting(store, relation, parent, waiting, &wanted)
    }

    /// Ends the links to new objects but for those that are wanted.
    pub(super) fn disconnect_waiting(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        waiting: Vec<Ref>,
        wanted: &HashSet<End>,
    ) -> Result<()> {
        let left = waiting.into_iter().filter(|member| !wanted.contains(&End::of(member)));
        left.into_iter().try_for_each(|member| self.disconnect_from(store, relation, parent, member))
    }

    /// New objects that join a collection with the next flush.
    pub(super) fn pending_members(&self, relation: &RelationDef, parent: ObjectId) -> Vec<Ref> {
        if relation.kind != RelationKind::ManyToMany {
            let children = self.pending_children(relation, parent.arena, &[parent.node]);
            return children.into_iter().map(Ref::Pending).collect();
        }
        self.links.new_ends(relation, &Ref::Node(parent))
    }
}
