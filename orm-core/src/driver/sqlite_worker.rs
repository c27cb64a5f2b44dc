//! The thread of a connection, for what may take long or wait.
//!
//! The connection itself moves to the thread and comes back with what was done, so at any time one thread has it. What is
//! lent ([`Lent`]) is closed when nobody takes it back.

use std::sync::mpsc;
use std::{fmt, io, thread};

use tokio::runtime;
use tokio::sync::oneshot;

use super::pooled::Pooled;
use super::sqlite_database::SqliteConnector;
use super::sqlite_handle::Handle;
use super::sqlite_wait::Stop;
use crate::error::{Error, ErrorKind, Result};

/// Something to do on a connection's thread.
type Work = Box<dyn FnOnce() + Send>;

/// A connection's thread, which ends with it.
pub(super) struct Worker {
    work: mpsc::Sender<Work>,
}

/// A connection that its thread has.
pub(super) struct Away {
    back: oneshot::Receiver<(Lent, rusqlite::Result<u64>)>,
    stop: Stop,
    /// It is not stopped when nobody waits for it: the connection came back, or it ends a transaction, which is done or not.
    runs_on: bool,
}

/// A connection on its way to its thread and back.
struct Lent {
    connection: Option<Pooled<SqliteConnector>>,
    /// What closes connections; the connection's thread is none of its own.
    runtime: Option<runtime::Handle>,
}

impl Worker {
    /// Starts a thread.
    ///
    /// # Errors
    /// The system has none.
    pub(super) fn start() -> io::Result<Worker> {
        let (send, receive) = mpsc::channel::<Work>();
        thread::Builder::new().name("orm-core-sqlite".to_owned()).spawn(move || {
            for work in receive {
                work();
            }
        })?;
        Ok(Worker { work: send })
    }

    fn queue(&self) -> mpsc::Sender<Work> {
        self.work.clone()
    }
}

impl Away {
    /// Has a connection's thread do something with it, and give it back.
    ///
    /// # Errors
    /// The connection has gone, or there is no thread for it.
    pub(super) fn send(
        mut connection: Pooled<SqliteConnector>,
        work: impl FnOnce(&mut Handle) -> rusqlite::Result<u64> + Send + 'static,
    ) -> Result<Away> {
        let handle = connection.connection()?;
        let queue = handle.worker().map_err(no_thread)?.queue();
        let stop = handle.stop();
        let runtime = runtime::Handle::try_current().ok();
        let mut lent = Lent { connection: Some(connection), runtime };
        let (give_back, back) = oneshot::channel();
        let work = move || {
            let done = match lent.connection.as_mut().and_then(|connection| connection.connection().ok()) {
                Some(handle) => work(handle),
                None => Err(rusqlite::Error::InvalidQuery),
            };
            // Where nobody takes it, it is dropped here.
            let _ = give_back.send((lent, done));
        };
        // A thread that has ended drops the work, which says so to who waits for it.
        let _ = queue.send(Box::new(work));
        Ok(Away { back, stop, runs_on: false })
    }

    /// Waits until the thread has done what it was asked; gives the connection back, and what came of it. One that stops
    /// waiting can wait again.
    ///
    /// # Errors
    /// The connection has gone.
    pub(super) async fn back(&mut self) -> Result<(Pooled<SqliteConnector>, rusqlite::Result<u64>)> {
        let (mut lent, done) = (&mut self.back).await.map_err(|_| gone())?;
        self.runs_on = true;
        let mut connection = lent.connection.take().ok_or_else(gone)?;
        connection.connection()?.rest();
        Ok((connection, done))
    }

    /// It comes to its end, whether or not somebody waits for that.
    pub(super) fn run_on(&mut self) {
        self.runs_on = true;
    }

    /// Stops what the thread does.
    pub(super) fn stop(&self) -> &Stop {
        &self.stop
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        if !self.runs_on {
            self.stop.stop();
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let _entered = self.runtime.as_ref().map(runtime::Handle::enter);
        drop(self.connection.take());
    }
}

pub(super) fn gone() -> Error {
    Error::new(ErrorKind::Connection, "the connection has gone")
}

fn no_thread(error: io::Error) -> Error {
    let text = format!("the system has no thread for a connection: {error}");
    Error::new(ErrorKind::Connection, text).with_source(error)
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

impl fmt::Debug for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Away").field("runs_on", &self.runs_on).finish_non_exhaustive()
    }
}
