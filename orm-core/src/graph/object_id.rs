//! Where an object is.

use std::hash::{Hash, Hasher};

/// Which arena of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ArenaId(u32);

impl ArenaId {
    /// The arena with a place in its graph.
    pub(crate) fn at(index: usize) -> ArenaId {
        ArenaId(u32::try_from(index).unwrap_or(u32::MAX))
    }

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Which object of a graph: the arena of its model, and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectId {
    pub(crate) arena: ArenaId,
    pub(crate) node: u32,
}

/// The places of most objects follow each other, so they are the low bits of one number, which hashers spread well.
impl Hash for ObjectId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.arena.0) << 32 | u64::from(self.node));
    }
}
