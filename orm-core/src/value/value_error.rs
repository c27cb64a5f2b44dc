/// Why a cell could not become the Rust type of its column, or the other way round.
///
/// The stage that knows model and column wraps it into an [`Error`](crate::Error) that names both.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueError {
    /// The cell holds something else than the column's type can read.
    #[error("the database holds {found} where the field is `{expected}`")]
    Type {
        /// What the cell holds, in words.
        found: &'static str,
        /// The Rust type of the field.
        expected: &'static str,
    },
    /// The number does not fit the other side.
    #[error("{value} does not fit `{expected}`")]
    Range {
        /// The number, as text.
        value: String,
        /// The type it should fit.
        expected: &'static str,
    },
    /// The cell is NULL and the field is not an `Option`.
    #[error("the database holds NULL where the field is `{expected}`; make the field an `Option`")]
    UnexpectedNull {
        /// The Rust type of the field.
        expected: &'static str,
    },
    /// The row has fewer cells than the model has columns.
    #[error("the row has no cell {index}")]
    MissingCell {
        /// The cell's position in the row, from 0.
        index: usize,
    },
    /// The driver could not hand the cell out.
    #[error("{0}")]
    Driver(String),
}
