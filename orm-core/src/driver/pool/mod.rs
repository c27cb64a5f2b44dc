//! The idle connections, and the sessions that hold the others.
//!
//! A connection is lent by `Pool`, and comes back by the one call of `give_back` in the drop of a lease.

mod checkouts;
mod connector;
mod pool_status;
mod pooled;

pub(crate) use checkouts::Borrower;
pub(super) use checkouts::{Checkouts, InUse};
pub(super) use connector::Connector;
pub use pool_status::{Checkout, PoolStatus};
pub(super) use pooled::{Pool, Pooled};
