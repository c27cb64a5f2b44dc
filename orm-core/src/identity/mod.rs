//! The session's objects: one graph, and for each model the identity map that makes a row one object.
//!
//! Enters: rows as cells. Leaves: nodes. Called by loading and by the unit of work.

mod filtered;
mod key_index;
mod reads;
mod store;

pub(crate) use filtered::FilteredPlace;
pub use store::Store;
pub(crate) use store::cell_error;
