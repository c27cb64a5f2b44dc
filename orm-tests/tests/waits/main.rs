//! Every wait is bounded: whatever happens to the database, each public call returns, with the right error.
//!
//! `calls` lists the calls and what each one asks of the database, so a new call is one more line; `situations` makes
//! what can happen, and defines how the calls then end.

mod calls;
mod interrupted;
mod memory;
mod situations;
mod world;
