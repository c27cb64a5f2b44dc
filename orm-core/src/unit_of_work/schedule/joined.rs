//! Rows of one statement that refer to each other.

use hashbrown::HashSet;

use super::graph::{Edge, Scheduler, Why};
use super::operation::Kind;
use super::step::Part;

impl Scheduler<'_> {
    /// Whether one statement can write both rows, in the order of the edge.
    pub(super) fn is_joinable(&self, edge: &Edge) -> bool {
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
    pub(super) fn join_circles(&mut self) {
        let joinable: Vec<bool> = self.edges.iter().map(|edge| self.is_joinable(edge)).collect();
        if !joinable.contains(&true) {
            return;
        }
        for circle in self.components(&joinable) {
            let members: HashSet<usize> = circle.iter().copied().collect();
            let gate = self.add_node(None, Part::Whole);
            for node in circle {
                self.nodes[node].joined = true;
                let (within, before): (Vec<usize>, Vec<usize>) =
                    self.entering(node).partition(|at| members.contains(&self.edges[*at].from));
                within.into_iter().for_each(|at| self.edges[at].dropped = true);
                for at in before {
                    // As it is, so that it follows when what it starts from is written in parts.
                    self.add_edge(Edge { to: gate, ..self.edges[at] });
                }
                self.add_edge(Edge::of_parts(gate, node));
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
                    let follows = follows[at] && self.leaves(at, node);
                    if follows && index[to] == usize::MAX {
                        way.push((to, 0));
                    } else if follows && on_stack[to] {
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
}
