//! Web: sessions and errors in handlers of axum.
//!
//! Enters: requests, with an engine in their state. Leaves: a session of their own, and responses for errors.

mod extract;
mod respond;
