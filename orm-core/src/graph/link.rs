use std::sync::{Arc, Weak};

use super::Region;

/// The place in a graph that a struct is being built for.
#[derive(Debug)]
pub struct Seed<'g> {
    region: &'g Weak<Region>,
    arena: u32,
    node: u32,
}

impl<'g> Seed<'g> {
    pub(crate) fn new(region: &'g Weak<Region>, arena: u32, node: u32) -> Seed<'g> {
        Seed { region, arena, node }
    }

    /// The link that the field of one relationship keeps.
    pub fn link(&self, relation: u32) -> Link {
        Link { region: Weak::clone(self.region), arena: self.arena, node: self.node, relation }
    }
}

/// What a relationship field holds: where its object lies, weakly, so that objects that refer to each other are freed.
#[derive(Debug)]
pub struct Link {
    region: Weak<Region>,
    arena: u32,
    node: u32,
    relation: u32,
}

impl Link {
    pub(crate) fn region(&self) -> Option<Arc<Region>> {
        self.region.upgrade()
    }

    pub(crate) fn arena(&self) -> u32 {
        self.arena
    }

    pub(crate) fn node(&self) -> u32 {
        self.node
    }

    pub(crate) fn relation(&self) -> usize {
        self.relation as usize
    }
}
