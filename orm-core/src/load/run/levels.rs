//! The levels of an answer while it is built.

use hashbrown::{HashMap, HashSet};

use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ArenaId, Edge, Level, Targets};
use crate::model::{RelationDef, RelationKind};

/// The levels of an answer while its statements run.
#[derive(Debug, Default)]
pub(super) struct Levels {
    pub(super) levels: Vec<LevelBuilder>,
    /// The objects of the first level, row by row, where joins of the query may repeat them.
    pub(super) rows: Option<Vec<u32>>,
}

/// One level: the distinct objects found so far.
#[derive(Debug)]
pub(super) struct LevelBuilder {
    pub(super) arena: ArenaId,
    pub(super) nodes: Vec<u32>,
    positions: HashMap<u32, u32>,
    /// Objects made one after the other have consecutive positions, and need no entry in the map.
    run: Run,
    pub(super) edges: Vec<EdgeBuilder>,
}

/// One relationship of a level's objects.
#[derive(Debug)]
pub(super) struct EdgeBuilder {
    pub(super) relation: &'static RelationDef,
    pub(super) level: usize,
    /// Whether it holds the whole relationship, so that objects may keep it.
    pub(super) whole: bool,
    /// What the targets hold of their owner.
    pub(super) back: Option<&'static RelationDef>,
    pub(super) targets: Targets,
}

/// Pairs of owner and target, in the order they arrived in.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pairs: Vec<(u32, u32)>,
    /// Only where rows can repeat a pair: below joined collections and link tables.
    seen: Option<HashSet<(u32, u32)>>,
}

impl Levels {
    pub(super) fn add(&mut self, arena: ArenaId) -> usize {
        self.levels.push(LevelBuilder {
            arena,
            nodes: Vec::new(),
            positions: HashMap::new(),
            run: Run::default(),
            edges: Vec::new(),
        });
        self.levels.len() - 1
    }

    pub(super) fn finish(self) -> Vec<Level> {
        let finish = |level: LevelBuilder| Level {
            arena: level.arena,
            nodes: level.nodes.into(),
            edges: level
                .edges
                .into_iter()
                .map(|edge| Edge {
                    relation: edge.relation.index,
                    level: edge.level,
                    targets: edge.targets.into(),
                })
                .collect(),
        };
        self.levels.into_iter().map(finish).collect()
    }
}

/// A run of objects: starting at this node and position, this many.
#[derive(Debug, Default)]
struct Run {
    node: u32,
    position: u32,
    len: u32,
}

impl Run {
    fn position(&self, node: u32) -> Option<u32> {
        let offset = node.checked_sub(self.node)?;
        (offset < self.len).then(|| self.position + offset)
    }

    /// Takes the next object of the run, or the first one.
    fn extend(&mut self, node: u32, position: u32) -> bool {
        if self.len == 0 {
            *self = Run { node, position, len: 1 };
            return true;
        }
        let next = (self.node.checked_add(self.len), self.position.checked_add(self.len));
        let follows = next == (Some(node), Some(position));
        self.len += u32::from(follows);
        follows
    }
}

impl LevelBuilder {
    /// The position of an object, which it gets when it is seen first.
    pub(super) fn position(&mut self, node: u32) -> u32 {
        if let Some(position) = self.run.position(node) {
            return position;
        }
        let next = count(self.nodes.len());
        if self.run.extend(node, next) {
            // The map may know it from before the run reached it.
            if let Some(position) = self.positions.get(&node) {
                self.run.len -= 1;
                return *position;
            }
            self.nodes.push(node);
            return next;
        }
        let nodes = &mut self.nodes;
        *self.positions.entry(node).or_insert_with(|| {
            nodes.push(node);
            next
        })
    }
}

impl Pairs {
    pub(super) fn new(may_repeat: bool) -> Pairs {
        Pairs { pairs: Vec::new(), seen: may_repeat.then(HashSet::new) }
    }

    pub(super) fn push(&mut self, owner: u32, target: u32) {
        if self.seen.as_mut().is_none_or(|seen| seen.insert((owner, target))) {
            self.pairs.push((owner, target));
        }
    }

    /// Groups by owner: one pass counts, one pass places. `owners` maps each position of the level to its owner, so
    /// parents with the same key share what was found for it.
    pub(super) fn group(self, relation: &RelationDef, owners: &Owners) -> Result<Targets> {
        let found = match relation.is_collection() {
            true => self.group_many(owners.count),
            false => self.group_one(relation, owners.count)?,
        };
        Ok(match &owners.of {
            None => found,
            Some(of) => found.spread(of.iter().copied()),
        })
    }

    fn group_many(self, owners: usize) -> Targets {
        let mut ends = vec![0u32; owners + 1];
        for (owner, _) in &self.pairs {
            ends[*owner as usize + 1] += 1;
        }
        for at in 1..ends.len() {
            ends[at] += ends[at - 1];
        }
        let mut items = vec![0u32; self.pairs.len()];
        let mut next = ends.clone();
        for (owner, target) in self.pairs {
            let at = &mut next[owner as usize];
            items[*at as usize] = target;
            *at += 1;
        }
        Targets::Many { starts: ends, items }
    }

    fn group_one(self, relation: &RelationDef, owners: usize) -> Result<Targets> {
        let mut found: Vec<Option<u32>> = vec![None; owners];
        for (owner, target) in self.pairs {
            let slot = &mut found[owner as usize];
            if slot.is_some() {
                return Err(several(relation));
            }
            *slot = Some(target);
        }
        Ok(Targets::One { items: found })
    }
}

/// Who the targets are grouped by: the parents themselves, or keys that several parents share.
#[derive(Debug)]
pub(super) struct Owners {
    /// How many owners there are.
    pub(super) count: usize,
    /// The owner of each parent, if owners are keys; `None` for a parent whose key is NULL.
    pub(super) of: Option<Vec<Option<u32>>>,
}

fn several(relation: &RelationDef) -> Error {
    let (path, target) = (relation.path(), relation.target().name);
    let advice = match relation.kind {
        RelationKind::OneToOne => "make it a `HasMany`, or the key column `unique`",
        _ => "the key it refers to is not unique",
    };
    Error::new(
        ErrorKind::MultipleRows,
        format!(
            "`{path}` found several rows of `{target}` for one object where at most one may be: {advice}"
        ),
    )
}

/// A position as an index. Levels are indexed by `u32`; the arenas refuse to grow beyond it.
pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
