//! Values: what a database cell holds, and the Rust types a column can have.
//!
//! Enters: Rust values of the user's fields, cells of result rows. Leaves: [`Value`] to bind, [`ValueRef`] to
//! read. Used by every later stage; knows no table, no SQL and no driver.

pub(crate) mod column_type;
pub(crate) mod comparable;
mod composite;
mod date;
mod date_time;
mod decimal;
mod digits;
pub(crate) mod features;
#[cfg(feature = "serde")]
pub(crate) mod input;
mod into_value;
pub(crate) mod key;
mod list;
mod precision;
mod row_sink;
#[cfg(feature = "serde")]
mod serialize;
mod time;
mod uuid;
#[allow(clippy::module_inception)]
pub(crate) mod value;
mod value_error;

pub use column_type::{ColumnType, EnumDef, ValueKind};
pub(crate) use comparable::{
    Boolean, Bytes, Calendar, Clock, Comparable, Document, Float, Integer, Moment, Text, Textual,
};
pub use composite::Composite;
pub use date::Date;
pub use date_time::{DateTime, Timestamp};
pub use decimal::Decimal;
pub use into_value::{IntoValue, Null};
pub(crate) use key::Cells;
pub use key::{IntoKey, Key};
pub use list::ArrayElement;
pub(crate) use row_sink::RowSink;
pub use time::Time;
pub use uuid::Uuid;
pub use value::{Value, ValueRef};
pub use value_error::ValueError;
