//! Registers new objects and their links.

use std::sync::Arc;

use super::draft::{DraftData, DraftLinks};
use super::links::LinkTarget;
use super::pending::{PendingCell, PendingState};
use super::pending_entry::{Beside, PendingEntry};
use super::state::EntityState;
use super::unit_of_work::{CellId, KeyFrom, LinkRow, Ref, UnitOfWork, cell_id};
use super::unsaved_links::is_known;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ObjectId, Region};
use crate::identity::Store;
use crate::model::{ModelDef, RelationDef, RelationKind};
use crate::value::Value;

/// A draft whose links are being entered.
struct Entering {
    cell: Arc<PendingCell>,
    def: &'static ModelDef,
    links: std::vec::IntoIter<DraftLinks>,
    /// The relationship whose targets are being resolved.
    relation: Option<&'static RelationDef>,
    targets: std::vec::IntoIter<LinkTarget>,
    /// Those that are; and whether each was a draft.
    ends: Vec<(Ref, bool)>,
}

impl UnitOfWork {
    /// Takes a draft, and the drafts inside it, to be written by the next flush.
    ///
    /// # Errors
    /// A link leads to an object of another session, or to one that was discarded. Nothing is taken then.
    pub(crate) fn register(&mut self, store: &mut Store, draft: DraftData) -> Result<Arc<PendingCell>> {
        self.check_draft(store, &draft)?;
        self.enter(store, draft)
    }

    /// Drafts may be in drafts as deep as a user's data is, so what waits for those inside is a list and not the stack.
    fn enter(&mut self, store: &mut Store, draft: DraftData) -> Result<Arc<PendingCell>> {
        let first = self.begin(draft);
        let cell = Arc::clone(&first.cell);
        if first.links.len() == 0 {
            return Ok(cell);
        }
        let mut entering = vec![first];
        while let Some(entry) = entering.last_mut() {
            if let Some(target) = entry.targets.next() {
                let end = match target {
                    LinkTarget::Draft(draft) => {
                        let inside = self.begin(*draft);
                        entry.ends.push((Ref::Pending(Arc::clone(&inside.cell)), true));
                        entering.push(inside);
                        continue;
                    }
                    other => self.resolve(store, other)?,
                };
                entry.ends.push((end, false));
                continue;
            }
            if let Some(relation) = entry.relation.take() {
                let (id, ends) = (cell_id(&entry.cell), std::mem::take(&mut entry.ends));
                self.link_draft(store, id, relation, ends)?;
            }
            match entry.links.next() {
                Some(DraftLinks { relation, targets }) => {
                    entry.relation = entry.def.relations.get(relation);
                    entry.targets = targets.into_iter();
                }
                None => drop(entering.pop()),
            }
        }
        Ok(cell)
    }

    /// Takes what a draft was given but for its links.
    fn begin(&mut self, mut draft: DraftData) -> Entering {
        let cell = Arc::new(PendingCell::new());
        self.journal.registered(Arc::clone(&cell));
        let (model, mut values) = (draft.model, std::mem::take(&mut draft.values));
        let made = fill_in_defaults(model.def(), &mut values);
        let entry = PendingEntry {
            cell: Arc::clone(&cell),
            model,
            values,
            beside: Beside::of_draft(made, std::mem::take(&mut draft.sent)),
        };
        self.pending.insert(entry);
        let links = std::mem::take(&mut draft.links).into_iter();
        let (targets, ends) = (Vec::new().into_iter(), Vec::new());
        Entering { cell, def: model.def(), links, relation: None, targets, ends }
    }

    /// Gives a draft the ends of its links by one relationship, and notes which keys two drafts have to agree on.
    fn link_draft(
        &mut self,
        store: &mut Store,
        id: CellId,
        relation: &'static RelationDef,
        ends: Vec<(Ref, bool)>,
    ) -> Result<()> {
        let drafts: Vec<CellId> = ends
            .iter()
            .filter_map(|(end, is_draft)| match end {
                Ref::Pending(cell) if *is_draft => Some(cell_id(cell)),
                _ => None,
            })
            .collect();
        self.give(store, id, relation, ends.into_iter().map(|(end, _)| end).collect())?;
        match relation.kind {
            RelationKind::ManyToOne { .. } => self.holds_to(id, relation, relation.local_columns()),
            RelationKind::OneToMany | RelationKind::OneToOne => {
                let columns = relation.remote_columns();
                drafts.into_iter().for_each(|draft| self.holds_to(draft, relation, columns));
            }
            RelationKind::ManyToMany => {}
        }
        Ok(())
    }

    /// A draft was given a link and perhaps the columns of its key too; the flush knows both and compares them.
    pub(super) fn holds_to(&mut self, id: CellId, relation: &'static RelationDef, columns: &[usize]) {
        let Some(entry) = self.pending.get_mut(id) else { return };
        let given = |column: &usize| {
            let value = &entry.values[*column];
            !entry.beside.made.contains(column) && matches!(value, Some(value) if !value.is_null())
        };
        if columns.iter().any(given)
            && let Some(key) = entry.beside.keys.iter_mut().find(|key| key.columns == columns)
        {
            key.given_by = Some(relation);
        }
    }

    /// Gives a new object all that it holds for a relationship.
    pub(super) fn give(
        &mut self,
        store: &mut Store,
        to: CellId,
        relation: &'static RelationDef,
        targets: Vec<Ref>,
    ) -> Result<()> {
        let Some(cell) = self.pending.get(to).map(|entry| Arc::clone(&entry.cell)) else { return Ok(()) };
        let parent = Ref::Pending(cell);
        for target in &targets {
            self.link(store, relation, &parent, target)?;
        }
        if let Some(entry) = self.pending.get_mut(to) {
            entry.beside.holds.push((relation, targets));
        }
        Ok(())
    }

    /// The other end of a link, as an object of this session. A draft in it was checked.
    pub(super) fn resolve(&mut self, store: &mut Store, target: LinkTarget) -> Result<Ref> {
        match target {
            LinkTarget::Draft(draft) => Ok(Ref::Pending(self.enter(store, *draft)?)),
            other => self.existing(store, &other),
        }
    }

    /// The other end of a link, if it is not a draft.
    pub(super) fn existing(&self, store: &Store, target: &LinkTarget) -> Result<Ref> {
        match (target, target.node(store)) {
            (_, Some(node)) => self.linkable(store, node),
            (LinkTarget::Pending(cell), None) => self.linkable_pending(Arc::clone(cell)),
            (LinkTarget::Draft(_) | LinkTarget::Entity { .. }, None) => Err(another_session()),
        }
    }

    /// An object that waits for its row as the end of a link: it must wait in this session.
    pub(super) fn linkable_pending(&self, cell: Arc<PendingCell>) -> Result<Ref> {
        match cell.state() {
            PendingState::Waiting if self.pending.contains(cell_id(&cell)) => Ok(Ref::Pending(cell)),
            PendingState::Waiting | PendingState::Flushed { .. } => Err(another_session()),
            PendingState::Discarded => Err(Error::new(
                ErrorKind::InvalidState,
                "a link leads to an object that a rollback discarded; add its draft again",
            )),
        }
    }

    /// An object of this session as the end of a link: it must still be in it, and not be deleted.
    pub(super) fn linkable(&self, store: &Store, node: ObjectId) -> Result<Ref> {
        if store.arena(node.arena).is_detached(node.node) {
            return Err(another_session());
        }
        match self.state(node) {
            EntityState::Deleted if !self.is_orphan(node) => Err(deleted(store.def(node.arena).name)),
            _ => Ok(Ref::Node(node)),
        }
    }

    /// Writes down what a link means for keys and link rows; what the objects hold is not touched here.
    pub(super) fn link(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: &Ref,
        target: &Ref,
    ) -> Result<()> {
        let (local, remote) = (relation.local_columns(), relation.remote_columns());
        match relation.kind {
            RelationKind::ManyToMany => {
                let seen = match (parent.node(), target.node()) {
                    (Some(parent), Some(target)) => is_known(store, relation, parent, target),
                    // What is new has no links.
                    _ => true,
                };
                relation.through.iter().for_each(|through| self.rows_written(store, through.table()));
                let (parent, target) = (parent.clone(), target.clone());
                self.links.insert(LinkRow { relation, parent, target, seen });
                Ok(())
            }
            RelationKind::ManyToOne { .. } => {
                let key =
                    KeyFrom { columns: local, from: target.clone(), from_columns: remote, given_by: None };
                self.set_key(store, parent, key)
            }
            RelationKind::OneToMany | RelationKind::OneToOne => {
                let key =
                    KeyFrom { columns: remote, from: parent.clone(), from_columns: local, given_by: None };
                self.set_key(store, target, key)
            }
        }
    }

    /// Gives an object a key: at once where both objects are there, otherwise when a flush knows it.
    fn set_key(&mut self, store: &mut Store, of: &Ref, key: KeyFrom) -> Result<()> {
        match of.node() {
            None => {
                let Ref::Pending(cell) = of else { return Ok(()) };
                self.pending.set_key(cell_id(cell), key);
                Ok(())
            }
            Some(node) => match key.from.node() {
                _ if self.is_orphan(node) => {
                    self.adopt(node);
                    self.set_key(store, of, key)
                }
                Some(from) => {
                    self.cancel_waiting(store, node, |column| key.columns.contains(&column));
                    let values = store.values(from, key.from_columns);
                    let had = self.saved_values(store, node, key.columns) == values;
                    self.change(store, node, key.columns.iter().copied().zip(values).collect())?;
                    if had && self.is_unsaved(store, from, key.from_columns) {
                        // The value is that of another row until the flush.
                        self.leave_others(store, node, key.columns, from);
                        self.waiting_keys.set(node, key);
                    } else if (!had || store.is_expired(node))
                        && !is_generated_key(store.def(from.arena), key.from_columns)
                    {
                        // The value will be written, and the link is to the object, whatever key it is given before that.
                        self.waiting_keys.set(node, key);
                    }
                    Ok(())
                }
                None => {
                    self.leave_parents(store, node, key.columns);
                    self.forget_target(store, node, key.columns);
                    self.waiting_keys.set(node, key);
                    Ok(())
                }
            },
        }
    }
}

impl LinkTarget {
    /// The object that it is, if it is one of this session.
    pub(super) fn node(&self, store: &Store) -> Option<ObjectId> {
        match self {
            LinkTarget::Draft(_) => None,
            LinkTarget::Pending(cell) => match cell.state() {
                PendingState::Flushed { region, arena, node } if is_of(store, &region.upgrade()) => {
                    Some(ObjectId { arena, node })
                }
                _ => None,
            },
            LinkTarget::Entity { region, arena, node } => {
                Arc::ptr_eq(region, store.region()).then_some(ObjectId { arena: *arena, node: *node })
            }
        }
    }
}

pub(super) fn is_of(store: &Store, region: &Option<Arc<Region>>) -> bool {
    region.as_ref().is_some_and(|region| Arc::ptr_eq(region, store.region()))
}

pub(crate) fn deleted(name: &str) -> Error {
    Error::new(ErrorKind::InvalidState, format!("this `{name}` is deleted; only a rollback brings it back"))
}

pub(crate) fn to_be_marked(name: &str) -> Error {
    Error::new(
        ErrorKind::InvalidState,
        format!(
            "the next flush marks this `{name}` as deleted; flush first, and then restore it by an edit, or roll back"
        ),
    )
}

pub(crate) fn another_session() -> Error {
    Error::new(
        ErrorKind::InvalidState,
        "the object belongs to another session, or to a stream; load it in this one (`session.get::<M>(key)`) and use \
         that",
    )
}

/// Whether columns are a primary key that the database generates, which is not edited.
fn is_generated_key(def: &ModelDef, columns: &[usize]) -> bool {
    columns == def.key && columns.iter().all(|column| def.columns[*column].generated)
}

/// Values of `default_with` are known from the start, like those that drafts set. A key that a link may set waits for the
/// link. Returns the columns that were filled in.
fn fill_in_defaults(def: &ModelDef, values: &mut [Option<Value>]) -> Vec<usize> {
    let mut made = Vec::new();
    for (at, column) in def.columns.iter().enumerate() {
        let Some(default) = column.default_with.filter(|_| values[at].is_none()) else { continue };
        let is_linked = |relation: &RelationDef| {
            matches!(relation.kind, RelationKind::ManyToOne { .. }) && relation.local.contains(&column.field)
        };
        if !def.relations.iter().any(is_linked) {
            values[at] = Some(column.stored(default()));
            made.push(at);
        }
    }
    made
}
