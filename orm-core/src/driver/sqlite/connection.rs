//! A connection of SQLite, and how it runs a statement.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{any, fmt, io};

use rusqlite::{Connection, ErrorCode, TransactionState};

use super::batch::{Batch, give};
use super::error::database_error;
use super::job::{Job, Ran};
use super::opening::Opening;
use super::prepared::Prepared;
use super::reading::{Ended, Reading, Stopped, writes};
use super::wait::{self, Stop, UNLIMITED};
use super::worker::{Worker, gone};
use crate::driver::RowSink;
use crate::error::Error;
use crate::sql::{Expected, Param};
use crate::value::Value;

/// How many instructions of SQLite's machine there are between two looks at the budget.
const INSTRUCTIONS: i32 = 1_000;
/// How many such checks a statement of a few rows gets on the caller's thread: some tenths of a millisecond.
const LOOKS: u32 = 10;
/// How many statements a connection keeps.
const KEPT: usize = 64;

/// A connection.
///
/// A statement runs in one of two ways. On the thread of the caller, where it is short, since a change of threads costs ten
/// times what it takes SQLite to find a row by its key; and on the thread of the connection, to which all of this moves and
/// from which it comes back, where it may take long or wait.
pub(in crate::driver) struct SqliteConnection {
    /// Only the owner of the connection uses it; the mutex makes it `Sync`.
    inner: Box<Mutex<Inner>>,
    worker: Worker,
}

/// What a connection's thread opens, and closes when it is dropped.
struct Inner {
    /// A statement that is read a part at a time. Statements come before the connection, which cannot be closed with any.
    open: Option<Prepared>,
    /// Statements to run again.
    kept: Vec<Prepared>,
    raw: Connection,
    /// How many looks are left, of those that SQLite takes every [`INSTRUCTIONS`].
    budget: Arc<AtomicU32>,
    rows: Batch,
    /// How long a statement waits for locks, on the connection's own thread.
    waits: Duration,
}

/// What a function of the program returned, or what it panicked with.
pub(super) type Lent<T> = Result<rusqlite::Result<T>, Box<dyn any::Any + Send>>;

/// Why opening a connection failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotOpened {
    #[error(transparent)]
    Refused(#[from] rusqlite::Error),
    #[error("the system has no thread for a connection: {0}")]
    NoThread(#[from] io::Error),
    /// The file is open elsewhere, is read-only, or is not on a disk that supports such a journal.
    #[error("the file cannot have the journal mode `{asked}`: it stays in `{stays}`")]
    Journal { asked: &'static str, stays: String },
    /// A function of `on_connect` refused the connection.
    #[error(transparent)]
    OnConnect(Error),
}

impl SqliteConnection {
    /// Opens a database on a thread of the connection's own.
    ///
    /// # Errors
    /// SQLite refuses, or the system has no thread.
    pub(super) async fn open(opening: &Arc<Opening>) -> Result<SqliteConnection, NotOpened> {
        let (worker, opening) = (Worker::start()?, Arc::clone(opening));
        match worker.run(move || Inner::open(&opening)).await {
            Some(opened) => Ok(SqliteConnection { inner: Box::new(Mutex::new(opened?)), worker }),
            None => Err(NotOpened::NoThread(io::Error::other("it has ended"))),
        }
    }

    /// Calls a function of the program with a connection that no lease has yet, on the connection's thread.
    ///
    /// # Errors
    /// That of `work`. The connection is gone if its thread is.
    pub(in crate::driver) async fn lend_new<T: Send + 'static>(
        place: &mut Option<SqliteConnection>,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> crate::error::Result<T> {
        let mut connection = place.take().ok_or_else(gone)?;
        let worker = connection.worker.clone();
        let done = worker.run(move || {
            let done = connection.lend(work);
            (connection, done)
        });
        let (connection, done) = done.await.ok_or_else(gone)?;
        *place = Some(connection);
        returned(done)
    }

    /// Calls a function of the program with the connection; for the connection's own thread.
    pub(super) fn lend<T>(&mut self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Lent<T> {
        let done = catch_unwind(AssertUnwindSafe(|| self.patiently(work)));
        let Inner { raw, budget, waits, .. } = self.inner();
        // The program may have set its own handlers.
        let restored = count_instructions(raw, budget).and_then(|()| wait::changed(raw));
        done.map(|done| {
            *waits = restored?.unwrap_or(*waits);
            done
        })
    }

    /// Closes it, which may take a while: the last connection to a file writes the log of others back.
    pub(super) async fn close(self) {
        let SqliteConnection { inner, worker } = self;
        // The thread has nothing else to do than this.
        let _ = worker.run(move || drop(inner)).await;
    }

    fn inner(&mut self) -> &mut Inner {
        self.inner.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread of the connection.
    pub(super) fn worker(&self) -> &Worker {
        &self.worker
    }

    /// Stops what the connection runs.
    pub(super) fn stop(&mut self) -> Stop {
        Stop::new(&self.inner().budget)
    }

    /// Nothing runs, so nothing is to be stopped any more.
    pub(super) fn rest(&mut self) {
        self.inner().budget.store(UNLIMITED, Ordering::Relaxed);
    }

    /// Whether no transaction is open.
    pub(super) fn is_autocommit(&mut self) -> bool {
        self.inner().raw.is_autocommit()
    }

    /// Runs something that may take long and wait for locks; for the connection's own thread.
    pub(super) fn patiently<T>(&mut self, work: impl FnOnce(&Connection) -> T) -> T {
        let stop = self.stop();
        let Inner { raw, waits, .. } = self.inner();
        wait::patiently(*waits, &stop, || work(raw))
    }

    /// Runs a statement that may take long and wait for locks; for the connection's own thread.
    ///
    /// # Errors
    /// SQLite refuses.
    pub(super) fn work(&mut self, job: Job) -> rusqlite::Result<Ran> {
        let stop = self.stop();
        let Inner { open, raw, waits, .. } = self.inner();
        let settings = job.settings;
        let ran = wait::patiently(*waits, &stop, || job.run(raw, open));
        if settings && let Some(changed) = wait::changed(raw)? {
            *waits = changed;
        }
        ran
    }

    /// Runs a statement that begins a transaction or a savepoint, and returns whether it did: `None` if it would have
    /// to wait for another connection.
    ///
    /// # Errors
    /// SQLite refuses the statement.
    pub(super) fn control(&mut self, sql: &str) -> rusqlite::Result<bool> {
        match self.inner().raw.execute_batch(sql) {
            Ok(()) => Ok(true),
            Err(error) if elsewhere(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The number of the row that was inserted last: its key, where that is the table's own number of a row.
    pub(super) fn last_key(&mut self) -> i64 {
        self.inner().raw.last_insert_rowid()
    }

    /// Whether the open transaction has written, or may write.
    pub(super) fn writes(&mut self) -> bool {
        let state = self.inner().raw.transaction_state(None::<&str>);
        !matches!(state, Ok(TransactionState::None | TransactionState::Read))
    }

    /// Whether a statement writes nothing; `None` if it cannot be compiled without waiting for another connection.
    ///
    /// # Errors
    /// SQLite refuses the statement.
    pub(super) fn only_reads(&mut self, sql: &Arc<str>) -> rusqlite::Result<Option<bool>> {
        match Prepared::new(&self.inner().raw, sql) {
            Ok(statement) => Ok(Some(statement.is_read_only())),
            Err(error) if elsewhere(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Runs a statement of a few rows into the sink, and returns how many rows it changed; `None` if it takes longer than
    /// the caller's thread may be blocked, or would have to wait for another connection. The sink has no rows then.
    ///
    /// # Errors
    /// SQLite refuses the statement, or the sink a row.
    pub(super) fn run<'v>(
        &mut self,
        sql: &Arc<str>,
        values: impl Iterator<Item = &'v Value>,
        expected: Expected,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<Option<u64>, Stopped> {
        let Inner { kept, raw, budget, rows, .. } = self.inner();
        // To compile it SQLite may have to read the tables' definitions, which another connection may have locked.
        let statement = match prepared(raw, kept, sql) {
            Err(error) if elsewhere(&error) => return Ok(None),
            statement => statement?,
        };
        let reads = statement.is_read_only();
        if !reads && raw.is_autocommit() {
            // It would have to wait for the connection that writes. In a transaction it has the lock already, and must not be stopped:
            // that would roll the transaction back.
            return Ok(None);
        }
        // A read of many rows may be stopped, so its rows are passed on only when it is complete.
        let collects = reads && expected != Expected::One;
        let before = *count;
        rows.empty(statement.width());
        budget.store(if reads { LOOKS } else { UNLIMITED }, Ordering::Relaxed);
        let done = statement.run(values, |running| {
            loop {
                match running.step() {
                    Ok(None) => return Ok(()),
                    Ok(Some(row)) if collects => rows.take(&row),
                    Ok(Some(row)) => {
                        // Who has the first row is not stopped any more: it was all that had to be found.
                        budget.store(UNLIMITED, Ordering::Relaxed);
                        *count += 1;
                        sink.row(&row).map_err(Stopped::Unfit)?;
                    }
                    Err(error) => return Err(Stopped::Refused(error)),
                }
            }
        })?;
        budget.store(UNLIMITED, Ordering::Relaxed);
        match done {
            Ok(()) if collects => {
                give(rows, sink, count).map_err(Stopped::Unfit)?;
                Ok(Some(0))
            }
            Ok(()) => Ok(Some(if reads { 0 } else { raw.changes() })),
            // A row that the sink has would be given twice.
            Err(Stopped::Refused(error)) if elsewhere(&error) && *count == before => Ok(None),
            Err(stopped) => Err(stopped),
        }
    }

    /// Reads a statement on the caller's thread, row by row into the sink, and yields to other tasks in between. If the
    /// next row takes longer than the thread may be blocked, it returns how many rows were passed on.
    ///
    /// # Errors
    /// SQLite refuses the statement, or the sink a row.
    pub(super) fn read<'h>(
        &'h mut self,
        sql: &'h Arc<str>,
        params: &'h [Param],
        sink: &'h mut dyn RowSink,
        count: &'h mut u64,
    ) -> impl Future<Output = Result<Ended, Stopped>> + Send + 'h {
        let Inner { raw, budget, .. } = self.inner();
        Reading { connection: raw, budget, sink, given: count }.run(sql, params)
    }

    /// Begins to read a statement a part at a time; returns whether a transaction was begun for it. `None` if it has to
    /// be read elsewhere.
    ///
    /// # Errors
    /// SQLite refuses the statement, or it is one that writes.
    pub(super) fn open_part(&mut self, sql: &Arc<str>, values: &[Value]) -> rusqlite::Result<Option<bool>> {
        let Inner { open, raw, .. } = self.inner();
        let alone = raw.is_autocommit();
        let mut statement = match Prepared::new(raw, sql) {
            Err(error) if elsewhere(&error) => return Ok(None),
            statement => statement?,
        };
        if !statement.is_read_only() {
            return Err(writes());
        }
        statement.bind(values.iter())?;
        if alone {
            // Outside a transaction each statement would see what others committed since the one before it.
            raw.execute_batch("BEGIN")?;
        }
        *open = Some(statement);
        Ok(Some(alone))
    }

    /// Reads the next rows of the open statement, as [`read`](Self::read) does, and returns whether they were the last;
    /// `None` if the rest has to be read elsewhere.
    ///
    /// # Errors
    /// SQLite refuses, or the sink a row.
    pub(super) async fn next_part(
        &mut self,
        most: usize,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<Option<bool>, Stopped> {
        let Inner { open, raw, budget, .. } = self.inner();
        let Some(statement) = open else { return Ok(Some(true)) };
        let read = Reading { connection: raw, budget, sink, given: count }.part(statement, most).await;
        if !matches!(read, Ok(Some(false))) {
            // It would keep the database locked.
            *open = None;
        }
        read
    }

    /// Ends the statement that is open, and the transaction that was begun for it.
    ///
    /// # Errors
    /// SQLite refuses.
    pub(super) fn close_part(&mut self, alone: bool) -> rusqlite::Result<()> {
        let Inner { open, raw, .. } = self.inner();
        *open = None;
        if alone { rollback(raw) } else { Ok(()) }
    }
}

impl Inner {
    fn open(opening: &Opening) -> Result<Inner, NotOpened> {
        let raw = opening.connect()?;
        let budget = Arc::new(AtomicU32::new(UNLIMITED));
        count_instructions(&raw, &budget)?;
        let waits = wait::take_over(&raw)?;
        Ok(Inner { open: None, kept: Vec::new(), raw, budget, rows: Batch::default(), waits })
    }
}

/// Makes SQLite check a budget every [`INSTRUCTIONS`], and stop when it is used up.
fn count_instructions(raw: &Connection, budget: &Arc<AtomicU32>) -> rusqlite::Result<()> {
    let looks = Arc::clone(budget);
    raw.progress_handler(
        INSTRUCTIONS,
        Some(move || {
            let left = looks.load(Ordering::Relaxed);
            if left != UNLIMITED {
                looks.store(left.saturating_sub(1), Ordering::Relaxed);
            }
            left == 0
        }),
    )
}

/// What a function of the program returned, on the thread of its caller: a panic continues there.
pub(super) fn returned<T>(done: Lent<T>) -> crate::error::Result<T> {
    match done {
        Ok(done) => done.map_err(|error| database_error(error, None)),
        Err(panic) => resume_unwind(panic),
    }
}

/// Ends the open transaction, unless SQLite has done so: a full disk ends it, for example.
///
/// # Errors
/// SQLite refuses.
pub(super) fn rollback(raw: &Connection) -> rusqlite::Result<()> {
    if raw.is_autocommit() { Ok(()) } else { raw.execute_batch("ROLLBACK") }
}

/// The statement that has a text, which is kept for the next time.
fn prepared<'k>(
    raw: &Connection,
    kept: &'k mut Vec<Prepared>,
    sql: &Arc<str>,
) -> rusqlite::Result<&'k mut Prepared> {
    let at = match kept.iter().position(|statement| statement.is_of(sql)) {
        // What is asked for often comes to the front.
        Some(at) => {
            kept.swap(at, at.saturating_sub(1));
            at.saturating_sub(1)
        }
        None => {
            kept.truncate(KEPT - 1);
            kept.push(Prepared::new(raw, sql)?);
            kept.len() - 1
        }
    };
    Ok(&mut kept[at])
}

/// Whether a statement that stopped with an error may succeed on the connection's own thread, which can wait.
pub(super) fn elsewhere(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::OperationInterrupted | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

impl fmt::Debug for SqliteConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteConnection").finish_non_exhaustive()
    }
}
