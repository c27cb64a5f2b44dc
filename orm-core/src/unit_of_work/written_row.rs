//! What a flush wrote, row by row.

use hashbrown::HashMap;

use super::flush::Flush;
use super::row_plan::RowPlan;
use super::schedule::Part;
use super::unit_of_work::CellId;
use super::work::Row;
use crate::graph::ObjectId;
use crate::value::{Value, ValueRef};

/// A row that a flush wrote, with its old and new values: an entry for an audit log. See
/// [`FlushPlan::rows`](super::FlushPlan::rows).
///
/// ```
/// # use orm_core::prelude::*;
/// use orm_core::plan::{FlushPlan, WrittenRow};
///
/// fn entry(row: &WrittenRow) -> String {
///     let fields: Vec<&str> = row.columns().iter().map(|column| column.field()).collect();
///     format!("{:?} {} {:?}: {}", row.change(), row.model(), row.key(), fields.join(", "))
/// }
///
/// struct Audit;
///
/// impl SessionHooks for Audit {
///     fn after_flush(&self, executed: &FlushPlan, _context: &Context) {
///         for row in executed.rows() {
///             println!("{}", entry(row));
///         }
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenRow {
    model: &'static str,
    change: RowChange,
    key: Vec<Value>,
    columns: Vec<WrittenColumn>,
}

/// What a flush did to a row.
///
/// ```
/// use orm_core::plan::{RowChange, WrittenRow};
///
/// fn verb(row: &WrittenRow) -> &'static str {
///     match row.change() {
///         RowChange::Inserted => "created",
///         RowChange::Updated => "changed",
///         RowChange::Deleted => "deleted",
///         _ => "wrote",
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RowChange {
    /// It was inserted.
    Inserted,
    /// It was updated.
    Updated,
    /// It was deleted.
    Deleted,
}

/// A column of a [`WrittenRow`].
///
/// ```
/// use orm_core::plan::WrittenColumn;
///
/// /// `title: Some(Text("Loops")) -> Some(Text("Trees"))`
/// fn line(column: &WrittenColumn) -> String {
///     format!("{}: {:?} -> {:?}", column.field(), column.old_value(), column.new_value())
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenColumn {
    field: &'static str,
    old: Option<Value>,
    new: Option<Value>,
}

impl WrittenRow {
    /// The name of the model.
    pub fn model(&self) -> &'static str {
        self.model
    }

    /// What happened to the row.
    pub fn change(&self) -> RowChange {
        self.change
    }

    /// Its primary key: of a row whose key changed, the new one.
    pub fn key(&self) -> &[Value] {
        &self.key
    }

    /// All columns of an inserted or deleted row, and those of an updated one whose values changed, including what the
    /// database computed.
    pub fn columns(&self) -> &[WrittenColumn] {
        &self.columns
    }
}

impl WrittenColumn {
    /// The name of the field.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// The value that the session last read or wrote; `None` of an inserted row, and of a deferred column that was not loaded.
    /// A `secret` column is `***`.
    pub fn old_value(&self) -> Option<&Value> {
        self.old.as_ref()
    }

    /// The value that the row has now; `None` of a deleted row, and of a deferred column that the database filled in. A
    /// `secret` column is `***`.
    pub fn new_value(&self) -> Option<&Value> {
        self.new.as_ref()
    }
}

/// The version that the row of each operation has before it is written; new rows have none.
pub(super) type Before = Vec<Option<usize>>;

impl Flush<'_> {
    /// Notes what rows are before they are written, where it is asked for.
    pub(super) fn before_rows(&self, plan: &RowPlan) -> Option<Before> {
        self.executed.as_ref()?;
        let version = |row: &Row| match row {
            Row::New(_) => None,
            Row::Changed(node) | Row::Switched(node) | Row::Deleted(node) => {
                Some(self.unit.saved_version(self.store, *node))
            }
        };
        Some(plan.rows.rows.iter().map(version).collect())
    }

    /// Records the rows that were written, in the order of their statements: a new row may have the key of a deleted one.
    pub(super) fn written_rows(&mut self, plan: &RowPlan, before: Before, new: &HashMap<CellId, ObjectId>) {
        let written = |operation: &usize| match plan.rows.rows[*operation] {
            Row::New(cell) => self.written_row(*new.get(&cell)?, RowChange::Inserted, before[*operation]),
            Row::Changed(node) | Row::Switched(node) => {
                self.written_row(node, RowChange::Updated, before[*operation])
            }
            Row::Deleted(node) => self.written_row(node, RowChange::Deleted, before[*operation]),
        };
        // The parts of a row are written around the whole.
        let whole = plan.steps.iter().filter(|step| matches!(step.part, Part::Whole));
        let rows: Vec<WrittenRow> = whole.flat_map(|step| &step.operations).filter_map(written).collect();
        if let Some(executed) = &mut self.executed {
            executed.written(rows);
        }
    }

    fn written_row(&self, node: ObjectId, change: RowChange, before: Option<usize>) -> Option<WrittenRow> {
        let (def, objects) = (self.store.def(node.arena), self.store.arena(node.arena));
        let old = |column: usize| before.map(|version| objects.view_version(node.node, version, column));
        let new = |column: usize| (change != RowChange::Deleted).then(|| objects.view(node.node, column));
        let shown = |column: usize, value: Option<ValueRef<'_>>| match value? {
            ValueRef::NotLoaded => None,
            ValueRef::Null => Some(Value::Null),
            _ if def.columns[column].secret => Some(Value::Text("***".to_owned())),
            value => Some(value.to_value()),
        };
        let columns = (0..def.columns.len()).filter(|column| old(*column) != new(*column));
        let columns = columns.map(|column| WrittenColumn {
            field: def.columns[column].field,
            old: shown(column, old(column)),
            new: shown(column, new(column)),
        });
        let columns: Vec<WrittenColumn> = columns.collect();
        let of_key = |column: &usize| shown(*column, new(*column).or_else(|| old(*column)));
        let key = def.key.iter().filter_map(of_key).collect();
        (!columns.is_empty()).then_some(WrittenRow { model: def.name, change, key, columns })
    }
}
