//! What a query found, as levels of objects with edges between them.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{ArenaId, Region};

/// What one query found: a level of objects for every path that it loaded, and who belongs to whom.
///
/// It never changes, whatever happens to the objects later; that is why the typed tier can read without a check.
#[derive(Debug)]
pub struct Answer {
    /// The session's graph.
    pub(super) graph: Arc<Region>,
    pub(crate) levels: Vec<Level>,
    /// Positions in the first level, row by row, where the query's own joins may repeat an object.
    pub(crate) rows: Option<Vec<u32>>,
    pub(crate) origin: Origin,
}

/// Which query an answer is of.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// A number that no other answer has.
    pub(crate) id: u64,
    /// Where it was run.
    pub(crate) at: &'static Location<'static>,
}

/// The distinct objects that a query found on one path.
#[derive(Debug, Clone)]
pub struct Level {
    pub(crate) arena: ArenaId,
    /// The objects, by node index; an object's position in the level is its place here.
    pub(crate) nodes: Arc<[u32]>,
    pub(crate) edges: Vec<Edge>,
}

/// One relationship from the objects of a level to those of another.
#[derive(Debug, Clone)]
pub struct Edge {
    /// The relationship's index in the model of the level it leaves.
    pub(crate) relation: usize,
    /// The level it leads to.
    pub(crate) level: usize,
    pub(crate) targets: Arc<Targets>,
}

/// For every position of the level an edge leaves, positions in the level it leads to.
#[derive(Debug)]
pub enum Targets {
    /// Position `p` has `items[starts[p]..starts[p + 1]]`.
    Many {
        /// Where each parent's items begin; one more than there are parents.
        starts: Vec<u32>,
        /// All parents' items, parent by parent.
        items: Vec<u32>,
    },
    /// Position `p` has `items[p]`, or nothing.
    One {
        /// Each parent's target.
        items: Vec<Option<u32>>,
    },
}

impl Answer {
    pub(crate) fn new(
        graph: Arc<Region>,
        levels: Vec<Level>,
        rows: Option<Vec<u32>>,
        at: &'static Location<'static>,
    ) -> Answer {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Answer { graph, levels, rows, origin: Origin { id, at } }
    }
}

impl Targets {
    /// The positions that belong to the parent at a position.
    pub(crate) fn of(&self, position: usize) -> &[u32] {
        match self {
            Targets::Many { starts, items } => {
                let (Some(from), Some(to)) = (starts.get(position), starts.get(position + 1)) else {
                    return &[];
                };
                items.get(*from as usize..*to as usize).unwrap_or_default()
            }
            Targets::One { items } => items.get(position).map_or(&[], Option::as_slice),
        }
    }

    /// The targets of other parents, each of which has those of one of these or none.
    pub(crate) fn spread(&self, of: impl Iterator<Item = Option<u32>>) -> Targets {
        let found = of.map(|parent| parent.map_or(&[][..], |parent| self.of(parent as usize)));
        match self {
            Targets::Many { items, .. } => {
                let mut spread = (vec![0], Vec::with_capacity(items.len()));
                for targets in found {
                    spread.1.extend_from_slice(targets);
                    spread.0.push(u32::try_from(spread.1.len()).unwrap_or(u32::MAX));
                }
                Targets::Many { starts: spread.0, items: spread.1 }
            }
            Targets::One { .. } => {
                Targets::One { items: found.map(|targets| targets.first().copied()).collect() }
            }
        }
    }
}
