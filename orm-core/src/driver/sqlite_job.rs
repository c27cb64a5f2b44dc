//! Rows of SQLite as they are, without an object for each cell.
//!
//! The driver copies every cell into a value of its own and sends every row through a channel, which costs several
//! times what SQLite itself does. Here a statement runs as a job on the connection's own thread: a scalar function,
//! registered when the connection opens, finds the job by its number, steps through the statement and sends the rows in
//! batches. The pool, transactions and everything else stay the driver's. A job that nobody waits for any more is not
//! found or stops at its next batch.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, ffi};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::sqlite_batch::Batch;
use super::sqlite_handle::Prepared;
use super::sqlite_reading::Elsewhere;
use crate::value::Value;

/// Rows in one batch: enough that a channel hop is nothing beside them, and few enough to be in the cache.
pub(super) const ROWS: usize = 256;
/// Batches on their way: the reader and the connection's thread work side by side.
const BATCHES: usize = 4;

/// What waits for its connection's thread, by number.
static WAITING: Mutex<Option<HashMap<i64, Work>>> = Mutex::new(None);

/// Something to do on a connection's thread.
pub(super) type Work = Box<dyn FnOnce(&Connection) + Send>;

/// A statement to run on a connection's thread.
pub(super) struct Job {
    sql: Arc<str>,
    values: Vec<Value>,
    from: Elsewhere,
    results: Sender<Message>,
    used: Receiver<Batch>,
}

/// What a job sends.
pub(super) enum Message {
    /// Some rows.
    Rows(Batch),
    /// SQLite's extended result code, and what it said.
    Failed(i32, String),
}

/// The side of a job that waits for its rows.
pub(super) struct Running {
    pub(super) number: i64,
    results: Receiver<Message>,
    used: Sender<Batch>,
}

/// Does the work with a number on its connection, if there is any.
pub(super) fn run(number: i64, connection: &Connection) -> bool {
    let work = waiting().as_mut().and_then(|waiting| waiting.remove(&number));
    let found = work.is_some();
    if let Some(work) = work {
        work(connection);
    }
    found
}

fn waiting() -> MutexGuard<'static, Option<HashMap<i64, Work>>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts work where the function finds it, by the number that is returned.
pub(super) fn enqueue(work: Work) -> i64 {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    waiting().get_or_insert_default().insert(number, work);
    number
}

/// Takes work back that was not begun: work whose statement was never sent must not wait for ever.
pub(super) fn forget(number: i64) {
    if let Some(waiting) = waiting().as_mut() {
        waiting.remove(&number);
    }
}

impl Running {
    /// Puts a job where the function finds it; it may go on with what was begun elsewhere.
    pub(super) fn new(sql: Arc<str>, values: Vec<Value>, from: Elsewhere) -> Running {
        let (job, mut running) = Running::pair(sql, values, from);
        running.number = enqueue(Box::new(move |connection| job.run(connection)));
        running
    }

    /// A job that nobody has put anywhere yet.
    pub(super) fn pair(sql: Arc<str>, values: Vec<Value>, from: Elsewhere) -> (Job, Running) {
        let (send_results, results) = channel(BATCHES);
        let (used, take_used) = channel(BATCHES);
        let job = Job { sql, values, from, results: send_results, used: take_used };
        // No work has this number.
        (job, Running { number: -1, results, used })
    }

    /// The next rows, or why there are none.
    pub(super) async fn next(&mut self) -> Option<Message> {
        self.results.recv().await
    }

    /// Gives a batch back to be filled again: memory that one thread allocates and another frees is dear.
    pub(super) fn give_back(&mut self, batch: Batch) {
        // A full channel, or a job that is done, has no use for it.
        let _ = self.used.try_send(batch);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        forget(self.number);
    }
}

impl Job {
    pub(super) fn run(mut self, connection: &Connection) {
        let mut stepped = self.step(connection);
        if self.from.alone {
            stepped = stepped.and(connection.execute_batch("ROLLBACK"));
        }
        if let Err(error) = stepped {
            let (code, text) = refusal(&error);
            let _ = self.results.blocking_send(Message::Failed(code, text));
        }
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
                let full = std::mem::replace(&mut batch, next);
                if self.results.blocking_send(Message::Rows(full)).is_err() {
                    // Nobody waits any more.
                    return Ok(());
                }
            }
        }
        if batch.len() > 0 {
            let _ = self.results.blocking_send(Message::Rows(batch));
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
