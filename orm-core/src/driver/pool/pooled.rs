//! A pool, and a connection that it lends.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult};
use tokio::time::{sleep, timeout};

use super::checkouts::{Borrower, Checkouts, InUse};
use super::connector::Connector;
use crate::driver::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};

/// How long a connection may take to answer a ping, and to close.
const PING_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that was lent so recently is taken to be alive, as HikariCP does it: to ask before every session would be
/// one more trip to the server for each.
const FRESH: Duration = Duration::from_millis(500);
/// The pauses between attempts to reach a server that is about to start.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The connections to a database.
///
/// A session that ends puts its connection back itself: nothing is asked of the connection then, no task is begun for it,
/// and it comes back as it is, with the statements that are prepared on it. The driver's own pool asks every connection
/// that comes back whether it is alive, which is one more trip to the server for each session.
pub(in crate::driver) struct Pool<C: Connector> {
    inner: managed::Pool<Manager<C>>,
    timeout: Duration,
}

/// A connection that a pool lent. It is closed when it is dropped, wherever that happens: only
/// [`give_back`](Self::give_back) returns it to the pool, and only the lease calls that.
pub(in crate::driver) struct Pooled<C: Connector> {
    /// None only while it is being dropped.
    object: Option<Object<Manager<C>>>,
    pool: managed::Pool<Manager<C>>,
    held: InUse,
    unfit: bool,
}

struct Manager<C: Connector> {
    connector: C,
    recycle: Option<Duration>,
    /// Whether it is asked however recently it was lent.
    ping: bool,
    /// Why a server that may take a connection soon did not take the last one.
    refused: Mutex<Option<C::Error>>,
}

impl<C: Connector> Manager<C> {
    fn refused(&self) -> MutexGuard<'_, Option<C::Error>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Connector> managed::Manager for Manager<C> {
    /// None once the connection was taken out.
    type Type = Option<C::Connection>;
    type Error = C::Error;

    async fn create(&self) -> Result<Option<C::Connection>, C::Error> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.connector.connect().await {
                Err(error) if C::is_worth_waiting(&error) => *self.refused() = Some(error),
                connected => {
                    *self.refused() = None;
                    return connected.map(Some);
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn recycle(&self, place: &mut Option<C::Connection>, metrics: &Metrics) -> RecycleResult<C::Error> {
        let old = self.recycle.is_some_and(|age| metrics.age() >= age);
        if old || place.as_ref().is_some_and(C::is_worn) {
            if let Some(connection) = place.take() {
                tokio::spawn(farewell::<C>(connection));
            }
            return Err(RecycleError::message("its time is over"));
        }
        let Some(connection) = place else { return Err(RecycleError::message("it is closed")) };
        if !self.ping && metrics.last_used() < FRESH {
            return Ok(());
        }
        match timeout(PING_TIMEOUT, C::ping(connection)).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(RecycleError::message("no answer")),
        }
    }
}

/// Ends a connection, unless its server does not answer.
async fn farewell<C: Connector>(connection: C::Connection) {
    drop(timeout(PING_TIMEOUT, C::close(connection)).await);
}

impl<C: Connector> Pool<C> {
    /// A pool with the settings of an engine.
    ///
    /// # Errors
    /// The settings are none of a pool.
    pub(in crate::driver) fn new(connector: C, options: &ConnectOptions) -> Result<Pool<C>> {
        let manager = Manager {
            connector,
            recycle: options.pool_recycle,
            ping: options.pool_pre_ping,
            refused: Mutex::default(),
        };
        let most = usize::try_from(options.most_connections()).unwrap_or(usize::MAX);
        // The connection that was used last has the most in its caches.
        let built = managed::Pool::builder(manager).max_size(most).queue_mode(QueueMode::Lifo).build();
        let inner = built.map_err(|error| Error::new(ErrorKind::Configuration, error.to_string()))?;
        Ok(Pool { inner, timeout: options.pool_timeout })
    }

    /// What makes its connections.
    #[cfg(feature = "migrate")]
    pub(in crate::driver) fn connector(&self) -> &C {
        &self.inner.manager().connector
    }

    /// Makes the first connection, which stays for the first session.
    ///
    /// # Errors
    /// No connection could be made; `refused` converts the error.
    pub(in crate::driver) async fn prove(&self, refused: impl Fn(C::Error) -> Error) -> Result<()> {
        match self.inner.get().await {
            Ok(_) => Ok(()),
            Err(PoolError::Backend(error)) => Err(refused(error)),
            Err(_) => Err(closed()),
        }
    }

    /// The same, for no longer than a session waits for a connection: a server that is full is asked again and again.
    ///
    /// # Errors
    /// As there. `Connection`: it takes longer.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(in crate::driver) async fn prove_in_time(&self, refused: impl Fn(C::Error) -> Error) -> Result<()> {
        timeout(self.timeout, self.prove(refused)).await.unwrap_or_else(|_| {
            let waited = self.timeout;
            Err(Error::new(
                ErrorKind::Connection,
                format!(
                    "the first connection was not ready in {waited:?} (`pool_timeout`): the server does not \
                     accept more connections, or an `on_connect` function does not return"
                ),
            ))
        })
    }

    /// Borrows a connection; `refused` converts an error of the database.
    ///
    /// # Errors
    /// `PoolTimeout`: none became free in time. `Connection`: none could be made, or the engine was closed.
    pub(in crate::driver) async fn acquire(
        &self,
        checkouts: &Arc<Checkouts>,
        borrower: Borrower,
        refused: impl Fn(C::Error) -> Error,
    ) -> Result<Pooled<C>> {
        let waiting = checkouts.wait(borrower);
        let mut getting = pin!(self.inner.get());
        // No timer is made if a connection is available.
        let got = match poll_fn(|context| Poll::Ready(getting.as_mut().poll(context))).await {
            Poll::Ready(got) => Ok(got),
            Poll::Pending => timeout(self.timeout, getting).await,
        };
        if let Ok(Ok(object)) = got {
            return Ok(Pooled {
                object: Some(object),
                pool: self.inner.clone(),
                held: waiting.got(),
                unfit: false,
            });
        }
        drop(waiting);
        Err(match got {
            Ok(Err(PoolError::Backend(error))) => refused(error),
            Ok(Err(PoolError::Closed)) => closed(),
            _ => self.timed_out(checkouts),
        })
    }

    /// How many connections are open.
    pub(in crate::driver) fn size(&self) -> u32 {
        size(&self.inner)
    }

    /// Closes those that are idle now, and those that are held when they come back.
    pub(in crate::driver) async fn close(&self) {
        let idle = self.inner.retain(|_, _| false).removed;
        self.inner.close();
        for connection in idle.into_iter().flatten() {
            farewell::<C>(connection).await;
        }
    }

    fn timed_out(&self, checkouts: &Checkouts) -> Error {
        let (status, timeout) = (checkouts.status(self.size()), self.timeout);
        if self.inner.status().size < self.inner.status().max_size {
            let (said, source) = match self.inner.manager().refused().take() {
                Some(error) => (format!(" ({error})"), Some(error)),
                None => (String::new(), None),
            };
            let error = Error::new(
                ErrorKind::Connection,
                format!(
                    "could not connect within {timeout:?}{said}; is the database running, and does it accept \
                     more connections? {status}"
                ),
            );
            return match source {
                Some(source) => error.with_source(source),
                None => error,
            };
        }
        Error::new(
            ErrorKind::PoolTimeout,
            format!(
                "no connection became free within {timeout:?} (`pool_timeout`): all of them are held by sessions, \
                 each from its first statement until commit, rollback, close or drop. {status}"
            ),
        )
    }
}

fn size<C: Connector>(pool: &managed::Pool<Manager<C>>) -> u32 {
    u32::try_from(pool.status().size).unwrap_or(u32::MAX)
}

impl<C: Connector> Pooled<C> {
    /// The connection; none after it was lost.
    pub(in crate::driver) fn place(&mut self) -> Result<&mut Option<C::Connection>> {
        self.object.as_deref_mut().ok_or_else(gone)
    }

    /// The connection.
    ///
    /// # Errors
    /// It was lost.
    pub(in crate::driver) fn connection(&mut self) -> Result<&mut C::Connection> {
        self.place()?.as_mut().ok_or_else(gone)
    }

    /// The state of the connection is unknown: it is closed even if it is given back.
    pub(in crate::driver) fn mark_unfit(&mut self) {
        self.unfit = true;
    }

    /// Returns the connection to the pool, unchanged.
    ///
    /// Only the drop of a lease calls it, after everything that used the connection has reported it clean.
    pub(in crate::driver) fn give_back(mut self) {
        if self.unfit || self.pool.is_closed() || tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        let Some(object) = self.object.take_if(|object| object.is_some()) else { return };
        let (mut back, mut surplus) = (Some(object), None);
        self.held.ends(|| size(&self.pool), || surplus = back.take());
        drop(back);
        if let Some(connection) = surplus.and_then(Object::take) {
            tokio::spawn(farewell::<C>(connection));
        }
    }

    /// Closes the connection, and waits until that is done.
    #[cfg(feature = "sqlite")]
    pub(in crate::driver) async fn close(mut self) {
        if let Some(connection) = self.object.as_deref_mut().and_then(Option::take) {
            C::close(connection).await;
        }
    }

    /// Closes idle connections: what they know of the database is outdated.
    #[cfg(feature = "postgres")]
    pub(in crate::driver) fn close_idle(&self) {
        drop(self.pool.retain(|_, _| false));
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Connection, "the engine was closed; make another one with `Engine::connect`")
}

fn gone() -> Error {
    Error::new(ErrorKind::Connection, "the connection is closed")
}

impl<C: Connector> Drop for Pooled<C> {
    /// Closes the connection.
    fn drop(&mut self) {
        let Some(mut object) = self.object.take() else { return };
        let runtime = tokio::runtime::Handle::try_current();
        let connection = if runtime.is_ok() { object.take().filter(|_| C::CLOSES_FIRST) } else { None };
        match (runtime, connection) {
            (Ok(runtime), Some(connection)) => drop(runtime.spawn(async move {
                farewell::<C>(connection).await;
                drop(Object::take(object));
            })),
            // Closing the socket frees the place at once, however the server is, and the server rolls back. Without a
            // runtime, that of the connection may have gone with everything that the connection needs.
            _ => drop(Object::take(object)),
        }
    }
}

impl<C: Connector> fmt::Debug for Pool<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("size", &self.size()).finish_non_exhaustive()
    }
}

impl<C: Connector> fmt::Debug for Pooled<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pooled").field("unfit", &self.unfit).finish_non_exhaustive()
    }
}
