//! Loading: runs a query's statements and puts what comes back into the graph and into the query's answer.
//!
//! Enters: a query's description, and for late loading objects that are there. Leaves: an answer, levels of indices
//! joined by edges, and filled slots. Breadth first: each level is complete before the next one is asked for.
//!
//! `plan` decides what is loaded and how; [`Loader`] drives, for entities and, in `select_rows` and `raw_rows`, for rows,
//! whose entities `row_branches` takes; `by_key` finds one object without a plan; `shape` decides where a query's own rows are
//! in its first statement, which is `root`; `tree` writes a SELECT with its joins and `child` that of
//! one relationship, `rows` takes their rows, `selectin` asks for one relationship of a whole level and `closure` for
//! all levels of a recursive one, `levels` groups by counting, `fill` gives objects what they hold, `late` adds to
//! answers that are there. `batches` and `row_batches` do the same for a part of the rows at a time, and `pages` asks for such parts
//! where the database cannot be read in any.

mod batches;
mod by_key;
mod child;
mod closure;
mod explain;
mod fill;
mod keys;
mod late;
mod levels;
mod loader;
mod pages;
mod plan;
mod raw_rows;
mod root;
mod row_batches;
mod row_branches;
mod rows;
mod select_rows;
mod selectin;
mod shape;
mod tree;

pub use batches::Batches;
pub(crate) use batches::EntityBatches;
pub(crate) use by_key::is_plain;
pub use explain::{Plan, PlanStep};
pub(crate) use explain::{explain_statement, first_select, rows_select};
pub(crate) use late::LateLoad;
pub(crate) use loader::{Loader, count_statement};
pub(crate) use row_batches::RowBatches;
pub(crate) use row_branches::RowSink;
