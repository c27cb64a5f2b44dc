//! A recursive relationship to its last level.

use hashbrown::HashMap;

use super::further::Found;
use super::keys::Keys;
use super::levels::{EdgeBuilder, Levels, Pairs, count};
use super::loader::Loader;
use crate::error::Result;
use crate::graph::Targets;

impl Loader<'_> {
    /// Follows a self-referential relationship to its last level, a statement for each further level.
    ///
    /// All objects below the first are one level of the answer, and its edge leads back to itself: an object that is
    /// reached twice, in a circle too, is asked for once, and so is one of the first level that is reached again.
    pub(super) async fn closure(
        &mut self,
        level: usize,
        found: &mut Found<'_>,
        levels: &mut Levels,
    ) -> Result<()> {
        let (relation, whole, back) = (found.child.relation, found.child.whole, found.child.back);
        let below = found.rows.level;
        let parents = levels.levels[level].nodes.clone();
        let first = self.frontier(found, level, &parents, levels).await?;
        let asked: HashMap<u32, usize> = (0..).zip(&parents).map(|(at, node)| (*node, at)).collect();
        let mut edge = empty(relation.is_collection());
        let mut done = 0;
        while done < levels.levels[below].nodes.len() {
            let frontier = levels.levels[below].nodes[done..].to_vec();
            done += frontier.len();
            let new: Vec<u32> = frontier.iter().filter(|node| !asked.contains_key(*node)).copied().collect();
            let targets = self.frontier(found, below, &new, levels).await?;
            let mut next = 0..;
            for node in &frontier {
                match asked.get(node) {
                    Some(at) => append(&mut edge, &first, Some(*at)),
                    None => append(&mut edge, &targets, next.next()),
                }
            }
        }
        let to_below = |targets| EdgeBuilder { relation, level: below, whole, back, targets };
        levels.levels[level].edges.push(to_below(first));
        levels.levels[below].edges.push(to_below(edge));
        Ok(())
    }

    /// The targets of some objects of a level.
    async fn frontier(
        &mut self,
        found: &mut Found<'_>,
        level: usize,
        nodes: &[u32],
        levels: &mut Levels,
    ) -> Result<Targets> {
        let relation = found.child.relation;
        let arena = self.store.arena(levels.levels[level].arena);
        let keys = Keys::collect(arena, nodes, relation.local_columns());
        let mut pairs = Pairs::new(found.child.repeats);
        self.ask(found, &keys, levels, &mut pairs).await?;
        pairs.group(relation, &keys.into_owners())
    }
}

fn empty(collection: bool) -> Targets {
    match collection {
        true => Targets::Many { starts: vec![0], items: Vec::new() },
        false => Targets::One { items: Vec::new() },
    }
}

/// Appends what was found for the next object of a level.
fn append(edge: &mut Targets, found: &Targets, at: Option<usize>) {
    let targets = at.map_or(&[][..], |at| found.of(at));
    match edge {
        Targets::Many { starts, items } => {
            items.extend_from_slice(targets);
            starts.push(count(items.len()));
        }
        Targets::One { items } => items.push(targets.first().copied()),
    }
}
