//! Rows of SQLite as they are, without an object for each cell.
//!
//! The driver copies every cell into a value of its own and sends every row through a channel, which costs several
//! times what SQLite itself does. Here a statement runs as a job on the connection's own thread: a scalar function,
//! registered when the connection opens, finds the job by its number, steps through the statement and sends the rows in
//! batches, each one buffer of cells and one of text. The pool, transactions and everything else stay the driver's.
//!
//! This is the only file with `unsafe` in it: two calls that take the raw handle of a connection, each while its owner
//! cannot use or close it. No pointer passes through SQL, and a job that nobody waits for any more is not found or stops
//! at its next batch.

#![allow(unsafe_code)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef as RawCell;
use rusqlite::{Connection, ffi};
use sqlx::sqlite::SqliteConnection;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::value::{Cells, Value, ValueError, ValueRef};

/// The statement that runs a job.
pub(super) const RUN: &str = "SELECT orm_core_job(?1)";

/// SQLite stores any bytes as a text.
pub(super) const NOT_UTF8: &str = "the database holds a text that is not UTF-8";

/// Rows in one batch: enough that a channel hop is nothing beside them, and few enough to be in the cache.
const ROWS: usize = 256;
/// Batches on their way: the reader and the connection's thread work side by side.
const BATCHES: usize = 4;

/// The jobs that wait for their connection's thread, by number.
static WAITING: Mutex<Option<HashMap<i64, Job>>> = Mutex::new(None);

/// A statement to run on a connection's thread.
struct Job {
    sql: Arc<str>,
    values: Vec<Value>,
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

/// Some rows.
#[derive(Default)]
pub(super) struct Batch {
    width: usize,
    cells: Vec<Cell>,
    text: String,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Cell {
    Null,
    Int(i64),
    Float(f64),
    Text(usize, usize),
    Bytes(usize, usize),
    /// A text that is not UTF-8.
    Broken,
}

/// One row of a batch.
pub(super) struct BatchRow<'b> {
    batch: &'b Batch,
    first: usize,
}

/// Gives a connection the function that runs jobs, and has it take no quoted name that is no column for a text.
///
/// # Errors
/// The connection's thread or SQLite refuses; the connection then works without jobs.
pub(super) async fn register(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut handle = connection.lock_handle().await?;
    // SAFETY: the lock keeps the driver from using or closing the connection while this borrows its handle, and a
    // connection made by `from_handle` does not close it.
    let raw = unsafe { Connection::from_handle(handle.as_raw_handle().as_ptr()) };
    let done = raw.and_then(|raw| {
        for option in [
            rusqlite::config::DbConfig::SQLITE_DBCONFIG_DQS_DML,
            rusqlite::config::DbConfig::SQLITE_DBCONFIG_DQS_DDL,
        ] {
            raw.set_db_config(option, false)?;
        }
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
        raw.create_scalar_function("orm_core_job", 1, flags, |context| {
            let number: i64 = context.get(0)?;
            let Some(job) = waiting().as_mut().and_then(|jobs| jobs.remove(&number)) else {
                return Ok(false);
            };
            // SAFETY: SQLite calls this on the thread that steps the connection's statement, so the connection is open
            // and nobody else uses it; the reference does not outlive the call, and neither does a statement made of it.
            let connection = unsafe { context.get_connection() }?;
            job.run(&connection);
            Ok(true)
        })
    });
    done.map_err(|error| sqlx::Error::Configuration(error.into()))
}

fn waiting() -> MutexGuard<'static, Option<HashMap<i64, Job>>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Running {
    /// Puts a job where the function finds it.
    pub(super) fn new(sql: Arc<str>, values: Vec<Value>) -> Running {
        static NEXT: AtomicI64 = AtomicI64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (send_results, results) = channel(BATCHES);
        let (used, take_used) = channel(BATCHES);
        let job = Job { sql, values, results: send_results, used: take_used };
        waiting().get_or_insert_default().insert(number, job);
        Running { number, results, used }
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
        // A job whose statement was never sent must not wait for ever.
        if let Some(jobs) = waiting().as_mut() {
            jobs.remove(&self.number);
        }
    }
}

impl Job {
    fn run(mut self, connection: &Connection) {
        if let Err(error) = self.step(connection) {
            let (code, text) = match error {
                rusqlite::Error::SqliteFailure(failure, text) => {
                    (failure.extended_code, text.unwrap_or_else(|| failure.to_string()))
                }
                rusqlite::Error::SqlInputError { error, msg, .. } => (error.extended_code, msg),
                other => (ffi::SQLITE_ERROR, other.to_string()),
            };
            let _ = self.results.blocking_send(Message::Failed(code, text));
        }
    }

    fn step(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare(&self.sql)?;
        for (at, value) in (1..).zip(&self.values) {
            match value {
                Value::Null => statement.raw_bind_parameter(at, rusqlite::types::Null)?,
                Value::Bool(v) => statement.raw_bind_parameter(at, v)?,
                Value::Int(v) => statement.raw_bind_parameter(at, v)?,
                // Refused before it came here.
                Value::UInt(v) => statement.raw_bind_parameter(at, i64::try_from(*v).ok())?,
                Value::Float(v) => statement.raw_bind_parameter(at, v)?,
                Value::Text(v) => statement.raw_bind_parameter(at, v)?,
                Value::Bytes(v) => statement.raw_bind_parameter(at, v)?,
                // The plain form of a value is one of those above.
                _ => statement.raw_bind_parameter(at, rusqlite::types::Null)?,
            }
        }
        let width = statement.column_count();
        let mut rows = statement.raw_query();
        let mut batch = Batch::new(width);
        while let Some(row) = rows.next()? {
            for at in 0..width {
                batch.push(row.get_ref(at)?);
            }
            if batch.cells.len() >= ROWS * width {
                let next = self.used.try_recv().map_or_else(|_| Batch::new(width), Batch::emptied);
                let full = std::mem::replace(&mut batch, next);
                if self.results.blocking_send(Message::Rows(full)).is_err() {
                    // Nobody waits any more.
                    return Ok(());
                }
            }
        }
        if !batch.cells.is_empty() {
            let _ = self.results.blocking_send(Message::Rows(batch));
        }
        Ok(())
    }
}

impl Batch {
    fn new(width: usize) -> Batch {
        Batch { width, ..Batch::default() }
    }

    fn emptied(mut self) -> Batch {
        self.cells.clear();
        self.text.clear();
        self.bytes.clear();
        self
    }

    fn push(&mut self, cell: RawCell<'_>) {
        let cell = match cell {
            RawCell::Null => Cell::Null,
            RawCell::Integer(v) => Cell::Int(v),
            RawCell::Real(v) => Cell::Float(v),
            RawCell::Text(v) => match std::str::from_utf8(v) {
                Ok(text) => {
                    let start = self.text.len();
                    self.text.push_str(text);
                    Cell::Text(start, self.text.len())
                }
                Err(_) => Cell::Broken,
            },
            RawCell::Blob(v) => {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(v);
                Cell::Bytes(start, self.bytes.len())
            }
        };
        self.cells.push(cell);
    }

    /// The rows, one by one.
    pub(super) fn rows(&self) -> impl Iterator<Item = BatchRow<'_>> {
        let starts = (0..self.cells.len()).step_by(self.width.max(1));
        starts.map(|first| BatchRow { batch: self, first })
    }
}

impl Cells for BatchRow<'_> {
    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError> {
        let missing = || ValueError::MissingCell { index };
        if index >= self.batch.width {
            return Err(missing());
        }
        match *self.batch.cells.get(self.first + index).ok_or_else(missing)? {
            Cell::Null => Ok(ValueRef::Null),
            Cell::Int(v) => Ok(ValueRef::Int(v)),
            Cell::Float(v) => Ok(ValueRef::Float(v)),
            Cell::Text(from, to) => self.batch.text.get(from..to).map(ValueRef::Text).ok_or_else(missing),
            Cell::Bytes(from, to) => self.batch.bytes.get(from..to).map(ValueRef::Bytes).ok_or_else(missing),
            Cell::Broken => Err(ValueError::Driver(NOT_UTF8.to_owned())),
        }
    }
}
