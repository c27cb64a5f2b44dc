//! Execution: connections, transactions, rows as cells, and who is told about each statement.
//!
//! Enters: statements. Leaves: rows, pushed into a sink while they arrive. One enum over the backends, each behind a
//! cargo feature; the lease is the only place that begins and ends transactions.

mod connection;
mod cursor;
mod database;
mod database_url;
mod echo;
mod echoed_rows;
mod isolation;
mod lease;
mod monitor;
#[cfg(feature = "mysql")]
mod mysql;
mod options;
mod pool;
mod pooler;
#[cfg(feature = "postgres")]
mod postgres;
mod query_log;
mod query_scope;
#[cfg(feature = "migrate")]
mod raw_connection;
mod refusal;
mod replicas;
mod required_transaction;
mod scope_report;
mod server;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server_error;
#[cfg(feature = "sqlite")]
mod sqlite;
mod ssl_mode;
mod statement_event;
mod statement_hook;
mod tls;
mod transaction_options;
mod written;

pub use database::Database;
pub use database_url::DatabaseUrl;
pub use echo::Echo;
pub use isolation::Isolation;
pub use lease::Lease;
pub use monitor::Monitor;
pub use options::ConnectOptions;
pub(crate) use pool::Borrower;
pub use pool::{Checkout, PoolStatus};
pub use pooler::Pooler;
pub use query_log::{ExecutedStatement, QueryLog};
pub use query_scope::QueryScope;
#[cfg(feature = "migrate")]
pub(crate) use raw_connection::RawConnection;
pub(crate) use required_transaction::read_only;
pub use scope_report::{ScopeReport, StatementGroup};
pub use ssl_mode::SslMode;
pub use statement_event::{StatementEvent, StatementOutcome};
pub use statement_hook::StatementHook;
pub use transaction_options::TransactionOptions;

use crate::error::Result;
use crate::value::Cells;

/// Takes the rows of a statement, one by one, while they arrive.
pub trait RowSink: Send {
    /// Takes one row.
    ///
    /// # Errors
    /// The row cannot be used; the statement is abandoned then.
    fn row(&mut self, cells: &dyn Cells) -> Result<()>;
}

impl<F: FnMut(&dyn Cells) -> Result<()> + Send> RowSink for F {
    fn row(&mut self, cells: &dyn Cells) -> Result<()> {
        self(cells)
    }
}
