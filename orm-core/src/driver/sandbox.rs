//! One connection in a transaction that is never committed: transactions of sessions are savepoints in it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use super::connection::Connection;
use super::cursor::Reading;
use super::lease::{Lease, ROLLBACK_TIMEOUT, TransactionState};
use super::pool::{Borrower, Checkouts, InUse};
use super::{ConnectOptions, Control, PoolStatus, Pooler, TransactionOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::Dialect;

pub(super) const BEGIN: Control<'_> = Control::Savepoint("orm_session");
pub(super) const COMMIT: Control<'_> = Control::Release("orm_session");
pub(super) const ROLLBACK: Control<'_> = Control::RollbackTo("orm_session");

/// The connection of a sandbox. One session at a time has it; the next one waits as for a pool of one connection.
pub(super) struct Sandbox {
    kept: Arc<Mutex<Kept>>,
    closed: Arc<AtomicBool>,
    checkouts: Arc<Checkouts>,
    timeout: Duration,
    dialect: Dialect,
    pooler: Pooler,
}

/// What is kept between two sessions.
struct Kept {
    /// `None` if it was lost, or the sandbox was closed.
    connection: Option<Connection>,
    /// What the last session left open.
    left: Option<Left>,
    /// Settings, locks or temporary tables are left on the connection.
    changed: bool,
}

/// A transaction that was dropped.
struct Left {
    reading: Option<Reading>,
    after: Option<&'static str>,
}

/// What a lease holds of its sandbox.
pub(super) struct Stay {
    kept: OwnedMutexGuard<Kept>,
    closed: Arc<AtomicBool>,
    /// Counts the session as the holder until this is dropped.
    _held: InUse,
}

impl Sandbox {
    /// Begins the enclosing transaction.
    ///
    /// # Errors
    /// The database refuses.
    pub(super) async fn begin(mut lease: Lease, options: &ConnectOptions) -> Result<Sandbox> {
        lease.begin(TransactionOptions::new()).await?;
        let one = ConnectOptions { pool_size: 1, max_overflow: 0, ..options.clone() };
        let kept = Kept { connection: Some(lease.connection.leave()), left: None, changed: false };
        Ok(Sandbox {
            kept: Arc::new(Mutex::new(kept)),
            closed: Arc::default(),
            checkouts: Checkouts::new(&one),
            timeout: options.pool_timeout,
            dialect: lease.dialect,
            pooler: lease.pooler,
        })
    }

    /// Waits until no session has the connection, and undoes what the last one did not commit.
    ///
    /// # Errors
    /// `PoolTimeout`: a session has it. `Connection`: it was lost, or the sandbox was closed.
    pub(super) async fn acquire(&self, borrower: Borrower) -> Result<Lease> {
        let waiting = self.checkouts.wait(borrower);
        let Ok(mut kept) = timeout(self.timeout, Arc::clone(&self.kept).lock_owned()).await else {
            drop(waiting);
            return Err(self.timed_out());
        };
        let connection = kept.connection.take().ok_or_else(|| self.gone())?;
        let left = kept.left.take();
        let stay = Stay { kept, closed: Arc::clone(&self.closed), _held: waiting.got() };
        let mut lease = Lease::new(connection, self.dialect, self.pooler).staying(stay);
        if let Some(left) = left {
            lease.recover(left).await?;
        }
        Ok(lease)
    }

    /// Its state, as that of a pool of one connection.
    pub(super) fn status(&self) -> PoolStatus {
        self.checkouts.status(u32::from(!self.closed.load(Ordering::Relaxed)))
    }

    /// Ends the enclosing transaction: at once, or when the session that has the connection ends.
    pub(super) async fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        let Ok(mut kept) = self.kept.try_lock() else { return };
        let (connection, changed) = (kept.connection.take(), kept.changed || kept.left.is_some());
        // A connection that is not clean is closed, which also undoes the transaction.
        if let Some(connection) = connection.filter(|_| !changed) {
            let mut lease = Lease::new(connection, self.dialect, self.pooler);
            lease.state = TransactionState::Open;
            // If it is refused the connection is closed.
            let _ = lease.rollback().await;
        }
    }

    fn timed_out(&self) -> Error {
        let (waited, status) = (self.timeout, self.status());
        Error::new(
            ErrorKind::PoolTimeout,
            format!(
                "the connection of the sandbox did not become free in {waited:?} (`pool_timeout`): its sessions use it one \
                 at a time, each from its first statement until commit, rollback, close or drop. {status}"
            ),
        )
    }

    fn gone(&self) -> Error {
        let why = match self.closed.load(Ordering::Relaxed) {
            true => "the sandbox was closed",
            false => {
                "the sandbox has lost its connection: a session was dropped while it began or ended a transaction, or the \
                 database does not answer"
            }
        };
        Error::new(ErrorKind::Connection, why)
    }
}

impl Lease {
    /// Whether its transactions are savepoints in that of a sandbox.
    pub fn is_sandboxed(&self) -> bool {
        self.stay.is_some()
    }

    fn staying(mut self, stay: Stay) -> Lease {
        self.stay = Some(stay);
        self
    }

    /// Undoes what another session left open.
    async fn recover(&mut self, left: Left) -> Result<()> {
        (self.state, self.reading, self.after) = (TransactionState::Open, left.reading, left.after);
        let undone = timeout(ROLLBACK_TIMEOUT, async {
            self.connection.come_back().await?;
            self.rollback().await
        });
        match undone.await {
            Ok(Ok(())) => Ok(()),
            failed => {
                // It is lost.
                self.state = TransactionState::Changing;
                failed.unwrap_or_else(|_| Err(no_answer()))
            }
        }
    }

    /// A read that fails outside a transaction leaves nothing behind on other engines; here its savepoint has to be undone.
    pub(super) async fn undo_failed_read(&mut self) {
        if self.is_sandboxed() && self.failed && self.by_itself && !self.defaults.says_anything() {
            // If it is refused, the session waits for a rollback.
            let _ = Box::pin(self.rollback()).await;
        }
    }

    /// Leaves the connection to the next session of the sandbox.
    pub(super) fn leave(&mut self, mut stay: Stay) {
        let lost = matches!(self.state, TransactionState::Changing | TransactionState::Committing);
        if lost || stay.closed.load(Ordering::Relaxed) {
            return;
        }
        let kept = &mut *stay.kept;
        kept.changed |= self.unfit;
        if self.state == TransactionState::Open || self.running {
            kept.left = Some(Left { reading: self.reading.take(), after: self.after.take() });
        }
        kept.connection = Some(self.connection.leave());
    }
}

fn no_answer() -> Error {
    Error::new(ErrorKind::Connection, "the database did not roll back the work of a dropped session in time")
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("closed", &self.closed).finish_non_exhaustive()
    }
}

impl fmt::Debug for Stay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stay").finish_non_exhaustive()
    }
}
