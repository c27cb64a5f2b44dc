//! SQLite, in this process: the library opens its connections itself.
//!
//! A statement runs on the thread of the caller (`connection`, `reading`) or on that of its connection (`job`, `worker`);
//! `wait` decides how long it may wait for locks there.

mod attachment;
mod batch;
mod connection;
mod database;
mod error;
mod holders;
mod job;
mod lease;
mod memory;
mod opening;
mod prepared;
mod reading;
mod turns;
mod wait;
mod worker;

pub(super) use connection::SqliteConnection;
pub(super) use database::SqliteDatabase;
pub(super) use lease::SqliteLease;
