//! Reads a PostgreSQL cursor ahead of who takes its parts: while the rows of one become objects, the server and a task
//! work on the next ones. The task has the connection meanwhile, and is two parts ahead at most.
//!
//! A FETCH has all of its rows before it sends the first one. So one for several parts would save nothing but trips, and
//! a row that cannot be computed would take those of parts before its own with it.

use std::fmt;

use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Either, Executor};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use super::lease::PostgresConnector;
use crate::driver::pool::Pooled;

/// A cursor that is read ahead.
pub(in crate::driver) struct ReadAhead {
    parts: Receiver<Part>,
    /// Gives the connection back.
    work: JoinHandle<Reader>,
}

/// So many rows as were asked for, or fewer where they are the last ones.
type Part = sqlx::Result<Vec<PgRow>>;

/// A connection with an open transaction.
struct Reader {
    connection: Option<Pooled<PostgresConnector>>,
    /// Whether the server has not ended its answer.
    reading: bool,
}

impl ReadAhead {
    /// Begins to read; `fetch` is the statement that returns a part, of at most this many rows.
    pub(in crate::driver) fn begin(
        connection: Pooled<PostgresConnector>,
        fetch: String,
        most: usize,
    ) -> ReadAhead {
        let (send, parts) = channel(1);
        let mut reader = Reader { connection: Some(connection), reading: false };
        let work = tokio::spawn(async move {
            reader.read(&fetch, most, &send).await;
            reader
        });
        ReadAhead { parts, work }
    }

    /// The next part; none after the last one.
    pub(in crate::driver) async fn next(&mut self) -> Option<Part> {
        self.parts.recv().await
    }

    /// The reader has gone: no further part is requested.
    pub(in crate::driver) fn leave(&mut self) {
        self.parts.close();
    }

    /// Waits for the end of the part that is being read; returns the connection, if that was not lost.
    pub(in crate::driver) async fn close(mut self) -> Option<Pooled<PostgresConnector>> {
        self.leave();
        let mut reader = (&mut self.work).await.ok()?;
        if reader.reading { None } else { reader.connection.take() }
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl Reader {
    /// Reads until the end, an error, or until the reader has gone.
    async fn read(&mut self, fetch: &str, most: usize, parts: &Sender<Part>) {
        while !parts.is_closed() {
            self.reading = true;
            let part = self.part(fetch).await;
            self.reading = part.as_ref().is_err_and(|error| error.as_database_error().is_none());
            let ends = part.as_ref().map_or(true, |rows| rows.len() < most);
            // A reader that has left wants nothing any more.
            if parts.send(part).await.is_err() || ends {
                return;
            }
        }
    }

    async fn part(&mut self, fetch: &str) -> Part {
        let connection = self.connection.as_mut().and_then(|reader| reader.connection().ok());
        let connection = connection.ok_or(sqlx::Error::WorkerCrashed)?;
        let mut found = connection.fetch_many(AssertSqlSafe(fetch.to_owned()));
        let mut rows = Vec::new();
        while let Some(one) = found.try_next().await? {
            if let Either::Right(row) = one {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

impl fmt::Debug for ReadAhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadAhead").finish_non_exhaustive()
    }
}
