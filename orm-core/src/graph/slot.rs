//! What objects hold for their relationships.

use std::sync::{Arc, OnceLock};

use hashbrown::HashMap;

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
    /// In order; a member that was removed from among many leaves a hole.
    nodes: Vec<u32>,
    /// Where each is, if there are many: every change looks up a member.
    places: HashMap<u32, usize>,
    holes: usize,
    /// The targets without the holes, once a reader asks.
    listed: OnceLock<Vec<u32>>,
}

/// The number of members from which a changing collection knows their places.
const MANY: usize = 64;

/// The place of a member that was removed.
const HOLE: u32 = u32::MAX;

impl Slice {
    pub(crate) fn new(items: Arc<Vec<u32>>, start: usize, len: usize) -> Slice {
        Slice::Range { items, start, len }
    }

    pub(crate) fn of(nodes: Vec<u32>) -> Slice {
        Slice::Own(Arc::new(Members { nodes, ..Members::default() }))
    }

    pub(crate) fn as_slice(&self) -> &[u32] {
        match self {
            Slice::Range { items, start, len } => items.get(*start..*start + *len).unwrap_or_default(),
            Slice::Own(members) => members.list(),
        }
    }

    /// Whether it has a member. The first question about a large collection looks up the places of all.
    pub(crate) fn contains(&mut self, node: u32) -> bool {
        match self {
            Slice::Range { len, .. } if *len < MANY => self.as_slice().contains(&node),
            Slice::Own(members) if members.is_indexed() => members.contains(node),
            _ => self.change(|members| members.contains(node)),
        }
    }

    pub(crate) fn push(&mut self, node: u32) {
        self.change(|members| members.push(node));
    }

    pub(crate) fn remove(&mut self, node: u32) {
        self.change(|members| members.remove(node));
    }

    /// Changes the collection's own members; they are copied first if other objects or readers share them.
    fn change<T>(&mut self, change: impl FnOnce(&mut Members) -> T) -> T {
        let indexed = |members: &mut Members| {
            members.index();
            change(members)
        };
        match self {
            Slice::Own(members) => indexed(Arc::make_mut(members)),
            Slice::Range { .. } => {
                let mut members = Members { nodes: self.as_slice().to_vec(), ..Members::default() };
                let done = indexed(&mut members);
                *self = Slice::Own(Arc::new(members));
                done
            }
        }
    }
}

impl Members {
    fn list(&self) -> &[u32] {
        match self.holes {
            0 => &self.nodes,
            _ => self.listed.get_or_init(|| self.listed().collect()),
        }
    }

    fn listed(&self) -> impl Iterator<Item = u32> {
        self.nodes.iter().copied().filter(|node| *node != HOLE)
    }

    /// Whether it needs no search through all members to find one.
    fn is_indexed(&self) -> bool {
        self.nodes.len() < MANY || !self.places.is_empty()
    }

    fn index(&mut self) {
        if !self.is_indexed() {
            for (place, node) in self.nodes.iter().enumerate() {
                self.places.entry(*node).or_insert(place);
            }
        }
    }

    fn contains(&self, node: u32) -> bool {
        match self.places.is_empty() {
            true => self.nodes.contains(&node),
            false => self.places.contains_key(&node),
        }
    }

    fn push(&mut self, node: u32) {
        self.listed.take();
        if !self.places.is_empty() {
            self.places.entry(node).or_insert(self.nodes.len());
        }
        self.nodes.push(node);
        self.index();
    }

    /// Removes a member; of one that is listed twice, as link tables allow, the first.
    fn remove(&mut self, node: u32) {
        if self.places.is_empty() {
            if let Some(place) = self.nodes.iter().position(|other| *other == node) {
                self.nodes.remove(place);
            }
            return;
        }
        let repeats = self.places.len() < self.nodes.len() - self.holes;
        let Some(place) = self.places.remove(&node) else { return };
        self.listed.take();
        self.nodes[place] = HOLE;
        self.holes += 1;
        if repeats && let Some(next) = self.nodes[place..].iter().position(|other| *other == node) {
            self.places.insert(node, place + next);
        }
        // Each time half of them are gone, so that a removal costs the same whatever the number of members.
        if self.holes * 2 > self.nodes.len() {
            self.nodes = self.listed().collect();
            self.holes = 0;
            self.places.clear();
            self.index();
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
        let holds = |members: &mut Slice| (members.contains(5), members.as_slice().contains(&5));
        members.remove(5);
        assert_eq!(holds(&mut members), (true, true));
        members.remove(5);
        assert_eq!(holds(&mut members), (false, false));
    }

    #[test]
    fn a_large_collection_knows_its_members() {
        let mut members = Slice::new(Arc::new((0..200).collect()), 10, 150);
        assert!(members.contains(10) && members.contains(159) && !members.contains(160));
        members.push(7);
        members.remove(10);
        let gone = |node: &u32| node.is_multiple_of(3);
        (11..160).filter(gone).for_each(|node| members.remove(node));
        let listed: Vec<u32> = (11..160).chain([7]).filter(|node| !gone(node)).collect();
        assert_eq!(members.as_slice(), listed);
        assert!((0..300).all(|node| members.contains(node) == listed.contains(&node)));
    }

    #[test]
    fn changes_of_a_large_collection_are_those_of_a_list() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..50 {
            let mut list: Vec<u32> = (0..random.u32(0..200)).map(|_| random.u32(0..150)).collect();
            let mut members = Slice::new(Arc::new(list.clone()), 0, list.len());
            let (mut earlier, mut was) = (members.clone(), list.clone());
            for _ in 0..400 {
                let node = random.u32(0..150);
                match random.u8(0..8) {
                    0..=2 => {
                        members.push(node);
                        list.push(node);
                    }
                    3..=6 => {
                        members.remove(node);
                        list.iter().position(|other| *other == node).map(|place| list.remove(place));
                    }
                    _ => (earlier, was) = (members.clone(), list.clone()),
                }
                assert_eq!(members.contains(node), list.contains(&node));
                if random.bool() {
                    assert_eq!((members.as_slice(), earlier.as_slice()), (&list[..], &was[..]));
                }
            }
        }
    }
}
