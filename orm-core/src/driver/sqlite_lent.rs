use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::Sqlite;
use sqlx::sqlite::SqliteConnection;

use super::pooled::Pooled;

/// A connection that the pool lent, and that goes back when this is dropped, wherever that happens.
pub(super) struct Lent {
    /// None only while it is being dropped.
    connection: Option<Pooled<Sqlite>>,
    unfit: Arc<AtomicBool>,
}

impl Lent {
    /// A connection, and what says that nobody knows what state it is in, so that it is closed instead.
    pub(super) fn new(connection: Pooled<Sqlite>, unfit: Arc<AtomicBool>) -> Lent {
        Lent { connection: Some(connection), unfit }
    }

    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        let connection = self.connection.as_mut().and_then(|connection| connection.connection().ok());
        connection.ok_or(sqlx::Error::WorkerCrashed)
    }

    /// The connection alone, for who takes care of it from now on.
    pub(super) fn into_pooled(mut self) -> Option<Pooled<Sqlite>> {
        self.connection.take()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.connection
            && self.unfit.load(Ordering::Acquire)
        {
            connection.close_on_drop();
        }
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}
