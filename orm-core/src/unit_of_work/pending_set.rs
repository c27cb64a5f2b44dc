//! Objects without a row, in the order of adding.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::link_set::End;
use super::unit_of_work::{CellId, KeyFrom, PendingEntry, Ref, cell_id};
use crate::graph::ObjectId;
use crate::model::RelationDef;

/// Objects without a row, in the order they were added in.
#[derive(Debug, Default)]
pub(super) struct PendingSet {
    entries: BTreeMap<CellId, PendingEntry>,
    /// Those that were given a key from an object, or that it was given. Some have another one by now.
    linked: HashMap<End, BTreeSet<CellId>>,
}

impl PendingSet {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn contains(&self, cell: CellId) -> bool {
        self.entries.contains_key(&cell)
    }

    pub(super) fn get(&self, cell: CellId) -> Option<&PendingEntry> {
        self.entries.get(&cell)
    }

    pub(super) fn get_mut(&mut self, cell: CellId) -> Option<&mut PendingEntry> {
        self.entries.get_mut(&cell)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (CellId, &PendingEntry)> {
        self.entries.iter().map(|(cell, entry)| (*cell, entry))
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &PendingEntry> {
        self.entries.values()
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut PendingEntry> {
        self.entries.values_mut()
    }

    pub(super) fn insert(&mut self, entry: PendingEntry) {
        self.entries.insert(cell_id(&entry.cell), entry);
    }

    pub(super) fn remove(&mut self, cell: CellId) -> Option<PendingEntry> {
        let entry = self.entries.remove(&cell);
        if self.entries.is_empty() {
            self.linked.clear();
        }
        entry
    }

    /// Gives an object a key; of one for the same columns the later counts.
    pub(super) fn set_key(&mut self, cell: CellId, key: KeyFrom) {
        let Some(entry) = self.entries.get_mut(&cell) else { return };
        self.linked.entry(End::of(&key.from)).or_default().insert(cell);
        entry.keys.retain(|other| other.columns != key.columns);
        entry.keys.push(key);
    }

    /// An object is linked to an existing one.
    pub(super) fn set_holder(&mut self, cell: CellId, relation: &'static RelationDef, holder: ObjectId) {
        let Some(entry) = self.entries.get_mut(&cell) else { return };
        self.linked.entry(End::Node(holder)).or_default().insert(cell);
        entry.held_by.push((relation, holder));
    }

    /// Replaces one object with another in the entries that are linked to it, by their keys or by link rows.
    pub(super) fn replace_end(&mut self, old: ObjectId, new: ObjectId, by_rows: Vec<CellId>) {
        let by_keys = self.linked.remove(&End::Node(old)).unwrap_or_default();
        for cell in by_keys.iter().chain(&by_rows) {
            let Some(entry) = self.entries.get_mut(cell) else { continue };
            entry.keys.iter_mut().for_each(|key| key.from.replace(old, new));
            entry.holds.iter_mut().flat_map(|(_, held)| held).for_each(|held| held.replace(old, new));
            let holders = entry.held_by.iter_mut().map(|(_, holder)| holder);
            holders.filter(|holder| **holder == old).for_each(|holder| *holder = new);
        }
        self.linked.entry(End::Node(new)).or_default().extend(by_keys);
    }

    /// Those that may have a key from an object or be given to it, in their order.
    pub(super) fn linked_to<'s>(&'s self, end: &Ref) -> impl Iterator<Item = &'s PendingEntry> + use<'s> {
        let cells = self.linked.get(&End::of(end)).into_iter().flatten();
        cells.filter_map(|cell| self.entries.get(cell))
    }
}
