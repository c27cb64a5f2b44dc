//! MySQL and MariaDB, by the driver of sqlx.

mod cell;
mod connector;
mod cursor;
mod database;
mod error;
mod lease;
mod prepared;

pub(super) use database::MysqlDatabase;
pub(super) use error::database_error;
pub(super) use lease::MysqlLease;
