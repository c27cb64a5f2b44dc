//! Execution: connections, transactions, rows as cells.
//!
//! Enters: statements. Leaves: rows, pushed into a sink while they arrive. One enum over the backends, each behind a
//! cargo feature; the lease is the only place that begins and ends transactions.

mod backend;
mod connection;
mod control;
mod cursor;
mod database;
mod database_url;
mod driver_connection;
mod driver_error;
mod insert_rows;
mod inserted;
mod isolation;
mod journal_mode;
mod lease;
mod lent;
#[cfg(feature = "mysql")]
mod mysql;
mod on_connect;
mod options;
mod pool;
mod pooler;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "migrate")]
mod raw_connection;
mod refusal;
mod replicas;
mod required_transaction;
mod sandbox;
mod server;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server_error;
#[cfg(feature = "sqlite")]
mod sqlite;
mod ssl_mode;
mod synchronous;
mod tls;
mod transaction_options;
mod written;

pub use control::Control;
pub use database::Database;
pub use database_url::DatabaseUrl;
pub use driver_connection::DriverConnection;
pub use driver_error::DriverError;
pub(crate) use insert_rows::{InsertRows, InsertedRows, KeyOf, NewKeys};
pub use isolation::Isolation;
pub use journal_mode::JournalMode;
pub use lease::Lease;
pub(crate) use on_connect::OnConnect;
pub use options::ConnectOptions;
pub(crate) use pool::Borrower;
pub use pool::{Checkout, PoolStatus};
pub use pooler::Pooler;
#[cfg(feature = "migrate")]
pub(crate) use raw_connection::RawConnection;
pub(crate) use required_transaction::read_only;
pub use ssl_mode::SslMode;
pub use synchronous::Synchronous;
pub use transaction_options::TransactionOptions;

use crate::value::RowSink;
