//! How relationship fields find their graph.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use super::Region;

/// The entries that no graph has. There are as many in all as there ever were graphs at one time.
static FREE: Mutex<Vec<&'static Entry>> = Mutex::new(Vec::new());

/// Where relationship fields find the graph that they are in.
///
/// Each of them could keep a `Weak` of it, but counting these takes longer than anything else that making a field does:
/// a count is one place in memory that every row would change, and with it each processor wait for the others. So one
/// `Weak` lies here, and a field says which one it means. Entries are used again, and a field of a dropped graph
/// finds that its generation is past.
struct Entry {
    now: RwLock<Current>,
}

#[derive(Default)]
struct Current {
    generation: u32,
    region: Weak<Region>,
}

/// What a relationship field keeps of its graph.
#[derive(Clone, Copy)]
pub struct GraphHandle {
    entry: &'static Entry,
    generation: u32,
}

/// A graph's entry, for as long as the graph is there.
pub(super) struct Registration(GraphHandle);

impl GraphHandle {
    /// The graph, if it still exists.
    pub(super) fn region(self) -> Option<Arc<Region>> {
        let now = self.entry.now.read().unwrap_or_else(PoisonError::into_inner);
        if now.generation == self.generation { now.region.upgrade() } else { None }
    }

    /// Says which graph it is.
    pub(super) fn register(self, region: &Arc<Region>) {
        let mut now = self.entry.now.write().unwrap_or_else(PoisonError::into_inner);
        now.region = Arc::downgrade(region);
    }
}

impl Registration {
    pub(super) fn take() -> Registration {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let entry = free.unwrap_or_else(|| Box::leak(Box::new(Entry { now: RwLock::default() })));
        let generation = entry.now.read().unwrap_or_else(PoisonError::into_inner).generation;
        Registration(GraphHandle { entry, generation })
    }

    pub(super) fn handle(&self) -> GraphHandle {
        self.0
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let entry = self.0.entry;
        {
            let mut now = entry.now.write().unwrap_or_else(PoisonError::into_inner);
            *now = Current { generation: self.0.generation.wrapping_add(1), region: Weak::new() };
        }
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }
}

impl fmt::Debug for GraphHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphHandle").field("generation", &self.generation).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Graph;
    use super::*;

    fn region() -> (Arc<Region>, GraphHandle) {
        let region = Region::of_session();
        let handle = region.graph().handle();
        (region, handle)
    }

    #[test]
    fn a_field_finds_its_own_graph_and_none_after_it() {
        let ((first, of_first), (second, of_second)) = (region(), region());
        assert!(of_first.region().is_some_and(|found| Arc::ptr_eq(&found, &first)));
        assert!(of_second.region().is_some_and(|found| Arc::ptr_eq(&found, &second)));
        drop(first);
        assert!(of_first.region().is_none());
        // One of them may have the entry that is free now.
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
        assert!(graph.handle().region().is_none());
    }
}
