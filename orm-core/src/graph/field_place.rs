//! What relationship fields keep of their object's place.

use std::sync::Arc;

use super::{ArenaId, GraphHandle, Region};

/// The place in a graph that a struct is being built for.
#[derive(Debug)]
pub struct Seed {
    graph: GraphHandle,
    arena: ArenaId,
    node: u32,
}

impl Seed {
    pub(crate) fn new(graph: GraphHandle, arena: ArenaId, node: u32) -> Seed {
        Seed { graph, arena, node }
    }

    /// The place that the field of one relationship keeps.
    pub fn field(&self, relation: u32) -> FieldPlace {
        FieldPlace { graph: self.graph, arena: self.arena, node: self.node, relation }
    }
}

/// What a relationship field holds: where its object lies. It keeps nothing alive, so that objects that refer to each
/// other are freed.
#[derive(Debug)]
pub struct FieldPlace {
    graph: GraphHandle,
    arena: ArenaId,
    node: u32,
    relation: u32,
}

impl FieldPlace {
    pub(crate) fn region(&self) -> Option<Arc<Region>> {
        self.graph.region()
    }

    pub(crate) fn arena(&self) -> ArenaId {
        self.arena
    }

    pub(crate) fn node(&self) -> u32 {
        self.node
    }

    pub(crate) fn relation(&self) -> usize {
        self.relation as usize
    }
}
