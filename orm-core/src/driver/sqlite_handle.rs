//! The raw handle of a connection: all `unsafe` of the library.
//!
//! There are two uses of it. One makes a safe connection of a handle while its owner, the driver, cannot use or close it;
//! no pointer passes through SQL. The other is [`Prepared`], a statement of such a connection: through the safe interface
//! a cell costs three times what it takes SQLite to hand it out, and a statement that was kept cannot be told from another
//! one without a copy of its text.

#![allow(unsafe_code)]

use std::ffi::{CStr, c_int};
use std::future::poll_fn;
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use std::{fmt, io};

use rusqlite::{Connection, ErrorCode, TransactionState, ffi};
use sqlx::sqlite::SqliteConnection;

use super::RowSink;
use super::sqlite_batch::{Batch, NOT_UTF8, give};
use super::sqlite_reading::{Ended, Reading, Stopped};
use super::sqlite_wait::{self, Stop, UNLIMITED};
use super::sqlite_worker::Worker;
use crate::sql::{Dialect, Expected, Param, is_at_end};
use crate::value::{Cells, Value, ValueError, ValueRef};

/// How many instructions of SQLite's machine there are between two looks at the budget.
const INSTRUCTIONS: i32 = 1_000;
/// How many such looks a statement of a few rows gets on the caller's thread: some tenths of a millisecond.
const LOOKS: u32 = 10;
/// How many statements a handle keeps.
const KEPT: usize = 64;

/// A connection, whose handle is locked from its first moment to its last: the driver opens and closes it, and nothing else.
///
/// Its statements run on the thread of the caller, where they are short, since a change of threads costs ten times what it
/// takes SQLite to find a row by its key; what may take long or wait runs on a thread of the connection, to which all of this
/// moves.
pub(super) struct Handle {
    /// Nobody but the handle's owner uses it; the mutex makes it `Sync`.
    inner: Box<Mutex<Inner>>,
    /// Made when something needs it.
    worker: Option<Worker>,
}

struct Inner {
    /// A statement that is read a part at a time. Statements come before `owner`, so that they are finalised while the
    /// connection is locked.
    open: Option<Prepared>,
    /// Statements to run again.
    kept: Vec<Prepared>,
    raw: Connection,
    /// Owns the connection and its lock; gives the connection back when it is polled.
    owner: Owner,
    /// How many looks are left, of those that SQLite takes every [`INSTRUCTIONS`].
    budget: Arc<AtomicU32>,
    rows: Batch,
    /// How long a statement waits for locks, on the connection's own thread.
    waits: Duration,
}

type Owner = Pin<Box<dyn Future<Output = Result<SqliteConnection, sqlx::Error>> + Send>>;

impl Handle {
    /// Locks the handle of a connection, and has it take no quoted name that is no column for a text.
    ///
    /// # Errors
    /// The connection's thread or SQLite refuses; the connection is dropped.
    pub(super) async fn lock(connection: SqliteConnection) -> Result<Handle, sqlx::Error> {
        let budget = Arc::new(AtomicU32::new(UNLIMITED));
        let place = Arc::new(Mutex::new(None));
        let mut owner: Owner = Box::pin(own(connection, Arc::clone(&budget), Arc::clone(&place)));
        let locked = poll_fn(|context| match owner.as_mut().poll(context) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(_)) => Poll::Ready(Err(sqlx::Error::WorkerCrashed)),
            Poll::Pending => match place.lock().unwrap_or_else(PoisonError::into_inner).take() {
                Some(raw) => Poll::Ready(Ok(raw)),
                None => Poll::Pending,
            },
        });
        let raw = locked.await?;
        let waits = configured(&raw).map_err(refused)?;
        let inner = Inner { open: None, kept: Vec::new(), raw, owner, budget, rows: Batch::default(), waits };
        Ok(Handle { inner: Box::new(Mutex::new(inner)), worker: None })
    }

    fn inner(&mut self) -> &mut Inner {
        self.inner.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread of the connection.
    ///
    /// # Errors
    /// The system has none.
    pub(super) fn worker(&mut self) -> io::Result<&Worker> {
        match &mut self.worker {
            Some(worker) => Ok(worker),
            none => Ok(none.insert(Worker::start()?)),
        }
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
        sqlite_wait::patiently(*waits, &stop, || work(raw))
    }

    /// Notices what SQL of the user's own may have set on the connection.
    ///
    /// # Errors
    /// SQLite refuses.
    pub(super) fn notice_settings(&mut self) -> rusqlite::Result<()> {
        let Inner { raw, waits, .. } = self.inner();
        if let Some(changed) = sqlite_wait::changed(raw)? {
            *waits = changed;
        }
        Ok(())
    }

    /// Runs a statement that begins a transaction or a part of one, and says whether it did: none where it would have to
    /// wait for another connection.
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

    /// Whether a statement writes nothing; none where it cannot be compiled without waiting for another connection.
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

    /// Unlocks the connection, and gives it back.
    ///
    /// # Errors
    /// The connection has gone.
    pub(super) fn unlock(self) -> Result<SqliteConnection, sqlx::Error> {
        let Inner { open, kept, raw, mut owner, .. } =
            self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        drop((open, kept, raw));
        match owner.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(connection) => connection,
            Poll::Pending => Err(sqlx::Error::WorkerCrashed),
        }
    }

    /// Runs a statement of a few rows into the sink, and says how many rows it changed; none where it takes longer than the
    /// caller's thread may be held up, or would have to wait for another connection. The sink has no row then.
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
        // To compile it SQLite may have to read the tables' definitions, which somebody may have locked.
        let statement = match prepared(raw, kept, sql) {
            Err(error) if elsewhere(&error) => return Ok(None),
            statement => statement?,
        };
        let reads = statement.is_read_only();
        if !reads && raw.is_autocommit() {
            // It would have to wait for whoever writes. In a transaction it has the lock already, and must not be stopped:
            // that would roll the transaction back.
            return Ok(None);
        }
        let before = *count;
        statement.bind(values)?;
        let mut running = Running { prepared: statement };
        let done = match reads && expected != Expected::One {
            true => {
                rows.empty(running.prepared.width);
                budget.store(LOOKS, Ordering::Relaxed);
                running.collect(rows)
            }
            false => {
                budget.store(if reads { LOOKS } else { UNLIMITED }, Ordering::Relaxed);
                running.give(sink, count, budget)
            }
        };
        drop(running);
        budget.store(UNLIMITED, Ordering::Relaxed);
        match done {
            Ok(()) if reads && expected != Expected::One => {
                give(rows, sink, count).map_err(Stopped::Unfit)?;
                Ok(Some(0))
            }
            Ok(()) => Ok(Some(if reads { 0 } else { raw.changes() })),
            // A row that the sink has would be given twice.
            Err(Stopped::Refused(error)) if elsewhere(&error) && *count == before => Ok(None),
            Err(stopped) => Err(stopped),
        }
    }

    /// Begins to read a statement a part at a time; says whether a transaction was begun for it. None where it has to be
    /// read elsewhere.
    ///
    /// # Errors
    /// SQLite refuses the statement, or it is one that writes.
    pub(super) fn open(&mut self, sql: &Arc<str>, values: &[Value]) -> rusqlite::Result<Option<bool>> {
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

    /// Reads the next rows of the statement that is open, as [`read`](Self::read) does, and says whether they were the last
    /// ones; none where it has to be read elsewhere from here on.
    ///
    /// # Errors
    /// SQLite refuses, or the sink a row.
    pub(super) fn next_rows<'h>(
        &'h mut self,
        most: usize,
        sink: &'h mut dyn RowSink,
        count: &'h mut u64,
    ) -> impl Future<Output = Result<Option<bool>, Stopped>> + Send + 'h {
        let Inner { open, raw, budget, .. } = self.inner();
        let reading = Reading { connection: raw, budget, sink, given: count };
        Confined(Box::pin(async move {
            match open {
                Some(statement) => reading.part(statement, most).await,
                None => Ok(Some(true)),
            }
        }))
    }

    /// Ends the statement that is open, which is read from its start elsewhere; it would keep the database locked.
    pub(super) fn leave_open(&mut self) {
        self.inner().open = None;
    }

    /// Ends the statement that is open, and the transaction that was begun for it.
    ///
    /// # Errors
    /// SQLite refuses.
    pub(super) fn close(&mut self, alone: bool) -> rusqlite::Result<()> {
        let Inner { open, raw, .. } = self.inner();
        *open = None;
        if alone { rollback(raw) } else { Ok(()) }
    }

    /// Reads a statement on the caller's thread, row by row into the sink, and lets other tasks have the thread in
    /// between. Where the next row takes longer than the thread may be held up, it says how many rows were given.
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
        let reading = Reading { connection: raw, budget, sink, given: count };
        Confined(Box::pin(reading.run(sql, params)))
    }
}

/// A future that reads rows of a connection that nobody else uses.
struct Confined<'h, T>(Pin<Box<dyn Future<Output = Result<T, Stopped>> + 'h>>);

// SAFETY: all that `Handle` puts into the future is `Send`: the exclusive references to the connection, to a statement of it,
// the sink and the count, and shared ones to `Sync` data. What else is in it is a statement of the connection and its rows,
// which are not `Send` because two threads must not use one connection at once. The future has the only reference to the
// connection for as long as it lives, so a thread that gets the future gets the connection with it, which is `Send`: SQLite
// lets threads use a connection one after the other.
unsafe impl<T> Send for Confined<'_, T> {}

impl<T> Future for Confined<'_, T> {
    type Output = Result<T, Stopped>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

/// Takes the lock of a connection, says so by putting the raw connection in its place, and keeps the lock until it is
/// polled again. An `async` block may keep what borrows from what it owns; that is why this is one.
async fn own(
    mut connection: SqliteConnection,
    budget: Arc<AtomicU32>,
    place: Arc<Mutex<Option<Connection>>>,
) -> Result<SqliteConnection, sqlx::Error> {
    let mut locked = connection.lock_handle().await?;
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
    Ok(connection)
}

/// Sets what each connection has; says how long its statements wait for locks.
fn configured(raw: &Connection) -> rusqlite::Result<Duration> {
    for option in [
        rusqlite::config::DbConfig::SQLITE_DBCONFIG_DQS_DML,
        rusqlite::config::DbConfig::SQLITE_DBCONFIG_DQS_DDL,
    ] {
        raw.set_db_config(option, false)?;
    }
    sqlite_wait::take_over(raw)
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
    let same = |statement: &Prepared| Arc::ptr_eq(&statement.sql, sql) || statement.sql == *sql;
    let at = match kept.iter().position(same) {
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

/// A statement of a locked connection.
///
/// Who makes one drops it before the connection is unlocked.
pub(super) struct Prepared {
    statement: NonNull<ffi::sqlite3_stmt>,
    sql: Arc<str>,
    width: usize,
}

// SAFETY: SQLite lets threads use a connection and its statements one after the other. `Handle` moves them together, and
// whoever reads one has both for himself.
unsafe impl Send for Prepared {}

/// A kept statement with its values, which lets go of both at the end.
struct Running<'s> {
    prepared: &'s mut Prepared,
}

/// The row that a statement is at.
pub(super) struct Row<'r> {
    prepared: &'r Prepared,
}

impl Prepared {
    /// Compiles the statement of a text.
    ///
    /// # Errors
    /// SQLite refuses the text, or there is not one statement in it.
    pub(super) fn new(connection: &Connection, sql: &Arc<str>) -> rusqlite::Result<Prepared> {
        let (statement, read) = compile(connection, sql)?;
        let statement = statement.ok_or_else(|| other_than_one("no statements"))?;
        // SAFETY: the statement was just made.
        let width = unsafe { ffi::sqlite3_column_count(statement.as_ptr()) };
        let width = usize::try_from(width).unwrap_or_default();
        let prepared = Prepared { statement, sql: Arc::clone(sql), width };
        let rest = sql.get(read..).unwrap_or_default();
        // To compile what follows may run it: many a PRAGMA takes effect then.
        if !is_at_end(Dialect::Sqlite, rest) {
            return Err(other_than_one("several statements"));
        }
        Ok(prepared)
    }

    /// How many cells a row has.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// What the columns are called.
    pub(super) fn names(&self) -> Arc<[Box<str>]> {
        (0..self.width).map(|at| self.column_name(at).unwrap_or_default().into()).collect()
    }

    fn column_name(&self, index: usize) -> Option<&str> {
        if index >= self.width {
            return None;
        }
        let at = c_int::try_from(index).ok()?;
        // SAFETY: the statement has this column, and a name stays where it is for as long as the statement is not prepared
        // anew, which happens before its first row alone, when nobody has asked for the name of a row.
        unsafe {
            let name = ffi::sqlite3_column_name(self.statement.as_ptr(), at);
            if name.is_null() { None } else { CStr::from_ptr(name).to_str().ok() }
        }
    }

    /// Whether it changes nothing in the database.
    pub(super) fn is_read_only(&self) -> bool {
        // SAFETY: the statement is there until this is dropped.
        unsafe { ffi::sqlite3_stmt_readonly(self.statement.as_ptr()) != 0 }
    }

    /// Gives it values.
    ///
    /// # Errors
    /// There are more values than places, or one is too long.
    pub(super) fn bind<'v>(&mut self, values: impl Iterator<Item = &'v Value>) -> rusqlite::Result<()> {
        for (at, value) in (1..).zip(values) {
            let code = self.bind_one(at, value)?;
            if code != ffi::SQLITE_OK {
                return Err(self.failure(code));
            }
        }
        Ok(())
    }

    /// Goes on to the next row; the first one, after the last.
    ///
    /// # Errors
    /// SQLite refuses, or was stopped.
    pub(super) fn step(&mut self) -> rusqlite::Result<Option<Row<'_>>> {
        // SAFETY: the statement is there until this is dropped, and nobody reads a row of it: that would borrow this.
        match unsafe { ffi::sqlite3_step(self.statement.as_ptr()) } {
            ffi::SQLITE_ROW => Ok(Some(Row { prepared: self })),
            ffi::SQLITE_DONE => Ok(None),
            code => Err(self.failure(code)),
        }
    }

    fn bind_one(&self, at: c_int, value: &Value) -> rusqlite::Result<c_int> {
        let statement = self.statement.as_ptr();
        // SAFETY: the statement is there until this is dropped; a place that it has not is answered with an error; SQLite
        // copies texts and bytes, which are as long as is said.
        Ok(unsafe {
            match value {
                Value::Null => ffi::sqlite3_bind_null(statement, at),
                Value::Bool(v) => ffi::sqlite3_bind_int(statement, at, (*v).into()),
                Value::Int(v) => ffi::sqlite3_bind_int64(statement, at, *v),
                // Refused before it came here.
                Value::UInt(v) => match i64::try_from(*v) {
                    Ok(v) => ffi::sqlite3_bind_int64(statement, at, v),
                    Err(_) => ffi::sqlite3_bind_null(statement, at),
                },
                Value::Float(v) => ffi::sqlite3_bind_double(statement, at, *v),
                Value::Text(v) => {
                    let (length, copy) = (length(v.len())?, ffi::SQLITE_TRANSIENT());
                    ffi::sqlite3_bind_text(statement, at, v.as_ptr().cast(), length, copy)
                }
                // No bytes are a value; no pointer would be NULL.
                Value::Bytes(v) if v.is_empty() => ffi::sqlite3_bind_zeroblob(statement, at, 0),
                Value::Bytes(v) => {
                    let (length, copy) = (length(v.len())?, ffi::SQLITE_TRANSIENT());
                    ffi::sqlite3_bind_blob(statement, at, v.as_ptr().cast(), length, copy)
                }
                // The plain form of a value is one of those above.
                other => match other.clone().into_plain() {
                    plain @ (Value::Text(_) | Value::Bytes(_)) => return self.bind_one(at, &plain),
                    _ => ffi::sqlite3_bind_null(statement, at),
                },
            }
        })
    }

    fn failure(&self, code: c_int) -> rusqlite::Error {
        // SAFETY: the statement is there until this is dropped, and its connection longer.
        unsafe { failure(ffi::sqlite3_db_handle(self.statement.as_ptr()), code) }
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: nobody else finalises the statement, and its connection is still locked. An error here was told when the
        // statement ran.
        unsafe { ffi::sqlite3_finalize(self.statement.as_ptr()) };
    }
}

impl Running<'_> {
    /// Takes all rows.
    fn collect(&mut self, rows: &mut Batch) -> Result<(), Stopped> {
        while let Some(row) = self.prepared.step()? {
            rows.take(&row);
        }
        Ok(())
    }

    /// Gives all rows to the sink. Who has the first one is not stopped any more: it was all that had to be found.
    fn give(&mut self, sink: &mut dyn RowSink, count: &mut u64, budget: &AtomicU32) -> Result<(), Stopped> {
        while let Some(row) = self.prepared.step()? {
            budget.store(UNLIMITED, Ordering::Relaxed);
            *count += 1;
            sink.row(&row).map_err(Stopped::Unfit)?;
        }
        Ok(())
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // SAFETY: the statement is there until `prepared` is dropped. It lets go of the database here, and of its values.
        unsafe {
            ffi::sqlite3_reset(self.prepared.statement.as_ptr());
            ffi::sqlite3_clear_bindings(self.prepared.statement.as_ptr());
        }
    }
}

impl Row<'_> {
    /// A cell, if there is one that holds a value of a type.
    fn value(&self, index: usize, of: c_int) -> Option<*mut ffi::sqlite3_value> {
        if index >= self.prepared.width {
            return None;
        }
        let at = c_int::try_from(index).ok()?;
        // SAFETY: as for a cell of any type, below.
        unsafe {
            let value = ffi::sqlite3_column_value(self.prepared.statement.as_ptr(), at);
            (ffi::sqlite3_value_type(value) == of).then_some(value)
        }
    }
}

impl Cells for Row<'_> {
    fn integer(&self, index: usize) -> Option<i64> {
        let value = self.value(index, ffi::SQLITE_INTEGER)?;
        // SAFETY: as for a cell of any type, below.
        Some(unsafe { ffi::sqlite3_value_int64(value) })
    }

    fn float(&self, index: usize) -> Option<f64> {
        let value = self.value(index, ffi::SQLITE_FLOAT)?;
        // SAFETY: as for a cell of any type, below.
        Some(unsafe { ffi::sqlite3_value_double(value) })
    }

    fn text(&self, index: usize) -> Option<&str> {
        let value = self.value(index, ffi::SQLITE_TEXT)?;
        // SAFETY: as for a cell of any type, below.
        str::from_utf8(unsafe { bytes(ffi::sqlite3_value_text(value), ffi::sqlite3_value_bytes(value)) }).ok()
    }

    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError> {
        if index >= self.prepared.width {
            return Err(ValueError::MissingCell { index });
        }
        let at = c_int::try_from(index).map_err(|_| ValueError::MissingCell { index })?;
        // SAFETY: the statement is at a row and stays there while `self` borrows it, and it has this column. The value is
        // one that another thread must not use, and no other thread does. Texts and bytes stay where they are until the
        // statement moves on: nothing asks for a value in another form than the one that it has.
        unsafe {
            let value = ffi::sqlite3_column_value(self.prepared.statement.as_ptr(), at);
            match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_INTEGER => Ok(ValueRef::Int(ffi::sqlite3_value_int64(value))),
                ffi::SQLITE_FLOAT => Ok(ValueRef::Float(ffi::sqlite3_value_double(value))),
                ffi::SQLITE_TEXT => {
                    let text = ffi::sqlite3_value_text(value);
                    match str::from_utf8(bytes(text, ffi::sqlite3_value_bytes(value))) {
                        Ok(text) => Ok(ValueRef::Text(text)),
                        Err(_) => Err(ValueError::Driver(NOT_UTF8.to_owned())),
                    }
                }
                ffi::SQLITE_BLOB => {
                    let blob = ffi::sqlite3_value_blob(value).cast();
                    Ok(ValueRef::Bytes(bytes(blob, ffi::sqlite3_value_bytes(value))))
                }
                _ => Ok(ValueRef::Null),
            }
        }
    }

    fn name(&self, index: usize) -> Option<&str> {
        self.prepared.column_name(index)
    }
}

/// Compiles the first statement of a text, if there is one, and says how much of the text that was.
fn compile(
    connection: &Connection,
    sql: &str,
) -> rusqlite::Result<(Option<NonNull<ffi::sqlite3_stmt>>, usize)> {
    let length = length(sql.len())?;
    let (mut statement, mut rest) = (ptr::null_mut(), ptr::null());
    let text = sql.as_ptr().cast();
    // SAFETY: the handle is open for as long as `connection` is there, the text is as long as is said, and SQLite copies
    // it; what it says of the rest points into the text.
    unsafe {
        let handle = connection.handle();
        match ffi::sqlite3_prepare_v2(handle, text, length, &raw mut statement, &raw mut rest) {
            ffi::SQLITE_OK => Ok((NonNull::new(statement), rest.addr().saturating_sub(text.addr()))),
            code => Err(failure(handle, code)),
        }
    }
}

/// What a stream writes outside a transaction would be undone at its end.
pub(super) fn writes() -> rusqlite::Error {
    let why = "a stream only reads; give SQL that writes to `session.rows(..)` or `session.execute(..)`";
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_READONLY), Some(why.to_owned()))
}

fn other_than_one(found: &str) -> rusqlite::Error {
    let text = format!("there are {found} in the SQL, where there has to be one");
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ERROR), Some(text))
}

/// What SQLite says of a failure.
///
/// # Safety
/// The handle is one of an open connection that nobody else uses.
unsafe fn failure(handle: *mut ffi::sqlite3, code: c_int) -> rusqlite::Error {
    // SAFETY: as the caller promises; the text is copied before anything else is asked of the connection.
    let (code, text) = unsafe {
        let text = ffi::sqlite3_errmsg(handle);
        let text =
            if text.is_null() { None } else { Some(CStr::from_ptr(text).to_string_lossy().into_owned()) };
        match ffi::sqlite3_extended_errcode(handle) {
            ffi::SQLITE_OK => (code, text),
            code => (code, text),
        }
    };
    rusqlite::Error::SqliteFailure(ffi::Error::new(code), text)
}

/// The bytes of a value; none where there is no memory for them.
///
/// # Safety
/// There are as many bytes as is said, and they stay as they are for as long as the result is there.
unsafe fn bytes<'r>(first: *const u8, length: c_int) -> &'r [u8] {
    match usize::try_from(length) {
        // SAFETY: as the caller promises.
        Ok(length) if !first.is_null() => unsafe { slice::from_raw_parts(first, length) },
        _ => &[],
    }
}

fn length(length: usize) -> rusqlite::Result<c_int> {
    c_int::try_from(length).map_err(|_| too_big())
}

fn too_big() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_TOOBIG), None)
}

/// Whether a statement that stopped with an error may succeed on the connection's own thread, which can wait.
pub(super) fn elsewhere(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::OperationInterrupted | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

fn refused(error: rusqlite::Error) -> sqlx::Error {
    sqlx::Error::Configuration(error.into())
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}
