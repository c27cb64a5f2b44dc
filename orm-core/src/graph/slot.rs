//! What objects hold for their relationships.

use std::sync::Arc;

use hashbrown::HashSet;

use super::ArenaId;

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

/// The targets of a collection.
#[derive(Debug, Clone)]
pub enum Slice {
    /// A range of an index array that collections share.
    Range {
        /// The array.
        items: Arc<Vec<u32>>,
        /// Where the range begins.
        start: usize,
        /// How long it is.
        len: usize,
    },
    /// Its own, which may change.
    Own(Arc<Members>),
}

/// The targets of a collection that changes.
#[derive(Debug, Clone, Default)]
pub struct Members {
    nodes: Vec<u32>,
    /// The same as a set, if there are many: each change looks up a member.
    known: HashSet<u32>,
}

/// The number of members from which a changing collection keeps a set of them.
const MANY: usize = 64;

impl Slice {
    pub(crate) fn new(items: Arc<Vec<u32>>, start: usize, len: usize) -> Slice {
        Slice::Range { items, start, len }
    }

    pub(crate) fn of(nodes: Vec<u32>) -> Slice {
        Slice::Own(Arc::new(Members { nodes, known: HashSet::new() }))
    }

    pub(crate) fn as_slice(&self) -> &[u32] {
        match self {
            Slice::Range { items, start, len } => items.get(*start..*start + *len).unwrap_or_default(),
            Slice::Own(members) => &members.nodes,
        }
    }

    pub(crate) fn contains(&self, node: u32) -> bool {
        match self {
            Slice::Own(members) if !members.known.is_empty() => members.known.contains(&node),
            _ => self.as_slice().contains(&node),
        }
    }

    pub(crate) fn push(&mut self, node: u32) {
        self.change(|Members { nodes, known }| {
            nodes.push(node);
            if !known.is_empty() {
                known.insert(node);
            }
        });
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.change(|Members { nodes, known }| {
            nodes.retain(|node| keep(*node));
            known.retain(|node| keep(*node));
        });
    }

    pub(crate) fn remove(&mut self, node: u32) {
        self.change(|Members { nodes, known }| {
            let repeats = known.len() < nodes.len();
            if let Some(at) = nodes.iter().position(|other| *other == node) {
                nodes.remove(at);
            }
            // A link table may hold a link twice.
            if !repeats || !nodes.contains(&node) {
                known.remove(&node);
            }
        });
    }

    /// Changes the collection's own members; they are copied first if other objects or readers share them.
    fn change(&mut self, change: impl FnOnce(&mut Members)) {
        let change = |members: &mut Members| {
            change(members);
            if members.known.is_empty() && members.nodes.len() >= MANY {
                members.known.extend(members.nodes.iter().copied());
            }
        };
        match self {
            Slice::Own(members) => change(Arc::make_mut(members)),
            Slice::Range { .. } => {
                let mut members = Members { nodes: self.as_slice().to_vec(), known: HashSet::new() };
                change(&mut members);
                *self = Slice::Own(Arc::new(members));
            }
        }
    }
}

/// The slots of one relationship for all objects of an arena, by node index.
#[derive(Debug, Default)]
pub struct Slots {
    /// The arena of the targets, once anything was loaded.
    target: Option<ArenaId>,
    slots: Vec<Slot>,
}

impl Slots {
    pub(crate) fn get(&self, node: u32) -> Slot {
        self.slots.get(node as usize).cloned().unwrap_or_default()
    }

    pub(crate) fn is_loaded(&self, node: u32) -> bool {
        !matches!(self.slots.get(node as usize), None | Some(Slot::Unloaded))
    }

    pub(crate) fn target(&self) -> Option<ArenaId> {
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

    pub(crate) fn slot_mut(&mut self, node: u32, target: ArenaId) -> &mut Slot {
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
    fn an_unshared_collection_is_changed_in_place() {
        let mut slots = Slots::default();
        *slots.slot_mut(0, ArenaId::at(0)) = Slot::Many(Slice::of(Vec::with_capacity(64)));
        let Some(Slot::Many(members)) = slots.loaded_mut(0) else { unreachable!("it was set") };
        members.push(0);
        let place = members.as_slice().as_ptr();
        (1..64).for_each(|node| members.push(node));
        assert_eq!((members.as_slice().as_ptr(), members.as_slice().len()), (place, 64));
        // A reader keeps what it has.
        let reader = members.clone();
        members.push(64);
        assert_eq!((reader.as_slice().len(), members.as_slice().len()), (64, 65));
    }

    #[test]
    fn a_member_that_is_listed_twice_leaves_with_its_second_removal() {
        let mut members = Slice::of((0..100).chain([5]).collect());
        members.push(200);
        let holds = |members: &Slice| (members.contains(5), members.as_slice().contains(&5));
        members.remove(5);
        assert_eq!(holds(&members), (true, true));
        members.remove(5);
        assert_eq!(holds(&members), (false, false));
    }

    #[test]
    fn a_large_collection_knows_its_members() {
        let mut members = Slice::new(Arc::new((0..200).collect()), 10, 150);
        assert!(members.contains(10) && members.contains(159) && !members.contains(160));
        members.push(7);
        members.remove(10);
        members.retain(|node| node % 3 != 0);
        let listed: Vec<u32> = (11..160).chain([7]).filter(|node| node % 3 != 0).collect();
        assert_eq!(members.as_slice(), listed);
        assert!((0..300).all(|node| members.contains(node) == listed.contains(&node)));
    }
}
