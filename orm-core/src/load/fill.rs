use std::sync::Arc;

use super::levels::Levels;
use crate::graph::{Slice, Slot, Targets};
use crate::identity::Store;

/// Gives objects what the query loaded of their relationships: where nothing is held yet, or everywhere when the query
/// overwrites. Views stay in the answer alone.
pub(super) fn fill(store: &mut Store, levels: &Levels, overwrite: bool) {
    for level in &levels.levels {
        for edge in level.edges.iter().filter(|edge| edge.whole) {
            let targets = &levels.levels[edge.level];
            let mut filled = Vec::new();
            let Some(mut slots) = store.arena(level.arena).slots_mut(edge.relation.index) else { continue };
            let mut put = |position: usize, slot: Slot| {
                let Some(node) = level.nodes.get(position) else { return };
                if overwrite || !slots.is_loaded(*node) {
                    *slots.slot_mut(*node, targets.arena) = slot;
                    filled.push(*node);
                }
            };
            match &edge.targets {
                Targets::Many { starts, items } => {
                    let nodes = items.iter().map(|item| targets.nodes[*item as usize]).collect();
                    let nodes: Arc<Vec<u32>> = Arc::new(nodes);
                    for position in 0..starts.len().saturating_sub(1) {
                        let (from, to) = (starts[position] as usize, starts[position + 1] as usize);
                        put(position, Slot::Many(Slice::new(Arc::clone(&nodes), from, to - from)));
                    }
                }
                Targets::One { items } => {
                    for (position, item) in items.iter().enumerate() {
                        let node = item.and_then(|item| targets.nodes.get(item as usize));
                        put(position, node.map_or(Slot::Nobody, |node| Slot::One(*node)));
                    }
                }
            }
            drop(slots);
            store.slots_filled(level.arena, edge.relation.index, &filled);
        }
    }
}
