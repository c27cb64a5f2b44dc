//! Relationships of objects that were loaded before.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::fill::fill;
use super::levels::Levels;
use super::loader::Loader;
use super::wanted::Wanted;
use crate::entity::Place;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Answer, ArenaId, Edge, Level, Region};
use crate::load::plan::{Child, Further, of_objects};
use crate::model::Hydrate;
use crate::query::LoadSpec;

/// Existing objects, of one model, with the answers they came from.
#[derive(Debug, Default)]
pub(crate) struct LateLoad {
    objects: Vec<(Arc<Region>, Place)>,
    /// Whether the targets load what their model loads by default.
    defaults: bool,
}

impl LateLoad {
    /// Objects with the places they have in the answers they came from.
    pub(crate) fn new(objects: Vec<(Arc<Region>, Place)>) -> LateLoad {
        LateLoad { objects, defaults: true }
    }

    /// Objects of the graph, whose targets are needed and nothing else.
    pub(crate) fn bare(objects: impl Iterator<Item = (Arc<Region>, ArenaId, u32)>) -> LateLoad {
        let place = |(region, arena, node)| (region, Place { arena, node, answer: None });
        LateLoad { objects: objects.map(place).collect(), defaults: false }
    }
}

impl Loader<'_> {
    /// Loads a relationship of existing objects. Their new places are in one answer that holds what their own
    /// answers hold, and the new relationship beside it.
    ///
    /// # Errors
    /// As for [`select`](Self::select).
    pub(crate) async fn load(&mut self, late: LateLoad, load: LoadSpec) -> Result<(Arc<Region>, Vec<Place>)> {
        let relation = load.relation;
        let mut load = load;
        load.under.set(self.criteria);
        let Some(load) = of_objects((relation.parent)(), load, late.defaults, self.dialect)? else {
            return Err(Error::new(
                ErrorKind::InvalidQuery,
                format!(
                    "`{}`: `.raise()` and `.lazy()` load nothing; use a loading strategy such as `.selectin()`",
                    relation.path()
                ),
            ));
        };
        if load.inner {
            return Err(Error::new(
                ErrorKind::InvalidQuery,
                format!(
                    "`{}`: `load_all` cannot drop objects by an inner join; remove `.inner()`",
                    relation.path()
                ),
            ));
        }
        let child = Arc::new(Child::plan(load, None, self.dialect)?);
        let further = Further::new(&child, relation.parent().name);
        let known = self.store.mark();
        let arena = self.store.arena_of((relation.parent)())?;
        let mut levels = Levels::default();
        let root = levels.add(arena);
        let mut at = Vec::with_capacity(late.objects.len());
        for (_, place) in &late.objects {
            at.push(levels.levels[root].position(place.node));
        }
        let done = self.complete(vec![Wanted { level: root, further }], &mut levels).await;
        self.kept(&known, done)?;
        fill(self.store, &levels, self.existing == Hydrate::Overwrite);
        Ok(self.merge(late, levels.finish(), &at))
    }

    /// Puts the levels of a late load and those of the objects' own answers into one answer.
    fn merge(&self, late: LateLoad, loaded: Vec<Level>, at: &[u32]) -> (Arc<Region>, Vec<Place>) {
        let mut merge = Merge { levels: Vec::new(), offsets: HashMap::new() };
        let root = merge.append(&loaded);
        let mut places = Vec::with_capacity(at.len());
        let mut extended: HashSet<usize> = HashSet::new();
        for ((region, place), position) in late.objects.iter().zip(at) {
            let (level, position) = match place.answer {
                None => (root, *position),
                Some((level, own)) => {
                    let offset = merge.offset_of(region);
                    let level = offset + level as usize;
                    extended.insert(level);
                    (level, own)
                }
            };
            let answer = u32::try_from(level).ok().map(|level| (level, position));
            places.push(Place { answer, ..*place });
        }
        for level in extended {
            merge.extend(level, root);
        }
        let answer = Answer::new(Arc::clone(self.store.region()), merge.levels, None, self.caller);
        (Arc::new(Region::Answer(answer)), places)
    }
}

struct Merge {
    levels: Vec<Level>,
    /// Where the levels of an answer begin, by the answer's address.
    offsets: HashMap<*const Region, usize>,
}

impl Merge {
    /// Appends levels whose edges lead to each other; returns where they begin.
    fn append(&mut self, levels: &[Level]) -> usize {
        let offset = self.levels.len();
        for level in levels {
            let moved = |edge: &Edge| Edge { level: edge.level + offset, ..edge.clone() };
            let edges = level.edges.iter().map(moved).collect();
            self.levels.push(Level { edges, ..level.clone() });
        }
        offset
    }

    fn offset_of(&mut self, region: &Arc<Region>) -> usize {
        if let Some(offset) = self.offsets.get(&Arc::as_ptr(region)) {
            return *offset;
        }
        let offset = match &**region {
            Region::Graph(_) => self.levels.len(),
            Region::Answer(answer) => self.append(&answer.levels),
        };
        self.offsets.insert(Arc::as_ptr(region), offset);
        offset
    }

    /// Gives the objects of a level the edges that the late load found for its own first level. Other objects of the
    /// level get none; no handle's type claims otherwise.
    fn extend(&mut self, level: usize, root: usize) {
        let loaded: HashMap<u32, u32> =
            (0..).zip(self.levels[root].nodes.iter()).map(|(p, n)| (*n, p)).collect();
        for edge in self.levels[root].edges.clone() {
            let of = self.levels[level].nodes.iter().map(|node| loaded.get(node).copied());
            let targets = edge.targets.spread(of);
            let edges = &mut self.levels[level].edges;
            edges.retain(|earlier| earlier.relation != edge.relation);
            edges.push(Edge { targets: Arc::new(targets), ..edge });
        }
    }
}
