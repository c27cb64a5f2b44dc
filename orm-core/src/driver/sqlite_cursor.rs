//! A SQLite statement that is read a part at a time, on its connection's own thread.
//!
//! The thread works for the cursor until it is closed: it steps through the statement, and runs the statements that the
//! reader needs in between, all inside one job. So one connection does both, in one snapshot, and nothing is collected:
//! the thread is allowed at most two parts ahead of the reader.

use std::fmt;
use std::mem;
use std::sync::Arc;

use rusqlite::Connection as RawConnection;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::pooled::Pooled;
use super::sqlite_batch::Batch;
use super::sqlite_database::SqliteConnector;
use super::sqlite_handle::{Handle, Prepared, rollback, writes};
use super::sqlite_job::{Job, ROWS};
use super::sqlite_reading::Elsewhere;
use super::sqlite_wait::{self, Stop};
use super::sqlite_worker::Away;
use crate::error::Result;
use crate::value::Value;

/// A statement that is being read, and the connection that is busy with it.
pub(super) struct SqliteCursor {
    commands: UnboundedSender<Command>,
    parts: UnboundedReceiver<Part>,
    used: UnboundedSender<Batch>,
    /// Gives the connection back when the statement has ended.
    away: Away,
    left: bool,
}

/// What the thread is asked for.
enum Command {
    /// The next part.
    Part,
    /// Another statement, and who is told what came of it.
    Run(Job, oneshot::Sender<rusqlite::Result<u64>>),
}

/// What the thread sends of the statement's rows.
pub(super) enum Part {
    /// Some of the part's rows.
    Rows(Batch),
    /// The part is complete; whether it was the last one.
    End(bool),
}

/// The thread's side.
struct Serving {
    sql: Arc<str>,
    values: Vec<Value>,
    /// How many rows the next part has, and each one after it.
    next: usize,
    rows: usize,
    from: Elsewhere,
    commands: UnboundedReceiver<Command>,
    parts: UnboundedSender<Part>,
    used: UnboundedReceiver<Batch>,
}

impl SqliteCursor {
    /// Begins to read a statement, so many rows at a time; or goes on with what was begun elsewhere, `next` rows first.
    ///
    /// # Errors
    /// The connection has gone.
    pub(super) fn open(
        connection: Pooled<SqliteConnector>,
        sql: Arc<str>,
        values: Vec<Value>,
        (next, rows): (usize, usize),
        from: Elsewhere,
        settings: bool,
    ) -> Result<SqliteCursor> {
        let (send_commands, commands) = unbounded_channel();
        let (send_parts, parts) = unbounded_channel();
        let (send_used, used) = unbounded_channel();
        let serving = Serving { sql, values, next, rows, from, commands, parts: send_parts, used };
        let away = Away::send(connection, move |handle| {
            let served = serving.run(handle);
            if settings {
                handle.notice_settings()?;
            }
            served
        })?;
        // One part to read and one ahead of it; a thread that has ended says so in another way.
        let _ = send_commands.send(Command::Part);
        let _ = send_commands.send(Command::Part);
        Ok(SqliteCursor { commands: send_commands, parts, used: send_used, away, left: false })
    }

    /// What the thread sends next; none when it has ended.
    pub(super) async fn next(&mut self) -> Option<Part> {
        let part = self.parts.recv().await;
        if let Some(Part::End(false)) = part {
            // A thread that has ended says so in another way.
            let _ = self.commands.send(Command::Part);
        }
        part
    }

    /// Gives a batch back to be filled again.
    pub(super) fn give_back(&mut self, batch: Batch) {
        // A job that is done has no use for it.
        let _ = self.used.send(batch);
    }

    /// Runs another statement, after the parts that were asked for; what came of it is received, or that the thread has
    /// ended.
    pub(super) fn run(&mut self, job: Job) -> oneshot::Receiver<rusqlite::Result<u64>> {
        let (tell, told) = oneshot::channel();
        // A thread that has ended drops the job, and who waits for it is told so.
        let _ = self.commands.send(Command::Run(job, tell));
        told
    }

    /// Stops what the thread does.
    pub(super) fn stop(&self) -> &Stop {
        self.away.stop()
    }

    /// Lets the thread come to an end: nobody wants what it is looking for.
    pub(super) fn leave(&mut self) {
        self.left = true;
        self.parts.close();
        let (gone, _) = unbounded_channel();
        self.commands = gone;
        self.away.stop().stop();
    }

    /// Waits for the thread's end; returns the connection, and what SQLite refused. The cursor keeps it until then, also
    /// when nobody waits for this any more.
    ///
    /// # Errors
    /// The connection has gone.
    pub(super) async fn close(&mut self) -> Result<(Pooled<SqliteConnector>, rusqlite::Result<()>)> {
        let (connection, done) = self.away.back().await?;
        // What was left was stopped.
        Ok((connection, if self.left { Ok(()) } else { done.map(|_| ()) }))
    }
}

impl Serving {
    fn run(mut self, handle: &mut Handle) -> rusqlite::Result<u64> {
        handle.patiently(|connection| self.in_snapshot(connection)).map(|()| 0)
    }

    /// Outside a transaction each statement would see what others committed since the one before it.
    fn in_snapshot(&mut self, connection: &RawConnection) -> rusqlite::Result<()> {
        if connection.is_autocommit() {
            connection.execute_batch("BEGIN")?;
        } else if !self.from.alone {
            return self.serve(connection);
        }
        let served = self.serve(connection);
        let ended = rollback(connection);
        served.and(ended)
    }

    fn serve(&mut self, connection: &RawConnection) -> rusqlite::Result<()> {
        let mut statement = Prepared::new(connection, &self.sql)?;
        if !statement.is_read_only() {
            return Err(writes());
        }
        let empty = Batch::of(&statement);
        statement.bind(self.values.iter())?;
        let mut last = false;
        for _ in 0..self.from.skip {
            if statement.step()?.is_none() {
                last = true;
                break;
            }
        }
        while let Some(command) = self.commands.blocking_recv() {
            sqlite_wait::next_statement();
            match command {
                Command::Run(job, tell) => {
                    // Who asked may have gone.
                    let _ = tell.send(job.run(connection));
                }
                Command::Part if last => {}
                Command::Part => {
                    last = self.part(&mut statement, &empty)?;
                    let _ = self.parts.send(Part::End(last));
                }
            }
        }
        Ok(())
    }

    /// Sends one part; returns whether it was the last one.
    fn part(&mut self, statement: &mut Prepared, empty: &Batch) -> rusqlite::Result<bool> {
        let mut left = mem::replace(&mut self.next, self.rows);
        while left > 0 && !self.parts.is_closed() {
            let mut batch = self.used.try_recv().map_or_else(|_| empty.beside(), Batch::emptied);
            let most = left.min(ROWS);
            let mut taken = 0;
            while taken < most {
                let Some(row) = statement.step()? else { break };
                batch.take(&row);
                taken += 1;
            }
            left -= taken;
            let _ = self.parts.send(Part::Rows(batch));
            if taken < most {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl fmt::Debug for SqliteCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteCursor").field("left", &self.left).finish_non_exhaustive()
    }
}
