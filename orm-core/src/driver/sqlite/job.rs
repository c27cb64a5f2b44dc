//! A statement that runs on its connection's own thread.
//!
//! The rows come in batches, through a channel whose sender the statement owns: they end when it ends, and what it ended
//! with comes back with the connection. Who takes the rows owns the receiver, so the statement does not wait for a reader
//! who has stopped taking them.

use std::sync::Arc;
use std::{fmt, mem};

use rusqlite::Connection;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::batch::{Batch, give};
use super::connection::rollback;
use super::prepared::Prepared;
use super::reading::{Elsewhere, writes};
use crate::driver::RowSink;
use crate::error::Result;
use crate::value::Value;

/// Rows in one batch: enough that a channel hop is nothing beside them, and few enough to be in the cache.
const ROWS: usize = 256;
/// Batches on their way: the reader and the connection's thread work side by side.
const BATCHES: usize = 4;

/// A statement to run on a connection's thread.
pub(super) struct Job {
    sql: Arc<str>,
    values: Vec<Value>,
    from: Elsewhere,
    /// How many of its rows are read now, of a statement that is read a part at a time and stays open in between.
    part: Option<usize>,
    /// How many rows the first part of what is sent has, and each one after it: a batch is of one part.
    parts: (usize, usize),
    /// Whether it may set how long the connection waits for locks.
    pub(super) settings: bool,
    rows: Sender<Batch>,
    used: Receiver<Batch>,
}

/// The rows of a job.
pub(super) struct JobRows {
    rows: Receiver<Batch>,
    used: Sender<Batch>,
}

/// What came of a job.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ran {
    /// How many rows it changed.
    pub(super) changed: u64,
    /// Whether its last row was read.
    pub(super) ended: bool,
    /// Whether SQLite reports that it changes nothing, if that was asked.
    pub(super) reads: bool,
}

impl Job {
    /// A statement, which may continue what was begun elsewhere, and its rows.
    pub(super) fn new(sql: Arc<str>, values: Vec<Value>, from: Elsewhere, settings: bool) -> (Job, JobRows) {
        let (send_rows, rows) = channel(BATCHES);
        let (used, take_used) = channel(BATCHES);
        let job = Job {
            sql,
            values,
            from,
            part: None,
            parts: (usize::MAX, usize::MAX),
            settings,
            rows: send_rows,
            used: take_used,
        };
        (job, JobRows { rows, used })
    }

    /// Only this many rows of a statement that only reads, which stays open for the next ones.
    pub(super) fn part(self, rows: usize) -> Job {
        Job { part: Some(rows), ..self }
    }

    /// All rows of a statement that only reads, ahead of its reader, who takes them in parts.
    pub(super) fn parts(self, first: usize, rows: usize) -> Job {
        Job { part: Some(usize::MAX), parts: (first, rows), ..self }
    }

    /// Runs it; `open` is the statement of the connection that is read a part at a time.
    pub(super) fn run(
        mut self,
        connection: &Connection,
        open: &mut Option<Prepared>,
    ) -> rusqlite::Result<Ran> {
        let before = connection.total_changes();
        let ended = match self.part {
            Some(most) => self.step(connection, open, most),
            None => self.step(connection, &mut None, usize::MAX),
        };
        let rolled_back = match self.from.alone && self.part.is_none() {
            true => rollback(connection),
            false => Ok(()),
        };
        let ended = ended?;
        rolled_back?;
        // What changes nothing leaves the number of the statement before it.
        let changed = if connection.total_changes() == before { 0 } else { connection.changes() };
        Ok(Ran { changed, ended, reads: false })
    }

    /// Reads a number of rows; returns whether they were the last. A statement that has ended is not kept.
    fn step(
        &mut self,
        connection: &Connection,
        place: &mut Option<Prepared>,
        mut most: usize,
    ) -> rusqlite::Result<bool> {
        let (mut statement, mut skip) = match place.take() {
            Some(statement) => (statement, 0),
            None => (self.begin(connection)?, self.from.skip),
        };
        let mut batch = Batch::of(&statement);
        let (mut left, part) = self.parts;
        let mut ended = false;
        while most > 0 {
            let Some(row) = statement.step()? else {
                ended = true;
                break;
            };
            if skip > 0 {
                skip -= 1;
                continue;
            }
            batch.take(&row);
            (most, left) = (most - 1, left - 1);
            if batch.len() >= ROWS || left == 0 {
                left = if left == 0 { part } else { left };
                let next = self.used.try_recv().map_or_else(|_| batch.beside(), Batch::emptied);
                if self.rows.blocking_send(mem::replace(&mut batch, next)).is_err() {
                    // The receiver was dropped.
                    return Ok(true);
                }
            }
        }
        if batch.len() > 0 {
            // As above.
            let _ = self.rows.blocking_send(batch);
        }
        *place = Some(statement).filter(|_| !ended);
        Ok(ended)
    }

    fn begin(&self, connection: &Connection) -> rusqlite::Result<Prepared> {
        let mut statement = Prepared::new(connection, &self.sql)?;
        if self.part.is_some() {
            if !statement.is_read_only() {
                return Err(writes());
            }
            // Outside a transaction each statement would see what others committed since the one before it.
            if connection.is_autocommit() {
                connection.execute_batch("BEGIN")?;
            }
        }
        statement.bind(self.values.iter())?;
        Ok(statement)
    }
}

impl JobRows {
    /// Passes this many rows to the sink; if there are fewer, the statement has ended.
    ///
    /// # Errors
    /// The sink refuses a row.
    pub(super) async fn give_some(
        &mut self,
        rows: usize,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<bool> {
        let mut left = rows;
        while left > 0 {
            let Some(batch) = self.rows.recv().await else { return Ok(false) };
            left = left.saturating_sub(batch.len());
            give(&batch, sink, count)?;
            let _ = self.used.try_send(batch);
        }
        Ok(true)
    }

    /// Gives the rows to the sink, batch by batch while the statement runs, until it ends.
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

impl fmt::Debug for JobRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobRows").finish_non_exhaustive()
    }
}
