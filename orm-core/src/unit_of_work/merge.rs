//! Makes merged state changes of a session's objects.

use std::any::TypeId;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::disconnect::orphan_needs_a_rule;
use super::draft::DraftData;
use super::link_set::End;
use super::merge_graph::{MergeGraph, MergeLinks};
use super::pending::PendingCell;
use super::register::deleted;
use super::state::EntityState;
use super::unit_of_work::{Ref, UnitOfWork, cell_id};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::ObjectId;
use crate::identity::Store;
use crate::model::{RelationDef, RelationKind};
use crate::value::Value;

impl UnitOfWork {
    /// Applies what was merged to the session's own objects: columns and new objects first, then links, and removals
    /// last, so a child that moves from one parent to another is never an orphan.
    ///
    /// # Errors
    /// `InvalidState`: a child would lose its parent and no cascade applies to it. Nothing is changed then.
    pub(crate) fn merge(&mut self, store: &mut Store, graph: &mut MergeGraph) -> Result<()> {
        self.check_merge(store, graph)?;
        // A new row that occurs twice in the graph is one row, and the values merged last count.
        let mut new: HashMap<(TypeId, Vec<Value>), Arc<PendingCell>> = HashMap::new();
        for at in 0..graph.sources.len() {
            let source = &graph.sources[at];
            match &source.own {
                Some(Ref::Node(node)) if !source.values.is_empty() => {
                    let given = source.given();
                    // It may be merged after it was linked to what has no key yet.
                    self.cancel_waiting(store, *node, |column| {
                        given.iter().any(|(other, _)| *other == column)
                    });
                    let before = store.arena(node.arena).version(node.node);
                    let columns: Vec<usize> = given.iter().map(|(column, _)| *column).collect();
                    self.change(store, *node, given)?;
                    if self.mark_between(store, *node, &columns, before) == Some(true) {
                        self.mark_edited(store, *node);
                    }
                }
                Some(Ref::Node(_) | Ref::Pending(_)) => {}
                None => {
                    let (model, values) = (source.model, source.values.clone());
                    let key = source.key().map(|key| (model.type_id(), key));
                    let cell = match key.as_ref().and_then(|key| new.get(key)) {
                        Some(cell) => {
                            let given = source.given();
                            if let Some(entry) = self.pending.get_mut(cell_id(cell)) {
                                given
                                    .into_iter()
                                    .for_each(|(column, value)| entry.values[column] = Some(value));
                            }
                            Arc::clone(cell)
                        }
                        None => self.register(
                            store,
                            DraftData { model, values, links: Vec::new(), sent: Vec::new() },
                        )?,
                    };
                    new.extend(key.map(|key| (key, Arc::clone(&cell))));
                    graph.sources[at].own = Some(Ref::Pending(cell));
                }
            }
        }
        self.each_link(store, graph, UnitOfWork::merge_links)?;
        self.each_link(store, graph, UnitOfWork::merge_removals)
    }

    fn each_link(
        &mut self,
        store: &mut Store,
        graph: &MergeGraph,
        what: fn(&mut UnitOfWork, &mut Store, &'static RelationDef, &Ref, Vec<Ref>) -> Result<()>,
    ) -> Result<()> {
        for source in &graph.sources {
            let Some(own) = &source.own else { continue };
            for MergeLinks { relation, targets } in &source.links {
                let targets = targets.iter().filter_map(|target| graph.own(target)).collect();
                what(self, store, relation, own, targets)?;
            }
        }
        Ok(())
    }

    /// Links what is not linked yet.
    fn merge_links(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: &Ref,
        targets: Vec<Ref>,
    ) -> Result<()> {
        match (parent.node(), parent) {
            (Some(parent), _) => {
                for target in targets {
                    self.connect_to(store, relation, parent, target)?;
                }
                Ok(())
            }
            (None, Ref::Pending(cell)) => self.give(store, cell_id(cell), relation, targets),
            (None, Ref::Node(_)) => Ok(()),
        }
    }

    /// Ends the links to objects that are not among the targets. A `belongs_to` follows its key.
    fn merge_removals(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: &Ref,
        targets: Vec<Ref>,
    ) -> Result<()> {
        let Some(parent) = parent.node() else { return Ok(()) };
        let left = left_out(store, relation, parent, &targets);
        if !relation.is_collection() {
            return match left.is_empty() || matches!(relation.kind, RelationKind::ManyToOne { .. }) {
                true => Ok(()),
                false => self.end_to_one(store, relation, parent),
            };
        }
        for member in left {
            match self.state(member) {
                EntityState::Deleted => self.let_go(store, parent, relation, member),
                _ => self.disconnect_from(store, relation, parent, Ref::Node(member))?,
            }
        }
        let waiting = self.pending_members(relation, parent);
        self.disconnect_waiting(store, relation, parent, waiting, &targets.iter().map(End::of).collect())
    }

    /// What is wrong with a merge, before anything is changed.
    fn check_merge(&self, store: &Store, graph: &MergeGraph) -> Result<()> {
        let merged: HashSet<ObjectId> =
            graph.sources.iter().filter_map(|source| source.own.as_ref()?.node()).collect();
        for source in &graph.sources {
            for MergeLinks { relation, targets } in &source.links {
                let targets: Vec<Ref> = targets.iter().filter_map(|target| graph.own(target)).collect();
                for target in targets.iter().filter_map(Ref::node) {
                    if self.state(target) == EntityState::Deleted && !self.is_orphan(target) {
                        return Err(deleted(store.def(target.arena).name));
                    }
                    if let Some(own) = source.own.as_ref().and_then(Ref::node) {
                        self.check_link(store, relation, own, target)?;
                    }
                }
                let Some(parent) = source.own.as_ref().and_then(Ref::node) else { continue };
                let by_key = matches!(relation.kind, RelationKind::OneToMany | RelationKind::OneToOne);
                let mut left = left_out(store, relation, parent, &targets).into_iter();
                // One that is merged itself may go elsewhere.
                if by_key && !relation.may_lose_child() && left.any(|child| !merged.contains(&child)) {
                    return Err(orphan_needs_a_rule(relation));
                }
            }
        }
        Ok(())
    }
}

/// What an object holds for a relationship and is not among some targets.
fn left_out(store: &Store, relation: &RelationDef, parent: ObjectId, targets: &[Ref]) -> Vec<ObjectId> {
    let held = store.held_objects(parent, relation.index);
    let kept: HashSet<ObjectId> = targets.iter().filter_map(Ref::node).collect();
    held.into_iter().filter(|node| !kept.contains(node)).collect()
}

/// The version of the row is not the one that was merged.
pub(crate) fn another_version(
    name: &str,
    merged: impl std::fmt::Display,
    row: impl std::fmt::Display,
) -> Error {
    Error::new(
        ErrorKind::Stale,
        format!("the `{name}` to merge has the version {merged} and its row the version {row}"),
    )
}
