//! Planning: what a query runs, decided and checked before any of it runs.
//!
//! Enters: a query's description. Leaves: a [`LoadPlan`], which never changes. It knows no store, no connection
//! and no objects.

mod branch;
mod cache;
mod child;
mod count;
mod explain;
mod load_plan;
mod loads;
mod root;
mod shape;

pub(super) use branch::Branch;
pub(super) use child::{Ask, ByKeys, Child};
pub(crate) use count::count_statement;
pub use explain::{Plan, PlanStep};
pub use load_plan::LoadPlan;
pub(super) use load_plan::{FirstRows, Further};
pub(super) use loads::of_objects;
pub(super) use root::Root;
pub(super) use shape::List;
