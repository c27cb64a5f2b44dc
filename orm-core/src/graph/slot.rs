use std::sync::Arc;

/// What an object holds for one of its relationships: the dynamic tier's three states, by target index.
#[derive(Debug, Clone, Default)]
pub enum Slot {
    /// It is not loaded.
    #[default]
    Unloaded,
    /// A to-one without a row.
    Absent,
    /// A to-one with this row.
    One(u32),
    /// A collection.
    Many(Slice),
}

/// A range of a shared index array.
#[derive(Debug, Clone)]
pub struct Slice {
    items: Arc<Vec<u32>>,
    start: usize,
    len: usize,
}

impl Slice {
    pub(crate) fn new(items: Arc<Vec<u32>>, start: usize, len: usize) -> Slice {
        Slice { items, start, len }
    }

    pub(crate) fn of(items: Vec<u32>) -> Slice {
        let len = items.len();
        Slice { items: Arc::new(items), start: 0, len }
    }

    pub(crate) fn as_slice(&self) -> &[u32] {
        self.items.get(self.start..self.start + self.len).unwrap_or_default()
    }

    pub(crate) fn contains(&self, item: u32) -> bool {
        self.as_slice().contains(&item)
    }

    /// The collection's own array, to change; copied first where other objects or readers share it.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Vec<u32>)) {
        if self.start != 0 || self.len != self.items.len() {
            *self = Slice::of(self.as_slice().to_vec());
        }
        change(Arc::make_mut(&mut self.items));
        self.len = self.items.len();
    }
}

/// The slots of one relationship for all objects of an arena, by node index.
#[derive(Debug, Default)]
pub struct Slots {
    /// The arena of the targets, once anything was loaded.
    target: Option<u32>,
    slots: Vec<Slot>,
}

impl Slots {
    pub(crate) fn get(&self, node: u32) -> Slot {
        self.slots.get(node as usize).cloned().unwrap_or_default()
    }

    pub(crate) fn is_loaded(&self, node: u32) -> bool {
        !matches!(self.slots.get(node as usize), None | Some(Slot::Unloaded))
    }

    pub(crate) fn target(&self) -> Option<u32> {
        self.target
    }

    pub(crate) fn unload(&mut self, node: u32) {
        if let Some(slot) = self.slots.get_mut(node as usize) {
            *slot = Slot::Unloaded;
        }
    }

    /// What an object holds, to change; `None` if it is not loaded.
    pub(crate) fn loaded_mut(&mut self, node: u32) -> Option<&mut Slot> {
        self.slots.get_mut(node as usize).filter(|slot| !matches!(slot, Slot::Unloaded))
    }

    pub(crate) fn slot_mut(&mut self, node: u32, target: u32) -> &mut Slot {
        self.target = Some(target);
        let at = node as usize;
        if self.slots.len() <= at {
            self.slots.resize(at + 1, Slot::Unloaded);
        }
        &mut self.slots[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_that_nobody_shares_is_changed_where_it_is() {
        let mut slots = Slots::default();
        *slots.slot_mut(0, 0) = Slot::Many(Slice::of(Vec::with_capacity(64)));
        let Some(Slot::Many(members)) = slots.loaded_mut(0) else { unreachable!("it was set") };
        members.edit(|nodes| nodes.reserve(64));
        let place = members.as_slice().as_ptr();
        (0..64).for_each(|node| members.edit(|nodes| nodes.push(node)));
        assert_eq!((members.as_slice().as_ptr(), members.as_slice().len()), (place, 64));
        // A reader keeps what it has.
        let reader = members.clone();
        members.edit(|nodes| nodes.push(64));
        assert_eq!((reader.as_slice().len(), members.as_slice().len()), (64, 65));
    }
}
