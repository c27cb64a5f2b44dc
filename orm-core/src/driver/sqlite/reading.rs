//! A statement that is read on the thread of the caller.
//!
//! Rows go from the statement straight to who asked for them: no cell is copied, and no thread waits for another one. What
//! SQLite does for a row is short, but it is unknown how long it looks for the next one. So it counts what it does, and a
//! statement that looks for too long is stopped, and read on the connection's own thread from where it was. Both see one
//! state of the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::{Connection, ffi};

use super::connection::{elsewhere, rollback};
use super::prepared::Prepared;
use super::wait::UNLIMITED;
use crate::driver::RowSink;
use crate::error::Error;
use crate::sql::Param;

/// How many looks at the budget it may take to find a row: about a millisecond.
const LOOKS: u32 = 50;
/// After this many of them, other tasks get the thread.
const TURN: u32 = 5;
/// And after this many rows.
const ROWS: usize = 512;

/// What reads a statement.
pub(super) struct Reading<'h> {
    pub(super) connection: &'h mut Connection,
    /// How many looks are left.
    pub(super) budget: &'h AtomicU32,
    pub(super) sink: &'h mut dyn RowSink,
    /// How many rows the sink was given.
    pub(super) given: &'h mut u64,
}

/// How a statement ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ended {
    /// All its rows were given.
    Done,
    /// It has to be read elsewhere.
    Elsewhere(Elsewhere),
}

/// Where a stopped statement has to continue.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Elsewhere {
    /// How many rows were given already.
    pub(super) skip: u64,
    /// A transaction was begun for the statement, and ends with it.
    pub(super) alone: bool,
}

/// Why a statement could not be read.
#[derive(Debug)]
pub(super) enum Stopped {
    /// SQLite refused.
    Refused(rusqlite::Error),
    /// The sink refused a row.
    Unfit(Error),
}

impl Reading<'_> {
    pub(super) async fn run(mut self, sql: &Arc<str>, params: &[Param]) -> Result<Ended, Stopped> {
        // If the statement continues elsewhere, both parts have to see the same data.
        let alone = self.connection.is_autocommit();
        if alone {
            self.connection.execute_batch("BEGIN")?;
        }
        let before = *self.given;
        let read = self.whole(sql, params).await;
        let skip = *self.given - before;
        let ended = match read {
            Err(Stopped::Refused(error)) if elsewhere(&error) => {
                Ok(Ended::Elsewhere(Elsewhere { skip, alone }))
            }
            // Stopped in mid-write, it would roll the whole transaction back.
            Ok(None) => Ok(Ended::Elsewhere(Elsewhere::default())),
            Ok(Some(_)) => Ok(Ended::Done),
            Err(stopped) => Err(stopped),
        };
        if alone && !matches!(ended, Ok(Ended::Elsewhere(Elsewhere { alone: true, .. }))) {
            rollback(self.connection)?;
        }
        ended
    }

    /// Reads all rows; none of a statement that writes.
    async fn whole(&mut self, sql: &Arc<str>, params: &[Param]) -> Result<Option<bool>, Stopped> {
        // Not one that was kept: what it was planned for may be other values than these, and the rows would come in
        // another order elsewhere.
        let mut statement = Prepared::new(self.connection, sql)?;
        if !statement.is_read_only() {
            return Ok(None);
        }
        statement.bind(params.iter().flat_map(Param::values))?;
        self.rows(&mut statement, usize::MAX).await.map(Some)
    }

    /// Reads the next rows of a statement, and returns whether they were the last; `None` if the rest has to be read
    /// elsewhere.
    pub(super) async fn part(
        mut self,
        statement: &mut Prepared,
        most: usize,
    ) -> Result<Option<bool>, Stopped> {
        match self.rows(statement, most).await {
            Ok(last) => Ok(Some(last)),
            Err(Stopped::Refused(error)) if elsewhere(&error) => Ok(None),
            Err(stopped) => Err(stopped),
        }
    }

    async fn rows(&mut self, statement: &mut Prepared, most: usize) -> Result<bool, Stopped> {
        let read = self.steps(statement, most).await;
        self.budget.store(UNLIMITED, Ordering::Relaxed);
        read
    }

    async fn steps(&mut self, statement: &mut Prepared, mut most: usize) -> Result<bool, Stopped> {
        loop {
            self.budget.store(LOOKS, Ordering::Relaxed);
            let mut left = ROWS.min(most);
            most -= left;
            while left > 0 && self.budget.load(Ordering::Relaxed) > LOOKS - TURN {
                let Some(row) = statement.step()? else { return Ok(true) };
                *self.given += 1;
                self.sink.row(&row).map_err(Stopped::Unfit)?;
                left -= 1;
            }
            most += left;
            if most == 0 {
                return Ok(false);
            }
            tokio::task::yield_now().await;
        }
    }
}

impl From<rusqlite::Error> for Stopped {
    fn from(error: rusqlite::Error) -> Stopped {
        Stopped::Refused(error)
    }
}

/// What a stream writes outside a transaction would be undone at its end.
pub(super) fn writes() -> rusqlite::Error {
    let why = "a stream only reads; give SQL that writes to `session.rows(..)` or `session.execute(..)`";
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_READONLY), Some(why.to_owned()))
}
