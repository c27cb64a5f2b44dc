//! The order in which a flush writes its rows.
//!
//! Each row that is written is an operation, and makes claims on values: it takes or gives up keys and unique values of
//! its own, and refers to keys of other rows or lets go of them. The constraints of a database are three rules about
//! these. A value is taken before another row refers to it. A row lets go of a value before its owner gives it up. And a
//! value is given up before another row takes it. Where the rules go round in a circle, the circle is cut at columns that
//! can be NULL for a while. The idea is that of topological sorting in SQLAlchemy's unit of work, for rows instead of
//! tables, and with unique values.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

/// What is done to a row. Where the rules leave a choice, tables are written in the order of their keys; the updates of a
/// table come before its inserts, because they can free values for them. Deletions come last, in the opposite order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Update,
    Insert,
    Delete,
}

/// One row that is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) kind: Kind,
    /// The place of the row's table: parents before children.
    pub(super) rank: usize,
    /// Inserts of one shape have values for the same columns, so one statement can write them.
    pub(super) shape: usize,
}

/// What an operation does to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The row has the value after the operation, and not before.
    Takes,
    /// The row has the value before the operation, and not after.
    GivesUp,
    /// The row refers to the value after the operation, and not before.
    RefersTo,
    /// The row refers to the value before the operation, and not after.
    LetsGo,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    pub(super) operation: usize,
    pub(super) role: Role,
    /// The number of the value; values of other columns have other numbers.
    pub(super) value: usize,
    /// The columns of the row that hold it, by their place in [`Work::columns`].
    pub(super) columns: usize,
    /// Whether the value is known before the row that takes it is written.
    pub(super) known: bool,
}

/// Columns of one table that hold a key or a unique value together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Columns {
    pub(super) all: Vec<usize>,
    /// Those that can be NULL for a while.
    pub(super) nullable: Vec<usize>,
}

/// Everything that is to be written.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) operations: Vec<Operation>,
    pub(super) claims: Vec<Claim>,
    pub(super) columns: Vec<Columns>,
}

/// Operations that one or a few statements can write together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) part: Part,
    pub(super) kind: Kind,
    /// The operations, by their places, in an order in which rows can be written one by one.
    pub(super) operations: Vec<usize>,
}

/// Which part of its operations a step writes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    /// These columns become NULL, before the operation itself.
    Clear(Vec<usize>),
    /// The operation itself; columns that are late stay NULL.
    Whole,
    /// These columns get their values, after the operation itself.
    Late(Vec<usize>),
}

/// The steps in order, and what may stand in their way.
#[derive(Debug)]
pub(super) struct Schedule {
    pub(super) steps: Vec<Step>,
    /// Pairs of operations, each of which should come before the other. The database decides whether it allows that; a
    /// constraint that it checks at the end of the transaction does.
    pub(super) conflicts: Vec<(usize, usize)>,
}

/// Operations in a circle, each of which needs a key of the one before that is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Circle {
    pub(super) operations: Vec<usize>,
}

/// The steps that write some rows. With `by_row` the database checks the keys of a statement's rows one by one, and
/// otherwise when the statement ends.
///
/// # Errors
/// New rows need each other's generated keys.
pub(super) fn schedule(work: &Work, by_row: bool) -> Result<Schedule, Circle> {
    if work.claims.is_empty() {
        return Ok(Schedule { steps: unrelated(&work.operations), conflicts: Vec::new() });
    }
    let attempt = |by_row: bool, cheapest: bool| {
        let mut scheduler = Scheduler::new(work, by_row, cheapest);
        if !by_row {
            scheduler.join_circles();
        }
        scheduler.cut_circles()?;
        Ok(Schedule { steps: scheduler.steps(), conflicts: scheduler.conflicts })
    };
    let first = attempt(by_row, true);
    if first.as_ref().is_ok_and(|schedule| schedule.conflicts.is_empty()) {
        return first;
    }
    // Rows that one statement writes may stand in the way of a cut, and so may an earlier cut.
    let others = [attempt(true, true), attempt(true, false)];
    let better = others.into_iter().flatten().find(|schedule| schedule.conflicts.is_empty());
    better.map_or(first, Ok)
}

/// The steps of rows that have nothing to do with each other, as in most flushes.
fn unrelated(operations: &[Operation]) -> Vec<Step> {
    let mut steps: Vec<(Turn, Step)> = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        // Rows of one table mostly follow each other.
        let of_last = steps.iter_mut().rev().find(|(turn, _)| turn.is_of(operation));
        match of_last {
            Some((_, step)) => step.operations.push(at),
            None => {
                let step = Step { part: Part::Whole, kind: operation.kind, operations: vec![at] };
                steps.push((Turn::new(operation, Part::Whole), step));
            }
        }
    }
    steps.sort_by(|(one, _), (other, _)| one.cmp(other));
    steps.into_iter().map(|(_, step)| step).collect()
}

impl Part {
    /// The columns of a part of an operation.
    pub(super) fn columns(&self) -> &[usize] {
        match self {
            Part::Clear(columns) | Part::Late(columns) => columns,
            Part::Whole => &[],
        }
    }
}

/// Why one node comes before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
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
struct Edge {
    from: usize,
    to: usize,
    why: Why,
    /// The claims that meet, of the two ends.
    start: Option<usize>,
    end: Option<usize>,
}

/// A part of an operation. Without an operation it is a gate: what comes before one of some rows comes before all.
#[derive(Debug)]
struct Node {
    operation: Option<usize>,
    part: Part,
    /// Whether it is in one statement with others that refer to it in a circle, and cannot be written in parts.
    joined: bool,
}

struct Scheduler<'w> {
    work: &'w Work,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    leaving: Vec<Vec<usize>>,
    entering: Vec<Vec<usize>>,
    conflicts: Vec<(usize, usize)>,
    by_row: bool,
    /// Whether circles are cut where it costs least.
    cheapest: bool,
}

impl Edge {
    /// A row that refers to itself is not in its own way, unless it is written in parts.
    fn is_of_one_node(&self) -> bool {
        self.from == self.to
    }
}

impl<'w> Scheduler<'w> {
    fn new(work: &'w Work, by_row: bool, cheapest: bool) -> Scheduler<'w> {
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
            conflicts: Vec::new(),
            by_row,
            cheapest,
        };
        // A row that refers to another one before and after that one changes its key follows it, by ON UPDATE CASCADE.
        // Where its key can be NULL it needs no such rule.
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
                scheduler.add_edge(Edge { from, to, why, start, end });
            }
        }
        scheduler
    }

    fn add_edge(&mut self, edge: Edge) {
        self.leaving[edge.from].push(self.edges.len());
        self.entering[edge.to].push(self.edges.len());
        self.edges.push(edge);
    }

    fn add_node(&mut self, operation: Option<usize>, part: Part) -> usize {
        self.nodes.push(Node { operation, part, joined: false });
        self.leaving.push(Vec::new());
        self.entering.push(Vec::new());
        self.nodes.len() - 1
    }

    fn operation(&self, node: usize) -> Option<&'w Operation> {
        self.nodes[node].operation.map(|operation| &self.work.operations[operation])
    }

    fn columns(&self, claim: Option<usize>) -> Option<&'w Columns> {
        claim.map(|claim| &self.work.columns[self.work.claims[claim].columns])
    }

    /// Whether one statement can write both rows, in the order of the edge.
    fn is_joinable(&self, edge: &Edge) -> bool {
        let (Some(one), Some(other)) = (self.operation(edge.from), self.operation(edge.to)) else {
            return false;
        };
        let known = edge.end.is_some_and(|claim| self.work.claims[claim].known);
        self.nodes[edge.from].part == Part::Whole
            && self.nodes[edge.to].part == Part::Whole
            && (one.rank, one.shape) == (other.rank, other.shape)
            && match (edge.why, one.kind, other.kind) {
                (Why::Refers, Kind::Insert, Kind::Insert) => known,
                (Why::LetsGo, Kind::Delete, Kind::Delete) => !self.by_row,
                _ => false,
            }
    }

    /// Rows that refer to each other in a circle and that one statement can write: a gate before all of them takes the
    /// place of the edges between them.
    fn join_circles(&mut self) {
        let joinable: Vec<bool> = self.edges.iter().map(|edge| self.is_joinable(edge)).collect();
        if !joinable.contains(&true) {
            return;
        }
        for circle in self.components(&joinable) {
            let members: HashSet<usize> = circle.iter().copied().collect();
            let gate = self.add_node(None, Part::Whole);
            for node in circle {
                self.nodes[node].joined = true;
                let (within, before): (Vec<usize>, Vec<usize>) = std::mem::take(&mut self.entering[node])
                    .into_iter()
                    .partition(|at| members.contains(&self.edges[*at].from));
                for at in within {
                    let from = self.edges[at].from;
                    self.leaving[from].retain(|edge| *edge != at);
                }
                for at in &before {
                    // As it is, so that it follows when what it starts from is written in parts.
                    self.add_edge(Edge { to: gate, ..self.edges[*at] });
                }
                self.entering[node] = before;
                self.add_edge(Edge { from: gate, to: node, why: Why::Parts, start: None, end: None });
            }
        }
    }

    /// The strongly connected components of more than one node, by some of the edges: Tarjan's algorithm, without
    /// recursion.
    fn components(&self, follows: &[bool]) -> Vec<Vec<usize>> {
        let count = self.nodes.len();
        let (mut index, mut low) = (vec![usize::MAX; count], vec![0; count]);
        let (mut on_stack, mut stack, mut next) = (vec![false; count], Vec::new(), 0);
        let mut found = Vec::new();
        for start in 0..count {
            if index[start] != usize::MAX {
                continue;
            }
            let mut way = vec![(start, 0)];
            while let Some((node, followed)) = way.last_mut() {
                let node = *node;
                if *followed == 0 {
                    (index[node], low[node]) = (next, next);
                    next += 1;
                    stack.push(node);
                    on_stack[node] = true;
                }
                let edge = self.leaving[node].get(*followed).copied();
                *followed += 1;
                if let Some(at) = edge {
                    let to = self.edges[at].to;
                    if follows[at] && index[to] == usize::MAX {
                        way.push((to, 0));
                    } else if follows[at] && on_stack[to] {
                        low[node] = low[node].min(index[to]);
                    }
                    continue;
                }
                way.pop();
                if let Some((above, _)) = way.last() {
                    low[*above] = low[*above].min(low[node]);
                }
                if low[node] == index[node] {
                    let mut component = Vec::new();
                    while let Some(member) = stack.pop() {
                        on_stack[member] = false;
                        component.push(member);
                        if member == node {
                            break;
                        }
                    }
                    if component.len() > 1 {
                        found.push(component);
                    }
                }
            }
        }
        found
    }

    /// Cuts every circle. A search in depth, without recursion: a chain of rows may be long.
    fn cut_circles(&mut self) -> Result<(), Circle> {
        #[derive(Clone, Copy, PartialEq)]
        enum Seen {
            No,
            Open(usize),
            Done,
        }
        if self.by_row {
            self.cut_levels();
        }
        let mut seen = vec![Seen::No; self.nodes.len()];
        let mut start = 0;
        while start < self.nodes.len() {
            // Most rows have nothing to do with each other.
            if seen[start] != Seen::No || self.leaving[start].is_empty() {
                start += 1;
                continue;
            }
            // The nodes on the way, with how many of their edges were followed; `by` are the edges between them.
            let mut way: Vec<(usize, usize)> = vec![(start, 0)];
            let mut by: Vec<usize> = Vec::new();
            seen[start] = Seen::Open(0);
            while let Some((node, followed)) = way.last_mut() {
                let Some(at) = self.leaving[*node].get(*followed).copied() else {
                    seen[*node] = Seen::Done;
                    way.pop();
                    by.pop();
                    continue;
                };
                *followed += 1;
                let to = self.edges[at].to;
                match seen[to] {
                    _ if self.edges[at].is_of_one_node() => {}
                    Seen::Done => {}
                    Seen::No => {
                        seen[to] = Seen::Open(way.len());
                        way.push((to, 0));
                        by.push(at);
                    }
                    Seen::Open(depth) => {
                        let circle: Vec<usize> = by[depth..].iter().copied().chain([at]).collect();
                        self.cut(&circle)?;
                        seen.resize(self.nodes.len(), Seen::No);
                        // The nodes of the circle have other edges now: they are searched again.
                        for (node, _) in way.drain(depth..) {
                            seen[node] = Seen::No;
                        }
                        by.truncate(depth.saturating_sub(1));
                        if let Some((_, followed)) = way.last_mut() {
                            *followed = followed.saturating_sub(1);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Where rows are checked one by one, rows of one table that refer to each other would take a statement for each level,
    /// and one that refers to itself could not go at all. So they lose such a key first, if it can be NULL.
    fn cut_levels(&mut self) {
        let deleted = |node: usize| {
            let operation = self.operation(node).filter(|operation| operation.kind == Kind::Delete)?;
            (self.nodes[node].part == Part::Whole).then_some(operation.rank)
        };
        let is_within = |at: &usize| {
            let edge = &self.edges[*at];
            edge.why == Why::LetsGo && deleted(edge.from).is_some() && deleted(edge.from) == deleted(edge.to)
        };
        let within: Vec<usize> = (0..self.edges.len()).filter(is_within).collect();
        for at in within {
            let edge = self.edges[at];
            // An earlier cut may have moved it.
            if self.nodes[edge.from].part == Part::Whole && self.price(&edge).is_some() {
                self.make_clear(edge.from, self.cut_columns(edge.from, edge.start));
            }
        }
    }

    /// Cuts a circle at the edge where it costs least.
    fn cut(&mut self, circle: &[usize]) -> Result<(), Circle> {
        let prices = circle.iter().filter_map(|at| Some((self.price(&self.edges[*at])?, *at)));
        let best = if self.cheapest { prices.min() } else { prices.max() };
        let Some((price, at)) = best else { return self.leave_to_database(circle) };
        let edge = self.edges[at];
        match price.at_end {
            true => self.make_late(edge.to, self.cut_columns(edge.to, edge.end)),
            false => self.make_clear(edge.from, self.cut_columns(edge.from, edge.start)),
        }
        Ok(())
    }

    /// Drops a rule that the database may not insist on. A key that is not known cannot be written at all.
    fn leave_to_database(&mut self, circle: &[usize]) -> Result<(), Circle> {
        let operation = |node: usize| self.nodes[node].operation;
        let order = |edge: &Edge| match edge.why {
            Why::Frees => Some(0),
            Why::LetsGo => Some(1),
            Why::Refers => edge.end.is_some_and(|claim| self.work.claims[claim].known).then_some(2),
            Why::Parts => None,
        };
        let dropped = circle.iter().filter_map(|at| Some((order(&self.edges[*at])?, *at))).min();
        let Some((_, at)) = dropped else {
            let operations = circle.iter().filter_map(|at| operation(self.edges[*at].from)).collect();
            return Err(Circle { operations });
        };
        let edge = self.edges[at];
        if let (Some(start), Some(end)) = (edge.start, edge.end) {
            self.conflicts.push((self.work.claims[start].operation, self.work.claims[end].operation));
        }
        self.leaving[edge.from].retain(|other| *other != at);
        self.entering[edge.to].retain(|other| *other != at);
        Ok(())
    }

    /// The columns that are NULL for a while if a claim of a node is cut off; those of a part are so already.
    fn cut_columns(&self, node: usize, claim: Option<usize>) -> Vec<usize> {
        let nullable = self.columns(claim).map_or(&[][..], |columns| &columns.nullable);
        let cut = self.nodes[node].part.columns();
        nullable.iter().copied().filter(|column| !cut.contains(column)).collect()
    }

    /// What cutting an edge costs. Circles of the same kind are cut in the same place, so their rows share statements.
    fn price(&self, edge: &Edge) -> Option<Price> {
        let (before, after) = (self.operation(edge.from)?, self.operation(edge.to)?);
        let can_be_cut = |node: usize, why: Why, claim: Option<usize>| {
            let columns = self.cut_columns(node, claim);
            !self.nodes[node].joined && !columns.is_empty() && !self.refers_to_itself(node, why, &columns)
        };
        let late = !matches!(self.nodes[edge.to].part, Part::Clear(_))
            && edge.why != Why::LetsGo
            && after.kind != Kind::Delete
            && can_be_cut(edge.to, Why::Refers, edge.end);
        let clear = !matches!(self.nodes[edge.from].part, Part::Late(_))
            && edge.why != Why::Refers
            && before.kind != Kind::Insert
            && can_be_cut(edge.from, Why::LetsGo, edge.start);
        let price = |level, at_end, rank, claim: Option<usize>| {
            let columns = claim.map_or(0, |claim| self.work.claims[claim].columns);
            Price { level, rank, columns, at_end }
        };
        Some(match (edge.why, late, clear) {
            (Why::Refers, true, _) if after.kind == Kind::Insert => price(0, true, after.rank, edge.end),
            (Why::LetsGo, _, true) if before.kind == Kind::Delete => price(1, false, before.rank, edge.start),
            (Why::Refers, true, _) => price(2, true, after.rank, edge.end),
            (Why::LetsGo, _, true) => price(3, false, before.rank, edge.start),
            (Why::Frees, _, true) => price(4, false, before.rank, edge.start),
            (Why::Frees, true, _) => price(5, true, after.rank, edge.end),
            _ => return None,
        })
    }

    /// Whether a row refers to columns of its own by a key that cannot be NULL while they are.
    fn refers_to_itself(&self, node: usize, why: Why, cut: &[usize]) -> bool {
        let is_cut = |columns: &Columns| columns.all.iter().any(|column| cut.contains(column));
        let edges = self.leaving[node].iter().map(|at| &self.edges[*at]);
        edges.filter(|edge| edge.is_of_one_node() && edge.why == why).any(|edge| {
            let (start, end) = (self.columns(edge.start), self.columns(edge.end));
            let (own, key) = if why == Why::Refers { (start, end) } else { (end, start) };
            own.is_some_and(is_cut) && key.is_some_and(|key| !is_cut(key) && key.nullable.is_empty())
        })
    }

    /// The columns get their values later, and with them everything that they are a part of.
    fn make_late(&mut self, at: usize, columns: Vec<usize>) {
        let part = self.add_node(self.nodes[at].operation, Part::Late(columns));
        self.add_edge(Edge { from: at, to: part, why: Why::Parts, start: None, end: None });
        for entering in self.entering[at].clone() {
            let edge = self.edges[entering];
            if matches!(edge.why, Why::Refers | Why::Frees) && self.is_cut_by(edge.end, part) {
                self.move_end(entering, part);
            }
        }
        for leaving in self.leaving[at].clone() {
            let edge = self.edges[leaving];
            if edge.why == Why::Refers && self.is_cut_by(edge.start, part) {
                self.move_start(leaving, part);
            }
        }
    }

    /// The columns become NULL earlier, and everything that they are a part of is given up with them.
    fn make_clear(&mut self, at: usize, columns: Vec<usize>) {
        let part = self.add_node(self.nodes[at].operation, Part::Clear(columns));
        self.add_edge(Edge { from: part, to: at, why: Why::Parts, start: None, end: None });
        for leaving in self.leaving[at].clone() {
            let edge = self.edges[leaving];
            if matches!(edge.why, Why::LetsGo | Why::Frees) && self.is_cut_by(edge.start, part) {
                self.move_start(leaving, part);
            }
        }
        for entering in self.entering[at].clone() {
            let edge = self.edges[entering];
            if edge.why == Why::LetsGo && self.is_cut_by(edge.end, part) {
                self.move_end(entering, part);
            }
        }
    }

    /// Whether a claim is on columns of which a part cuts off some.
    fn is_cut_by(&self, claim: Option<usize>, part: usize) -> bool {
        let cut = self.nodes[part].part.columns();
        self.columns(claim).is_some_and(|columns| columns.all.iter().any(|column| cut.contains(column)))
    }

    fn move_start(&mut self, at: usize, from: usize) {
        let old = std::mem::replace(&mut self.edges[at].from, from);
        self.leaving[old].retain(|edge| *edge != at);
        self.leaving[from].push(at);
    }

    fn move_end(&mut self, at: usize, to: usize) {
        let old = std::mem::replace(&mut self.edges[at].to, to);
        self.entering[old].retain(|edge| *edge != at);
        self.entering[to].push(at);
    }

    /// The nodes in an order that keeps every edge, those of one turn together.
    fn steps(&self) -> Vec<Step> {
        let others =
            |edges: &Vec<usize>| edges.iter().filter(|at| !self.edges[**at].is_of_one_node()).count();
        let mut missing: Vec<usize> = self.entering.iter().map(others).collect();
        let mut ready: BTreeMap<Turn, Vec<usize>> = BTreeMap::new();
        let mut open: Vec<usize> = (0..self.nodes.len()).filter(|node| missing[*node] == 0).collect();
        let mut steps = Vec::new();
        // Which step writes a node.
        let mut writes = vec![usize::MAX; self.nodes.len()];
        loop {
            while let Some(node) = open.pop() {
                match self.turn(node) {
                    Some(turn) => ready.entry(turn).or_default().push(node),
                    // A gate is not a statement.
                    None => self.written(node, &mut missing, &mut open),
                }
            }
            let Some((turn, mut batch)) = ready.pop_first() else { return steps };
            // In the order in which the rows were added, so that generated keys follow it.
            batch.sort_unstable();
            batch.iter().for_each(|node| writes[*node] = steps.len());
            let (mut at, mut freed) = (0, Vec::new());
            while let Some(node) = batch.get(at).copied() {
                at += 1;
                self.written(node, &mut missing, &mut freed);
                for next in freed.drain(..) {
                    match self.joins(next, &writes, steps.len()) {
                        true => {
                            writes[next] = steps.len();
                            batch.push(next);
                        }
                        false => open.push(next),
                    }
                }
            }
            let operations = batch.iter().filter_map(|node| self.nodes[*node].operation).collect();
            steps.push(Step { part: turn.part, kind: turn.kind, operations });
        }
    }

    /// Adds what can be written now that a node was.
    fn written(&self, node: usize, missing: &mut [usize], next: &mut Vec<usize>) {
        for edge in self.leaving[node].iter().map(|at| &self.edges[*at]).filter(|edge| !edge.is_of_one_node())
        {
            missing[edge.to] -= 1;
            if missing[edge.to] == 0 {
                next.push(edge.to);
            }
        }
    }

    /// Whether the statement of a step can hold a node too: everything before it is written, or in that statement.
    fn joins(&self, node: usize, writes: &[usize], step: usize) -> bool {
        let mut edges = self.entering[node].iter().map(|at| &self.edges[*at]).peekable();
        edges.peek().is_some() && edges.all(|edge| writes[edge.from] != step || self.is_joinable(edge))
    }

    fn turn(&self, node: usize) -> Option<Turn> {
        Some(Turn::new(self.operation(node)?, self.nodes[node].part.clone()))
    }
}

/// Which of the nodes that can be written comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    phase: u8,
    place: usize,
    kind: Kind,
    part: Part,
}

impl Turn {
    fn new(operation: &Operation, part: Part) -> Turn {
        let Operation { kind, rank, .. } = *operation;
        let phase = match (&part, kind) {
            (Part::Late(_), _) => 1,
            (Part::Clear(_), Kind::Delete) => 2,
            (_, Kind::Delete) => 3,
            _ => 0,
        };
        let place = if kind == Kind::Delete { usize::MAX - rank } else { rank };
        Turn { phase, place, kind, part }
    }

    /// Whether the turn is that of a whole operation.
    fn is_of(&self, operation: &Operation) -> bool {
        let place = if operation.kind == Kind::Delete { usize::MAX - operation.rank } else { operation.rank };
        self.part == Part::Whole && (self.kind, self.place) == (operation.kind, place)
    }
}

/// What it costs to cut an edge, in the order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Price {
    level: u8,
    rank: usize,
    columns: usize,
    at_end: bool,
}
