use std::time::Duration;

use super::query_log::shown;
use crate::sql::Statement;

/// A statement, as [`Engine::on_execute`](crate::Engine::on_execute) tells of it: once before it is sent, and once when
/// it has ended.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct StatementEvent<'s> {
    /// The text.
    pub sql: &'s str,
    /// The relationship it loads, as a path from the query's model.
    pub path: Option<&'s str>,
    /// The strategy that made it.
    pub strategy: Option<&'static str>,
    /// How it ended; none before it is sent.
    pub outcome: Option<StatementOutcome>,
    statement: &'s Statement,
}

/// How a statement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatementOutcome {
    /// The rows it returned or changed.
    pub rows: u64,
    /// From sending it to its last row.
    pub duration: Duration,
    /// Whether it failed or was abandoned.
    pub failed: bool,
}

impl<'s> StatementEvent<'s> {
    pub(super) fn new(statement: &'s Statement, outcome: Option<StatementOutcome>) -> StatementEvent<'s> {
        StatementEvent {
            sql: &statement.sql,
            path: statement.path.as_deref(),
            strategy: statement.strategy,
            outcome,
            statement,
        }
    }

    /// The bound values as text, those of `secret` columns as `***`. They are made into text when this is called.
    pub fn params(&self) -> Vec<String> {
        shown(&self.statement.params)
    }
}
