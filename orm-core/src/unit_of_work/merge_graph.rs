//! What is merged, and what it leads to.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashMap;

use super::draft::{DraftData, DraftLinks};
use super::links::LinkTarget;
use super::pending::PendingState;
use super::register::is_of;
use super::row_checks::disagrees;
use super::unit_of_work::{Ref, UnitOfWork};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ArenaId, ObjectId, Region, Slot};
use crate::identity::Store;
use crate::model::{ErasedModel, RelationDef, RelationKind};
use crate::value::{Value, ValueRef};

/// What is merged into a session: an object of another session or a draft, and what it holds for the relationships
/// that are merged with it.
#[derive(Debug, Default)]
pub(crate) struct MergeGraph {
    pub(crate) sources: Vec<MergeSource>,
    /// Objects by their place, so that a circle of them comes to an end.
    known: HashMap<(usize, ArenaId, u32), usize>,
}

/// One object or draft of it.
#[derive(Debug)]
pub(crate) struct MergeSource {
    pub(crate) model: &'static dyn ErasedModel,
    pub(crate) is_draft: bool,
    /// How many relationships away from the first one it is.
    pub(crate) depth: usize,
    /// By column; `None` if nothing is known.
    pub(crate) values: Vec<Option<Value>>,
    pub(crate) links: Vec<MergeLinks>,
    /// The session's own object of it.
    pub(crate) own: Option<Ref>,
}

/// All that it holds for one relationship.
#[derive(Debug)]
pub(crate) struct MergeLinks {
    pub(crate) relation: &'static RelationDef,
    pub(crate) targets: Vec<MergeTarget>,
}

/// The other end of a link.
#[derive(Debug, Clone)]
pub(crate) enum MergeTarget {
    /// By its place in the graph.
    Source(usize),
    /// An object of the session, which is linked as it is.
    Own(Ref),
}

/// A source whose links are still to be followed.
enum Links {
    Held { region: Arc<Region>, arena: ArenaId, node: u32, through: Option<&'static RelationDef> },
    Given(Vec<DraftLinks>),
}

/// Builds a graph, nearest first.
struct Walk<'s> {
    graph: MergeGraph,
    unit: &'s UnitOfWork,
    store: &'s Store,
    queue: VecDeque<(usize, Links)>,
}

impl MergeGraph {
    /// An object that is not this session's, with what it holds.
    ///
    /// # Errors
    /// As for [`of_draft`](Self::of_draft).
    pub(crate) fn of_object(
        unit: &UnitOfWork,
        store: &Store,
        model: &'static dyn ErasedModel,
        (region, arena, node): (Arc<Region>, ArenaId, u32),
    ) -> Result<MergeGraph> {
        let mut walk = Walk::new(unit, store);
        walk.object(model, (region, arena, node), None, 0);
        walk.finish()
    }

    /// An object of this session, which has nothing to merge.
    pub(crate) fn of_own(model: &'static dyn ErasedModel, node: ObjectId) -> MergeGraph {
        let own = Some(Ref::Node(node));
        let source =
            MergeSource { model, is_draft: false, depth: 0, values: Vec::new(), links: Vec::new(), own };
        MergeGraph { sources: vec![source], known: HashMap::new() }
    }

    /// A draft, with what it was given.
    ///
    /// # Errors
    /// `InvalidQuery`: it was given a relationship that is not merged. `InvalidState`: a link leads to an object that
    /// cannot be linked.
    pub(crate) fn of_draft(unit: &UnitOfWork, store: &Store, draft: DraftData) -> Result<MergeGraph> {
        let mut walk = Walk::new(unit, store);
        walk.draft(draft, 0);
        walk.finish()
    }

    /// The sources at a distance from the first one.
    pub(crate) fn at_depth(&self, depth: usize) -> Vec<usize> {
        (0..self.sources.len()).filter(|source| self.sources[*source].depth == depth).collect()
    }

    /// Fills in the parts of drafts' keys that come from a nested `belongs_to`, the innermost first.
    ///
    /// # Errors
    /// `InvalidModel`: a relationship's columns are missing or ambiguous.
    pub(crate) fn keys_of_targets(&mut self, store: &Store) -> Result<()> {
        for at in (0..self.sources.len()).rev() {
            let source = &self.sources[at];
            let mut parts = Vec::new();
            for MergeLinks { relation, targets } in &source.links {
                let ([target], RelationKind::ManyToOne { .. }) = (targets.as_slice(), &relation.kind) else {
                    continue;
                };
                let remote = relation.remote_columns();
                let key: Vec<Option<Value>> = match target {
                    MergeTarget::Source(target) => {
                        remote.iter().map(|column| self.sources[*target].values[*column].clone()).collect()
                    }
                    MergeTarget::Own(own) => match own.node() {
                        Some(node) => store.values(node, remote).into_iter().map(Some).collect(),
                        None => continue,
                    },
                };
                parts.extend(relation.local_columns().iter().copied().zip(key));
            }
            self.sources[at].complete_key(parts);
        }
        Ok(())
    }

    /// Fills in the parts of keys that drafts in collections take from their owners, if the owners' rows exist: what
    /// belongs to a new row is new.
    ///
    /// # Errors
    /// As for [`keys_of_targets`](Self::keys_of_targets).
    pub(crate) fn keys_of_parents(&mut self, store: &Store, parents: &[usize]) -> Result<()> {
        for parent in parents {
            let Some(Ref::Node(node)) = self.sources[*parent].own else { continue };
            let mut parts = Vec::new();
            for MergeLinks { relation, targets } in &self.sources[*parent].links {
                if !matches!(relation.kind, RelationKind::OneToMany | RelationKind::OneToOne) {
                    continue;
                }
                let key = store.values(node, relation.local_columns());
                let key: Vec<_> =
                    relation.remote_columns().iter().copied().zip(key.into_iter().map(Some)).collect();
                parts.extend(targets.iter().filter_map(|target| match target {
                    MergeTarget::Source(target) => Some((*target, key.clone())),
                    MergeTarget::Own(_) => None,
                }));
            }
            for (target, key) in parts {
                self.sources[target].complete_key(key);
            }
        }
        Ok(())
    }

    /// Refuses a draft that was given a key and a link that leads elsewhere.
    fn check_keys(&self, store: &Store, source: &MergeSource) -> Result<()> {
        let value = |source: &MergeSource, column: usize| source.values.get(column).cloned().flatten();
        for MergeLinks { relation, targets } in &source.links {
            let (local, remote) = match relation.kind {
                RelationKind::ManyToMany => continue,
                _ => (relation.local_columns(), relation.remote_columns()),
            };
            let has_key = matches!(relation.kind, RelationKind::ManyToOne { .. });
            for target in targets {
                for (here, there) in local.iter().zip(remote) {
                    let (given, linked, def, column) = match target {
                        MergeTarget::Source(at) if has_key && source.is_draft => (
                            value(source, *here),
                            value(&self.sources[*at], *there),
                            source.model.def(),
                            *here,
                        ),
                        MergeTarget::Source(at) if !has_key && self.sources[*at].is_draft => {
                            let child = &self.sources[*at];
                            (value(child, *there), value(source, *here), child.model.def(), *there)
                        }
                        MergeTarget::Own(own) if has_key && source.is_draft => {
                            let Some(node) = own.node() else { continue };
                            let linked = store.values(node, &[*there]).pop();
                            (value(source, *here), linked, source.model.def(), *here)
                        }
                        _ => continue,
                    };
                    let (Some(given), Some(linked)) = (given, linked) else { continue };
                    if !given.is_null() && given.into_key_form() != linked.clone().into_key_form() {
                        return Err(disagrees(def, column, relation, &linked));
                    }
                }
            }
        }
        Ok(())
    }

    /// The session's own end of a link.
    pub(crate) fn own(&self, target: &MergeTarget) -> Option<Ref> {
        match target {
            MergeTarget::Source(source) => self.sources.get(*source)?.own.clone(),
            MergeTarget::Own(own) => Some(own.clone()),
        }
    }
}

impl MergeSource {
    /// Its primary key, if all of it is known.
    pub(crate) fn key(&self) -> Option<Vec<Value>> {
        self.model.def().key.iter().map(|column| self.values.get(*column)?.clone()).collect()
    }

    /// Takes parts of the primary key that a draft was not given.
    fn complete_key(&mut self, parts: Vec<(usize, Option<Value>)>) {
        let key = self.model.def().key;
        for (column, value) in parts.into_iter().filter(|(column, _)| self.is_draft && key.contains(column)) {
            let value = value.filter(|value| !value.is_null());
            if self.values[column].is_none() {
                self.values[column] = value;
            }
        }
    }

    /// The columns it has, with their values, except those that only the database fills in.
    pub(crate) fn given(&self) -> Vec<(usize, Value)> {
        let columns = self.model.def().columns;
        let given = |(column, value): (usize, &Option<Value>)| Some((column, value.clone()?));
        self.values
            .iter()
            .enumerate()
            .filter_map(given)
            .filter(|(column, _)| !columns[*column].read_only)
            .collect()
    }
}

impl<'s> Walk<'s> {
    fn new(unit: &'s UnitOfWork, store: &'s Store) -> Walk<'s> {
        Walk { graph: MergeGraph::default(), unit, store, queue: VecDeque::new() }
    }

    fn finish(mut self) -> Result<MergeGraph> {
        while let Some((source, links)) = self.queue.pop_front() {
            self.graph.sources[source].links = match links {
                Links::Held { region, arena, node, through } => {
                    self.held(source, &region, (arena, node), through)
                }
                Links::Given(links) => self.given(source, links)?,
            };
        }
        self.graph.sources.iter().try_for_each(|source| self.graph.check_keys(self.store, source))?;
        Ok(self.graph)
    }

    fn object(
        &mut self,
        model: &'static dyn ErasedModel,
        (region, arena, node): (Arc<Region>, ArenaId, u32),
        through: Option<&'static RelationDef>,
        depth: usize,
    ) -> usize {
        let place = (Arc::as_ptr(&region).addr(), arena, node);
        if let Some(known) = self.graph.known.get(&place) {
            return *known;
        }
        let source = self.graph.sources.len();
        self.graph.known.insert(place, source);
        let objects = region.graph().erased(arena);
        let value = |column: usize| match objects.view(node, column) {
            ValueRef::NotLoaded => None,
            cell => Some(cell.to_value()),
        };
        let values = (0..model.def().columns.len()).map(value).collect();
        self.add(MergeSource { model, is_draft: false, depth, values, links: Vec::new(), own: None });
        self.queue.push_back((source, Links::Held { region, arena, node, through }));
        source
    }

    fn draft(&mut self, mut draft: DraftData, depth: usize) -> usize {
        let (model, values) = (draft.model, std::mem::take(&mut draft.values));
        let links = std::mem::take(&mut draft.links);
        let source =
            self.add(MergeSource { model, is_draft: true, depth, values, links: Vec::new(), own: None });
        self.queue.push_back((source, Links::Given(links)));
        source
    }

    fn add(&mut self, source: MergeSource) -> usize {
        self.graph.sources.push(source);
        self.graph.sources.len() - 1
    }

    /// What an object holds for the merged relationships. The relationship that leads back to where it was reached from
    /// is left out, because the other side covers it completely.
    fn held(
        &mut self,
        source: usize,
        region: &Arc<Region>,
        (arena, node): (ArenaId, u32),
        through: Option<&'static RelationDef>,
    ) -> Vec<MergeLinks> {
        let depth = self.graph.sources[source].depth + 1;
        let back = through.and_then(RelationDef::inverse);
        let mut links = Vec::new();
        for relation in self.graph.sources[source].model.def().relations {
            if !relation.cascade.merge || back.is_some_and(|back| back.is(relation)) {
                continue;
            }
            let held = region.graph().erased(arena).slots(relation.index);
            let Some((slot, Some(target))) = held.map(|slots| (slots.get(node), slots.target())) else {
                continue;
            };
            let nodes = match slot {
                Slot::Unloaded => continue,
                Slot::Absent => Vec::new(),
                Slot::One(node) => vec![node],
                Slot::Many(slice) => slice.as_slice().to_vec(),
            };
            let of_node = |node: u32| self.target(relation, (Arc::clone(region), target, node), depth);
            let targets = nodes.into_iter().map(of_node).collect();
            links.push(MergeLinks { relation, targets });
        }
        links
    }

    /// What a draft was given.
    fn given(&mut self, source: usize, given: Vec<DraftLinks>) -> Result<Vec<MergeLinks>> {
        let depth = self.graph.sources[source].depth + 1;
        let relations = self.graph.sources[source].model.def().relations;
        let mut links: Vec<MergeLinks> = Vec::with_capacity(given.len());
        for DraftLinks { relation, targets } in given {
            let relation = &relations[relation];
            if !relation.cascade.merge {
                return Err(not_merged(relation));
            }
            let mut ends = Vec::with_capacity(targets.len());
            for target in targets {
                ends.push(match target {
                    LinkTarget::Draft(draft) => MergeTarget::Source(self.draft(*draft, depth)),
                    LinkTarget::Entity { region, arena, node } => {
                        self.target(relation, (region, arena, node), depth)
                    }
                    LinkTarget::Pending(cell) => match cell.state() {
                        PendingState::Flushed { region, arena, node } if region.strong_count() > 0 => {
                            let region = region.upgrade().ok_or_else(super::register::another_session)?;
                            self.target(relation, (region, arena, node), depth)
                        }
                        // An entity of another session is reported when it is linked.
                        _ => MergeTarget::Own(self.unit.linkable_pending(cell)?),
                    },
                });
            }
            links.retain(|earlier| !earlier.relation.is(relation));
            links.push(MergeLinks { relation, targets: ends });
        }
        Ok(links)
    }

    fn target(
        &mut self,
        relation: &'static RelationDef,
        (region, arena, node): (Arc<Region>, ArenaId, u32),
        depth: usize,
    ) -> MergeTarget {
        let mine =
            is_of(self.store, &Some(Arc::clone(&region))) && !self.store.arena(arena).is_detached(node);
        match mine {
            true => MergeTarget::Own(Ref::Node(ObjectId { arena, node })),
            false => {
                let model = (relation.target)();
                MergeTarget::Source(self.object(model, (region, arena, node), Some(relation), depth))
            }
        }
    }
}

fn not_merged(relation: &RelationDef) -> Error {
    Error::new(
        ErrorKind::InvalidQuery,
        format!(
            "`{}` is not merged, because its `cascade` does not include `merge`; leave it out of the draft, \
             and link it after the merge",
            relation.path()
        ),
    )
}
