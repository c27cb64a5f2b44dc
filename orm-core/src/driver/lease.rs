use super::{Monitor, RowSink};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::Statement;

/// A connection that a session holds, and what state its transaction is in.
///
/// It goes back to the pool only when it is known to be clean. A future that is dropped half-way through BEGIN, a
/// statement or COMMIT leaves the mark that was set before it, and the connection is closed instead of being returned.
#[derive(Debug)]
pub struct Lease {
    connection: Connection,
    state: TransactionState,
    /// A statement is running, or was when its future was dropped.
    running: bool,
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
    #[cfg(feature = "sqlite")]
    Sqlite(super::sqlite::SqliteLease),
}

impl Lease {
    pub(super) fn new(connection: Connection) -> Lease {
        Lease { connection, state: TransactionState::None, running: false }
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
        // IMMEDIATE: a transaction that reads first and writes later would fail as soon as two of them do.
        self.control("BEGIN IMMEDIATE", TransactionState::Open).await
    }

    /// Makes the transaction's work permanent.
    ///
    /// # Errors
    /// The database refuses; the transaction is open then and must be rolled back.
    pub async fn commit(&mut self) -> Result<()> {
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
            Ok(()) => self.state = next,
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
        let mut observed = monitor.observe(statement);
        self.running = true;
        let result = self.connection.fetch(statement, sink, &mut observed.rows).await;
        self.running = false;
        observed.failed = result.is_err();
        result.map(|()| observed.rows)
    }

    /// Runs a statement that returns no rows; returns how many it changed.
    ///
    /// # Errors
    /// The database refuses the statement.
    pub async fn execute(&mut self, monitor: &Monitor, statement: &Statement) -> Result<u64> {
        let mut observed = monitor.observe(statement);
        self.running = true;
        let result = self.connection.execute(statement).await;
        self.running = false;
        observed.failed = result.is_err();
        observed.rows = *result.as_ref().unwrap_or(&0);
        result
    }
}

impl Connection {
    async fn control(&mut self, sql: &str) -> Result<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => lease.control(sql).await,
        }
    }

    async fn fetch(&mut self, statement: &Statement, sink: &mut dyn RowSink, rows: &mut u64) -> Result<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => lease.fetch(statement, sink, rows).await,
        }
    }

    async fn execute(&mut self, statement: &Statement) -> Result<u64> {
        match self {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => lease.execute(statement).await,
        }
    }

    fn close_on_drop(&mut self) {
        match self {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => lease.close_on_drop(),
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
