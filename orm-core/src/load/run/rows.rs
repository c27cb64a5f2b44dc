//! Rows as objects of the graph and of levels.

use std::collections::VecDeque;

use super::levels::{EdgeBuilder, Levels, Owners, Pairs};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ArenaId, ObjectId};
use crate::identity::Store;
use crate::load::plan::Branch;
use crate::model::{Hydrate, ModelDef};
use crate::value::{Cells, Value, ValueRef};

/// Takes the rows of a statement into the graph and the levels.
pub(super) struct Rows<'l> {
    pub(super) store: &'l mut Store,
    pub(super) levels: &'l mut Levels,
    pub(super) existing: Hydrate,
}

/// What the rows of a statement gave a branch so far.
#[derive(Debug)]
pub(super) struct BranchRows {
    pub(super) level: usize,
    pub(super) arena: ArenaId,
    /// Whether each row is one that the session holds no object of.
    unseen: bool,
    /// What is joined to the branch, and which of its objects are whose.
    joined: Vec<(Pairs, BranchRows)>,
}

impl BranchRows {
    /// The levels of a branch and of what is joined to it, still without objects.
    ///
    /// # Errors
    /// `InvalidModel`.
    pub(super) fn new(branch: &Branch, store: &mut Store, levels: &mut Levels) -> Result<BranchRows> {
        let arena = store.arena_of(branch.selection.model)?;
        let level = levels.add(arena);
        let mut joined = Vec::with_capacity(branch.joined.len());
        for below in &branch.joined {
            joined.push((Pairs::new(below.repeats), BranchRows::new(&below.branch, store, levels)?));
        }
        Ok(BranchRows { level, arena, unseen: false, joined })
    }

    /// The levels, in the order in which [`Branch::further`] counts branches.
    pub(super) fn levels(&self) -> Vec<usize> {
        let mut found = Vec::new();
        let mut rows = VecDeque::from([self]);
        while let Some(next) = rows.pop_front() {
            found.push(next.level);
            rows.extend(next.joined.iter().map(|(_, below)| below));
        }
        found
    }

    /// Turns what the rows gave into edges of the levels.
    pub(super) fn finish(self, branch: &Branch, levels: &mut Levels) -> Result<()> {
        for (joined, (pairs, rows)) in branch.joined.iter().zip(self.joined) {
            let level = rows.level;
            rows.finish(&joined.branch, levels)?;
            let owners = Owners { count: levels.levels[self.level].nodes.len(), of: None };
            let targets = pairs.group(joined.relation, &owners)?;
            let (relation, whole, back) = (joined.relation, joined.whole, joined.back);
            levels.levels[self.level].edges.push(EdgeBuilder { relation, level, whole, back, targets });
        }
        Ok(())
    }
}

impl Rows<'_> {
    /// A statement begins, and the branch describes its own rows. If the session cannot hold any of them yet, rows are
    /// not looked up in the identity map.
    pub(super) fn begin(&self, branch: &Branch, into: &mut BranchRows) {
        // A locked row may have moved to where the statement comes by it again.
        into.unseen = branch.distinct && !branch.locked && self.store.holds_none(into.arena);
    }

    /// Takes one row of a statement, described by the branch; returns the object's position.
    pub(super) fn own(&mut self, branch: &Branch, into: &mut BranchRows, cells: &dyn Cells) -> Result<u32> {
        self.take(branch, into, cells)?.ok_or_else(|| null_key(branch.selection.def()))
    }

    /// Takes a branch's part of one row; returns the object's position, or `None` if an outer join found nothing.
    pub(super) fn take(
        &mut self,
        branch: &Branch,
        into: &mut BranchRows,
        cells: &dyn Cells,
    ) -> Result<Option<u32>> {
        let part = branch.selection.cells(cells, branch.offset);
        // The first branch needs no shift of its cells, and most rows have no other.
        let whole = branch.offset == 0 && branch.selection.is_whole();
        let own: &dyn Cells = if whole { cells } else { &part };
        let found = match into.unseen {
            true => self.store.admit(into.arena, own)?,
            false => self.store.hydrate(into.arena, own, self.existing)?,
        };
        let Some(found) = found else { return Ok(None) };
        if branch.locked {
            self.check_version(into.arena, found.node, own)?;
        }
        let position = self.levels.levels[into.level].position(found.node);
        if branch.joined.is_empty() {
            return Ok(Some(position));
        }
        let mut joined = into.joined.iter_mut();
        for below in &branch.joined {
            let Some((pairs, rows)) = joined.next() else { break };
            if let Some(target) = self.take(&below.branch, rows, cells)? {
                pairs.push(position, target);
            }
        }
        Ok(Some(position))
    }

    /// A locked row is about to be changed, so the session's object must have its version.
    fn check_version(&self, arena: ArenaId, node: u32, row: &dyn Cells) -> Result<()> {
        let def = self.store.def(arena);
        let Some(version) = def.columns.iter().position(|column| column.version) else { return Ok(()) };
        let held = self.store.arena(arena).view(node, version);
        match row.cell(version) {
            Ok(is) if is != held => Err(stale(def, &self.store.key(ObjectId { arena, node }), held, is)),
            _ => Ok(()),
        }
    }
}

fn stale(def: &ModelDef, key: &[Value], held: ValueRef<'_>, is: ValueRef<'_>) -> Error {
    Error::new(
        ErrorKind::Stale,
        format!(
            "the `{}` with the key {} was changed concurrently: this session holds version {held}, but the locked row \
             has version {is}; roll back, and add `.populate_existing()` to the query or `refresh` the \
             object before it",
            def.name,
            def.shown(def.key, key)
        ),
    )
}

fn null_key(def: &ModelDef) -> Error {
    let fields: Vec<&str> = def.key.iter().map(|column| def.columns[*column].field).collect();
    Error::new(
        ErrorKind::InvalidValue,
        format!("`{}.{}`: the database holds a row whose primary key is NULL", def.name, fields.join(", ")),
    )
}
