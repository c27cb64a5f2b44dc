use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::Sqlite;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnection;

/// A connection that the pool lent, and that goes back when this is dropped, wherever that happens.
pub(super) struct Lent {
    /// None only while it is being dropped.
    connection: Option<PoolConnection<Sqlite>>,
    unfit: Arc<AtomicBool>,
}

impl Lent {
    /// A connection, and what says that nobody knows what state it is in, so that it is closed instead.
    pub(super) fn new(connection: PoolConnection<Sqlite>, unfit: Arc<AtomicBool>) -> Lent {
        Lent { connection: Some(connection), unfit }
    }

    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.connection.as_deref_mut().ok_or(sqlx::Error::WorkerCrashed)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        // The pool takes a connection back, or closes it, in a task, which needs a runtime; without one it is closed here.
        if tokio::runtime::Handle::try_current().is_err() {
            drop(connection.detach());
        } else if self.unfit.load(Ordering::Acquire) {
            connection.close_on_drop();
        }
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}
