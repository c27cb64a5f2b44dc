//! Errors of values.

use std::fmt;

use super::ValueRef;

/// Why a cell could not be read as the Rust type of its column, or a value could not be stored.
///
/// Errors of queries wrap it in an [`Error`](crate::Error) that names the model and the column; it is the
/// [source](std::error::Error::source) of that error.
///
/// ```
/// use orm_core::value::{ColumnType, ValueError, ValueRef};
///
/// assert_eq!(i8::read(ValueRef::Int(300)), Err(ValueError::Range { value: "300".into(), expected: "i8" }));
/// ```
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueError {
    /// The cell holds a value that the column's type cannot read.
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
    /// The text is not written as the column's type is stored, so it would sort and compare wrongly.
    #[error("the database holds {value:?} where `{expected}` is stored as in \"{example}\"")]
    Format {
        /// The text, or its beginning.
        value: String,
        /// A text as it would be stored.
        example: &'static str,
        /// The Rust type of the field.
        expected: &'static str,
    },
    /// The value is not one of the column's type.
    #[error("the database holds {value}, which is not a valid `{expected}`: {reason}")]
    Unknown {
        /// The value.
        value: String,
        /// The Rust type of the field.
        expected: &'static str,
        /// What it should be.
        reason: String,
    },
    /// The value is not one of the column's type, and is not shown because it may be secret.
    #[error("a value that is not shown, since it may be a secret, does not fit `{expected}`")]
    Hidden {
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

impl ValueError {
    /// The cell holds another type, or NULL.
    #[cold]
    pub(crate) fn mismatch(found: ValueRef<'_>, expected: &'static str) -> ValueError {
        match found {
            ValueRef::Null => ValueError::UnexpectedNull { expected },
            other => ValueError::Type { found: other.kind_name(), expected },
        }
    }

    /// The cell holds none of the values that a type has; for generated code.
    #[doc(hidden)]
    #[cold]
    pub fn not_among(cell: ValueRef<'_>, expected: &'static str, known: &str) -> ValueError {
        match cell {
            ValueRef::Text(_) | ValueRef::Int(_) => {
                ValueError::Unknown { value: shown(cell), expected, reason: format!("there are {known}") }
            }
            other => ValueError::mismatch(other, expected),
        }
    }

    /// A type's own `TryFrom` refused what the cell holds; for generated code.
    #[doc(hidden)]
    #[cold]
    pub fn not_accepted(cell: ValueRef<'_>, expected: &'static str, error: &dyn fmt::Display) -> ValueError {
        ValueError::Unknown { value: shown(cell), expected, reason: error.to_string() }
    }

    /// The same without the value, which may be a secret.
    #[cold]
    pub(crate) fn without_value(&self) -> ValueError {
        match self {
            ValueError::Range { expected, .. }
            | ValueError::Format { expected, .. }
            | ValueError::Unknown { expected, .. } => ValueError::Hidden { expected },
            ValueError::Driver(_) => ValueError::Driver("a cell cannot be read".to_owned()),
            shown => shown.clone(),
        }
    }

    /// The text is not written as the type is stored.
    #[cold]
    pub(crate) fn format(text: &str, example: &'static str, expected: &'static str) -> ValueError {
        ValueError::Format { value: text.chars().take(80).collect(), example, expected }
    }
}

/// A cell, cut off where it is long.
fn shown(cell: ValueRef<'_>) -> String {
    const MOST: usize = 80;
    let text = cell.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} ..", &text[..end]),
        None => text,
    }
}
