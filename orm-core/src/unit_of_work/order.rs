use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::unit_of_work::{CellId, KeyFrom, PendingEntry, Ref, cell_id};
use crate::model::{ErasedModel, RelationKind};

/// Pending objects in the order in which they can be inserted: by tables, and within a table by the objects that their
/// keys come from. Every batch is of one table and as large as it can be.
#[derive(Debug)]
pub(super) struct InsertQueue {
    /// With the place of each in the order they were added in.
    waiting: HashMap<CellId, (usize, PendingEntry)>,
    /// Who waits for an object.
    dependents: HashMap<CellId, Vec<CellId>>,
    /// How many objects each still waits for.
    missing: HashMap<CellId, usize>,
    /// Those that wait for nobody, by the rank of their table.
    ready: BTreeMap<usize, Vec<(usize, PendingEntry)>>,
    ranks: HashMap<TypeId, usize>,
}

impl InsertQueue {
    pub(super) fn new(pending: BTreeMap<CellId, PendingEntry>) -> InsertQueue {
        let models: Vec<_> = pending.values().map(|entry| entry.model).collect();
        let mut queue = InsertQueue {
            waiting: HashMap::new(),
            dependents: HashMap::new(),
            missing: HashMap::new(),
            ready: BTreeMap::new(),
            ranks: table_ranks(&models),
        };
        for (place, (id, entry)) in pending.into_iter().enumerate() {
            let unknown = |from: &Ref| match from {
                Ref::Pending(cell) if from.node().is_none() => Some(cell_id(cell)),
                _ => None,
            };
            let needs: Vec<CellId> = entry.keys.iter().filter_map(|key| unknown(&key.from)).collect();
            for need in &needs {
                queue.dependents.entry(*need).or_default().push(id);
            }
            if needs.is_empty() {
                queue.ready.entry(queue.rank(&entry)).or_default().push((place, entry));
            } else {
                queue.missing.insert(id, needs.len());
                queue.waiting.insert(id, (place, entry));
            }
        }
        queue
    }

    /// The batches that a flush of these objects would insert: the model and the number of each.
    pub(super) fn batches(pending: &BTreeMap<CellId, PendingEntry>) -> Vec<(&'static str, usize)> {
        let mut queue = InsertQueue::new(pending.iter().map(|(id, entry)| (*id, entry.outline())).collect());
        let mut batches = Vec::new();
        loop {
            while let Some(batch) = queue.next_batch() {
                batches.extend(batch.first().map(|entry| (entry.model.def().name, batch.len())));
                queue.inserted(batch.iter());
            }
            if queue.cut().is_none() {
                return batches;
            }
        }
    }

    /// The objects of the first table that has any whose keys are all known.
    pub(super) fn next_batch(&mut self) -> Option<Vec<PendingEntry>> {
        let (_, mut batch) = self.ready.pop_first()?;
        // In the order they were added in, so that generated keys follow it.
        batch.sort_by_key(|(place, _)| *place);
        Some(batch.into_iter().map(|(_, entry)| entry).collect())
    }

    /// The keys of these are known now.
    pub(super) fn inserted<'e>(&mut self, entries: impl Iterator<Item = &'e PendingEntry>) {
        if self.dependents.is_empty() {
            return;
        }
        for entry in entries {
            for dependent in self.dependents.remove(&cell_id(&entry.cell)).unwrap_or_default() {
                let Some(missing) = self.missing.get_mut(&dependent).filter(|missing| **missing > 0) else {
                    continue;
                };
                *missing -= 1;
                if *missing == 0
                    && let Some((place, entry)) = self.waiting.remove(&dependent)
                {
                    self.ready.entry(self.rank(&entry)).or_default().push((place, entry));
                }
            }
        }
    }

    /// Cuts a circle: the first object whose unknown keys may all be NULL is inserted without them. Returns those keys,
    /// to be set when they are known.
    pub(super) fn cut(&mut self) -> Option<(Ref, Vec<KeyFrom>)> {
        let unknown = |key: &KeyFrom| key.from.node().is_none();
        let may_wait = |entry: &PendingEntry| {
            let columns = entry.model.def().columns;
            let mut keys = entry.keys.iter().filter(|key| unknown(key));
            keys.all(|key| key.columns.iter().all(|column| columns[*column].nullable))
        };
        let first = self
            .waiting
            .iter()
            .filter(|(_, (_, entry))| may_wait(entry))
            .min_by_key(|(_, (place, _))| *place);
        let id = *first?.0;
        let (place, mut entry) = self.waiting.remove(&id)?;
        let (late, known) = std::mem::take(&mut entry.keys).into_iter().partition(unknown);
        entry.keys = known;
        let cell = Ref::Pending(Arc::clone(&entry.cell));
        self.missing.insert(id, 0);
        self.ready.entry(self.rank(&entry)).or_default().push((place, entry));
        Some((cell, late))
    }

    /// The models of what is left when nothing can be inserted any more.
    pub(super) fn stuck(&self) -> Option<Vec<&'static str>> {
        let names: Vec<_> = self.waiting.values().map(|(_, entry)| entry.model.def().name).collect();
        (!names.is_empty()).then_some(names)
    }

    fn rank(&self, entry: &PendingEntry) -> usize {
        self.ranks.get(&entry.model.type_id()).copied().unwrap_or(usize::MAX)
    }
}

/// The order of tables in which rows may be inserted: a table comes after those that its keys refer to.
///
/// Cycles between tables are cut where they close; the rows of such tables are ordered by their links instead.
pub(super) fn table_ranks(models: &[&'static dyn ErasedModel]) -> HashMap<TypeId, usize> {
    let present: HashMap<TypeId, &'static dyn ErasedModel> =
        models.iter().map(|model| (model.type_id(), *model)).collect();
    let mut parents: HashMap<TypeId, Vec<TypeId>> = HashMap::new();
    let mut seen = HashSet::new();
    for model in models.iter().filter(|model| seen.insert(model.type_id())) {
        for relation in model.def().relations {
            let (here, there) = (model.type_id(), (relation.target)().type_id());
            let (child, parent) = match relation.kind {
                RelationKind::BelongsTo { .. } => (here, there),
                RelationKind::HasMany | RelationKind::HasOne => (there, here),
                RelationKind::ManyToMany => continue,
            };
            if child != parent && present.contains_key(&parent) {
                parents.entry(child).or_default().push(parent);
            }
        }
    }
    let mut ranks = HashMap::new();
    let mut entered = HashSet::new();
    for model in models {
        visit(model.type_id(), &parents, &mut entered, &mut ranks);
    }
    ranks
}

/// The order of tables in which rows may be deleted: the other way round.
pub(super) fn deletion_ranks(models: &[&'static dyn ErasedModel]) -> HashMap<TypeId, usize> {
    table_ranks(models).into_iter().map(|(model, rank)| (model, models.len() - rank)).collect()
}

/// Rounds of rows, by their places: each goes before those that it refers to. Rows in a circle, and those that they refer
/// to, are the last round. A row that refers to itself is not in its own way.
pub(super) fn children_first(parents: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let others = |at: usize| parents[at].iter().copied().filter(move |parent| *parent != at);
    let mut children = vec![0_usize; parents.len()];
    for at in 0..parents.len() {
        others(at).for_each(|parent| children[parent] += 1);
    }
    let mut rounds = Vec::new();
    let mut left: Vec<bool> = vec![true; parents.len()];
    let mut next: Vec<usize> = (0..parents.len()).filter(|at| children[*at] == 0).collect();
    while !next.is_empty() {
        let mut following = Vec::new();
        for at in &next {
            left[*at] = false;
            for parent in others(*at) {
                children[parent] -= 1;
                if children[parent] == 0 {
                    following.push(parent);
                }
            }
        }
        rounds.push(std::mem::replace(&mut next, following));
    }
    let circles: Vec<usize> = (0..parents.len()).filter(|at| left[*at]).collect();
    if !circles.is_empty() {
        rounds.push(circles);
    }
    rounds
}

/// Depth first without recursion: a chain of models may be long.
fn visit(
    model: TypeId,
    parents: &HashMap<TypeId, Vec<TypeId>>,
    entered: &mut HashSet<TypeId>,
    ranks: &mut HashMap<TypeId, usize>,
) {
    let mut stack = vec![(model, false)];
    while let Some((model, done)) = stack.pop() {
        if done {
            let next = ranks.len();
            ranks.entry(model).or_insert(next);
        } else if entered.insert(model) {
            stack.push((model, true));
            stack.extend(parents.get(&model).into_iter().flatten().map(|parent| (*parent, false)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::children_first;

    #[test]
    fn rows_go_before_those_that_they_refer_to() {
        assert_eq!(children_first(&[]), [[0_usize; 0]; 0]);
        // A root that refers to itself, with two children and a grandchild; one of the children twice.
        let tree = [vec![0], vec![0, 0], vec![0], vec![1]];
        assert_eq!(children_first(&tree), [vec![2, 3], vec![1], vec![0]]);
        let circle = [vec![1], vec![0], vec![1], vec![]];
        assert_eq!(children_first(&circle), [vec![2, 3], vec![0, 1]]);
    }
}
