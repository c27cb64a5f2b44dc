use rusqlite::types::ValueRef as RawCell;

use super::sqlite_batch::NOT_UTF8;
use crate::value::{Cells, ValueError, ValueRef};

/// The row that a statement of a job is at.
pub(super) struct JobRow<'r>(pub(super) &'r rusqlite::Row<'r>);

impl Cells for JobRow<'_> {
    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError> {
        match self.0.get_ref(index) {
            Ok(RawCell::Null) => Ok(ValueRef::Null),
            Ok(RawCell::Integer(v)) => Ok(ValueRef::Int(v)),
            Ok(RawCell::Real(v)) => Ok(ValueRef::Float(v)),
            Ok(RawCell::Text(v)) => match std::str::from_utf8(v) {
                Ok(text) => Ok(ValueRef::Text(text)),
                Err(_) => Err(ValueError::Driver(NOT_UTF8.to_owned())),
            },
            Ok(RawCell::Blob(v)) => Ok(ValueRef::Bytes(v)),
            Err(_) => Err(ValueError::MissingCell { index }),
        }
    }
}
