//! Every wait is bounded: whatever happens to the database, each public call returns, with the right error.
//!
//! `calls` lists the calls and says what each one asks of the database, so that a new call is one more line;
//! `situations` makes what can happen, and says how what is asked then ends.

mod calls;
mod interrupted;
mod memory;
mod situations;
mod world;
