//! Rows that are copied from one thread to another.

use std::sync::Arc;

use super::error::NOT_UTF8;
use super::prepared::Prepared;
use crate::driver::RowSink;
use crate::error::Result;
use crate::value::{Cells, ValueError, ValueRef};

/// Some rows of a statement: one buffer of cells, one of text and one of bytes.
#[derive(Default)]
pub(super) struct Batch {
    width: usize,
    /// The columns' names; empty if nothing can ask for them.
    names: Arc<[Box<str>]>,
    cells: Vec<Cell>,
    text: String,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Cell {
    Null,
    Int(i64),
    Float(f64),
    Text(usize, usize),
    Bytes(usize, usize),
    /// A text that is not UTF-8.
    Broken,
}

/// One row of a batch.
pub(super) struct BatchRow<'b> {
    batch: &'b Batch,
    first: usize,
}

/// Gives the rows of a batch to the sink.
///
/// # Errors
/// The sink refuses a row.
pub(super) fn give(batch: &Batch, sink: &mut dyn RowSink, count: &mut u64) -> Result<()> {
    for row in batch.rows() {
        *count += 1;
        sink.row(&row)?;
    }
    Ok(())
}

impl Batch {
    /// An empty one for a statement's rows.
    pub(super) fn of(statement: &Prepared) -> Batch {
        Batch { width: statement.width(), names: statement.names(), ..Batch::default() }
    }

    /// An empty one for rows of the same statement.
    pub(super) fn beside(&self) -> Batch {
        Batch { width: self.width, names: Arc::clone(&self.names), ..Batch::default() }
    }

    /// The same buffers without rows, for a statement of as many columns.
    pub(super) fn emptied(mut self) -> Batch {
        self.empty(self.width);
        self
    }

    /// Keeps only the buffers.
    pub(super) fn empty(&mut self, width: usize) {
        self.width = width;
        self.cells.clear();
        self.text.clear();
        self.bytes.clear();
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.cells.len() / self.width.max(1)
    }

    /// Takes a row of a statement that returns as many columns as the batch is wide.
    pub(super) fn take(&mut self, row: &impl Cells) {
        for at in 0..self.width {
            let cell = match row.cell(at) {
                Ok(ValueRef::Int(v)) => Cell::Int(v),
                Ok(ValueRef::Float(v)) => Cell::Float(v),
                Ok(ValueRef::Text(v)) => {
                    let start = self.text.len();
                    self.text.push_str(v);
                    Cell::Text(start, self.text.len())
                }
                Ok(ValueRef::Bytes(v)) => {
                    let start = self.bytes.len();
                    self.bytes.extend_from_slice(v);
                    Cell::Bytes(start, self.bytes.len())
                }
                // SQLite has no other types.
                Ok(_) => Cell::Null,
                Err(_) => Cell::Broken,
            };
            self.cells.push(cell);
        }
    }

    /// The rows, one by one.
    pub(super) fn rows(&self) -> impl Iterator<Item = BatchRow<'_>> {
        let starts = (0..self.cells.len()).step_by(self.width.max(1));
        starts.map(|first| BatchRow { batch: self, first })
    }
}

impl BatchRow<'_> {
    fn held(&self, index: usize) -> Option<&Cell> {
        if index < self.batch.width { self.batch.cells.get(self.first + index) } else { None }
    }
}

impl Cells for BatchRow<'_> {
    fn integer(&self, index: usize) -> Option<i64> {
        match self.held(index)? {
            Cell::Int(v) => Some(*v),
            _ => None,
        }
    }

    fn float(&self, index: usize) -> Option<f64> {
        match self.held(index)? {
            Cell::Float(v) => Some(*v),
            _ => None,
        }
    }

    fn text(&self, index: usize) -> Option<&str> {
        match self.held(index)? {
            Cell::Text(from, to) => self.batch.text.get(*from..*to),
            _ => None,
        }
    }

    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError> {
        let missing = || ValueError::MissingCell { index };
        match *self.held(index).ok_or_else(missing)? {
            Cell::Null => Ok(ValueRef::Null),
            Cell::Int(v) => Ok(ValueRef::Int(v)),
            Cell::Float(v) => Ok(ValueRef::Float(v)),
            Cell::Text(from, to) => self.batch.text.get(from..to).map(ValueRef::Text).ok_or_else(missing),
            Cell::Bytes(from, to) => self.batch.bytes.get(from..to).map(ValueRef::Bytes).ok_or_else(missing),
            Cell::Broken => Err(ValueError::Driver(NOT_UTF8.to_owned())),
        }
    }

    fn column_name(&self, index: usize) -> Option<&str> {
        self.batch.names.get(index).map(|name| &**name)
    }
}
