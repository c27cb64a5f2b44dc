//! A statement of a connection: all `unsafe` of the library.
//!
//! Through the safe interface a cell costs three times what it takes SQLite to hand it out, and a statement borrows its
//! connection, so none could stay with it to be run again or read on.
//!
//! What makes it sound: SQLite refuses to close a connection that has statements, so the handle behind a statement is
//! valid for as long as the statement is; and both are in [`SqliteConnection`](super::connection::SqliteConnection), which
//! one thread has at a time.

#![allow(unsafe_code)]

use std::ffi::{CStr, c_int};
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;

use rusqlite::{Connection, ffi};

use super::error::NOT_UTF8;
use crate::sql::{Dialect, is_at_end};
use crate::value::{Cells, Value, ValueError, ValueRef};

/// A compiled statement.
pub(super) struct Prepared {
    statement: NonNull<ffi::sqlite3_stmt>,
    sql: Arc<str>,
    width: usize,
}

// SAFETY: SQLite lets threads use a connection and its statements one after the other. Both are behind one exclusive
// reference to `SqliteConnection`, which moves between threads as a whole.
unsafe impl Send for Prepared {}

/// A statement with its values; both are released at the end.
pub(super) struct Running<'s> {
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
    /// SQLite refuses the text, or it does not contain exactly one statement.
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

    /// Whether it was compiled from a text.
    pub(super) fn is_of(&self, sql: &Arc<str>) -> bool {
        Arc::ptr_eq(&self.sql, sql) || self.sql == *sql
    }

    /// Gives it values for as long as a function works with it: they are not copied.
    ///
    /// # Errors
    /// Those of [`bind`](Self::bind).
    pub(super) fn run<'v, T>(
        &mut self,
        values: impl Iterator<Item = &'v Value>,
        work: impl FnOnce(&mut Running<'_>) -> T,
    ) -> rusqlite::Result<T> {
        // It is dropped here, whatever the function does, and releases the values.
        let mut running = Running { prepared: self };
        running.prepared.give(values, ffi::SQLITE_STATIC())?;
        Ok(work(&mut running))
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
        // again, which happens only before its first row, when no row has been read.
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
        self.give(values, ffi::SQLITE_TRANSIENT())
    }

    /// As [`bind`](Self::bind). SQLite copies texts and bytes if `copies` tells it to; otherwise they stay where they are until
    /// it releases them.
    fn give<'v>(
        &mut self,
        values: impl Iterator<Item = &'v Value>,
        copies: ffi::sqlite3_destructor_type,
    ) -> rusqlite::Result<()> {
        for (at, value) in (1..).zip(values) {
            let code = self.give_one(at, value, copies)?;
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
        // SAFETY: the statement is there until this is dropped, and no row of it is being read: that would borrow this.
        match unsafe { ffi::sqlite3_step(self.statement.as_ptr()) } {
            ffi::SQLITE_ROW => Ok(Some(Row { prepared: self })),
            ffi::SQLITE_DONE => Ok(None),
            code => Err(self.failure(code)),
        }
    }

    fn give_one(
        &self,
        at: c_int,
        value: &Value,
        copies: ffi::sqlite3_destructor_type,
    ) -> rusqlite::Result<c_int> {
        let statement = self.statement.as_ptr();
        // SAFETY: the statement lives until this is dropped; SQLite answers a wrong position with an error; the lengths of
        // texts and bytes are passed correctly. It copies them, but for those of `run`, which outlive its function, and which
        // SQLite has released when `run` returns.
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
                    ffi::sqlite3_bind_text(statement, at, v.as_ptr().cast(), length(v.len())?, copies)
                }
                // No bytes are a value; no pointer would be NULL.
                Value::Bytes(v) if v.is_empty() => ffi::sqlite3_bind_zeroblob(statement, at, 0),
                Value::Bytes(v) => {
                    ffi::sqlite3_bind_blob(statement, at, v.as_ptr().cast(), length(v.len())?, copies)
                }
                // The plain form of a value is one of those above.
                other => match other.clone().into_plain() {
                    plain @ (Value::Text(_) | Value::Bytes(_)) => {
                        return self.give_one(at, &plain, ffi::SQLITE_TRANSIENT());
                    }
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
        // SAFETY: nothing else finalises the statement. An error here was told when the statement ran.
        unsafe { ffi::sqlite3_finalize(self.statement.as_ptr()) };
    }
}

impl Running<'_> {
    /// As [`Prepared::step`].
    pub(super) fn step(&mut self) -> rusqlite::Result<Option<Row<'_>>> {
        self.prepared.step()
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // SAFETY: the statement is there until `prepared` is dropped. It releases the database here, and its values.
        unsafe {
            ffi::sqlite3_reset(self.prepared.statement.as_ptr());
            ffi::sqlite3_clear_bindings(self.prepared.statement.as_ptr());
        }
    }
}

impl Row<'_> {
    /// A cell, if it has a value of a type.
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

    fn column_name(&self, index: usize) -> Option<&str> {
        self.prepared.column_name(index)
    }
}

/// Compiles the first statement of a text, if there is one, and returns its length in the text.
fn compile(
    connection: &Connection,
    sql: &str,
) -> rusqlite::Result<(Option<NonNull<ffi::sqlite3_stmt>>, usize)> {
    let length = length(sql.len())?;
    let (mut statement, mut rest) = (ptr::null_mut(), ptr::null());
    let text = sql.as_ptr().cast();
    // SAFETY: the handle is open as long as `connection` lives, the length is the text's, and SQLite copies the text;
    // the tail that it returns points into the text.
    unsafe {
        let handle = connection.handle();
        match ffi::sqlite3_prepare_v2(handle, text, length, &raw mut statement, &raw mut rest) {
            ffi::SQLITE_OK => Ok((NonNull::new(statement), rest.addr().saturating_sub(text.addr()))),
            code => Err(failure(handle, code)),
        }
    }
}

fn other_than_one(found: &str) -> rusqlite::Error {
    let text = format!("there are {found} in the SQL, but it must have exactly one");
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ERROR), Some(text))
}

/// SQLite's message about a failure.
///
/// # Safety
/// The handle belongs to an open connection that nothing else uses.
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

/// The bytes of a value; `None` if SQLite is out of memory.
///
/// # Safety
/// `first` points to `length` bytes, which do not change during the lifetime of the result.
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
