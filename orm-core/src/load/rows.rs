use super::levels::Levels;
use super::tree::Branch;
use crate::error::Result;
use crate::identity::Store;
use crate::model::Hydrate;
use crate::value::{Cells, ValueError, ValueRef};

/// Takes the rows of a statement into the graph and the levels.
pub(super) struct Rows<'l> {
    pub(super) store: &'l mut Store,
    pub(super) levels: &'l mut Levels,
    pub(super) existing: Hydrate,
}

impl Rows<'_> {
    /// Takes a branch's part of one row; returns the object's position, or none where an outer join found nothing.
    pub(super) fn take(&mut self, branch: &mut Branch, cells: &dyn Cells) -> Result<Option<u32>> {
        let part = Part { cells, offset: branch.offset };
        let Some(found) = self.store.hydrate(branch.arena, &part, self.existing)? else { return Ok(None) };
        let position = self.levels.levels[branch.level].position(found.node);
        for joined in &mut branch.joined {
            if let Some(target) = self.take(&mut joined.branch, cells)? {
                joined.pairs.push(position, target);
            }
        }
        Ok(Some(position))
    }
}

/// The cells of one model in a row of several.
struct Part<'r> {
    cells: &'r dyn Cells,
    offset: usize,
}

impl Cells for Part<'_> {
    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError> {
        self.cells.cell(self.offset + index)
    }
}
