//! A SQLite statement that is read a part at a time, on its connection's own thread.
//!
//! The thread works for the cursor until it is closed: it steps through the statement, and runs the statements that the
//! reader needs in between, all inside one job. So one connection does both, in one snapshot, and nothing is collected:
//! the thread is allowed at most two parts ahead of the reader.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection as RawConnection;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::pooled::Pooled;
use super::sqlite_batch::Batch;
use super::sqlite_database::SqliteConnector;
use super::sqlite_handle::{Prepared, RUN, writes};
use super::sqlite_job::{Job, ROWS, Running, enqueue, forget, refusal};
use super::sqlite_place::Place;
use super::sqlite_reading::Elsewhere;
use crate::value::Value;

/// A statement that is being read, and the connection that is busy with it.
pub(super) struct SqliteCursor {
    number: i64,
    commands: UnboundedSender<Command>,
    parts: UnboundedReceiver<Part>,
    used: UnboundedSender<Batch>,
    /// Gives the connection back when the job has ended.
    work: JoinHandle<(Held, Result<(), sqlx::Error>)>,
    unfit: Arc<AtomicBool>,
}

/// What the thread is asked for.
enum Command {
    /// The next part.
    Part,
    /// Another statement.
    Run(Job),
}

/// What the thread sends of the statement's rows.
pub(super) enum Part {
    /// Some of the part's rows.
    Rows(Batch),
    /// The part is complete; whether it was the last one.
    End(bool),
    /// SQLite's extended result code, and what it said.
    Failed(i32, String),
}

/// A connection that is closed when it is dropped, if somebody said that it is unfit.
struct Held {
    connection: Option<Pooled<SqliteConnector>>,
    unfit: Arc<AtomicBool>,
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
    pub(super) fn open(
        connection: Pooled<SqliteConnector>,
        sql: Arc<str>,
        values: Vec<Value>,
        (next, rows): (usize, usize),
        from: Elsewhere,
    ) -> SqliteCursor {
        let (send_commands, commands) = unbounded_channel();
        let (send_parts, parts) = unbounded_channel();
        let (send_used, used) = unbounded_channel();
        let serving = Serving { sql, values, next, rows, from, commands, parts: send_parts, used };
        let number = enqueue(Box::new(move |connection| serving.run(connection)));
        let unfit = Arc::new(AtomicBool::new(false));
        let mut held = Held { connection: Some(connection), unfit: Arc::clone(&unfit) };
        let work = tokio::spawn(async move {
            let connection = held.connection.as_mut().and_then(|connection| connection.place().ok());
            let ran = match connection.and_then(|place| Place::there(place).ok()) {
                Some(connection) => sqlx::query(RUN).bind(number).execute(connection).await.map(|_| ()),
                None => Err(sqlx::Error::WorkerCrashed),
            };
            // The job may not have been begun, and its reader must not wait for it.
            forget(number);
            (held, ran)
        });
        // One part to read and one ahead of it; a thread that has ended says so in another way.
        let _ = send_commands.send(Command::Part);
        let _ = send_commands.send(Command::Part);
        SqliteCursor { number, commands: send_commands, parts, used: send_used, work, unfit }
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

    /// Runs another statement, after the parts that were asked for.
    pub(super) fn run(&mut self, sql: Arc<str>, values: Vec<Value>, from: Elsewhere) -> Running {
        let (job, running) = Running::pair(sql, values, from);
        // A thread that has ended drops the job, and its reader is told so.
        let _ = self.commands.send(Command::Run(job));
        running
    }

    /// Lets the thread come to an end; [`close`](Self::close) then does not wait for more than what was begun.
    pub(super) fn leave(&mut self) {
        self.parts.close();
        let (gone, _) = unbounded_channel();
        self.commands = gone;
    }

    /// The connection is to be closed when it comes back.
    pub(super) fn close_on_drop(&mut self) {
        self.unfit.store(true, Ordering::Release);
    }

    /// Ends the job; returns the connection. The cursor keeps it until then, also when nobody waits for this any more.
    ///
    /// # Errors
    /// What the driver says; the connection is lost then.
    pub(super) async fn close(&mut self) -> Result<Pooled<SqliteConnector>, sqlx::Error> {
        self.leave();
        let (mut held, ran) = (&mut self.work).await.map_err(|_| sqlx::Error::WorkerCrashed)?;
        if let Err(error) = ran {
            self.close_on_drop();
            return Err(error);
        }
        held.connection.take().ok_or(sqlx::Error::WorkerCrashed)
    }
}

impl Drop for SqliteCursor {
    fn drop(&mut self) {
        forget(self.number);
    }
}

impl Serving {
    fn run(mut self, connection: &RawConnection) {
        if let Err(error) = self.in_snapshot(connection) {
            let (code, text) = refusal(&error);
            let _ = self.parts.send(Part::Failed(code, text));
        }
    }

    /// Outside a transaction each statement would see what others committed since the one before it.
    fn in_snapshot(&mut self, connection: &RawConnection) -> rusqlite::Result<()> {
        if connection.is_autocommit() {
            connection.execute_batch("BEGIN")?;
        } else if !self.from.alone {
            return self.serve(connection);
        }
        let served = self.serve(connection);
        let ended = connection.execute_batch("ROLLBACK");
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
            match command {
                Command::Run(job) => job.run(connection),
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

impl Drop for Held {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if self.unfit.load(Ordering::Acquire) {
            connection.close_on_drop();
        }
    }
}

impl fmt::Debug for SqliteCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteCursor").field("unfit", &self.unfit).finish_non_exhaustive()
    }
}
