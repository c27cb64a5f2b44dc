//! DDL: the tables of a list of models, to make for tests and prototypes, and to compare with those of a database; and
//! the sequences of their keys.
//!
//! Enters: descriptors. Leaves: CREATE and DROP statements in dependency order, and a report of the differences between
//! a database and the descriptors. Production schemas use migrations.

mod catalog;
mod check;
mod comment;
mod create;
mod create_text;
mod drop;
mod enum_type;
mod foreign_key;
mod labels;
mod live_table;
mod live_type;
mod name;
pub(crate) mod schema;
mod schema_report;
mod sequences;

pub use check::check;
#[cfg(feature = "migrate")]
pub(crate) use comment::comment_on;
pub use create::create_statements;
pub use drop::drop_statements;
#[cfg(feature = "migrate")]
pub(crate) use labels::enum_labels;
#[cfg(feature = "migrate")]
pub(crate) use live_table::{LiveCheck, LiveColumn, LiveEnum, LiveIndex, LiveKey, LiveTable, read_all};
#[cfg(feature = "migrate")]
pub(crate) use name::name;
pub use schema::Schema;
pub use schema_report::{SchemaFinding, SchemaFindingKind, SchemaReport};
pub use sequences::sequence_statements;
