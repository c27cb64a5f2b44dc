//! How long a statement on SQLite may wait, decided in this one place.
//!
//! * **A lock of the database**: as long as the connection's `busy_timeout` allows, five seconds by default, over all
//!   locks that one statement meets. Only the connection's own thread waits ([`patiently`]); on the thread of the caller a
//!   lock is refused at once, and the statement moves to the other thread.
//! * **The connection's thread**: every wait for it has a way out. It owns the sender of everything that a reader
//!   receives, so a reader learns when the work ends, however it ends; and a reader that leaves drops its receiver, or
//!   stops the work ([`Stop`]).
//! * **A place in the pool**: `pool_timeout`, as on every database.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

/// A budget that is not counted.
pub(super) const UNLIMITED: u32 = u32::MAX;

/// The pauses between attempts to get a lock, in milliseconds: those of SQLite itself.
const PAUSES: [u64; 12] = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];

thread_local! {
    /// What the statement that runs on this thread may still wait; none on the thread of a caller.
    static PATIENCE: RefCell<Option<Patience>> = const { RefCell::new(None) };
}

struct Patience {
    left: Duration,
    stop: Stop,
}

/// Stops the statement that a connection runs, from any thread.
///
/// It is the budget that SQLite looks at while it works; a statement without any left ends with an error.
#[derive(Debug, Clone)]
pub(super) struct Stop(Arc<AtomicU32>);

/// Stops a statement when it is dropped before its end: its rows are no longer wanted.
pub(super) struct StopOnDrop(Option<Stop>);

impl Stop {
    pub(super) fn new(budget: &Arc<AtomicU32>) -> Stop {
        Stop(Arc::clone(budget))
    }

    /// Ends what runs now, at SQLite's next look.
    pub(super) fn stop(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    pub(super) fn on_drop(&self) -> StopOnDrop {
        StopOnDrop(Some(self.clone()))
    }
}

impl StopOnDrop {
    /// The statement has ended.
    pub(super) fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Some(stop) = &self.0 {
            stop.stop();
        }
    }
}

/// Takes over the waiting for locks from SQLite, and returns how long a statement of the connection may wait.
///
/// # Errors
/// SQLite refuses.
pub(super) fn take_over(connection: &Connection) -> rusqlite::Result<Duration> {
    let waits = set_by_pragma(connection)?;
    connection.busy_handler(Some(again))?;
    Ok(waits)
}

/// The same where SQL of the user's own may have set another `busy_timeout`.
///
/// # Errors
/// SQLite refuses.
pub(super) fn changed(connection: &Connection) -> rusqlite::Result<Option<Duration>> {
    // While this file does the waiting, SQLite reports a timeout of zero.
    let waits = set_by_pragma(connection)?;
    if waits.is_zero() {
        return Ok(None);
    }
    take_over(connection).map(Some)
}

fn set_by_pragma(connection: &Connection) -> rusqlite::Result<Duration> {
    let milliseconds: u32 = connection.pragma_query_value(None, "busy_timeout", |row| row.get(0))?;
    Ok(Duration::from_millis(milliseconds.into()))
}

/// Runs a statement that may wait for locks, for so long in all.
pub(super) fn patiently<T>(waits: Duration, stop: &Stop, statement: impl FnOnce() -> T) -> T {
    let before = PATIENCE.replace(Some(Patience { left: waits, stop: stop.clone() }));
    let done = statement();
    PATIENCE.set(before);
    done
}

/// SQLite asks whether to try to get a lock again, after so many attempts.
fn again(attempts: i32) -> bool {
    PATIENCE.with_borrow_mut(|patience| {
        let Some(Patience { left, stop, .. }) = patience else { return false };
        if left.is_zero() || stop.is_stopped() {
            return false;
        }
        let at = usize::try_from(attempts).unwrap_or_default().min(PAUSES.len() - 1);
        let began = Instant::now();
        thread::sleep(Duration::from_millis(PAUSES[at]).min(*left));
        *left = left.saturating_sub(began.elapsed());
        true
    })
}
