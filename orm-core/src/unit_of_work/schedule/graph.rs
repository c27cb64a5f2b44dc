//! Parts of operations, and which of them comes before which.

use hashbrown::{HashMap, HashSet};

use super::operation::{Columns, Kind, Operation, Role, Work};
use super::step::Part;

/// Why one node comes before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The second refers to what the first takes.
    Refers,
    /// The first refers to what the second gives up.
    LetsGo,
    /// The second takes what the first gives up.
    Frees,
    /// They are parts of one operation, or of one statement.
    Parts,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) why: Why,
    /// The claims that meet, of the two ends.
    pub(super) start: Option<usize>,
    pub(super) end: Option<usize>,
    /// Whether it counts no more.
    pub(super) dropped: bool,
}

/// A part of an operation. Without an operation it is a gate: what comes before one of some rows comes before all.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) operation: Option<usize>,
    pub(super) part: Part,
    /// Whether it is in one statement with others that refer to it in a circle, and cannot be written in parts.
    pub(super) joined: bool,
}

pub(super) struct Scheduler<'w> {
    pub(super) work: &'w Work,
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    /// The edges that left and entered each node when they were added: some of them were moved or dropped since. Taking
    /// them out of the list of a node with many edges would cost as many steps each time.
    pub(super) leaving: Vec<Vec<usize>>,
    entering: Vec<Vec<usize>>,
    /// The edges of rows that refer to themselves.
    loops: HashMap<usize, Vec<usize>>,
    pub(super) conflicts: Vec<(usize, usize)>,
    pub(super) by_row: bool,
    /// Whether circles are cut where it costs least.
    pub(super) cheapest: bool,
}

impl Edge {
    /// Parts of one operation, or rows of one statement.
    pub(super) fn of_parts(from: usize, to: usize) -> Edge {
        Edge { from, to, why: Why::Parts, start: None, end: None, dropped: false }
    }

    /// A row that refers to itself is not in its own way, unless it is written in parts.
    pub(super) fn is_of_one_node(&self) -> bool {
        self.from == self.to
    }
}

impl<'w> Scheduler<'w> {
    pub(super) fn new(work: &'w Work, by_row: bool, cheapest: bool) -> Scheduler<'w> {
        let by_value = |role: Role| {
            let claims = work.claims.iter().enumerate().filter(move |(_, claim)| claim.role == role);
            claims.map(|(at, claim)| (claim.value, at)).collect::<HashMap<usize, usize>>()
        };
        let (takers, givers) = (by_value(Role::Takes), by_value(Role::GivesUp));
        let node = |operation| Node { operation: Some(operation), part: Part::Whole, joined: false };
        let count = work.operations.len();
        let mut scheduler = Scheduler {
            work,
            nodes: (0..count).map(node).collect(),
            edges: Vec::new(),
            leaving: vec![Vec::new(); count],
            entering: vec![Vec::new(); count],
            loops: HashMap::new(),
            conflicts: Vec::new(),
            by_row,
            cheapest,
        };
        // A row that refers to another one before and after that one changes its key follows it through ON UPDATE
        // CASCADE. If its key can be NULL, it does not need that.
        let follows: HashSet<(usize, usize, usize)> = work
            .claims
            .iter()
            .filter(|claim| claim.role == Role::RefersTo && work.columns[claim.columns].nullable.is_empty())
            .filter_map(|claim| {
                let taker = work.claims[*takers.get(&claim.value)?].operation;
                let changes = work.operations[taker].kind == Kind::Update;
                changes.then_some((claim.operation, claim.columns, taker))
            })
            .collect();
        for (at, claim) in work.claims.iter().enumerate() {
            let (why, start, end) = match claim.role {
                // A row that gets a key which an update then changes is written before, and follows.
                Role::RefersTo if !takers.contains_key(&claim.value) => {
                    (Why::LetsGo, Some(at), givers.get(&claim.value).copied())
                }
                Role::RefersTo => (Why::Refers, takers.get(&claim.value).copied(), Some(at)),
                Role::LetsGo => (Why::LetsGo, Some(at), givers.get(&claim.value).copied()),
                Role::GivesUp => (Why::Frees, Some(at), takers.get(&claim.value).copied()),
                Role::Takes => continue,
            };
            if let (Some(from), Some(to)) = (start, end) {
                let (from, to) = (work.claims[from].operation, work.claims[to].operation);
                if why == Why::LetsGo && follows.contains(&(from, claim.columns, to)) {
                    continue;
                }
                scheduler.add_edge(Edge { from, to, why, start, end, dropped: false });
            }
        }
        scheduler
    }

    pub(super) fn add_edge(&mut self, edge: Edge) {
        let at = self.edges.len();
        self.leaving[edge.from].push(at);
        self.entering[edge.to].push(at);
        if edge.is_of_one_node() {
            self.loops.entry(edge.from).or_default().push(at);
        }
        self.edges.push(edge);
    }

    pub(super) fn add_node(&mut self, operation: Option<usize>, part: Part) -> usize {
        self.nodes.push(Node { operation, part, joined: false });
        self.leaving.push(Vec::new());
        self.entering.push(Vec::new());
        self.nodes.len() - 1
    }

    pub(super) fn operation(&self, node: usize) -> Option<&'w Operation> {
        self.nodes[node].operation.map(|operation| &self.work.operations[operation])
    }

    pub(super) fn columns(&self, claim: Option<usize>) -> Option<&'w Columns> {
        claim.map(|claim| &self.work.columns[self.work.claims[claim].columns])
    }

    /// Whether an edge still leaves a node.
    pub(super) fn leaves(&self, at: usize, node: usize) -> bool {
        !self.edges[at].dropped && self.edges[at].from == node
    }

    /// The edges that leave a node.
    pub(super) fn leaving(&self, node: usize) -> impl Iterator<Item = usize> {
        self.leaving[node].iter().copied().filter(move |at| self.leaves(*at, node))
    }

    /// The edges that enter a node.
    pub(super) fn entering(&self, node: usize) -> impl Iterator<Item = usize> {
        let enters = move |at: &usize| !self.edges[*at].dropped && self.edges[*at].to == node;
        self.entering[node].iter().copied().filter(enters)
    }

    /// The edges of a node with itself.
    pub(super) fn loops(&self, node: usize) -> impl Iterator<Item = &Edge> {
        let loops = self.loops.get(&node).into_iter().flatten().map(|at| &self.edges[*at]);
        loops.filter(move |edge| !edge.dropped && edge.from == node && edge.is_of_one_node())
    }

    pub(super) fn move_start(&mut self, at: usize, from: usize) {
        self.edges[at].from = from;
        self.leaving[from].push(at);
    }

    pub(super) fn move_end(&mut self, at: usize, to: usize) {
        self.edges[at].to = to;
        self.entering[to].push(at);
    }
}
