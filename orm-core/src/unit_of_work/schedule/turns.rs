//! The nodes in order, as steps.

use std::collections::BTreeMap;

use super::graph::Scheduler;
use super::step::{Step, Turn};

impl Scheduler<'_> {
    /// The nodes in an order that keeps every edge, those of one turn together.
    pub(super) fn steps(&self) -> Vec<Step> {
        let others = |node| self.entering(node).filter(|at| !self.edges[*at].is_of_one_node()).count();
        let mut missing: Vec<usize> = (0..self.nodes.len()).map(others).collect();
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
        for edge in self.leaving(node).map(|at| &self.edges[at]).filter(|edge| !edge.is_of_one_node()) {
            missing[edge.to] -= 1;
            if missing[edge.to] == 0 {
                next.push(edge.to);
            }
        }
    }

    /// Whether the statement of a step can hold a node too: everything before it is written, or in that statement.
    fn joins(&self, node: usize, writes: &[usize], step: usize) -> bool {
        let mut edges = self.entering(node).map(|at| &self.edges[at]).peekable();
        edges.peek().is_some() && edges.all(|edge| writes[edge.from] != step || self.is_joinable(edge))
    }

    fn turn(&self, node: usize) -> Option<Turn> {
        Some(Turn::new(self.operation(node)?, self.nodes[node].part.clone()))
    }
}
