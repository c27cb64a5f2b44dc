//! Streams: what one has open on a connection.

use std::time::Instant;

use super::lease::{Lease, TransactionState};
use super::{Control, RowSink};
use crate::error::{Error, ErrorKind, Result};
use crate::observe::{EchoedRows, Monitor, QueryScope, StatementOutcome};
use crate::sql::{Dialect, Effect, Statement};

/// What a stream has open on a connection: a snapshot, and a statement that is read a part at a time if the backend
/// supports it.
///
/// A stream that is dropped cannot wait for the database, so it only leaves a mark; whatever the session does next ends
/// it first.
#[derive(Debug, Default)]
pub(super) struct Reading {
    cursor: Option<Cursor>,
    left: bool,
}

/// A statement that is read a part at a time. It is reported when it ends.
#[derive(Debug)]
struct Cursor {
    statement: Statement,
    started: Instant,
    rows: u64,
    /// What is printed of them.
    echoed: Option<EchoedRows>,
    failed: bool,
    /// Who counts it.
    scope: Option<QueryScope>,
}

impl Lease {
    /// Begins to read what the database holds now: in the open transaction, in the one that the statement needs, or in its
    /// own snapshot. Returns whether the statement is read a part at a time; otherwise each part is a statement, which
    /// `pages` allows.
    ///
    /// # Errors
    /// `InvalidQuery`: the statement writes. The database refuses.
    pub async fn begin_reading(&mut self, statement: &Statement, pages: bool) -> Result<bool> {
        self.settle().await?;
        let effect = self.effect(statement).await?;
        if effect >= Effect::Writes {
            return Err(Error::new(
                ErrorKind::InvalidQuery,
                "a stream only reads; give SQL that writes to `session.rows(..)` or `session.execute(..)`",
            ));
        }
        self.check_lock(effect)?;
        self.note_changes(statement)?;
        self.begin_for(effect).await?;
        let cursors = self.connection.has_cursors(pages);
        if !self.in_transaction() {
            for (place, (control, next)) in snapshot(self.dialect).iter().enumerate() {
                let begun = self.control(control, *next).await;
                // What came before a refused statement is still set on the connection.
                self.unfit |= begun.is_err() && place > 0;
                begun?;
            }
        }
        self.reading = Some(Reading::default());
        Ok(cursors)
    }

    /// Begins to read a statement, a number of rows at a time. `alone`: no other statement runs before its end, so it
    /// may be read ahead.
    ///
    /// # Errors
    /// The database refuses the statement.
    pub async fn open_cursor(
        &mut self,
        monitor: &Monitor,
        statement: Statement,
        part: usize,
        alone: bool,
    ) -> Result<()> {
        statement.check()?;
        let (started, scope) = (Instant::now(), QueryScope::current());
        monitor.begins(&statement);
        self.count();
        self.running = true;
        let opened = self.connection.open_cursor(&statement, part, alone, self.in_transaction()).await;
        self.running = false;
        self.note(opened.as_ref().err());
        let failed = opened.is_err();
        let echoed = monitor.echoed_rows();
        let cursor = Cursor { statement, started, rows: 0, echoed, failed, scope };
        self.reading.get_or_insert_default().cursor = Some(cursor);
        if failed {
            self.report(monitor);
        }
        opened
    }

    /// Gives the next rows of the cursor to the sink; returns how many there were, and whether they were the last ones.
    ///
    /// # Errors
    /// The database refuses the statement, or the sink a row.
    pub async fn next_rows(&mut self, sink: &mut dyn RowSink) -> Result<(u64, bool)> {
        let Some(cursor) = self.reading.as_mut().and_then(|reading| reading.cursor.as_mut()) else {
            return Ok((0, true));
        };
        let before = cursor.rows;
        // Until it has succeeded.
        cursor.failed = true;
        self.running = true;
        let Cursor { statement, rows, echoed, .. } = cursor;
        let read = match echoed {
            None => self.connection.next_rows(statement, sink, rows).await,
            Some(echoed) => {
                let mut both = echoed.beside(&statement.shown, sink);
                self.connection.next_rows(statement, &mut both, rows).await
            }
        };
        self.running = false;
        cursor.failed = read.is_err();
        let rows = cursor.rows - before;
        self.note(read.as_ref().err());
        Ok((rows, read?))
    }

    /// Ends what [`begin_reading`](Self::begin_reading) began.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn end_reading(&mut self, monitor: &Monitor) -> Result<()> {
        self.leave_reading(monitor);
        self.settle().await
    }

    /// The same without waiting: what is done next on this connection comes after the end.
    pub fn leave_reading(&mut self, monitor: &Monitor) {
        self.report(monitor);
        let in_transaction = self.in_transaction();
        self.connection.leave_cursor(in_transaction);
        if let Some(reading) = &mut self.reading {
            reading.left = true;
        }
    }

    /// Ends what a stream left open, and continues after the connection was lent.
    ///
    /// # Errors
    /// The database does not answer; the connection is closed when the lease is dropped.
    pub async fn settle(&mut self) -> Result<()> {
        let is_left = |lease: &Lease| lease.reading.as_ref().is_some_and(|reading| reading.left);
        if self.lent {
            Box::pin(self.take_back()).await?;
        }
        if is_left(self) { Box::pin(self.end_left_reading()).await } else { Ok(()) }
    }

    async fn end_left_reading(&mut self) -> Result<()> {
        self.running = true;
        // The end of its own transaction ends a cursor, and a transaction that has failed takes nothing else.
        let ends = self.state == TransactionState::Reading || self.failed;
        let closed = self.connection.close_cursor(ends, self.in_transaction()).await;
        self.running = false;
        self.note(closed.as_ref().err());
        closed?;
        self.reading = None;
        if self.state == TransactionState::Reading {
            self.control(&Control::Rollback, TransactionState::None).await?;
        }
        Ok(())
    }

    fn report(&mut self, monitor: &Monitor) {
        if let Some(cursor) = self.reading.as_mut().and_then(|reading| reading.cursor.take()) {
            let (rows, duration, failed) = (cursor.rows, cursor.started.elapsed(), cursor.failed);
            let outcome = StatementOutcome { rows, duration, failed };
            if let Some(scope) = &cursor.scope {
                scope.push(&cursor.statement, outcome);
            }
            monitor.report(&cursor.statement, outcome, cursor.echoed.as_ref());
        }
    }
}

/// What begins a transaction in which every statement sees the same rows, whatever others commit.
fn snapshot(dialect: Dialect) -> Vec<(Control<'static>, TransactionState)> {
    use TransactionState::{None, Reading};
    match dialect {
        // The cursor does it.
        Dialect::Sqlite => Vec::new(),
        // A cursor is planned for its first rows, and a stream reads all of them.
        Dialect::Postgres => {
            let sql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL cursor_tuple_fraction = 1";
            vec![(Control::begin(sql), Reading)]
        }
        Dialect::Mysql(_) => vec![
            (Control::other("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"), None),
            (Control::begin("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"), Reading),
        ],
    }
}
