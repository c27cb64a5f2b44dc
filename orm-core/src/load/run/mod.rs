//! Running a plan: levels of objects, their rows, keys and groups, and what objects hold of them.
//!
//! Enters: a [`LoadPlan`](super::plan::LoadPlan), and for late loading objects of the session. Leaves: an answer, levels of
//! indices joined by edges, and filled slots.

mod batches;
mod by_key;
mod closure;
mod fill;
mod first_rows;
mod further;
mod keys;
mod late;
mod levels;
mod loader;
mod pages;
mod row_batches;
mod rows;
mod wanted;

pub use batches::Batches;
pub(crate) use batches::EntityBatches;
pub(crate) use by_key::is_plain;
pub(crate) use late::LateLoad;
pub(crate) use loader::Loader;
pub(crate) use row_batches::RowBatches;
