use std::sync::Arc;

/// What an object holds for one of its relationships: the dynamic tier's three states, by target index.
#[derive(Debug, Clone, Default)]
pub enum Slot {
    /// Nobody loaded it.
    #[default]
    Unloaded,
    /// A to-one without a row.
    Nobody,
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

    pub(crate) fn slot_mut(&mut self, node: u32, target: u32) -> &mut Slot {
        self.target = Some(target);
        let at = node as usize;
        if self.slots.len() <= at {
            self.slots.resize(at + 1, Slot::Unloaded);
        }
        &mut self.slots[at]
    }
}
