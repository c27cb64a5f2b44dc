//! A session's graph, or an answer that keeps it alive.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use append_only_vec::AppendOnlyVec;

use super::graph_handle::Registration;
use super::{Answer, Arena, ArenaId, ErasedArena, GraphHandle, Level, Node, Origin, Record};

/// What a handle keeps alive: a session's graph, or one query's answer, which keeps the graph alive.
#[derive(Debug)]
pub enum Region {
    /// A session's objects.
    Graph(Box<Graph>),
    /// What one query found among them.
    Answer(Answer),
}

impl Region {
    /// The graph of a session that begins.
    pub(crate) fn of_session() -> Arc<Region> {
        let region = Arc::new(Region::Graph(Box::new(Graph::new())));
        region.graph().handle().register(&region);
        region
    }

    pub(crate) fn graph(&self) -> &Graph {
        match self {
            Region::Graph(graph) => graph,
            Region::Answer(answer) => answer.graph.graph(),
        }
    }

    /// The level of a query's answer; none in a bare graph.
    pub(crate) fn level(&self, level: usize) -> Option<&Level> {
        match self {
            Region::Graph(_) => None,
            Region::Answer(answer) => answer.levels.get(level),
        }
    }

    /// The positions in the first level of an answer's rows, where they may repeat.
    pub(crate) fn rows(&self) -> Option<&[u32]> {
        match self {
            Region::Answer(answer) => answer.rows.as_deref(),
            Region::Graph(_) => None,
        }
    }

    /// The query whose answer it is; `None` for a bare graph.
    pub(crate) fn origin(&self) -> Option<Origin> {
        match self {
            Region::Graph(_) => None,
            Region::Answer(answer) => Some(answer.origin),
        }
    }

    /// Only the graph, without the answer.
    pub(crate) fn bare(self: &Arc<Self>) -> Arc<Region> {
        match &**self {
            Region::Graph(_) => Arc::clone(self),
            Region::Answer(answer) => Arc::clone(&answer.graph),
        }
    }
}

/// All objects of one session.
pub struct Graph {
    arenas: AppendOnlyVec<Box<dyn ErasedArena>>,
    open: AtomicBool,
    registration: Registration,
}

impl Graph {
    pub(super) fn new() -> Graph {
        Graph {
            arenas: AppendOnlyVec::new(),
            open: AtomicBool::new(true),
            registration: Registration::take(),
        }
    }

    /// What the graph's objects keep of it.
    pub(crate) fn handle(&self) -> GraphHandle {
        self.registration.handle()
    }

    /// Whether the session still exists.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Marks the session as dropped; what it loaded stays readable.
    pub(crate) fn close(&self) {
        self.open.store(false, Ordering::Release);
    }

    pub(crate) fn add_arena(&self, arena: Box<dyn ErasedArena>) -> ArenaId {
        ArenaId::at(self.arenas.push(arena))
    }

    /// The arenas, in the order in which they were added.
    pub(crate) fn arenas(&self) -> impl Iterator<Item = ArenaId> + Clone + use<> {
        (0..self.arenas.len()).map(ArenaId::at)
    }

    pub(crate) fn erased(&self, arena: ArenaId) -> &dyn ErasedArena {
        &*self.arenas[arena.index()]
    }

    pub(crate) fn arena<M: Record>(&self, arena: ArenaId) -> &Arena<M> {
        match self.erased(arena).as_any().downcast_ref() {
            Some(arena) => arena,
            None => unreachable!("{arena:?} holds another model"),
        }
    }

    pub(crate) fn node<M: Record>(&self, arena: ArenaId, node: u32) -> &Node<M> {
        self.arena(arena).node(node)
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph").field("open", &self.is_open()).field("arenas", &self.arenas.len()).finish()
    }
}
