//! Sessions.

use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::SessionOptions;
use super::repeats::Repeats;
use super::restarts::Restarts;
use crate::driver::{Borrower, Database, Isolation, Lease, TransactionOptions, read_only};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Store;
use crate::load::Loader;
use crate::model::Context;
use crate::sql::Criteria;
use crate::unit_of_work::{Authorship, Flush, UnitOfWork};

/// One unit of work with a database: a connection, the objects it loaded, and the changes it has to write.
///
/// In a session one row is one object. A session takes a connection at its first statement and keeps it until `commit`,
/// `rollback`, `close` or drop. Dropping it rolls back, with a warning if that loses unsaved work that was not refused.
/// Everything that runs SQL takes `&mut Session`, so a session cannot be shared between tasks: give each task its own
/// session from a clone of the [`Engine`](super::Engine).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let author = session.one(select::<Author>().filter(Author::NAME.eq("Harper Lee"))).await?;
/// session.edit(&author, |author| author.email = Some("harper@example.com".into()))?;
/// session.append(&author, Author::BOOKS, Book::draft().title("Go Set a Watchman").year(2015))?;
/// session.commit().await?;                       // one UPDATE and one INSERT, in one transaction
/// # Ok(()) }
/// ```
///
/// | to | call |
/// |---|---|
/// | query | [`all`](Self::all), [`one`](Self::one), [`first`](Self::first), [`get`](Self::get), [`rows`](Self::rows), [`count`](Self::count), [`stream`](Self::stream) |
/// | load relationships later | [`load_all`](Self::load_all), [`load`](Self::load) |
/// | write | [`add`](Self::add), [`insert`](Self::insert), [`edit`](Self::edit), [`delete`](Self::delete), [`execute`](Self::execute) |
/// | link objects | [`append`](Self::append), [`remove`](Self::remove), [`replace`](Self::replace), [`assign`](Self::assign), [`unassign`](Self::unassign) |
/// | end the transaction | [`commit`](Self::commit), [`rollback`](Self::rollback), [`transaction`](Self::transaction) |
#[must_use = "a session does nothing until it is used"]
pub struct Session {
    pub(super) database: Arc<Database>,
    /// Who it is for the pool: its number, and where it was made.
    pub(super) borrower: Borrower,
    pub(super) options: SessionOptions,
    /// Which rows it sees: the engine's criteria and its own.
    pub(super) criteria: Criteria,
    pub(super) store: Store,
    pub(super) unit: UnitOfWork,
    pub(super) lease: Option<Lease>,
    /// Why the open transaction cannot continue.
    pub(super) failed: Option<Failure>,
    /// What the last savepoint was rolled back for.
    pub(super) undone: Option<Failure>,
    pub(super) repeats: Repeats,
    pub(super) restarts: Restarts,
    /// Something was refused since the last commit or rollback: what is unsaved then is not kept on purpose.
    pub(super) erred: bool,
    /// Who ends the transaction, while a closure runs in it that may not.
    pub(super) ends: Vec<Ends>,
    /// How many statements it ran.
    pub(super) statements: Arc<AtomicU64>,
}

/// Why a transaction cannot continue.
pub(super) struct Failure {
    pub(super) error: Error,
}

/// A closure that decides when the transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// That of `transaction`, which may end it early and is done then.
    Transaction {
        /// Whether it did.
        early: bool,
    },
    /// The end of `nested`: the outer transaction continues.
    Nested,
    /// That of `transact`, which runs it again when the whole of it fails.
    Transact,
}

impl Failure {
    pub(super) fn new(reason: impl Into<String>) -> Failure {
        Failure { error: Error::new(ErrorKind::PendingRollback, reason) }
    }

    pub(super) fn of(error: &Error) -> Failure {
        Failure { error: error.share() }
    }
}

impl Session {
    #[track_caller]
    pub(super) fn new(database: Arc<Database>, options: SessionOptions, criteria: &Criteria) -> Session {
        let criteria = options.criteria_with(criteria);
        let unit = UnitOfWork::new(criteria.shows_deleted());
        Session {
            database,
            borrower: Borrower::here(),
            options,
            criteria,
            store: Store::new(),
            unit,
            lease: None,
            failed: None,
            undone: None,
            repeats: Repeats::default(),
            restarts: Restarts::default(),
            erred: false,
            ends: Vec::new(),
            statements: Arc::default(),
        }
    }

    /// Whether a transaction is open. It runs no statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert!(!session.in_transaction());
    /// session.begin().await?;
    /// assert!(session.in_transaction());
    /// # Ok(()) }
    /// ```
    pub fn in_transaction(&self) -> bool {
        self.lease.as_ref().is_some_and(Lease::in_transaction)
    }

    /// Refuses work that a failed transaction cannot do.
    pub(super) fn check_usable(&self) -> Result<()> {
        if let Some(lease) = self.lease.as_ref().filter(|lease| lease.is_commit_unknown()) {
            return lease.check();
        }
        if let Some(Failure { error: first }) = &self.failed {
            let error = Error::new(
                ErrorKind::PendingRollback,
                format!(
                    "the transaction failed and waits for `session.rollback().await`; what happened first: {first}"
                ),
            );
            return Err(error.retryable(first.is_retryable()));
        }
        if self.ends.last() == Some(&(Ends::Transaction { early: true })) {
            return Err(Error::new(
                ErrorKind::InvalidState,
                "the transaction of `session.transaction(..)` has ended inside its closure; return from the closure \
                 and continue outside",
            ));
        }
        self.lease.as_ref().map_or(Ok(()), Lease::check)
    }

    /// Refuses to write where nothing may be written.
    pub(super) fn check_writable(&self) -> Result<()> {
        match &self.lease {
            _ if self.options.transactions.read_only => Err(read_only("session")),
            Some(lease) => lease.check_writable(),
            None => Ok(()),
        }
    }

    /// Refuses what needs objects that the session keeps.
    pub(super) fn check_keeps_objects(&self) -> Result<()> {
        if self.options.identity_map {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidState,
            "this session was made with `identity_map(false)`, which is for reading: it keeps no objects to change or \
             to load relationships for; load them in the query, and write with another session",
        ))
    }

    /// Takes a connection, if the session has none.
    pub(super) async fn connect(&mut self) -> Result<()> {
        self.connect_for(self.options.transactions).await
    }

    /// Takes a connection for a transaction, or for statements outside one, if the session has none that is fit.
    async fn connect_for(&mut self, options: TransactionOptions) -> Result<()> {
        self.check_usable()?;
        // No standby of PostgreSQL takes part in what serializable transactions keep.
        let replica = options.read_only && options.isolation != Some(Isolation::Serializable);
        let unfit = |lease: &Lease| {
            let on_replica = lease.reached().is_some();
            let elsewhere = on_replica && (!replica || self.database.is_behind(lease));
            lease.is_lost() || (elsewhere && (!lease.in_transaction() || lease.is_replaceable()))
        };
        if self.lease.as_ref().is_some_and(unfit) {
            self.lease = None;
        }
        if self.lease.is_none() {
            let lease = match replica {
                // Boxed, as all that is large and not always needed: a future has room for those inside it.
                true => Box::pin(self.database.acquire_to_read(self.borrower)).await,
                false => Box::pin(self.database.acquire(self.borrower)).await,
            };
            self.erred |= lease.is_err();
            let lease = lease?;
            self.lease = Some(lease.for_session(self.options.transactions, Arc::clone(&self.statements)));
        }
        Ok(())
    }

    /// Begins a transaction on the session's connection.
    pub(super) async fn begin_transaction(&mut self, options: TransactionOptions) -> Result<()> {
        self.connect_for(options).await?;
        let Some(lease) = &mut self.lease else { return Err(no_connection()) };
        let begun = lease.begin(options).await;
        self.erred |= begun.is_err();
        if begun.is_err() && lease.is_lost() {
            // No work of the session was on the connection, so the next statement takes another one.
            self.lease = None;
        }
        begun
    }

    /// Begins a transaction that may write, unless one is open.
    pub(super) async fn begin_writing(&mut self) -> Result<()> {
        self.check_writable()?;
        match self.in_transaction() {
            true => Ok(()),
            false => self.begin_transaction(self.options.transactions).await,
        }
    }

    /// Remembers an error of the database inside a transaction: what was done so far cannot be trusted.
    pub(super) fn note<T>(&mut self, result: Result<T>) -> Result<T> {
        let result = result.map_err(|error| self.store.name_violation(error, self.database.dialect()));
        self.erred |= result.is_err();
        if let Err(error) = &result
            && let Some(lease) = self.lease.as_ref().filter(|lease| lease.in_transaction())
            && self.failed.is_none()
            && (lease.has_failed() || fails_transaction(error.kind()))
        {
            self.failed = Some(Failure::of(error));
        }
        if let Err(error) = &result
            && error.kind() == ErrorKind::Connection
            && !self.in_transaction()
        {
            // No work of the session was on the connection, so the next statement takes another one.
            self.lease = None;
        }
        result
    }

    /// Writes what is pending before a query, so that the query sees it.
    pub(super) async fn autoflush(&mut self) -> Result<()> {
        match self.options.autoflush && self.unit.has_work() {
            true => Box::pin(self.flush()).await,
            false => self.check_usable(),
        }
    }

    pub(super) fn loader(
        &mut self,
        populate_existing: bool,
        caller: &'static Location<'static>,
    ) -> Result<Loader<'_>> {
        let Session { database, store, unit, lease, criteria, .. } = self;
        let Some(lease) = lease else { return Err(no_connection()) };
        unit.keep_changes(store);
        let dialect = database.dialect();
        Ok(Loader::new(store, lease, &database.monitor, dialect, populate_existing, criteria, caller))
    }

    /// What the session tells its hooks and its columns `created_by` and `updated_by`.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # struct CurrentUser(i64);
    /// struct LoggedIn;
    ///
    /// impl SessionHooks for LoggedIn {
    ///     fn before_flush(&self, session: &mut Session) -> Result<()> {
    ///         session.context().require::<CurrentUser>()?;            // nothing is written without a user
    ///         Ok(())
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    pub fn context(&self) -> &Context {
        &self.options.context
    }

    /// Sets the value of its type in the session's [context](Self::context), instead of an earlier one. What is flushed from
    /// now on is written with it, which includes changes that are pending already.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # struct Note { #[key(auto)] id: i64, #[column(created_by = "CurrentUser::id")] created_by: i64 }
    /// struct CurrentUser(i64);
    ///
    /// impl CurrentUser {
    ///     fn id(&self) -> i64 {
    ///         self.0
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![Note]).await?;
    /// let mut session = engine.session();
    /// session.set_context(CurrentUser(7));
    /// assert_eq!(session.insert(Note::draft()).await?.created_by, 7);
    /// # Ok(()) }
    /// ```
    pub fn set_context(&mut self, value: impl Any + Send + Sync) {
        self.options.context.set(value);
    }

    pub(super) fn flusher(&mut self) -> Result<Flush<'_>> {
        let Session { database, store, unit, lease, options, criteria, .. } = self;
        let Some(lease) = lease else { return Err(no_connection()) };
        unit.keep_changes(store);
        store.writes();
        let authorship = Authorship { now: options.now(), context: &options.context };
        Ok(Flush::new(store, unit, lease, &database.monitor, database.dialect(), criteria, authorship))
    }
}

/// Errors that come from the database, as opposed to those that were found before it was asked.
fn fails_transaction(kind: ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::InvalidQuery
            | ErrorKind::InvalidModel
            | ErrorKind::InvalidState
            | ErrorKind::NotLoaded
            | ErrorKind::Detached
            | ErrorKind::NoRows
            | ErrorKind::MultipleRows
            | ErrorKind::DanglingKey
            | ErrorKind::PendingRollback
            | ErrorKind::NotFlushed
    )
}

pub(super) fn no_connection() -> Error {
    Error::new(ErrorKind::Connection, "the session has no connection")
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("objects", &self.store.len())
            .field("pending", &self.unit.new_count())
            .field("in_transaction", &self.in_transaction())
            .finish_non_exhaustive()
    }
}
