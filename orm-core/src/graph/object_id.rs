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

/// The places of most objects follow each other. They are spread over the bits of one number first, because a fast hasher leaves
/// numbers in a row together for some of the seeds that a process may have.
impl Hash for ObjectId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let place = u64::from(self.arena.0) << 32 | u64::from(self.node);
        let spread = (place ^ place >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        state.write_u64((spread ^ spread >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9));
    }
}
