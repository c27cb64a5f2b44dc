//! Queries: what users write, as data.
//!
//! Enters: descriptors and values. Leaves: the description of a SELECT and of what it loads, with the loaded set as a
//! type. Runs nothing.

mod aggregate;
mod alias;
mod bulk;
mod case;
mod computed;
mod derived;
mod entity_columns;
mod exists;
mod expression;
mod from_row;
pub mod func;
mod group;
mod joins;
mod keyset;
mod label;
mod link;
mod list;
mod load;
mod lock;
mod operand;
mod order;
mod partial;
mod predicate;
mod raw;
mod row_query;
mod rows_spec;
mod select;
mod select_columns;
mod selectable;
mod spec;
mod window;

pub use aggregate::Aggregate;
pub use alias::{Alias, alias};
pub use bulk::{BulkSpec, Delete, IntoColumns, OnConflict, Returning, Rows, Update, delete, update};
pub use case::Case;
pub use computed::{Computed, Number};
pub use derived::Derived;
pub use entity_columns::{EntityColumns, ModelExt, OptionalEntity};
pub use exists::RelationConditions;
pub use expression::{Expression, TextExpression};
pub use from_row::{FromRow, RowField, StructReader, StructRow};
pub use group::IntoExpressions;
pub use joins::{FromSpec, IntoJoin, IntoTable, JoinPath, RelationJoins};
pub(crate) use keyset::Keyset;
pub use label::{ColumnName, IntoLabel, Label, Labeled, label};
pub(crate) use link::{equal, link, names, targets_of};
pub use list::{EntityItem, SelectList, ValueItem};
pub use load::{IntoFill, LeaveOut, Load, LoadOption, RecursionDepth, RelationExt};
pub use operand::{IntoOperand, operand};
pub use order::{IntoOrder, OrderBy};
pub use partial::{PartColumns, PartOf};
pub use predicate::Predicate;
pub(crate) use raw::places;
pub use raw::{RawRow, RawSpec, Sql, SqlEntities, SqlRows, sql};
pub use row_query::{RowQuery, RowsFrom};
pub use rows_spec::RowsSpec;
pub use select::{Select, select};
pub use select_columns::{SelectColumns, exists, select_columns};
pub use selectable::{Append, Reader, RowView, Selectable};
pub use spec::{Depth, LoadSpec, SelectSpec, Strategy};
pub use window::{Window, WindowFunction, window};
