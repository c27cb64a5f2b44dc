//! Rows of PostgreSQL as cells.

use std::cell::{Cell, OnceCell};

use sqlx::postgres::{PgRow, PgValueFormat};
use sqlx::{Column, Row};

use super::cell::Reader;
use crate::error::{Error, ErrorKind, Result};
use crate::value::{Cells, Value, ValueError, ValueRef};

/// A row of sqlx as cells. They are binary.
pub(in crate::driver) struct RowCells<'r> {
    row: &'r PgRow,
    readers: &'r [Reader],
    /// The integer that was read last, and its position: a key is read to find the row's object, and again to make one.
    last: Cell<(usize, i64)>,
    /// The lists that were read, by column: cells borrow from the row. Most rows have none.
    lists: OnceCell<Box<[OnceCell<Vec<Value>>]>>,
}

impl<'r> RowCells<'r> {
    /// `readers` are those of the row's result.
    pub(in crate::driver) fn new(row: &'r PgRow, readers: &'r [Reader]) -> RowCells<'r> {
        RowCells { row, readers, last: Cell::new((usize::MAX, 0)), lists: OnceCell::new() }
    }

    /// How the cells of a result are read, which its first row tells.
    pub(in crate::driver) fn readers(row: &PgRow) -> Vec<Reader> {
        row.columns().iter().map(|column| Reader::of(column.type_info())).collect()
    }

    /// The same where the server could choose the form of the cells.
    ///
    /// # Errors
    /// They are text.
    pub(in crate::driver) fn binary_readers(row: &PgRow) -> Result<Vec<Reader>> {
        match row.try_get_raw(0) {
            Ok(cell) if cell.format() == PgValueFormat::Text => {
                Err(Error::new(ErrorKind::Database, "the server sent text where binary was asked for"))
            }
            // The result may have no columns.
            _ => Ok(RowCells::readers(row)),
        }
    }

    /// The content of a cell; `None` for NULL.
    #[inline]
    fn bytes(&self, index: usize) -> Option<&'r [u8]> {
        // By reference: it is large.
        match &self.row.try_get_raw(index) {
            Ok(cell) => cell.as_bytes().ok(),
            Err(_) => None,
        }
    }

    fn list(&self, index: usize, of: &Reader, bytes: &[u8]) -> Result<ValueRef<'_>, ValueError> {
        let lists = self.lists.get_or_init(|| self.readers.iter().map(|_| OnceCell::new()).collect());
        let Some(list) = lists.get(index) else { return Err(ValueError::MissingCell { index }) };
        let values = of.list(bytes)?;
        Ok(ValueRef::Composite(list.get_or_init(|| values)))
    }
}

impl Cells for RowCells<'_> {
    fn boolean(&self, index: usize) -> Option<bool> {
        match (self.readers.get(index)?, self.bytes(index)?) {
            (Reader::Bool, [byte]) => Some(*byte != 0),
            _ => None,
        }
    }

    fn integer(&self, index: usize) -> Option<i64> {
        let (last, integer) = self.last.get();
        if last == index {
            return Some(integer);
        }
        let integer = match self.readers.get(index)? {
            Reader::Int8 => i64::from_be_bytes(self.bytes(index)?.try_into().ok()?),
            Reader::Int4 => i32::from_be_bytes(self.bytes(index)?.try_into().ok()?).into(),
            _ => return None,
        };
        self.last.set((index, integer));
        Some(integer)
    }

    fn float(&self, index: usize) -> Option<f64> {
        match self.readers.get(index)? {
            Reader::Float8 => Some(f64::from_be_bytes(self.bytes(index)?.try_into().ok()?)),
            _ => None,
        }
    }

    fn text(&self, index: usize) -> Option<&str> {
        match self.readers.get(index)? {
            Reader::Text => str::from_utf8(self.bytes(index)?).ok(),
            _ => None,
        }
    }

    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError> {
        // There is one for each cell of the row.
        let Some(reader) = self.readers.get(index) else { return Err(ValueError::MissingCell { index }) };
        let Some(bytes) = self.bytes(index) else { return Ok(ValueRef::Null) };
        match reader {
            Reader::List(of) => self.list(index, of, bytes),
            plain => plain.read(bytes),
        }
    }

    fn column_name(&self, index: usize) -> Option<&str> {
        self.row.columns().get(index).map(Column::name)
    }
}
