//! PostgreSQL, by the driver of sqlx.

mod cell;
mod connection;
mod cursor;
mod error;
mod lease;
mod numeric;
mod read_ahead;
mod row;
mod types;

pub(super) use error::database_error;
pub(super) use lease::{PostgresDatabase, PostgresLease};
