//! How relationship fields find their graph.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use super::Region;

/// The anchors without a graph. There are as many anchors as there ever were graphs at one time.
static FREE: Mutex<Vec<&'static Anchor>> = Mutex::new(Vec::new());

/// Where relationship fields find the graph that they are in.
///
/// A field could keep a `Weak` of the graph, but counting these would cost more than all other work on the field: the
/// count is one place in memory that every row changes, so processors wait for each other. So one `Weak` lies here and
/// fields refer to it by number. Anchors are reused; a field of a dropped graph finds that its turn is over.
struct Anchor {
    now: RwLock<Now>,
}

#[derive(Default)]
struct Now {
    turn: u32,
    region: Weak<Region>,
}

/// What a relationship field keeps of its graph.
#[derive(Clone, Copy)]
pub struct Mooring {
    anchor: &'static Anchor,
    turn: u32,
}

/// A graph's anchor, for as long as the graph is there.
pub(super) struct Berth(Mooring);

impl Mooring {
    /// The graph, if it still exists.
    pub(super) fn region(self) -> Option<Arc<Region>> {
        let now = self.anchor.now.read().unwrap_or_else(PoisonError::into_inner);
        if now.turn == self.turn { now.region.upgrade() } else { None }
    }

    /// Sets the graph.
    pub(super) fn moor(self, region: &Arc<Region>) {
        let mut now = self.anchor.now.write().unwrap_or_else(PoisonError::into_inner);
        now.region = Arc::downgrade(region);
    }
}

impl Berth {
    pub(super) fn take() -> Berth {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let anchor = free.unwrap_or_else(|| Box::leak(Box::new(Anchor { now: RwLock::default() })));
        let turn = anchor.now.read().unwrap_or_else(PoisonError::into_inner).turn;
        Berth(Mooring { anchor, turn })
    }

    pub(super) fn mooring(&self) -> Mooring {
        self.0
    }
}

impl Drop for Berth {
    fn drop(&mut self) {
        let anchor = self.0.anchor;
        {
            let mut now = anchor.now.write().unwrap_or_else(PoisonError::into_inner);
            *now = Now { turn: self.0.turn.wrapping_add(1), region: Weak::new() };
        }
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push(anchor);
    }
}

impl fmt::Debug for Mooring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mooring").field("turn", &self.turn).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Graph;
    use super::*;

    fn region() -> (Arc<Region>, Mooring) {
        let region = Region::of_session();
        let mooring = region.graph().mooring();
        (region, mooring)
    }

    #[test]
    fn a_field_finds_its_own_graph_and_none_after_it() {
        let ((first, of_first), (second, of_second)) = (region(), region());
        assert!(of_first.region().is_some_and(|found| Arc::ptr_eq(&found, &first)));
        assert!(of_second.region().is_some_and(|found| Arc::ptr_eq(&found, &second)));
        drop(first);
        assert!(of_first.region().is_none());
        // One of them may have the anchor that is free now.
        let later: Vec<_> = (0..64).map(|_| region()).collect();
        assert!(of_first.region().is_none());
        assert!(
            later.iter().all(|(region, of)| of.region().is_some_and(|found| Arc::ptr_eq(&found, region)))
        );
        assert!(of_second.region().is_some_and(|found| Arc::ptr_eq(&found, &second)));
    }

    #[test]
    fn a_graph_that_was_never_shown_is_not_found() {
        let graph = Graph::new();
        assert!(graph.mooring().region().is_none());
    }
}
