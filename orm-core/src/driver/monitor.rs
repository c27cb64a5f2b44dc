use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::query_log::shown;
use super::{Echo, ExecutedStatement, QueryLog};
use crate::sql::Statement;

/// Tells everybody who asked about each statement: logs, `echo` and `tracing`.
#[derive(Debug, Default)]
pub struct Monitor {
    echo: Echo,
    logs: Mutex<Vec<QueryLog>>,
}

/// A statement that is running; reported when it is finished, and also when its future is dropped half-way.
#[derive(Debug)]
pub(super) struct Observed<'m> {
    monitor: &'m Monitor,
    statement: &'m Statement,
    started: Instant,
    pub(super) rows: u64,
    pub(super) failed: bool,
}

impl Monitor {
    pub(crate) fn new(echo: Echo) -> Monitor {
        Monitor { echo, logs: Mutex::default() }
    }

    /// A log that fills until its last clone is dropped.
    pub(crate) fn record(&self) -> QueryLog {
        let log = QueryLog::default();
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).push(log.clone());
        log
    }

    pub(super) fn observe<'m>(&'m self, statement: &'m Statement) -> Observed<'m> {
        Observed { monitor: self, statement, started: Instant::now(), rows: 0, failed: true }
    }

    pub(super) fn report(&self, statement: &Statement, rows: u64, duration: Duration, failed: bool) {
        tracing::event!(
            target: "orm::sql",
            tracing::Level::DEBUG,
            sql = &*statement.sql,
            rows,
            duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            path = statement.path.as_deref(),
            strategy = statement.strategy,
            failed,
        );
        if self.echo != Echo::Off {
            self.print(statement, rows, duration, failed);
        }
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.retain(|log| !log.is_abandoned());
        for log in logs.iter() {
            log.push(ExecutedStatement {
                sql: statement.sql.clone(),
                params: shown(&statement.params),
                rows,
                duration,
                path: statement.path.clone(),
                strategy: statement.strategy,
                failed,
            });
        }
    }

    fn print(&self, statement: &Statement, rows: u64, duration: Duration, failed: bool) {
        let mut line = format!("[{:>9.3} ms] {}", duration.as_secs_f64() * 1e3, statement.sql);
        if self.echo >= Echo::Params && !statement.params.is_empty() {
            line.push_str(&format!("  -- {}", shown(&statement.params).join(", ")));
        }
        if self.echo >= Echo::Rows {
            line.push_str(&format!("  -- {rows} rows"));
        }
        if failed {
            line.push_str("  -- failed");
        }
        eprintln!("{line}");
    }
}

impl Drop for Observed<'_> {
    fn drop(&mut self) {
        self.monitor.report(self.statement, self.rows, self.started.elapsed(), self.failed);
    }
}
