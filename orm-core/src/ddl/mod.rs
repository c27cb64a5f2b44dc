//! DDL: the tables of a list of models, for tests and prototypes, and the sequences of their keys.
//!
//! Enters: descriptors. Leaves: CREATE and DROP statements in dependency order. Production schemas are migrations.

mod create;
mod enum_type;
mod foreign_key;
mod name;
mod schema;
mod sequences;

pub use create::{create_statements, drop_statements};
pub use schema::Schema;
pub use sequences::sequence_statements;
