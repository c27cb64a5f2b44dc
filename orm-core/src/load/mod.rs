//! Loading: runs a query's statements and puts what comes back into the graph and into the query's answer.
//!
//! Enters: a query's description, and for late loading objects that are there. Leaves: an answer, levels of indices
//! joined by edges, and filled slots. Breadth first: each level is complete before the next one is asked for.
//!
//! [`Loader`] drives; `tree` writes a SELECT with its joins, `rows` takes its rows, `selectin` asks for one
//! relationship of a whole level, `levels` groups by counting, `fill` gives objects what they hold, `late` adds to
//! answers that are there.

mod fill;
mod keys;
mod late;
mod levels;
mod loader;
mod plan;
mod rows;
mod selectin;
mod tree;

pub(crate) use late::LateLoad;
pub(crate) use loader::{Loader, count_statement};
