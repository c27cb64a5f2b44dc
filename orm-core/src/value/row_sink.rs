//! Takes rows as they arrive.

use super::Cells;
use crate::error::Result;

/// Takes the rows of a statement, one by one, while they arrive.
pub trait RowSink: Send {
    /// Takes one row.
    ///
    /// # Errors
    /// The row cannot be used; the statement is abandoned then.
    fn row(&mut self, cells: &dyn Cells) -> Result<()>;
}

impl<F: FnMut(&dyn Cells) -> Result<()> + Send> RowSink for F {
    fn row(&mut self, cells: &dyn Cells) -> Result<()> {
        self(cells)
    }
}
