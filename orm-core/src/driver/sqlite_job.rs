//! A statement that runs on its connection's own thread.
//!
//! The rows come in batches, through a channel whose sender the statement owns: they end when it ends, and what it ended
//! with comes back with the connection. Who takes the rows owns the receiver, so the statement does not wait for somebody
//! who has stopped taking them.

use std::mem;
use std::sync::Arc;

use rusqlite::{Connection, ffi};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::RowSink;
use super::sqlite_batch::{Batch, give};
use super::sqlite_handle::{Prepared, rollback};
use super::sqlite_reading::Elsewhere;
use crate::error::Result;
use crate::value::Value;

/// Rows in one batch: enough that a channel hop is nothing beside them, and few enough to be in the cache.
pub(super) const ROWS: usize = 256;
/// Batches on their way: the reader and the connection's thread work side by side.
const BATCHES: usize = 4;

/// A statement to run on a connection's thread.
pub(super) struct Job {
    sql: Arc<str>,
    values: Vec<Value>,
    from: Elsewhere,
    rows: Sender<Batch>,
    used: Receiver<Batch>,
}

/// The rows of a job.
pub(super) struct JobRows {
    rows: Receiver<Batch>,
    used: Sender<Batch>,
}

impl Job {
    /// A statement, which may go on with what was begun elsewhere, and its rows.
    pub(super) fn new(sql: Arc<str>, values: Vec<Value>, from: Elsewhere) -> (Job, JobRows) {
        let (send_rows, rows) = channel(BATCHES);
        let (used, take_used) = channel(BATCHES);
        (Job { sql, values, from, rows: send_rows, used: take_used }, JobRows { rows, used })
    }

    /// Runs it, and says how many rows it changed.
    pub(super) fn run(mut self, connection: &Connection) -> rusqlite::Result<u64> {
        let before = connection.total_changes();
        let mut stepped = self.step(connection);
        if self.from.alone {
            stepped = stepped.and(rollback(connection));
        }
        stepped?;
        // What changes nothing leaves the number of the statement before it.
        Ok(if connection.total_changes() == before { 0 } else { connection.changes() })
    }

    fn step(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = Prepared::new(connection, &self.sql)?;
        let mut batch = Batch::of(&statement);
        statement.bind(self.values.iter())?;
        let mut skip = self.from.skip;
        while let Some(row) = statement.step()? {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            batch.take(&row);
            if batch.len() >= ROWS {
                let next = self.used.try_recv().map_or_else(|_| batch.beside(), Batch::emptied);
                if self.rows.blocking_send(mem::replace(&mut batch, next)).is_err() {
                    // Nobody waits any more.
                    return Ok(());
                }
            }
        }
        if batch.len() > 0 {
            // As above.
            let _ = self.rows.blocking_send(batch);
        }
        Ok(())
    }
}

impl JobRows {
    /// Gives the rows to the sink, batch by batch while the statement goes on, until it ends.
    ///
    /// # Errors
    /// The sink refuses a row; the statement then ends at its next batch, if it is not stopped.
    pub(super) async fn give(mut self, sink: &mut dyn RowSink, count: &mut u64) -> Result<()> {
        while let Some(batch) = self.rows.recv().await {
            give(&batch, sink, count)?;
            // Memory that one thread allocates and another frees is dear. A full channel, or a statement that has ended,
            // has no use for it.
            let _ = self.used.try_send(batch);
        }
        Ok(())
    }
}

/// SQLite's extended result code, and what it said.
pub(super) fn refusal(error: &rusqlite::Error) -> (i32, String) {
    match error {
        rusqlite::Error::SqliteFailure(failure, text) => {
            (failure.extended_code, text.clone().unwrap_or_else(|| failure.to_string()))
        }
        rusqlite::Error::SqlInputError { error, msg, .. } => (error.extended_code, msg.clone()),
        other => (ffi::SQLITE_ERROR, other.to_string()),
    }
}
