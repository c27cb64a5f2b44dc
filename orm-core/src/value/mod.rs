//! Values: what a database cell holds, and the Rust types a column can have.
//!
//! Enters: Rust values of the user's fields, cells of result rows. Leaves: [`Value`] to bind, [`ValueRef`] to
//! read. Used by every later stage; knows no table, no SQL and no driver.

mod column_type;
mod comparable;
mod into_value;
mod key;
#[cfg(feature = "serde")]
mod serialize;
#[allow(clippy::module_inception)]
mod value;
mod value_error;

pub use column_type::{ColumnType, ValueKind};
pub use comparable::{Boolean, Bytes, Comparable, Float, Integer, Text};
pub use into_value::{IntoValue, Null};
pub use key::{Cells, IntoKey, Key};
pub use value::{Value, ValueRef};
pub use value_error::ValueError;
