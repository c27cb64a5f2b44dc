//! Keys that refer to a row.

use hashbrown::HashMap;

use super::flush::Flush;
use super::unit_of_work::UnitOfWork;
use crate::error::Result;
use crate::graph::{ArenaId, ObjectId};
use crate::identity::{Store, cell_error};
use crate::model::{RelationDef, RelationKind};
use crate::value::Value;

/// A key by which objects of this session may refer to those of a model, from whichever side it is declared on.
#[derive(Debug, PartialEq, Eq)]
struct Reference {
    /// What it refers to: columns of the model.
    to: &'static [usize],
    /// The arena of the objects that refer.
    arena: ArenaId,
    /// Their columns.
    columns: &'static [usize],
}

/// Whether rows may refer to some columns of a model. Every update asks it, so it makes no lists.
pub(super) fn is_referred(store: &Store, model: ArenaId, columns: &[usize]) -> bool {
    let here = store.model(model).type_id();
    let among = |referred: &[usize]| columns.iter().any(|column| referred.contains(column));
    let refers = |relation: &RelationDef| match relation.kind {
        RelationKind::ManyToOne { .. } => {
            (relation.target)().type_id() == here && among(relation.remote_columns())
        }
        RelationKind::OneToMany | RelationKind::OneToOne => {
            (relation.parent)().type_id() == here && among(relation.local_columns())
        }
        RelationKind::ManyToMany => false,
    };
    store.graph().arenas().any(|arena| store.def(arena).relations.iter().any(refers))
}

/// The keys by which objects of this session may refer to those of a model.
fn references(store: &Store, model: ArenaId) -> Vec<Reference> {
    let here = store.model(model).type_id();
    let mut found: Vec<Reference> = Vec::new();
    for arena in store.graph().arenas() {
        for relation in store.def(arena).relations {
            let (local, remote) = (relation.local_columns(), relation.remote_columns());
            let leads_here = (relation.target)().type_id() == here;
            match relation.kind {
                RelationKind::ManyToOne { .. } if leads_here => {
                    found.push(Reference { to: remote, arena, columns: local });
                }
                RelationKind::OneToMany | RelationKind::OneToOne if arena == model => {
                    let target = (relation.target)().type_id();
                    let is_target = |arena: &ArenaId| store.model(*arena).type_id() == target;
                    if let Some(arena) = store.graph().arenas().find(is_target) {
                        found.push(Reference { to: local, arena, columns: remote });
                    }
                }
                _ => {}
            }
        }
    }
    let mut one_each: Vec<Reference> = Vec::new();
    found.into_iter().for_each(|reference| {
        if !one_each.contains(&reference) {
            one_each.push(reference);
        }
    });
    one_each
}

impl Flush<'_> {
    /// Rows have new keys, and the database gave them to the rows that refer to them (ON UPDATE CASCADE), or it would
    /// have refused: objects that are held follow, and those that refer to these in turn. Each object comes with the
    /// version that its row had.
    pub(super) fn keys_followed(&mut self, changed: Vec<(ObjectId, usize)>) -> Result<()> {
        let mut rounds = vec![changed];
        while let Some(changed) = rounds.pop() {
            let Some(arena) = changed.first().map(|(node, _)| node.arena) else { continue };
            for reference in references(self.store, arena) {
                let pair = |(node, before): &(ObjectId, usize)| {
                    let was = values_of(self.store, *node, *before, reference.to);
                    let is = self.store.values(*node, reference.to);
                    (was != is && !was.iter().any(Value::is_null)).then_some((was, is))
                };
                let keys: HashMap<Vec<Value>, Vec<Value>> = changed.iter().filter_map(pair).collect();
                if !keys.is_empty() {
                    rounds.push(self.follow_keys(&reference, &keys)?);
                }
            }
        }
        Ok(())
    }

    /// Gives the new keys to the objects that have the old ones; with the versions that their rows had.
    fn follow_keys(
        &mut self,
        reference: &Reference,
        keys: &HashMap<Vec<Value>, Vec<Value>>,
    ) -> Result<Vec<(ObjectId, usize)>> {
        let (arena, key) = (reference.arena, self.store.def(reference.arena).key);
        let mut following = Vec::new();
        for node in (0..self.store.arena(arena).len()).map(|node| ObjectId { arena, node }) {
            if self.store.arena(arena).is_detached(node.node) {
                continue;
            }
            let before = self.unit.saved_version(self.store, node);
            let Some(is) = keys.get(&values_of(self.store, node, before, reference.columns)) else {
                continue;
            };
            let was = values_of(self.store, node, before, key);
            self.unit.row_changed(
                self.store,
                node,
                reference.columns.iter().copied().zip(is.iter().cloned()).collect(),
            )?;
            let is = values_of(self.store, node, self.unit.saved_version(self.store, node), key);
            if was != is {
                self.rekey(node, was, is);
            }
            following.push((node, before));
        }
        Ok(following)
    }
}

fn values_of(store: &Store, node: ObjectId, version: usize, columns: &[usize]) -> Vec<Value> {
    let objects = store.arena(node.arena);
    columns.iter().map(|column| objects.view_version(node.node, version, *column).to_value()).collect()
}

impl UnitOfWork {
    /// An object's row has other values in some columns now, which no flush has to write. What is unsaved stays so.
    fn row_changed(&mut self, store: &Store, node: ObjectId, changes: Vec<(usize, Value)>) -> Result<()> {
        let objects = store.arena(node.arena);
        let unsaved = self.changed_columns(store, node).into_iter();
        let unsaved: Vec<(usize, Value)> =
            unsaved.map(|column| (column, objects.view(node.node, column).to_value())).collect();
        let saved = self.saved_version(store, node);
        self.journal.changed(node, objects.version(node.node));
        objects.revert(node.node, saved);
        let done = objects.change(node.node, &changes);
        done.map_err(|error| cell_error(store.def(node.arena), &error))?;
        self.rebased(store, node, unsaved)
    }

    /// The newest version of an object is its row; puts what is unsaved on top of it.
    pub(super) fn rebased(
        &mut self,
        store: &Store,
        node: ObjectId,
        unsaved: Vec<(usize, Value)>,
    ) -> Result<()> {
        let objects = store.arena(node.arena);
        let saved = objects.version(node.node);
        if unsaved.is_empty() {
            self.dirty.swap_remove(&node);
            return Ok(());
        }
        let done = objects.change(node.node, &unsaved);
        done.map_err(|error| cell_error(store.def(node.arena), &error))?;
        let of = self.dirty.entry(node).or_default();
        of.saved = saved;
        of.assigned.retain(|column| unsaved.iter().any(|(other, _)| other == column));
        Ok(())
    }
}
