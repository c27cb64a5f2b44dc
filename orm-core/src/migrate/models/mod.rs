//! Models for existing tables: the text of a Rust file.
//!
//! Enters: the structure of a database. Leaves: structs with their relationships and enums, and a comment for everything
//! that a model cannot express.

mod code;
mod described;
mod enums;
mod inflection;
mod introspection;
mod names;
mod relationships;
mod rust_type;

pub use introspection::Introspection;
