//! Who holds the connections of a pool, and who waits.

use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::driver::{Checkout, ConnectOptions, PoolStatus};

/// Who holds the connections of a pool, and how many wait for one.
#[derive(Debug)]
pub(in crate::driver) struct Checkouts {
    pool_size: u32,
    max_overflow: u32,
    state: Mutex<State>,
}

/// Who asks for a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Borrower {
    session: u64,
    caller: &'static Location<'static>,
}

#[derive(Debug, Default)]
struct State {
    held: Vec<(Borrower, Instant)>,
    waiting: u32,
}

/// One who waits; dropping it, as a cancelled session does, ends the waiting.
#[derive(Debug)]
pub(in crate::driver) struct Waiting {
    checkouts: Arc<Checkouts>,
    borrower: Borrower,
}

/// One who holds a connection.
#[derive(Debug)]
pub(in crate::driver) struct InUse {
    checkouts: Arc<Checkouts>,
    borrower: Borrower,
}

impl Borrower {
    /// A session that is made here.
    #[track_caller]
    pub(crate) fn here() -> Borrower {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Borrower { session: NEXT.fetch_add(1, Ordering::Relaxed), caller: Location::caller() }
    }

    /// Where the session was made.
    pub(crate) fn made_at(self) -> &'static Location<'static> {
        self.caller
    }

    /// The session's number.
    pub(in crate::driver) fn session(self) -> u64 {
        self.session
    }
}

impl Checkouts {
    pub(in crate::driver) fn new(options: &ConnectOptions) -> Arc<Checkouts> {
        Arc::new(Checkouts {
            pool_size: options.pool_size,
            max_overflow: options.max_overflow,
            state: Mutex::default(),
        })
    }

    /// A borrower begins to wait for a connection.
    pub(in crate::driver) fn wait(self: &Arc<Self>, borrower: Borrower) -> Waiting {
        self.lock().waiting += 1;
        Waiting { checkouts: Arc::clone(self), borrower }
    }

    /// The state of the pool, with this many open connections.
    pub(in crate::driver) fn status(&self, open: u32) -> PoolStatus {
        let state = self.lock();
        let checkout = |(borrower, since): &(Borrower, Instant)| Checkout {
            session: borrower.session,
            caller: borrower.caller,
            age: since.elapsed(),
        };
        let checked_out = u32::try_from(state.held.len()).unwrap_or(u32::MAX);
        PoolStatus {
            pool_size: self.pool_size,
            max_overflow: self.max_overflow,
            idle: open.saturating_sub(checked_out),
            checked_out,
            overflow: open.max(checked_out).saturating_sub(self.pool_size),
            waiting: state.waiting,
            checkouts: state.held.iter().map(checkout).collect(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// There is a connection.
    pub(in crate::driver) fn got(self) -> InUse {
        let (checkouts, borrower) = (Arc::clone(&self.checkouts), self.borrower);
        checkouts.lock().held.push((borrower, Instant::now()));
        InUse { checkouts, borrower }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.checkouts.lock().waiting -= 1;
    }
}

impl InUse {
    /// The connection comes back: `close` is called if the pool is above its size and nothing waits for a connection.
    /// Two that come back at once are handled one after the other, so `close` also changes `open`.
    pub(in crate::driver) fn ends(&self, open: impl FnOnce() -> u32, close: impl FnOnce()) {
        let mut state = self.checkouts.lock();
        remove(&mut state, self.borrower);
        let held = u32::try_from(state.held.len()).unwrap_or(u32::MAX);
        if state.waiting == 0 && open().saturating_sub(held) > self.checkouts.pool_size {
            close();
        }
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        remove(&mut self.checkouts.lock(), self.borrower);
    }
}

/// A session holds one connection, so it is there at most once.
fn remove(state: &mut State, borrower: Borrower) {
    state.held.retain(|(held, _)| held.session != borrower.session);
}
