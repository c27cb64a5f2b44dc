//! Loading: plans a query, then runs the plan.
//!
//! Enters: a query's description, and for late loading objects of the session. Leaves: an answer, levels of indices joined
//! by edges, and filled slots. Breadth first: each level is complete before the next one is asked for.
//!
//! `plan` turns a query into a [`LoadPlan`]: all that is decided and checked before anything runs. `run` runs one, for
//! entities, for rows, for raw SQL and for streams.

mod plan;
mod run;

pub(crate) use plan::count_statement;
pub use plan::{LoadPlan, Plan, PlanStep};
pub use run::Batches;
pub(crate) use run::{EntityBatches, LateLoad, Loader, RowBatches, is_plain};
