//! Circles of rows, and where they are cut.

use super::graph::{Edge, Scheduler, Why};
use super::operation::{Columns, Kind};
use super::step::{Circle, Part};

/// What it costs to cut an edge, in the order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Price {
    level: u8,
    rank: usize,
    columns: usize,
    at_end: bool,
}

impl Scheduler<'_> {
    /// Cuts every circle. A search in depth, without recursion: a chain of rows may be long.
    pub(super) fn cut_circles(&mut self) -> Result<(), Circle> {
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
        // How many edges of each node were followed: behind those is nothing but what is done.
        let mut followed = vec![0_usize; self.nodes.len()];
        let mut start = 0;
        while start < self.nodes.len() {
            // Most rows have nothing to do with each other.
            if seen[start] != Seen::No || self.leaving[start].is_empty() {
                start += 1;
                continue;
            }
            // The nodes on the way, and the edges between them.
            let mut way: Vec<usize> = vec![start];
            let mut by: Vec<usize> = Vec::new();
            seen[start] = Seen::Open(0);
            while let Some(node) = way.last().copied() {
                let Some(at) = self.leaving[node].get(followed[node]).copied() else {
                    seen[node] = Seen::Done;
                    way.pop();
                    by.pop();
                    continue;
                };
                followed[node] += 1;
                if !self.leaves(at, node) || self.edges[at].is_of_one_node() {
                    continue;
                }
                let to = self.edges[at].to;
                match seen[to] {
                    Seen::Done => {}
                    Seen::No => {
                        seen[to] = Seen::Open(way.len());
                        way.push(to);
                        by.push(at);
                    }
                    Seen::Open(depth) => {
                        let circle: Vec<usize> = by[depth..].iter().copied().chain([at]).collect();
                        self.cut(&circle)?;
                        seen.resize(self.nodes.len(), Seen::No);
                        followed.resize(self.nodes.len(), 0);
                        // The nodes of the circle have other edges now: the search continues from the one before them.
                        for node in way.drain(depth..) {
                            seen[node] = Seen::No;
                            followed[node] -= 1;
                        }
                        by.truncate(depth.saturating_sub(1));
                        if let Some(before) = way.last() {
                            followed[*before] -= 1;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// If rows are checked one by one, rows of one table that refer to each other would take a statement for each level,
    /// and one that refers to itself could not be deleted at all. So they lose such a key first, if it can be NULL.
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
        self.edges[at].dropped = true;
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

    /// Whether a row refers to its own columns, some of which are cut, by a key that cannot be NULL.
    fn refers_to_itself(&self, node: usize, why: Why, cut: &[usize]) -> bool {
        let is_cut = |columns: &Columns| columns.all.iter().any(|column| cut.contains(column));
        self.loops(node).filter(|edge| edge.why == why).any(|edge| {
            let (start, end) = (self.columns(edge.start), self.columns(edge.end));
            let (own, key) = if why == Why::Refers { (start, end) } else { (end, start) };
            own.is_some_and(is_cut) && key.is_some_and(|key| !is_cut(key) && key.nullable.is_empty())
        })
    }

    /// The columns get their values later, and with them everything that they are a part of.
    fn make_late(&mut self, at: usize, columns: Vec<usize>) {
        let part = self.add_node(self.nodes[at].operation, Part::Late(columns));
        self.add_edge(Edge::of_parts(at, part));
        for entering in self.entering(at).collect::<Vec<_>>() {
            let edge = self.edges[entering];
            if matches!(edge.why, Why::Refers | Why::Frees) && self.is_cut_by(edge.end, part) {
                self.move_end(entering, part);
            }
        }
        for leaving in self.leaving(at).collect::<Vec<_>>() {
            let edge = self.edges[leaving];
            if edge.why == Why::Refers && self.is_cut_by(edge.start, part) {
                self.move_start(leaving, part);
            }
        }
    }

    /// The columns become NULL earlier, and everything that they are a part of is given up with them.
    fn make_clear(&mut self, at: usize, columns: Vec<usize>) {
        let part = self.add_node(self.nodes[at].operation, Part::Clear(columns));
        self.add_edge(Edge::of_parts(part, at));
        for leaving in self.leaving(at).collect::<Vec<_>>() {
            let edge = self.edges[leaving];
            if matches!(edge.why, Why::LetsGo | Why::Frees) && self.is_cut_by(edge.start, part) {
                self.move_start(leaving, part);
            }
        }
        for entering in self.entering(at).collect::<Vec<_>>() {
            let edge = self.edges[entering];
            if edge.why == Why::LetsGo && self.is_cut_by(edge.end, part) {
                self.move_end(entering, part);
            }
        }
    }

    /// Whether a claim is on columns of which a part cuts some.
    fn is_cut_by(&self, claim: Option<usize>, part: usize) -> bool {
        let cut = self.nodes[part].part.columns();
        self.columns(claim).is_some_and(|columns| columns.all.iter().any(|column| cut.contains(column)))
    }
}
