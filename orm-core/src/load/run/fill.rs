//! What objects hold of what a query loaded.

use std::sync::Arc;

use super::levels::{EdgeBuilder, Levels};
use crate::graph::{Slice, Slot, Targets};
use crate::identity::Store;
use crate::model::RelationDef;

/// Gives objects what the query loaded of their relationships: if they hold nothing yet, or always if the query
/// overwrites. Views stay in the answer.
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
                        put(position, node.map_or(Slot::Absent, |node| Slot::One(*node)));
                    }
                }
            }
            drop(slots);
            store.slots_filled(level.arena, edge.relation.index, &filled);
        }
    }
    for (at, level) in levels.levels.iter().enumerate() {
        for (edge, back) in level.edges.iter().filter_map(|edge| Some((edge, edge.back?))) {
            fill_back(store, (levels, at), edge, back, overwrite);
        }
    }
}

/// Sets the owner on the targets that were found for it, if their keys name it: an unflushed edit may have changed
/// them.
fn fill_back(
    store: &mut Store,
    (levels, at): (&Levels, usize),
    edge: &EdgeBuilder,
    back: &'static RelationDef,
    overwrite: bool,
) {
    let (owners, targets) = (&levels.levels[at], &levels.levels[edge.level]);
    let (keys, referred) = (edge.relation.remote_columns(), edge.relation.local_columns());
    let mut filled = Vec::new();
    {
        let (owner_arena, target_arena) = (store.arena(owners.arena), store.arena(targets.arena));
        let Some(mut slots) = target_arena.slots_mut(back.index) else { return };
        for (position, owner) in owners.nodes.iter().enumerate() {
            for item in edge.targets.of(position) {
                let Some(target) = targets.nodes.get(*item as usize) else { continue };
                let agree = keys.iter().zip(referred).all(|(key, referred)| {
                    target_arena.view(*target, *key) == owner_arena.view(*owner, *referred)
                });
                if agree && (overwrite || !slots.is_loaded(*target)) {
                    *slots.slot_mut(*target, owners.arena) = Slot::One(*owner);
                    filled.push(*target);
                }
            }
        }
    }
    store.slots_filled(targets.arena, back.index, &filled);
}
