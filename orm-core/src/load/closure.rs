use hashbrown::HashMap;

use super::child::Child;
use super::keys::Keys;
use super::levels::{EdgeBuilder, Levels, Pairs, count};
use super::loader::{Loader, Wanted, wanted};
use super::selectin::multiplies;
use crate::error::Result;
use crate::graph::Targets;

impl Loader<'_> {
    /// Follows a self-referential relationship to its last level, a statement for each further level.
    ///
    /// All objects below the first are one level of the answer, and its edge leads back to itself: an object that is
    /// reached twice, in a circle too, is asked for once, and so is one of the first level that is reached again.
    pub(super) async fn closure(&mut self, next: Wanted, levels: &mut Levels) -> Result<Vec<Wanted>> {
        let Wanted { level, load, path } = next;
        let (relation, whole, back) = (load.relation, !load.is_view(), load.back);
        let batch_size = load.batch_size;
        let mut child = Child::new(self.store, levels, load, path)?;
        let below = child.branch.level;
        let repeats = relation.through.is_some() || multiplies(&child.branch);

        let parents = levels.levels[level].nodes.clone();
        let first = self.frontier(&mut child, level, &parents, repeats, batch_size, levels).await?;
        let asked: HashMap<u32, usize> = (0..).zip(&parents).map(|(at, node)| (*node, at)).collect();
        let mut edge = empty(relation.is_collection());
        let mut done = 0;
        while done < levels.levels[below].nodes.len() {
            let frontier = levels.levels[below].nodes[done..].to_vec();
            done += frontier.len();
            let new: Vec<u32> = frontier.iter().filter(|node| !asked.contains_key(*node)).copied().collect();
            let found = self.frontier(&mut child, below, &new, repeats, batch_size, levels).await?;
            let mut next = 0..;
            for node in &frontier {
                match asked.get(node) {
                    Some(at) => append(&mut edge, &first, Some(*at)),
                    None => append(&mut edge, &found, next.next()),
                }
            }
        }

        let next = wanted(&mut child.branch);
        child.branch.finish(levels)?;
        let to_below = |targets| EdgeBuilder { relation, level: below, whole, back, targets };
        levels.levels[level].edges.push(to_below(first));
        levels.levels[below].edges.push(to_below(edge));
        Ok(next)
    }

    /// The targets of some objects of a level.
    async fn frontier(
        &mut self,
        child: &mut Child,
        level: usize,
        nodes: &[u32],
        repeats: bool,
        batch_size: Option<usize>,
        levels: &mut Levels,
    ) -> Result<Targets> {
        let local = child.relation.local_columns();
        let keys = Keys::collect(self.store.arena(levels.levels[level].arena), nodes, local);
        let mut pairs = Pairs::new(repeats);
        self.by_keys(child, true, batch_size, &keys, levels, &mut pairs).await?;
        pairs.group(child.relation, &keys.into_owners())
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
