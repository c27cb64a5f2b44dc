//! Objects without a row, in the order of adding.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::link_set::End;
use super::pending_entry::PendingEntry;
use super::unit_of_work::{CellId, KeyFrom, Ref, cell_id};
use crate::graph::ObjectId;
use crate::model::RelationDef;

/// Objects without a row, in the order they were added in.
#[derive(Debug, Default)]
pub(super) struct PendingSet {
    entries: Entries,
    /// Those that were given a key from an object, or that it was given. Some have another one by now.
    linked: HashMap<End, BTreeSet<CellId>>,
}

/// A list of so many places is kept, however many of them are empty.
const SMALL: usize = 64;

/// Entries by their cells, whose numbers rise with each that is added: a list in which they are found by halving it.
#[derive(Debug, Default)]
struct Entries {
    /// `None` after an entry was taken out.
    places: Vec<(CellId, Option<PendingEntry>)>,
    count: usize,
}

impl Entries {
    fn place(&self, cell: CellId) -> Result<usize, usize> {
        self.places.binary_search_by_key(&cell, |(other, _)| *other)
    }

    fn get(&self, cell: CellId) -> Option<&PendingEntry> {
        self.places[self.place(cell).ok()?].1.as_ref()
    }

    fn get_mut(&mut self, cell: CellId) -> Option<&mut PendingEntry> {
        let at = self.place(cell).ok()?;
        self.places[at].1.as_mut()
    }

    fn insert(&mut self, entry: PendingEntry) {
        let cell = cell_id(&entry.cell);
        let before = match self.places.last() {
            Some((last, _)) if *last >= cell => match self.place(cell) {
                Ok(at) => self.places[at].1.replace(entry),
                Err(at) => {
                    self.places.insert(at, (cell, Some(entry)));
                    None
                }
            },
            _ => {
                self.places.push((cell, Some(entry)));
                None
            }
        };
        self.count += usize::from(before.is_none());
    }

    fn remove(&mut self, cell: CellId) -> Option<PendingEntry> {
        let at = self.place(cell).ok()?;
        let entry = self.places[at].1.take()?;
        self.count -= 1;
        if self.count == 0 {
            self.places.clear();
        } else if self.places.len() > SMALL.max(self.count * 4) {
            self.places.retain(|(_, entry)| entry.is_some());
        }
        Some(entry)
    }
}

impl PendingSet {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.count == 0
    }

    pub(super) fn len(&self) -> usize {
        self.entries.count
    }

    pub(super) fn contains(&self, cell: CellId) -> bool {
        self.entries.get(cell).is_some()
    }

    pub(super) fn get(&self, cell: CellId) -> Option<&PendingEntry> {
        self.entries.get(cell)
    }

    pub(super) fn get_mut(&mut self, cell: CellId) -> Option<&mut PendingEntry> {
        self.entries.get_mut(cell)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (CellId, &PendingEntry)> {
        self.entries.places.iter().filter_map(|(cell, entry)| Some((*cell, entry.as_ref()?)))
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &PendingEntry> {
        self.entries.places.iter().filter_map(|(_, entry)| entry.as_ref())
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut PendingEntry> {
        self.entries.places.iter_mut().filter_map(|(_, entry)| entry.as_mut())
    }

    pub(super) fn insert(&mut self, entry: PendingEntry) {
        self.entries.insert(entry);
    }

    pub(super) fn remove(&mut self, cell: CellId) -> Option<PendingEntry> {
        let entry = self.entries.remove(cell);
        if self.entries.count == 0 {
            self.linked.clear();
        }
        entry
    }

    /// Gives an object a key; of one for the same columns the later counts.
    pub(super) fn set_key(&mut self, cell: CellId, key: KeyFrom) {
        let Some(entry) = self.entries.get_mut(cell) else { return };
        self.linked.entry(End::of(&key.from)).or_default().insert(cell);
        entry.beside.keys.retain(|other| other.columns != key.columns);
        entry.beside.keys.push(key);
    }

    /// An object is linked to an existing one.
    pub(super) fn set_holder(&mut self, cell: CellId, relation: &'static RelationDef, holder: ObjectId) {
        let Some(entry) = self.entries.get_mut(cell) else { return };
        self.linked.entry(End::Node(holder)).or_default().insert(cell);
        entry.beside.held_by.push((relation, holder));
    }

    /// Replaces one object with another in the entries that are linked to it, by their keys or by link rows.
    pub(super) fn replace_end(&mut self, old: ObjectId, new: ObjectId, by_rows: Vec<CellId>) {
        let by_keys = self.linked.remove(&End::Node(old)).unwrap_or_default();
        for cell in by_keys.iter().chain(&by_rows) {
            let Some(entry) = self.entries.get_mut(*cell) else { continue };
            entry.beside.keys.iter_mut().for_each(|key| key.from.replace(old, new));
            entry.beside.holds.iter_mut().flat_map(|(_, held)| held).for_each(|held| held.replace(old, new));
            let holders = entry.beside.held_by.iter_mut().map(|(_, holder)| holder);
            holders.filter(|holder| **holder == old).for_each(|holder| *holder = new);
        }
        self.linked.entry(End::Node(new)).or_default().extend(by_keys);
    }

    /// Those that may have a key from an object or be given to it, in their order.
    pub(super) fn linked_to<'s>(&'s self, end: &Ref) -> impl Iterator<Item = &'s PendingEntry> + use<'s> {
        let cells = self.linked.get(&End::of(end)).into_iter().flatten();
        cells.filter_map(|cell| self.entries.get(*cell))
    }
}
