use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Monitor, Pooler, RowSink};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Dialect, Statement};

/// A connection that a session holds, and what state its transaction is in.
///
/// It goes back to the pool only when it is known to be clean. A future that is dropped half-way through BEGIN, a
/// statement or COMMIT leaves the mark that was set before it, and the connection is closed instead of being returned.
#[derive(Debug)]
pub struct Lease {
    connection: Connection,
    dialect: Dialect,
    pooler: Pooler,
    state: TransactionState,
    /// A statement of the open transaction failed. PostgreSQL answers COMMIT with success then and rolls back, and
    /// MySQL commits what came before the failure.
    failed: bool,
    /// A statement is running, or was when its future was dropped.
    running: bool,
    /// How many statements were run, for whoever holds the lease.
    counter: Arc<AtomicU64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TransactionState {
    None,
    Open,
    /// BEGIN, COMMIT or ROLLBACK was sent and not answered.
    Changing,
}

#[derive(Debug)]
pub(super) enum Connection {
    #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
    None(std::convert::Infallible),
    #[cfg(feature = "sqlite")]
    Sqlite(super::sqlite::SqliteLease),
    #[cfg(feature = "postgres")]
    Postgres(super::postgres::PostgresLease),
    #[cfg(feature = "mysql")]
    Mysql(super::mysql::MysqlLease),
}

/// What an INSERT did.
#[derive(Debug, Clone, Copy)]
pub struct Inserted {
    /// How many rows there are more.
    pub rows: u64,
    /// The first key that the database generated, where it says so outside RETURNING.
    pub first_key: Option<i64>,
}

impl From<u64> for Inserted {
    /// So many rows, whose keys the database does not say.
    fn from(rows: u64) -> Inserted {
        Inserted { rows, first_key: None }
    }
}

impl Lease {
    pub(super) fn new(connection: Connection, dialect: Dialect, pooler: Pooler) -> Lease {
        Lease {
            connection,
            dialect,
            pooler,
            state: TransactionState::None,
            failed: false,
            running: false,
            counter: Arc::default(),
        }
    }

    /// Counts the lease's statements there, from now on.
    #[must_use]
    pub(crate) fn counted_by(mut self, counter: &Arc<AtomicU64>) -> Lease {
        self.counter = Arc::clone(counter);
        self
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.state != TransactionState::None
    }

    /// Whether a statement or a transaction's end was abandoned, so that nobody knows what the database did.
    pub fn is_abandoned(&self) -> bool {
        self.running || self.state == TransactionState::Changing
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// The database refuses; on SQLite `Busy` when another connection writes.
    pub async fn begin(&mut self) -> Result<()> {
        self.control(self.dialect.begin(), TransactionState::Open).await
    }

    /// Makes the transaction's work permanent.
    ///
    /// # Errors
    /// `PendingRollback`: a statement failed before. The database refuses; the transaction is open then and must be
    /// rolled back.
    pub async fn commit(&mut self) -> Result<()> {
        if self.failed {
            return Err(failed());
        }
        self.control("COMMIT", TransactionState::None).await
    }

    /// Undoes the transaction's work.
    ///
    /// # Errors
    /// The database refuses; the connection is closed when the lease is dropped.
    pub async fn rollback(&mut self) -> Result<()> {
        self.control("ROLLBACK", TransactionState::None).await
    }

    async fn control(&mut self, sql: &'static str, next: TransactionState) -> Result<()> {
        let before = std::mem::replace(&mut self.state, TransactionState::Changing);
        let result = self.connection.control(sql).await;
        match &result {
            Ok(()) => {
                self.state = next;
                self.failed = false;
            }
            // A lost connection stays `Changing`; a refusal changed nothing.
            Err(error) if error.kind() == ErrorKind::Connection => {}
            Err(_) => self.state = before,
        }
        result
    }

    /// Sets, releases or rolls back to a savepoint.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn savepoint(&mut self, sql: &str) -> Result<()> {
        self.running = true;
        let result = self.connection.control(sql).await;
        self.running = false;
        match &result {
            Ok(()) if sql.starts_with("ROLLBACK TO ") => self.failed = false,
            Ok(()) => {}
            Err(_) => self.failed = self.in_transaction(),
        }
        result
    }

    /// Runs a statement and gives each row to the sink while it arrives; returns how many there were.
    ///
    /// # Errors
    /// The database refuses the statement, or the sink a row.
    pub async fn fetch(
        &mut self,
        monitor: &Monitor,
        statement: &Statement,
        sink: &mut dyn RowSink,
    ) -> Result<u64> {
        let alone = self.begin_alone().await?;
        self.counter.fetch_add(1, Ordering::Relaxed);
        let mut observed = monitor.observe(statement);
        self.running = true;
        let result = self.connection.fetch(statement, sink, &mut observed.rows).await;
        self.running = false;
        observed.failed = result.is_err();
        self.note(result.as_ref().err());
        self.end_alone(alone, result.map(|()| observed.rows)).await
    }

    /// Runs a statement that returns no rows; returns how many it changed.
    ///
    /// # Errors
    /// The database refuses the statement.
    pub async fn execute(&mut self, monitor: &Monitor, statement: &Statement) -> Result<u64> {
        self.insert(monitor, statement).await.map(|inserted| inserted.rows)
    }

    /// Runs an INSERT that returns no rows.
    ///
    /// # Errors
    /// The database refuses the statement.
    pub async fn insert(&mut self, monitor: &Monitor, statement: &Statement) -> Result<Inserted> {
        let alone = self.begin_alone().await?;
        self.counter.fetch_add(1, Ordering::Relaxed);
        let mut observed = monitor.observe(statement);
        self.running = true;
        let result = self.connection.execute(statement).await;
        self.running = false;
        observed.failed = result.is_err();
        observed.rows = result.as_ref().map_or(0, |inserted| inserted.rows);
        self.note(result.as_ref().err());
        self.end_alone(alone, result).await
    }

    /// Behind a pooler that lends by the transaction, a statement outside one would be prepared on one connection of the
    /// server and run on another: it gets a transaction of its own. Returns whether it did.
    async fn begin_alone(&mut self) -> Result<bool> {
        let alone = self.pooler == Pooler::Transaction && self.state == TransactionState::None;
        if alone {
            self.begin().await?;
        }
        Ok(alone)
    }

    async fn end_alone<T>(&mut self, alone: bool, result: Result<T>) -> Result<T> {
        if !alone {
            return result;
        }
        match result {
            Ok(value) => self.commit().await.map(|()| value),
            Err(error) => {
                // One that cannot be rolled back stays in its transaction, and is closed when it is given back.
                let _ = self.rollback().await;
                Err(error)
            }
        }
    }

    fn note(&mut self, error: Option<&Error>) {
        match error.map(Error::kind) {
            // What is refused as a query was not sent.
            None | Some(ErrorKind::InvalidQuery) => return,
            Some(ErrorKind::Connection) => self.connection.close_on_drop(),
            Some(_) => {}
        }
        self.failed |= self.in_transaction();
    }
}

impl Connection {
    async fn control(&mut self, sql: &str) -> Result<()> {
        match self {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Connection::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => lease.control(sql).await,
            #[cfg(feature = "postgres")]
            Connection::Postgres(lease) => lease.control(sql).await,
            #[cfg(feature = "mysql")]
            Connection::Mysql(lease) => lease.control(sql).await,
        }
    }

    async fn fetch(&mut self, statement: &Statement, sink: &mut dyn RowSink, rows: &mut u64) -> Result<()> {
        match self {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Connection::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => lease.fetch(statement, sink, rows).await,
            #[cfg(feature = "postgres")]
            Connection::Postgres(lease) => lease.fetch(statement, sink, rows).await,
            #[cfg(feature = "mysql")]
            Connection::Mysql(lease) => lease.fetch(statement, sink, rows).await,
        }
    }

    async fn execute(&mut self, statement: &Statement) -> Result<Inserted> {
        match self {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Connection::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => lease.execute(statement).await.map(Inserted::from),
            #[cfg(feature = "postgres")]
            Connection::Postgres(lease) => lease.execute(statement).await.map(Inserted::from),
            #[cfg(feature = "mysql")]
            Connection::Mysql(lease) => lease.execute(statement).await,
        }
    }

    fn close_on_drop(&mut self) {
        match self {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Connection::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => lease.close_on_drop(),
            #[cfg(feature = "postgres")]
            Connection::Postgres(lease) => lease.close_on_drop(),
            #[cfg(feature = "mysql")]
            Connection::Mysql(lease) => lease.close_on_drop(),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.running || self.state != TransactionState::None {
            self.connection.close_on_drop();
        }
    }
}

/// The error for a session that is used after one of its futures was dropped half-way through a statement.
pub(crate) fn abandoned() -> Error {
    Error::new(
        ErrorKind::PendingRollback,
        "an earlier operation of this session was cancelled half-way, so its transaction cannot go on; call \
         `session.rollback().await` and begin again",
    )
}

fn failed() -> Error {
    Error::new(
        ErrorKind::PendingRollback,
        "a statement of this transaction failed, so the transaction cannot be committed; call \
         `session.rollback().await` and begin again",
    )
}
