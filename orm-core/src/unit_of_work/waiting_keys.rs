//! Keys that wait for a pending object.

use hashbrown::{DefaultHashBuilder, HashMap};
use indexmap::IndexMap;

use super::unit_of_work::{CellId, KeyFrom, Ref, cell_id};
use crate::graph::ObjectId;

/// Keys of existing objects that come from another object with the next flush: from a pending one, or from one whose key may
/// be edited until then.
#[derive(Debug, Default)]
pub(super) struct WaitingKeys {
    of: IndexMap<ObjectId, Vec<KeyFrom>, DefaultHashBuilder>,
    /// The objects whose keys come from a pending object. Some wait no more.
    from: HashMap<CellId, Vec<ObjectId>>,
}

impl WaitingKeys {
    pub(super) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = ObjectId> {
        self.of.keys().copied()
    }

    /// The keys that wait for pending objects.
    pub(super) fn for_new(&self) -> impl Iterator<Item = (ObjectId, &KeyFrom)> {
        let all = self.of.iter().flat_map(|(node, keys)| keys.iter().map(|key| (*node, key)));
        all.filter(|(_, key)| key.from.node().is_none())
    }

    /// Whether exactly these columns of an object wait for a pending one.
    pub(super) fn wait(&self, node: ObjectId, columns: &[usize]) -> bool {
        let waits = |key: &KeyFrom| key.columns == columns && key.from.node().is_none();
        self.of.get(&node).is_some_and(|keys| keys.iter().any(waits))
    }

    /// The key of exactly these columns that an object takes from another one.
    pub(super) fn key(&self, node: ObjectId, columns: &[usize]) -> Option<&KeyFrom> {
        self.of.get(&node)?.iter().find(|key| key.columns == columns)
    }

    pub(super) fn has(&self, node: ObjectId) -> bool {
        self.of.contains_key(&node)
    }

    /// What was given last counts.
    pub(super) fn set(&mut self, node: ObjectId, key: KeyFrom) {
        if let Ref::Pending(cell) = &key.from {
            self.from.entry(cell_id(cell)).or_default().push(node);
        }
        let keys = self.of.entry(node).or_default();
        keys.retain(|earlier| earlier.columns != key.columns);
        keys.push(key);
    }

    /// Takes out the keys of an object that share one of some columns.
    pub(super) fn cancel(&mut self, node: ObjectId, columns: impl Fn(usize) -> bool) -> Vec<KeyFrom> {
        let Some(keys) = self.of.get_mut(&node) else { return Vec::new() };
        let cancelled =
            keys.extract_if(.., |key| key.columns.iter().any(|column| columns(*column))).collect();
        if keys.is_empty() {
            self.of.swap_remove(&node);
        }
        cancelled
    }

    /// Takes out all keys of some objects.
    pub(super) fn forget(&mut self, nodes: impl Fn(ObjectId) -> bool) {
        self.of.retain(|node, _| !nodes(*node));
    }

    /// Takes out the keys of some objects that come from existing ones.
    pub(super) fn forget_existing(&mut self, nodes: impl Fn(ObjectId) -> bool) {
        self.of.retain(|node, keys| {
            if nodes(*node) {
                keys.retain(|key| key.from.node().is_none());
            }
            !keys.is_empty()
        });
    }

    /// Takes out the keys that wait for an object which is not written after all.
    pub(super) fn drop_from(&mut self, from: &Ref) -> Vec<(ObjectId, KeyFrom)> {
        let Ref::Pending(cell) = from else { return Vec::new() };
        let mut dropped = Vec::new();
        for node in self.from.remove(&cell_id(cell)).unwrap_or_default() {
            let Some(keys) = self.of.get_mut(&node) else { continue };
            dropped.extend(keys.extract_if(.., |key| key.from.is(from)).map(|key| (node, key)));
            if keys.is_empty() {
                self.of.swap_remove(&node);
            }
        }
        dropped
    }

    /// The keys of an object that wait.
    pub(super) fn of(&self, node: ObjectId) -> &[KeyFrom] {
        self.of.get(&node).map_or(&[], Vec::as_slice)
    }

    pub(super) fn take_of(&mut self, node: ObjectId) -> Vec<KeyFrom> {
        if self.of.is_empty() {
            return Vec::new();
        }
        let keys = self.of.swap_remove(&node).unwrap_or_default();
        if self.of.is_empty() {
            self.from.clear();
        }
        keys
    }
}
