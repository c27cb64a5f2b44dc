//! Structs that a graph stores.

use super::Seed;
use crate::value::{Cells, ValueError, ValueRef};

/// A struct whose fields are cells: what the graph stores. Implemented by `#[derive(Model)]`.
pub trait Record: Sized + Send + Sync + 'static {
    /// The deferred columns.
    const DEFERRED: &'static [usize] = &[];

    /// The column's field, as a cell; NULL for an index that no column has.
    fn view(&self, column: usize) -> ValueRef<'_>;

    /// Builds the struct from cells in column order; its relationship fields point to the seed's place.
    ///
    /// # Errors
    /// A cell does not hold its field's type.
    fn read(cells: &dyn Cells, seed: &Seed) -> Result<Self, CellError>;

    /// Gives a deferred column what was read of it; one that has a value keeps it.
    ///
    /// # Errors
    /// The cell does not hold the field's type.
    fn fill(&self, column: usize, cell: ValueRef<'_>) -> Result<(), CellError> {
        let _ = (column, cell);
        Ok(())
    }
}

/// A cell that its field cannot hold.
#[derive(Debug, Clone)]
pub struct CellError {
    /// The column's index in the model.
    pub column: usize,
    /// What is wrong with it.
    pub error: ValueError,
}
