//! Links by keys of objects that the session may not hold.

use indexmap::IndexMap;

use super::flush::Flush;
use super::refusal::check_written;
use super::unit_of_work::{Ref, UnitOfWork};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ObjectId, Slot};
use crate::identity::Store;
use crate::model::{RelationDef, RelationKind};
use crate::sql::{KeyColumn, TableName};
use crate::value::Value;

/// Links by keys, whose objects the session may not hold: the last change of each link.
#[derive(Debug, Default)]
pub(super) struct KeyLinks {
    links: IndexMap<(TableName, Vec<Value>), (KeyLink, bool)>,
}

/// A row of a link table, by the keys of its ends.
#[derive(Debug, Clone)]
pub(super) struct KeyLink {
    pub(super) relation: &'static RelationDef,
    pub(super) parent: Vec<Value>,
    pub(super) target: Vec<Value>,
}

impl KeyLinks {
    pub(super) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// A link is to come, or to go.
    fn set(&mut self, link: KeyLink, comes: bool) {
        if let Some(key) = link.key() {
            self.links.insert(key, (link, comes));
        }
    }

    /// Forgets a link by keys, because the link was changed through objects.
    fn forget(&mut self, link: &KeyLink) {
        if let Some(key) = link.key() {
            self.links.swap_remove(&key);
        }
    }

    /// Takes out the links that come, or those that go.
    pub(super) fn take(&mut self, comes: bool) -> Vec<KeyLink> {
        if self.links.is_empty() {
            return Vec::new();
        }
        let (taken, left): (IndexMap<_, _>, _) =
            std::mem::take(&mut self.links).into_iter().partition(|(_, (_, other))| *other == comes);
        self.links = left;
        taken.into_values().map(|(link, _)| link).collect()
    }

    /// The tables of the links that come, or of those that go.
    pub(super) fn tables(&self, comes: bool) -> impl Iterator<Item = TableName> {
        self.links.iter().filter(move |(_, (_, other))| *other == comes).map(|((table, _), _)| *table)
    }
}

/// The table and the columns of a link row, and its values.
type KeyRow = ((TableName, Vec<KeyColumn>), Vec<Value>);

impl KeyLink {
    /// The row's table, its columns in their order, and their values. Both sides of one table name its columns in their own.
    pub(super) fn row(&self) -> Option<KeyRow> {
        let through = self.relation.through.as_ref()?;
        let (here, there) = (self.relation.link_columns(), self.relation.link_target_columns());
        let here = here.iter().copied().zip(self.parent.iter().cloned());
        let there = there.iter().copied().zip(self.target.iter().cloned());
        let mut cells: Vec<(KeyColumn, Value)> = here.chain(there).collect();
        cells.sort_by_key(|(column, _)| *column);
        let (columns, values) = cells.into_iter().unzip();
        Some(((through.table(), columns), values))
    }

    fn key(&self) -> Option<(TableName, Vec<Value>)> {
        let ((table, _), values) = self.row()?;
        Some((table, values.into_iter().map(Value::into_key_form).collect()))
    }
}

impl UnitOfWork {
    /// Links two rows by their keys, or ends their link. Objects that the session holds show it at once.
    ///
    /// # Errors
    /// The relationship has no link table, or one that other columns than the primary keys are in; and what linking two
    /// objects refuses.
    pub(crate) fn link_keys(&mut self, store: &mut Store, link: KeyLinkOf, comes: bool) -> Result<()> {
        let KeyLinkOf { relation, parent, target } = link;
        check_written(relation)?;
        relation.parent().check()?;
        check_by_key(relation)?;
        let (here, there) = (store.source_arena(relation), store.target_arena(relation));
        let held = (store.find(here, &parent), store.find(there, &target));
        if let (Some(parent), Some(target)) = held {
            self.linkable(store, parent)?;
            let target = self.linkable(store, target)?;
            return match comes {
                true => self.connect_to(store, relation, parent, target),
                // One that a loaded collection does not show is not a link, and that is not an error here.
                false if self.check_member(store, relation, parent, &target).is_err() => Ok(()),
                false => self.disconnect_from(store, relation, parent, target),
            };
        }
        self.key_links.set(KeyLink { relation, parent, target }, comes);
        Ok(())
    }

    /// A change of the link between existing objects replaces an earlier change by their keys.
    pub(super) fn key_link_ends(
        &mut self,
        store: &Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        target: &Ref,
    ) {
        if self.key_links.is_empty() || relation.kind != RelationKind::ManyToMany {
            return;
        }
        let Some(target) = target.node() else { return };
        let parent = store.values(parent, relation.local_columns());
        let target = store.values(target, relation.remote_columns());
        self.key_links.forget(&KeyLink { relation, parent, target });
    }
}

/// The keys of two rows, to link them.
#[derive(Debug)]
pub(crate) struct KeyLinkOf {
    pub(crate) relation: &'static RelationDef,
    pub(crate) parent: Vec<Value>,
    pub(crate) target: Vec<Value>,
}

impl Flush<'_> {
    /// Collections that were loaded meanwhile follow a link that was written by keys. Where an end is not held, what the
    /// other one holds is not known any more.
    pub(super) fn follow_key_link(&mut self, link: &KeyLink, comes: bool) {
        let KeyLink { relation, parent, target } = link;
        let (here, there) = (self.store.source_arena(relation), self.store.target_arena(relation));
        let parent = self.store.find(here, parent);
        let target = self.store.find(there, target);
        let inverse = relation.inverse();
        match (parent, target) {
            (Some(parent), Some(target)) if comes => {
                self.unit.hold_both(self.store, relation, parent, target);
            }
            (Some(parent), Some(target)) => {
                self.unit.let_go(self.store, parent, relation, target);
                if let Some(inverse) = inverse {
                    self.unit.let_go(self.store, target, inverse, parent);
                }
            }
            (Some(parent), None) if comes => {
                self.unit.set_slot(self.store, parent, relation, None, Slot::Unloaded);
            }
            (None, Some(target)) if comes => {
                if let Some(inverse) = inverse {
                    self.unit.set_slot(self.store, target, inverse, None, Slot::Unloaded);
                }
            }
            _ => {}
        }
    }
}

fn check_by_key(relation: &RelationDef) -> Result<()> {
    let path = relation.path();
    if relation.kind != RelationKind::ManyToMany {
        return Err(Error::new(
            ErrorKind::InvalidState,
            format!(
                "`{path}` has no link table: set the key of the `{}` with `session.edit`, or with a bulk `update`",
                relation.target().name
            ),
        ));
    }
    let by_primary_keys = relation.local_columns() == relation.parent().key
        && relation.remote_columns() == relation.target().key;
    match by_primary_keys {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::InvalidState,
            format!(
                "the link table of `{path}` refers to other columns than the primary keys; link the objects"
            ),
        )),
    }
}
