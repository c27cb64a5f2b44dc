use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::{Connection as _, Database, Pool};

use super::ConnectOptions;
use super::checkouts::{Borrower, Checkouts, Held};
use crate::error::{Error, ErrorKind, Result};

/// How long a connection may take to answer the question whether it is alive.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that a pool lent, and gets back only when it is fit for the next borrower.
pub(super) struct Pooled<DB: Database> {
    /// None only while it is being dropped.
    connection: Option<PoolConnection<DB>>,
    pool: Pool<DB>,
    held: Held,
    unfit: bool,
    /// Whether the place in the pool is given back only when the connection is closed.
    closes_first: bool,
}

/// The settings of an engine for a pool.
pub(super) fn pool_options<DB: Database>(options: &ConnectOptions) -> PoolOptions<DB> {
    let (recycle, ping) = (options.pool_recycle, options.pool_pre_ping);
    let pool = PoolOptions::new()
        .max_connections(options.most_connections())
        .acquire_timeout(options.pool_timeout)
        // A connection is looked at when a session is to get it, by what follows.
        .max_lifetime(None)
        .idle_timeout(None)
        .test_before_acquire(false);
    if recycle.is_none() && !ping {
        return pool;
    }
    pool.before_acquire(move |connection, meta| {
        Box::pin(async move {
            if recycle.is_some_and(|age| meta.age >= age) {
                return Ok(false);
            }
            if !ping {
                return Ok(true);
            }
            // An error is what closes a connection without a farewell, which a dead socket would not take.
            match tokio::time::timeout(PING_TIMEOUT, connection.ping()).await {
                Ok(answer) => answer.map(|()| true),
                Err(_) => Err(sqlx::Error::Protocol("no answer to the ping of the pool".to_owned())),
            }
        })
    })
}

impl<DB: Database> Pooled<DB> {
    /// Borrows a connection; `refused` says what an error of the database means.
    pub(super) async fn acquire(
        pool: &Pool<DB>,
        checkouts: &Arc<Checkouts>,
        borrower: Borrower,
        refused: impl Fn(sqlx::Error) -> Error,
    ) -> Result<Pooled<DB>> {
        let waiting = checkouts.wait(borrower);
        let error = match pool.acquire().await {
            Ok(connection) => {
                let (connection, pool, held) = (Some(connection), pool.clone(), waiting.got());
                return Ok(Pooled { connection, pool, held, unfit: false, closes_first: false });
            }
            Err(error) => error,
        };
        drop(waiting);
        Err(match error {
            sqlx::Error::PoolTimedOut => timed_out(pool, checkouts),
            sqlx::Error::PoolClosed => Error::new(
                ErrorKind::Connection,
                "the engine was closed; make another one with `Engine::connect`",
            ),
            error => refused(error),
        })
    }

    /// The place in the pool is given back only when the connection is closed: what it holds is nobody else's before.
    pub(super) fn closing_first(mut self) -> Pooled<DB> {
        self.closes_first = true;
        self
    }

    pub(super) fn connection(&mut self) -> Result<&mut DB::Connection> {
        let gone = || Error::new(ErrorKind::Connection, "the connection has gone");
        self.connection.as_deref_mut().ok_or_else(gone)
    }

    /// Nobody knows what state the connection is in: it is closed instead of being given back.
    pub(super) fn close_on_drop(&mut self) {
        self.unfit = true;
    }

    /// Closes the connection, and waits until that is done.
    #[cfg(feature = "sqlite")]
    pub(super) async fn close(mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = connection.close().await;
        }
    }

    /// The connection is closed instead of being given back, and those that nobody holds are closed now: what they know of
    /// the database is not true any more.
    #[cfg(feature = "postgres")]
    pub(super) fn close_with_idle(&mut self) {
        self.close_on_drop();
        while let Some(idle) = self.pool.try_acquire() {
            drop(idle.detach());
        }
    }
}

/// Closes a pool: those that are idle now, and those that are held when they come back.
pub(super) async fn close<DB: Database>(pool: &Pool<DB>, checkouts: &Checkouts) {
    let mut closing = pin!(pool.close());
    // The pool itself would wait for every session, and the one that closes it may be one of them.
    poll_fn(|context| match closing.as_mut().poll(context) {
        Poll::Pending if pool.num_idle() == 0 && checkouts.are_held() => Poll::Ready(()),
        state => state,
    })
    .await;
}

fn timed_out<DB: Database>(pool: &Pool<DB>, checkouts: &Checkouts) -> Error {
    let status = checkouts.status(pool.size());
    let timeout = pool.options().get_acquire_timeout();
    if pool.size() < pool.options().get_max_connections() {
        return Error::new(
            ErrorKind::Connection,
            format!(
                "no connection could be made in {timeout:?}; is the database running, and does it take more \
                 connections? {status}"
            ),
        );
    }
    Error::new(
        ErrorKind::PoolTimeout,
        format!(
            "no connection became free in {timeout:?} (`pool_timeout`): all are held by sessions, each from its first \
             statement until commit, rollback, close or drop. {status}"
        ),
    )
}

impl<DB: Database> Drop for Pooled<DB> {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // Asking it anything takes a runtime.
            return drop(connection.detach());
        };
        match (self.unfit, self.closes_first) {
            (true, true) => return connection.close_on_drop(),
            // Closing the socket frees the place at once, however the server is, and the server rolls back.
            (true, false) => return drop(connection.detach()),
            (false, _) => {}
        }
        let (mut back, mut surplus) = (Some(connection), None);
        self.held.ends(|| self.pool.size(), || surplus = back.take().map(PoolConnection::detach));
        if let Some(surplus) = surplus {
            runtime.spawn(async move { drop(tokio::time::timeout(PING_TIMEOUT, surplus.close()).await) });
        }
        if let Some(mut back) = back {
            // The pool asks whether the connection is alive, and would wait for ever on a dead socket with the place of
            // the connection taken. Giving up frees the place. `PoolConnection`'s own Drop does the same without an end,
            // and there is no other way to give this question one.
            let returning = back.return_to_pool();
            runtime.spawn(async move { drop(tokio::time::timeout(PING_TIMEOUT, returning).await) });
        }
    }
}

impl<DB: Database> fmt::Debug for Pooled<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pooled").field("unfit", &self.unfit).finish_non_exhaustive()
    }
}
