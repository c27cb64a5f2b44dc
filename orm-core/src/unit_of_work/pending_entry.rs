//! An object that waits for its row.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::pending::PendingCell;
use super::unit_of_work::{KeyFrom, Ref};
use crate::graph::ObjectId;
use crate::model::{ErasedModel, RelationDef};
use crate::value::Value;

/// An object that waits for its row. It is moved several times on its way there, so it is small.
#[derive(Debug)]
pub(super) struct PendingEntry {
    pub(super) cell: Arc<PendingCell>,
    pub(super) model: &'static dyn ErasedModel,
    pub(super) values: Vec<Option<Value>>,
    pub(super) beside: Beside,
}

/// What an object has beside its values: nothing, for most, and then nothing is allocated.
#[derive(Debug, Default)]
pub(super) struct Beside(Option<Box<BesideValues>>);

/// What some objects have beside their values.
#[derive(Debug, Default)]
pub(super) struct BesideValues {
    /// The columns whose values `default_with` made, which a link replaces.
    pub(super) made: Vec<usize>,
    /// The columns whose values are those of a client.
    pub(super) sent: Vec<usize>,
    /// Keys that come from other objects.
    pub(super) keys: Vec<KeyFrom>,
    /// What it was given for its relationships, to hold once it is there.
    pub(super) holds: Vec<(&'static RelationDef, Vec<Ref>)>,
    /// Objects that were given it for a relationship, to hold it once it is there.
    pub(super) held_by: Vec<(&'static RelationDef, ObjectId)>,
}

static NOTHING: BesideValues = BesideValues {
    made: Vec::new(),
    sent: Vec::new(),
    keys: Vec::new(),
    holds: Vec::new(),
    held_by: Vec::new(),
};

impl Beside {
    /// What a draft has at first.
    pub(super) fn of_draft(made: Vec<usize>, sent: Vec<usize>) -> Beside {
        if made.is_empty() && sent.is_empty() {
            return Beside(None);
        }
        Beside(Some(Box::new(BesideValues { made, sent, ..BesideValues::default() })))
    }

    /// What there is to change, if there is anything.
    pub(super) fn existing(&mut self) -> Option<&mut BesideValues> {
        self.0.as_deref_mut()
    }

    /// What there is, if there is anything.
    pub(super) fn into_inner(self) -> Option<Box<BesideValues>> {
        self.0
    }
}

impl Deref for Beside {
    type Target = BesideValues;

    fn deref(&self) -> &BesideValues {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for Beside {
    fn deref_mut(&mut self) -> &mut BesideValues {
        self.0.get_or_insert_default()
    }
}

impl PendingEntry {
    /// The object takes no key from others in some columns any more; whether it did. The link counted, and not a value that
    /// the draft was given before.
    pub(super) fn lose_key(&mut self, columns: &[usize], which: impl Fn(&KeyFrom) -> bool) -> bool {
        let keys = self.beside.keys.len();
        if keys == 0 {
            return false;
        }
        self.beside.keys.retain(|key| key.columns != columns || !which(key));
        if self.beside.keys.len() == keys {
            return false;
        }
        let defs = self.model.def().columns;
        for column in columns.iter().filter(|column| defs[**column].nullable) {
            self.values[*column] = Some(Value::Null);
        }
        true
    }
}
