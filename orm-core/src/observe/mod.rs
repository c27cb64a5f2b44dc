//! Observers of statements: hooks, scopes, logs, echo and `tracing`.
//!
//! Enters: a statement before it is sent, and how it ended. Knows no connection.

mod echo;
mod echoed_rows;
mod monitor;
mod notice;
mod query_log;
mod query_scope;
mod scope_report;
mod statement_event;
mod statement_hook;

pub use echo::Echo;
pub(crate) use echoed_rows::EchoedRows;
pub(crate) use monitor::Monitor;
pub(crate) use notice::Notice;
pub use query_log::{ExecutedStatement, QueryLog};
pub use query_scope::QueryScope;
pub use scope_report::{ScopeReport, StatementGroup};
pub use statement_event::{StatementEvent, StatementOutcome};
pub use statement_hook::StatementHook;
