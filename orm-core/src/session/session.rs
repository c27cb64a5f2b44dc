use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::SessionOptions;
use super::repeats::Repeats;
use crate::driver::{Borrower, Database, Lease, abandoned};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Store;
use crate::load::Loader;
use crate::unit_of_work::{Flush, UnitOfWork};

/// One unit of work with a database: a connection, the objects it loaded, and what it has to write.
///
/// In a session one row is one object. A session takes a connection at its first statement and keeps it until
/// `commit`, `rollback`, `close` or drop; dropping it rolls back. It cannot be shared between tasks: everything that
/// runs SQL takes `&mut Session`. Give each task its own, from a clone of the [`Engine`](super::Engine).
pub struct Session {
    pub(super) database: Arc<Database>,
    /// Who it is for the pool: its number, and where it was made.
    borrower: Borrower,
    pub(super) options: SessionOptions,
    pub(super) store: Store,
    pub(super) unit: UnitOfWork,
    pub(super) lease: Option<Lease>,
    /// Why the open transaction cannot go on.
    pub(super) failed: Option<String>,
    pub(super) repeats: Repeats,
    /// How many savepoints were set, for their names.
    pub(super) savepoints: u64,
    /// How many statements were run.
    statements: Arc<AtomicU64>,
}

impl Session {
    #[track_caller]
    pub(super) fn new(database: Arc<Database>, options: SessionOptions) -> Session {
        Session {
            database,
            borrower: Borrower::here(),
            options,
            store: Store::new(),
            unit: UnitOfWork::default(),
            lease: None,
            failed: None,
            repeats: Repeats::default(),
            savepoints: 0,
            statements: Arc::default(),
        }
    }

    /// How many statements the session has run, failed ones included. Transaction control is not counted.
    pub fn statement_count(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.lease.as_ref().is_some_and(Lease::in_transaction)
    }

    /// Refuses work that a failed transaction cannot do.
    pub(super) fn check_usable(&self) -> Result<()> {
        if let Some(reason) = &self.failed {
            return Err(Error::new(
                ErrorKind::PendingRollback,
                format!(
                    "the transaction failed and waits for `session.rollback().await`; what happened first: {reason}"
                ),
            ));
        }
        match &self.lease {
            Some(lease) if lease.is_abandoned() => Err(abandoned()),
            _ => Ok(()),
        }
    }

    /// Takes a connection, if the session has none.
    pub(super) async fn connect(&mut self) -> Result<()> {
        self.check_usable()?;
        if self.lease.is_none() {
            let lease = self.database.acquire(self.borrower).await?;
            self.lease = Some(lease.counted_by(&self.statements));
        }
        Ok(())
    }

    /// Remembers an error of the database inside a transaction: what was done so far cannot be trusted.
    pub(super) fn note<T>(&mut self, result: Result<T>) -> Result<T> {
        let result = result.map_err(|error| self.store.name_violation(error));
        if let Err(error) = &result
            && self.in_transaction()
            && self.failed.is_none()
            && fails_transaction(error.kind())
        {
            self.failed = Some(error.to_string());
        }
        if let Err(error) = &result
            && error.kind() == ErrorKind::Connection
            && !self.in_transaction()
        {
            // Nothing of the session was on the connection, so the next statement takes another one.
            self.lease = None;
        }
        result
    }

    /// Writes what is pending before a query, so that the query sees it.
    pub(super) async fn autoflush(&mut self) -> Result<()> {
        match self.options.autoflush && self.unit.has_work() {
            true => self.flush().await,
            false => self.check_usable(),
        }
    }

    pub(super) fn loader(
        &mut self,
        populate_existing: bool,
        caller: &'static Location<'static>,
    ) -> Result<Loader<'_>> {
        let Session { database, store, unit, lease, .. } = self;
        let Some(lease) = lease else { return Err(no_connection()) };
        unit.keep_changes(store);
        Ok(Loader::new(store, lease, &database.monitor, database.dialect(), populate_existing, caller))
    }

    pub(super) fn flusher(&mut self) -> Result<Flush<'_>> {
        let Session { database, store, unit, lease, .. } = self;
        let Some(lease) = lease else { return Err(no_connection()) };
        unit.keep_changes(store);
        store.writes();
        Ok(Flush::new(store, unit, lease, &database.monitor, database.dialect()))
    }
}

/// Errors that come from the database, as opposed to those that were found before it was asked.
fn fails_transaction(kind: ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::InvalidQuery
            | ErrorKind::InvalidModel
            | ErrorKind::NotLoaded
            | ErrorKind::Detached
            | ErrorKind::NoRows
            | ErrorKind::MultipleRows
            | ErrorKind::DanglingKey
            | ErrorKind::PendingRollback
            | ErrorKind::NotFlushed
    )
}

fn no_connection() -> Error {
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
