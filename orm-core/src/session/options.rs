use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::SessionHooks;
use crate::driver::TransactionOptions;

/// The settings of a session.
#[derive(Clone)]
#[non_exhaustive]
#[must_use = "options do nothing until a session is made with them"]
pub struct SessionOptions {
    pub(super) hooks: Option<Arc<dyn SessionHooks>>,
    pub(super) transactions: TransactionOptions,
    pub(super) autoflush: bool,
    pub(super) expire_on_commit: bool,
    pub(super) identity_map: bool,
    pub(super) repeated_loads: RepeatedLoads,
    pub(super) repeated_loads_threshold: u32,
    clock: Option<Arc<dyn Fn() -> SystemTime + Send + Sync>>,
}

/// What a session does when a loop loads one relationship of the objects of one query one by one: N+1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RepeatedLoads {
    /// Nothing.
    Allow,
    /// A `tracing` warning on the target `orm::n_plus_one`, once for each query and relationship, that names the line
    /// of the query, the line of the loop, and what to write instead.
    Warn,
    /// `ErrorKind::RepeatedLoad`, with the same text.
    Refuse,
    /// The first load of one object loads the relationship for all objects of its query.
    LoadPeers,
}

impl SessionOptions {
    /// The default: autoflush on, repeated loads are warned of from the tenth on.
    pub fn new() -> SessionOptions {
        SessionOptions {
            hooks: None,
            transactions: TransactionOptions::new(),
            autoflush: true,
            expire_on_commit: false,
            identity_map: true,
            repeated_loads: RepeatedLoads::Warn,
            repeated_loads_threshold: 10,
            clock: None,
        }
    }

    /// Whether a query first writes what is pending, so that it sees it; on by default.
    pub fn autoflush(mut self, on: bool) -> SessionOptions {
        self.autoflush = on;
        self
    }

    /// What the session's transactions are, where `begin_with` and `transaction_with` say nothing else.
    ///
    /// A session with any of them begins its transaction at its first statement, not at its first write, so that what it
    /// reads before it writes is covered too.
    pub fn transactions(mut self, options: TransactionOptions) -> SessionOptions {
        self.transactions = options;
        self
    }

    /// Makes the session read-only: a flush, a bulk statement or raw SQL that writes is `InvalidState`, its transaction,
    /// which begins at its first statement, is [`read_only`](TransactionOptions::read_only), and it reads from a [replica](crate::options::EngineBuilder::replica) that
    /// has everything that the engine committed, where there is one.
    pub fn read_only(mut self) -> SessionOptions {
        self.transactions = self.transactions.read_only();
        self
    }

    /// Whether a commit expires all objects, so that each is read anew when a query next returns it; off by default.
    pub fn expire_on_commit(mut self, on: bool) -> SessionOptions {
        self.expire_on_commit = on;
        self
    }

    /// Whether the session keeps the objects that it loaded; on by default.
    ///
    /// Without it the objects of each query are its own and go with the last handle to one of them, so that a session
    /// that runs for hours over everything there is stays small. It is for reading: what is to be written is refused with
    /// `InvalidState`, and relationships are loaded by the query that finds the objects, not later.
    pub fn identity_map(mut self, on: bool) -> SessionOptions {
        self.identity_map = on;
        self
    }

    /// What is called before and after flush, commit and rollback.
    pub fn hooks(mut self, hooks: impl SessionHooks + 'static) -> SessionOptions {
        self.hooks = Some(Arc::new(hooks));
        self
    }

    /// The clock that `#[column(created)]` and `#[column(updated)]` take their time from; the system's by default. It is asked
    /// once for each flush and each bulk statement, so all rows of one flush have one time. For tests, mostly.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// let options = SessionOptions::new().clock(|| UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    /// # let _ = options;
    /// ```
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> SessionOptions {
        self.clock = Some(Arc::new(clock));
        self
    }

    pub(super) fn now(&self) -> SystemTime {
        self.clock.as_ref().map_or_else(SystemTime::now, |clock| clock())
    }

    /// What happens when a loop loads one relationship object by object.
    pub fn repeated_loads(mut self, action: RepeatedLoads) -> SessionOptions {
        self.repeated_loads = action;
        self
    }

    /// How many loads of one relationship, over the objects of one query, are a loop; 10 by default, at least 2.
    pub fn repeated_loads_threshold(mut self, loads: u32) -> SessionOptions {
        self.repeated_loads_threshold = loads.max(2);
        self
    }
}

impl fmt::Debug for SessionOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionOptions")
            .field("transactions", &self.transactions)
            .field("autoflush", &self.autoflush)
            .field("expire_on_commit", &self.expire_on_commit)
            .field("identity_map", &self.identity_map)
            .field("repeated_loads", &self.repeated_loads)
            .field("repeated_loads_threshold", &self.repeated_loads_threshold)
            .field("hooks", &self.hooks.is_some())
            .field("clock", &self.clock.is_some())
            .finish()
    }
}

impl Default for SessionOptions {
    fn default() -> SessionOptions {
        SessionOptions::new()
    }
}
