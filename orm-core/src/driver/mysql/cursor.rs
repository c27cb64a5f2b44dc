//! A MySQL result that is read a part at a time, by a task that has its connection until then.
//!
//! The server sends rows as they are taken, and accepts nothing else meanwhile. The task reads at most one part ahead
//! of the reader, plus one in the channel. A connection whose result has not ended is never returned to the pool: it is
//! closed, or read to the end if a transaction depends on it.

use std::fmt;
use std::mem;
use std::sync::Arc;

use futures_util::TryStreamExt;
use sqlx::AssertSqlSafe;
use sqlx::mysql::{MySqlArguments, MySqlRow};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use super::connector::MysqlConnector;
use super::prepared;
use crate::driver::pool::Pooled;

/// A result that is being read, and the connection that is busy with it.
pub(in crate::driver) struct MysqlCursor {
    parts: Receiver<Part>,
    /// Gives the connection back when the result has ended.
    work: JoinHandle<Reader>,
    /// The last part was read.
    ended: bool,
}

/// What the task sends.
pub(in crate::driver) enum Part {
    /// Rows of the result, and whether they are the last ones.
    Rows(Vec<MySqlRow>, bool),
    Failed(sqlx::Error),
}

/// A connection with a result: it can be used again once the result has ended.
struct Reader {
    connection: Option<Pooled<MysqlConnector>>,
    ended: bool,
}

impl MysqlCursor {
    /// Begins to read a statement, a number of rows at a time.
    pub(in crate::driver) fn open(
        connection: Pooled<MysqlConnector>,
        sql: Arc<str>,
        arguments: MySqlArguments,
        rows: usize,
    ) -> MysqlCursor {
        let (send, parts) = channel(1);
        let mut reader = Reader { connection: Some(connection), ended: false };
        let work = tokio::spawn(async move {
            let ended = reader.read(sql, arguments, rows, &send).await;
            reader.ended = ended;
            reader
        });
        MysqlCursor { parts, work, ended: false }
    }

    /// What the task sends next; none when it has ended.
    pub(in crate::driver) async fn next(&mut self) -> Option<Part> {
        let part = self.parts.recv().await;
        self.ended = !matches!(part, Some(Part::Rows(_, false)));
        part
    }

    /// The reader has gone. The result is cut off by closing its connection, unless a transaction depends on it; then it
    /// is read to its end.
    pub(in crate::driver) fn leave(&mut self, depends: bool) {
        self.parts.close();
        if !depends && !self.ended {
            self.work.abort();
        }
    }

    /// Waits for the end; returns the connection, if that was not closed.
    pub(in crate::driver) async fn close(&mut self) -> Option<Pooled<MysqlConnector>> {
        let mut reader = (&mut self.work).await.ok()?;
        if reader.ended { reader.connection.take() } else { None }
    }
}

impl Drop for MysqlCursor {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl Reader {
    /// Returns whether the result has ended.
    async fn read(
        &mut self,
        sql: Arc<str>,
        arguments: MySqlArguments,
        rows: usize,
        parts: &Sender<Part>,
    ) -> bool {
        let Some(connection) = self.connection.as_mut().and_then(|reader| reader.connection().ok()) else {
            return false;
        };
        if let Err(error) = prepared::prepare(connection, &sql).await {
            let ended = matches!(error, sqlx::Error::Database(_));
            let _ = parts.send(Part::Failed(error)).await;
            return ended;
        }
        let mut result = sqlx::query_with(AssertSqlSafe(sql), arguments).fetch(connection);
        let mut part = Vec::new();
        loop {
            match result.try_next().await {
                Ok(Some(row)) => part.push(row),
                Ok(None) => {
                    // A reader that has left wants nothing any more.
                    let _ = parts.send(Part::Rows(part, true)).await;
                    return true;
                }
                Err(error) => {
                    let ended = matches!(error, sqlx::Error::Database(_));
                    let _ = parts.send(Part::Failed(error)).await;
                    return ended;
                }
            }
            if part.len() == rows && parts.send(Part::Rows(mem::take(&mut part), false)).await.is_err() {
                part.clear();
            }
        }
    }
}

impl fmt::Debug for MysqlCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MysqlCursor").field("ended", &self.ended).finish_non_exhaustive()
    }
}
