//! Values of new rows that are known before they are written.

use std::cell::RefCell;

use hashbrown::HashMap;

use super::flush::Flush;
use super::pending_entry::PendingEntry;
use super::row_checks::disagrees;
use super::switch::Switched;
use super::unit_of_work::{CellId, KeyFrom, Ref, UnitOfWork, cell_id};
use crate::error::Result;
use crate::graph::ObjectId;
use crate::identity::Store;
use crate::value::Value;

/// What is known of the values of new rows before they are written: a key may come from another row, which may be new
/// itself or become another one.
pub(super) struct Known<'u> {
    pub(super) unit: &'u UnitOfWork,
    pub(super) store: &'u Store,
    pub(super) switched: &'u Switched,
    /// What drafts take from other drafts: a chain of them is followed once.
    followed: RefCell<HashMap<(CellId, usize), Option<Value>>>,
}

/// The row that a key comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'u> {
    /// An object as it is.
    Object(ObjectId),
    /// A new row.
    New(&'u PendingEntry),
    /// An object whose row becomes that of a draft.
    Switched(ObjectId, &'u PendingEntry),
    /// A row that is not written after all.
    Nowhere,
}

impl<'u> Known<'u> {
    pub(super) fn new(unit: &'u UnitOfWork, store: &'u Store, switched: &'u Switched) -> Known<'u> {
        Known { unit, store, switched, followed: RefCell::default() }
    }

    pub(super) fn origin(&self, from: &Ref) -> Origin<'u> {
        let entry = |cell| self.unit.pending.get(cell);
        let cell = match from {
            Ref::Pending(cell) => Some(cell_id(cell)),
            Ref::Node(_) => None,
        };
        let node = from.node().or_else(|| self.switched.node_of(cell?));
        match node {
            Some(node) => match self.switched.cell_of(node).and_then(entry) {
                Some(entry) => Origin::Switched(node, entry),
                None => Origin::Object(node),
            },
            None => cell.and_then(entry).map_or(Origin::Nowhere, Origin::New),
        }
    }

    /// The value that a draft's row will have in a column, if it is known without a row that is not written yet.
    pub(super) fn value(&self, entry: &'u PendingEntry, column: usize) -> Option<Value> {
        self.follow(entry, column, false)
    }

    /// The same, if pending drafts supply the values they were given.
    pub(super) fn given(&self, entry: &'u PendingEntry, column: usize) -> Option<Value> {
        match entry.beside.keys.is_empty() {
            true => entry.values[column].clone(),
            false => self.follow(entry, column, true),
        }
    }

    /// The value of a column of the row that a key comes from, if it is known without a row that is not written yet.
    pub(super) fn value_from(&self, from: &Ref, column: usize) -> Option<Value> {
        match self.origin(from) {
            Origin::Object(node) => self.store.values(node, &[column]).pop(),
            Origin::Switched(_, entry) => self.value(entry, column),
            Origin::New(_) | Origin::Nowhere => None,
        }
    }

    /// The same, if pending drafts supply the values they were given.
    pub(super) fn given_from(&self, from: &Ref, column: usize) -> Option<Value> {
        match self.origin(from) {
            Origin::New(entry) | Origin::Switched(_, entry) => self.given(entry, column),
            Origin::Object(_) | Origin::Nowhere => self.value_from(from, column),
        }
    }

    fn follow(&self, entry: &'u PendingEntry, column: usize, through_new: bool) -> Option<Value> {
        let (mut entry, mut column) = (entry, column);
        let mut way: Vec<(CellId, usize)> = Vec::new();
        let found = loop {
            let at = (cell_id(&entry.cell), column);
            if through_new && let Some(known) = self.followed.borrow().get(&at) {
                break known.clone();
            }
            // Keys may go round in a circle.
            if way.len() > self.unit.pending.len() {
                break None;
            }
            way.push(at);
            let from = entry.beside.keys.iter().find_map(|key| {
                let at = key.columns.iter().position(|other| *other == column)?;
                Some((&key.from, *key.from_columns.get(at)?))
            });
            let Some((from, from_column)) = from else { break entry.values[column].clone() };
            match self.origin(from) {
                Origin::Object(node) => {
                    break self.store.values(node, &[from_column]).pop();
                }
                Origin::Switched(_, next) => entry = next,
                Origin::New(next) if through_new => entry = next,
                Origin::New(_) | Origin::Nowhere => break None,
            }
            column = from_column;
        };
        if through_new && way.len() > 1 {
            self.followed.borrow_mut().extend(way.into_iter().map(|at| (at, found.clone())));
        }
        found
    }
}

impl Flush<'_> {
    /// The key that another row takes from an object: of one that is about to become another row, what this will have.
    pub(super) fn values_from(&self, from: &Ref, node: ObjectId, columns: &[usize]) -> Vec<Value> {
        let values = || self.store.values(node, columns);
        if self.switched.cell_of(node).is_none() {
            return values();
        }
        let known = Known::new(self.unit, self.store, &self.switched);
        let new: Option<Vec<Value>> = columns.iter().map(|column| known.value_from(from, *column)).collect();
        new.unwrap_or_else(values)
    }
}

impl Known<'_> {
    /// The parts of a key that a row has from the start, where the others are written late. A draft that was given one
    /// has to agree.
    pub(super) fn parts_of(&self, entry: &mut PendingEntry, key: &KeyFrom, late: &[usize]) -> Result<()> {
        let early = |(column, _): &(&usize, &usize)| !late.contains(*column);
        for (column, from_column) in key.columns.iter().zip(key.from_columns).filter(early) {
            let Some(value) = self.given_from(&key.from, *from_column) else { continue };
            let given = entry.values[*column].replace(value.clone());
            if let (Some(relation), Some(given)) = (key.given_by, given)
                && !given.is_null()
                && !entry.beside.made.contains(column)
                && given.into_key_form() != value.clone().into_key_form()
            {
                return Err(disagrees(entry.model.def(), *column, relation, &value));
            }
        }
        Ok(())
    }
}
