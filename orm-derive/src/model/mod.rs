//! The model: a struct's meaning, as plain structs with defaults filled in and a span for every part.
//!
//! Enters: the raw input. Leaves: a [`Model`] for the rules and the expansion, whatever mistakes it has. Nothing is
//! reported here.

mod column;
#[allow(clippy::module_inception)]
mod model;
mod relation;

pub use column::Column;
pub use model::Model;
pub use relation::Relation;
