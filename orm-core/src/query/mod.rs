//! Queries: what users write, as data.
//!
//! Enters: descriptors and values. Leaves: the description of a SELECT and of what it loads, with the loaded set as a
//! type. Runs nothing.

mod bulk;
mod expression;
mod load;
mod operand;
mod order;
mod predicate;
mod select;
mod spec;

pub use bulk::{BulkSpec, Delete, IntoColumns, OnConflict, Returning, Rows, Update, delete, update};
pub use expression::{Expression, TextExpression};
pub use load::{LeaveOut, Load, LoadOption, RecursionDepth, RelationExt};
pub use operand::IntoOperand;
pub use order::{IntoOrder, OrderBy};
pub use predicate::Predicate;
pub use select::{Select, select};
pub use spec::{Depth, LoadSpec, SelectSpec, Strategy};
