use super::levels::Levels;
use super::tree::Branch;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::ObjectId;
use crate::identity::Store;
use crate::model::{Hydrate, ModelDef};
use crate::value::{Cells, Value, ValueRef};

/// Takes the rows of a statement into the graph and the levels.
pub(super) struct Rows<'l> {
    pub(super) store: &'l mut Store,
    pub(super) levels: &'l mut Levels,
    pub(super) existing: Hydrate,
}

impl Rows<'_> {
    /// A statement begins whose own rows the branch is. Where none of them can be one that the session holds, no row is
    /// looked for in the identity map.
    pub(super) fn begin(&self, branch: &mut Branch) {
        // A locked row may have moved to where the statement comes by it again.
        branch.unseen = branch.distinct && !branch.locked && self.store.holds_none(branch.arena);
    }

    /// Takes one row of a statement whose own rows the branch is; returns the object's position.
    pub(super) fn own(&mut self, branch: &mut Branch, cells: &dyn Cells) -> Result<u32> {
        self.take(branch, cells)?.ok_or_else(|| null_key(self.store.def(branch.arena)))
    }

    /// Takes a branch's part of one row; returns the object's position, or none where an outer join found nothing.
    pub(super) fn take(&mut self, branch: &mut Branch, cells: &dyn Cells) -> Result<Option<u32>> {
        let part = branch.selection.cells(cells, branch.offset);
        // The first branch needs no shift of its cells, and most rows have no other.
        let whole = branch.offset == 0 && branch.selection.is_whole();
        let own: &dyn Cells = if whole { cells } else { &part };
        let found = match branch.unseen {
            true => self.store.admit(branch.arena, own)?,
            false => self.store.hydrate(branch.arena, own, self.existing)?,
        };
        let Some(found) = found else { return Ok(None) };
        if branch.locked {
            self.check_version(branch.arena, found.node, own)?;
        }
        let position = self.levels.levels[branch.level].position(found.node);
        for joined in &mut branch.joined {
            if let Some(target) = self.take(&mut joined.branch, cells)? {
                joined.pairs.push(position, target);
            }
        }
        Ok(Some(position))
    }

    /// Who locks a row is about to change it: what the session holds of it must be the row.
    fn check_version(&self, arena: u32, node: u32, row: &dyn Cells) -> Result<()> {
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
            "the `{}` with the key {} was changed by somebody else: this session holds the version {held}, the row that \
             it locked has the version {is}; roll back, and add `.populate_existing()` to the query or `refresh` the \
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
