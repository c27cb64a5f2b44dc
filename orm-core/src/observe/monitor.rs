//! Reports statements to everything that listens.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::echoed_rows::EchoedRows;
use super::query_log::shown;
use super::statement_hook::StatementHooks;
use super::{Echo, ExecutedStatement, QueryLog, QueryScope, StatementEvent, StatementHook, StatementOutcome};
use crate::sql::Statement;

/// Tells everybody who asked about each statement: hooks, scopes, logs, `echo` and `tracing`.
#[derive(Debug, Default)]
pub struct Monitor {
    echo: Echo,
    slow: Option<Duration>,
    hooks: Arc<StatementHooks>,
    logs: Mutex<Vec<QueryLog>>,
}

/// A statement that is running; reported when it is finished, and also when its future is dropped half-way.
#[derive(Debug)]
pub(crate) struct Observed<'m> {
    monitor: &'m Monitor,
    statement: &'m Statement,
    /// Who counts it, wherever its future is dropped.
    scope: Option<QueryScope>,
    started: Instant,
    pub(crate) rows: u64,
    /// What is printed of them.
    pub(crate) echoed: Option<EchoedRows>,
    pub(crate) failed: bool,
}

impl Monitor {
    /// What prints so much of each statement, and warns of those that take so long.
    pub(crate) fn new(echo: Echo, slow: Option<Duration>) -> Monitor {
        Monitor { echo, slow, ..Monitor::default() }
    }

    /// A log that fills until its last clone is dropped.
    pub(crate) fn record(&self) -> QueryLog {
        let log = QueryLog::default();
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).push(log.clone());
        log
    }

    /// Calls a function before and after each statement.
    pub(crate) fn on_execute(
        &self,
        call: impl Fn(&StatementEvent<'_>) + Send + Sync + 'static,
    ) -> StatementHook {
        self.hooks.add(Arc::new(call))
    }

    /// Reports that a statement begins.
    pub(crate) fn begins(&self, statement: &Statement) {
        self.hooks.call(|| StatementEvent::new(statement, None));
    }

    pub(crate) fn observe<'m>(&'m self, statement: &'m Statement) -> Observed<'m> {
        self.begins(statement);
        let scope = QueryScope::current();
        let echoed = self.echoed_rows();
        Observed { monitor: self, statement, scope, started: Instant::now(), rows: 0, echoed, failed: true }
    }

    /// What takes rows that are to be printed.
    pub(crate) fn echoed_rows(&self) -> Option<EchoedRows> {
        (self.echo >= Echo::Rows).then(EchoedRows::default)
    }

    pub(crate) fn report(
        &self,
        statement: &Statement,
        outcome: StatementOutcome,
        echoed: Option<&EchoedRows>,
    ) {
        self.trace(statement, outcome);
        if self.echo != Echo::Off {
            self.print(statement, outcome, echoed);
        }
        self.log(statement, outcome);
        self.hooks.call(|| StatementEvent::new(statement, Some(outcome)));
    }

    fn trace(&self, statement: &Statement, outcome: StatementOutcome) {
        macro_rules! event {
            ($level:ident) => {
                tracing::event!(
                    target: "orm::sql",
                    tracing::Level::$level,
                    sql = &*statement.sql,
                    rows = outcome.rows,
                    duration_us = u64::try_from(outcome.duration.as_micros()).unwrap_or(u64::MAX),
                    path = statement.path.as_deref(),
                    strategy = statement.strategy,
                    failed = outcome.failed,
                )
            };
        }
        match self.slow.is_some_and(|slow| outcome.duration >= slow) {
            true => event!(WARN),
            false => event!(DEBUG),
        }
    }

    fn log(&self, statement: &Statement, outcome: StatementOutcome) {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.retain(|log| !log.is_abandoned());
        for log in logs.iter() {
            log.push(ExecutedStatement {
                sql: statement.sql.clone(),
                params: shown(&statement.params),
                rows: outcome.rows,
                duration: outcome.duration,
                path: statement.path.clone(),
                strategy: statement.strategy,
                failed: outcome.failed,
            });
        }
    }

    fn print(&self, statement: &Statement, outcome: StatementOutcome, echoed: Option<&EchoedRows>) {
        let mut line = format!("[{:>9.3} ms] {}", outcome.duration.as_secs_f64() * 1e3, statement.sql);
        if self.echo >= Echo::Params && !statement.params.is_empty() {
            line.push_str(&format!("  -- {}", shown(&statement.params).join(", ")));
        }
        if self.echo >= Echo::Rows {
            line.push_str(&format!("  -- {} rows", outcome.rows));
        }
        if outcome.failed {
            line.push_str("  -- failed");
        }
        if let Some(echoed) = echoed {
            line.push_str(&echoed.to_string());
        }
        eprintln!("{line}");
    }
}

impl Drop for Observed<'_> {
    fn drop(&mut self) {
        let duration = self.started.elapsed();
        let outcome = StatementOutcome { rows: self.rows, duration, failed: self.failed };
        if let Some(scope) = &self.scope {
            scope.push(self.statement, outcome);
        }
        self.monitor.report(self.statement, outcome, self.echoed.as_ref());
    }
}
