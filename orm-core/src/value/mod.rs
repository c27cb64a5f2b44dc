//! Values: what a database cell holds, and the Rust types a column can have.
//!
//! Enters: Rust values of the user's fields, cells of result rows. Leaves: [`Value`] to bind, [`ValueRef`] to
//! read. Used by every later stage; knows no table, no SQL and no driver.

mod column_type;
mod comparable;
mod composite;
mod date;
mod date_time;
mod decimal;
mod digits;
mod features;
mod into_value;
mod key;
mod list;
mod row_sink;
#[cfg(feature = "serde")]
mod serialize;
mod time;
mod uuid;
#[allow(clippy::module_inception)]
mod value;
mod value_error;

pub use column_type::{ColumnType, EnumDef, ValueKind};
pub use comparable::{
    Boolean, Bytes, Calendar, Clock, Comparable, Document, Float, Integer, Moment, Text, Textual,
};
pub use composite::Composite;
pub use date::Date;
pub use date_time::{DateTime, Timestamp};
pub use decimal::Decimal;
#[cfg(feature = "json")]
pub use features::Json;
pub use into_value::{IntoValue, Null};
pub use key::{Cells, IntoKey, Key};
pub use list::ArrayElement;
pub use row_sink::RowSink;
pub use time::Time;
pub use uuid::Uuid;
pub use value::{Value, ValueRef};
pub use value_error::ValueError;
