//! The open transactions of all sessions of this process: the error of a lock names who holds it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::driver::pool::Borrower;
use crate::error::{Error, ErrorKind};

/// SQLite's code for a snapshot that is too old to write: no lock is involved then.
const SNAPSHOT: i32 = 517;

static HOLDERS: Mutex<Vec<Holder>> = Mutex::new(Vec::new());

struct Holder {
    file: Arc<str>,
    by: Borrower,
    since: Instant,
    writes: bool,
}

/// A transaction, until it is dropped.
#[derive(Debug)]
pub(super) struct Holding {
    by: Borrower,
}

impl Holding {
    pub(super) fn begin(file: Arc<str>, by: Borrower, writes: bool) -> Holding {
        holders().push(Holder { file, by, since: Instant::now(), writes });
        Holding { by }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        // A session has one transaction at a time.
        holders().retain(|holder| holder.by.session() != self.by.session());
    }
}

/// Names the session that holds the lock in the error, if it is another one of this process. A writer keeps others from
/// writing; a reader keeps them from committing if the database has no write-ahead log.
pub(super) fn named(error: Error, file: &str, waiting: Borrower) -> Error {
    if error.kind() != ErrorKind::Busy || code(&error) == Some(SNAPSHOT) {
        return error;
    }
    let holders = holders();
    let others = || {
        let others = holders.iter().filter(|holder| *holder.file == *file);
        others.filter(|holder| holder.by.session() != waiting.session())
    };
    let Some(holder) = others().find(|holder| holder.writes).or_else(|| others().next()) else {
        return error;
    };
    let (session, at, held) = (holder.by.session(), holder.by.made_at(), holder.since.elapsed());
    let does = if holder.writes { "writes" } else { "reads" };
    error.suffixed(&format!(
        "; session {session} of this process, made at {at}, has a transaction open that {does}, for {held:.1?} now: end it \
         with `commit`, `rollback` or by dropping the session"
    ))
}

fn code(error: &Error) -> Option<i32> {
    let source = std::error::Error::source(error)?.downcast_ref::<rusqlite::Error>()?;
    Some(source.sqlite_error()?.extended_code)
}

fn holders() -> MutexGuard<'static, Vec<Holder>> {
    HOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}
