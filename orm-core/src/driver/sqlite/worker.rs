//! The thread of a connection, for what may take long or wait: opening it, closing it, and some statements.
//!
//! The connection itself moves to the thread and comes back with the result, so it always has one owner. A lent
//! connection ([`Lent`]) that is not taken back is closed.

use std::sync::mpsc;
use std::{fmt, io, thread};

use tokio::runtime;
use tokio::sync::oneshot;

use super::connection::SqliteConnection;
use super::database::SqliteConnector;
use super::job::Ran;
use super::wait::Stop;
use crate::driver::pool::Pooled;
use crate::error::{Error, ErrorKind, Result};

/// Something to do on a connection's thread.
type Work = Box<dyn FnOnce() + Send>;

/// A connection's thread, which ends with it.
#[derive(Clone)]
pub(super) struct Worker {
    work: mpsc::Sender<Work>,
}

/// A connection that its thread has.
pub(super) struct Away {
    back: oneshot::Receiver<(Lent, rusqlite::Result<Ran>)>,
    stop: Stop,
    /// It is not stopped when its receiver is dropped: the connection came back, or it ends a transaction, which is done or not.
    runs_on: bool,
}

/// A connection on its way to its thread and back.
struct Lent {
    connection: Option<Pooled<SqliteConnector>>,
    /// Where connections are closed; the connection's own thread has no runtime.
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

    /// Makes the thread do something; `None` if it has ended. It does so even if the receiver is dropped.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (give, done) = oneshot::channel();
        self.send(move || drop(give.send(work())));
        done.await.ok()
    }

    fn send(&self, work: impl FnOnce() + Send + 'static) {
        // A thread that has ended drops the work, and so notifies the waiting caller.
        let _ = self.work.send(Box::new(work));
    }
}

impl Away {
    /// Has a connection's thread do something with it, and give it back.
    ///
    /// # Errors
    /// The connection is closed.
    pub(super) fn send(
        mut connection: Pooled<SqliteConnector>,
        work: impl FnOnce(&mut SqliteConnection) -> rusqlite::Result<Ran> + Send + 'static,
    ) -> Result<Away> {
        let lending = connection.connection()?;
        let (worker, stop) = (lending.worker().clone(), lending.stop());
        let runtime = runtime::Handle::try_current().ok();
        let mut lent = Lent { connection: Some(connection), runtime };
        let (give_back, back) = oneshot::channel();
        let work = move || {
            let done = match lent.connection.as_mut().and_then(|connection| connection.connection().ok()) {
                Some(connection) => work(connection),
                None => Err(rusqlite::Error::InvalidQuery),
            };
            // If it is not received, it is dropped here.
            let _ = give_back.send((lent, done));
        };
        worker.send(work);
        Ok(Away { back, stop, runs_on: false })
    }

    /// Waits until the thread has done what it was asked; gives the connection back, and what came of it. One that stops
    /// waiting can wait again.
    ///
    /// # Errors
    /// The connection is closed.
    pub(super) async fn back(&mut self) -> Result<(Pooled<SqliteConnector>, rusqlite::Result<Ran>)> {
        let (mut lent, done) = (&mut self.back).await.map_err(|_| gone())?;
        self.runs_on = true;
        let mut connection = lent.connection.take().ok_or_else(gone)?;
        connection.connection()?.rest();
        Ok((connection, done))
    }

    /// It runs to its end even if its receiver is dropped.
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
    Error::new(ErrorKind::Connection, "the connection is closed")
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
