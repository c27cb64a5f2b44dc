//! The raw handle of a connection: all `unsafe` of the library.
//!
//! There are three uses of it. Each makes a safe connection of a handle while its owner, the driver, cannot use or close
//! it, and none of them outlives that. No pointer passes through SQL.

#![allow(unsafe_code)]

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, ErrorCode};
use sqlx::sqlite::SqliteConnection;

use super::sqlite_batch::{Batch, bind};
use super::sqlite_lent::Lent;
use crate::value::Value;

/// The statement that calls the function.
pub(super) const RUN: &str = "SELECT orm_core_job(?1)";

/// How many instructions of SQLite's machine there are between two looks at the budget.
const INSTRUCTIONS: i32 = 1_000;
/// How many such looks a statement gets on the caller's thread: some tenths of a millisecond.
const LOOKS: u32 = 10;
/// A budget that is not counted.
const UNLIMITED: u32 = u32::MAX;

/// Gives a connection a function that calls `run` with its argument on the connection's own thread, and has it take no
/// quoted name that is no column for a text.
///
/// # Errors
/// The connection's thread or SQLite refuses; the connection then works without the function.
pub(super) async fn register(
    connection: &mut SqliteConnection,
    run: fn(i64, &Connection) -> bool,
) -> Result<(), sqlx::Error> {
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
        raw.create_scalar_function("orm_core_job", 1, flags, move |context| {
            let number: i64 = context.get(0)?;
            // SAFETY: SQLite calls this on the thread that steps the connection's statement, so the connection is open
            // and nobody else uses it; the reference does not outlive the call, and neither does a statement made of it.
            let connection = unsafe { context.get_connection() }?;
            Ok(run(number, &connection))
        })
    });
    done.map_err(refused)
}

/// A connection whose handle is locked, so that short statements run on the thread of the caller.
///
/// A change of threads costs ten times what it takes SQLite to find a row by its key. The lock is taken once and kept:
/// every turn of the driver's lock leaves a command in a queue of 50, and a fast loop of them fills it and waits for ever.
pub(super) struct Handle {
    /// Nobody but the handle's owner uses it; the mutex makes it `Sync`.
    inner: Mutex<Inner>,
}

struct Inner {
    /// Before `owner`, and so dropped before it: its statements are finalised while the connection is locked.
    raw: Connection,
    /// Owns the connection and its lock; gives the connection back when it is polled.
    owner: Owner,
    /// How many looks are left, of those that SQLite takes every [`INSTRUCTIONS`].
    budget: Arc<AtomicU32>,
    /// What the connection waits for a lock of the database elsewhere; here it does not wait.
    timeout: Duration,
    rows: Batch,
}

type Owner = Pin<Box<dyn Future<Output = Result<Lent, sqlx::Error>> + Send>>;

impl Handle {
    /// Locks the handle of a connection.
    ///
    /// # Errors
    /// The connection's thread or SQLite refuses; the connection is dropped.
    pub(super) async fn lock(lent: Lent) -> Result<Handle, sqlx::Error> {
        let budget = Arc::new(AtomicU32::new(UNLIMITED));
        let place = Arc::new(Mutex::new(None));
        let mut owner: Owner = Box::pin(own(lent, Arc::clone(&budget), Arc::clone(&place)));
        let locked = poll_fn(|context| match owner.as_mut().poll(context) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(_)) => Poll::Ready(Err(sqlx::Error::WorkerCrashed)),
            Poll::Pending => match place.lock().unwrap_or_else(PoisonError::into_inner).take() {
                Some(raw) => Poll::Ready(Ok(raw)),
                None => Poll::Pending,
            },
        });
        let raw: Connection = locked.await?;
        let timeout: u32 = raw.pragma_query_value(None, "busy_timeout", |row| row.get(0)).map_err(refused)?;
        let timeout = Duration::from_millis(timeout.into());
        Ok(Handle { inner: Mutex::new(Inner { raw, owner, budget, timeout, rows: Batch::default() }) })
    }

    /// Unlocks the connection, and gives it back.
    ///
    /// # Errors
    /// The connection has gone.
    pub(super) fn unlock(self) -> Result<Lent, sqlx::Error> {
        let Inner { raw, mut owner, .. } = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        drop(raw);
        match owner.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(connection) => connection,
            Poll::Pending => Err(sqlx::Error::WorkerCrashed),
        }
    }

    /// Runs a statement of a few rows, and gives what it returned and how many rows it changed; none where it takes
    /// longer than the caller's thread may be held up, or would have to wait for another connection.
    ///
    /// # Errors
    /// SQLite refuses the statement.
    pub(super) fn run<'v>(
        &mut self,
        sql: &str,
        values: impl Iterator<Item = &'v Value>,
    ) -> rusqlite::Result<Option<(&Batch, u64)>> {
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Inner { raw, budget, timeout, rows, .. } = inner;
        raw.busy_timeout(Duration::ZERO)?;
        let done = run(raw, sql, values, rows, budget);
        budget.store(UNLIMITED, Ordering::Relaxed);
        raw.busy_timeout(*timeout)?;
        match done {
            Ok(Some(changed)) => Ok(Some((&*rows, changed))),
            Ok(None) => Ok(None),
            Err(rusqlite::Error::SqliteFailure(error, _)) if elsewhere(error.code) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Takes the lock of a connection, says so by putting the raw connection in its place, and keeps the lock until it is
/// polled again. An `async` block may keep what borrows from what it owns; that is why this is one.
async fn own(
    mut lent: Lent,
    budget: Arc<AtomicU32>,
    place: Arc<Mutex<Option<Connection>>>,
) -> Result<Lent, sqlx::Error> {
    let mut locked = lent.connection()?.lock_handle().await?;
    locked.set_progress_handler(INSTRUCTIONS, move || {
        let left = budget.load(Ordering::Relaxed);
        if left != UNLIMITED {
            budget.store(left.saturating_sub(1), Ordering::Relaxed);
        }
        left > 0
    });
    // SAFETY: while `locked` is there the driver neither uses nor closes the connection. `Handle` keeps it for as long as
    // it has the raw connection, lends neither to anybody, and drops the raw one first; that does not close it.
    let raw = unsafe { Connection::from_handle(locked.as_raw_handle().as_ptr()) }.map_err(refused)?;
    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(raw);
    let mut released = false;
    poll_fn(|_| if std::mem::replace(&mut released, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    locked.remove_progress_handler();
    drop(locked);
    Ok(lent)
}

fn run<'v>(
    raw: &Connection,
    sql: &str,
    values: impl Iterator<Item = &'v Value>,
    rows: &mut Batch,
    budget: &AtomicU32,
) -> rusqlite::Result<Option<u64>> {
    let mut statement = raw.prepare_cached(sql)?;
    let reads = statement.readonly();
    if reads {
        budget.store(LOOKS, Ordering::Relaxed);
    } else if raw.is_autocommit() {
        // It would have to wait for whoever writes. In a transaction it has the lock already, and must not be stopped:
        // that would roll the transaction back.
        return Ok(None);
    }
    bind(&mut statement, values)?;
    rows.empty(statement.column_count());
    let mut found = statement.raw_query();
    while let Some(row) = found.next()? {
        rows.take(row)?;
    }
    Ok(Some(if reads { 0 } else { raw.changes() }))
}

/// Whether a statement that stopped with an error may succeed on the connection's own thread, which can wait.
fn elsewhere(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::OperationInterrupted | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
}

fn refused(error: rusqlite::Error) -> sqlx::Error {
    sqlx::Error::Configuration(error.into())
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}
