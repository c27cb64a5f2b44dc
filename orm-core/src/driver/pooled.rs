use std::fmt;
use std::time::Duration;

use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::{Database, Pool};

use super::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};

/// How long a connection that comes back may take to answer the pool's question whether it is alive.
const RETURN_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that a pool lent, and gets back only when it is fit for the next borrower.
pub(super) struct Pooled<DB: Database> {
    /// None only while it is being dropped.
    connection: Option<PoolConnection<DB>>,
    unfit: bool,
}

/// The settings of an engine for a pool.
pub(super) fn pool_options<DB: Database>(options: &ConnectOptions) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(options.pool_size.max(1))
        .acquire_timeout(options.pool_timeout)
        .max_lifetime(options.pool_recycle)
        .test_before_acquire(options.pool_pre_ping)
}

impl<DB: Database> Pooled<DB> {
    /// Borrows a connection; `refused` says what an error of the database means.
    pub(super) async fn acquire(
        pool: &Pool<DB>,
        refused: impl Fn(sqlx::Error) -> Error,
    ) -> Result<Pooled<DB>> {
        match pool.acquire().await {
            Ok(connection) => Ok(Pooled { connection: Some(connection), unfit: false }),
            Err(sqlx::Error::PoolTimedOut) => Err(timed_out(pool)),
            Err(error) => Err(refused(error)),
        }
    }

    pub(super) fn connection(&mut self) -> Result<&mut DB::Connection> {
        let gone = || Error::new(ErrorKind::Connection, "the connection has gone");
        self.connection.as_deref_mut().ok_or_else(gone)
    }

    /// Nobody knows what state the connection is in: it is closed instead of being given back.
    pub(super) fn close_on_drop(&mut self) {
        self.unfit = true;
    }
}

fn timed_out<DB: Database>(pool: &Pool<DB>) -> Error {
    let (open, most) = (pool.size(), pool.options().get_max_connections());
    if open < most {
        return Error::new(
            ErrorKind::Connection,
            "no connection could be made in time; is the database running, and does it take more connections?",
        );
    }
    Error::new(
        ErrorKind::PoolTimeout,
        format!(
            "no connection became free in time: all {open} are held by sessions (a session holds one from its first \
             statement until commit, rollback, close or drop)"
        ),
    )
}

impl<DB: Database> Drop for Pooled<DB> {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) if !self.unfit => {
                // The pool asks whether the connection is alive, and would wait for ever on a dead socket with the
                // place of the connection taken. Giving up frees the place.
                let returning = connection.return_to_pool();
                runtime.spawn(async move { drop(tokio::time::timeout(RETURN_TIMEOUT, returning).await) });
            }
            // Closing the socket frees the place at once, however the server is, and the server rolls back.
            _ => drop(connection.detach()),
        }
    }
}

impl<DB: Database> fmt::Debug for Pooled<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pooled").field("unfit", &self.unfit).finish_non_exhaustive()
    }
}
