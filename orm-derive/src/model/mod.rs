//! The model: what a struct says, in plain structs with the defaults filled in and the place of every part.
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
