//! Relationships through an association model: the links have columns of their own, which sort, filter and stay readable.
#![allow(missing_docs)]

mod errors;
mod held;
mod loading;
mod music;
mod never_stale;
mod queries;
