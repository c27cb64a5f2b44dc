use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::cursor::Reading;
use super::written::{Commit, Written};
use super::{Monitor, Pooler, RowSink, TransactionOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Dialect, Expected, Statement};
use crate::value::{Cells, Value};

/// A connection that a session holds, and what state its transaction is in.
///
/// It goes back to the pool only when it is known to be clean. A future that is dropped half-way through BEGIN, a
/// statement or COMMIT leaves the mark that was set before it, and the connection is closed instead of being returned.
#[derive(Debug)]
pub struct Lease {
    pub(super) connection: Connection,
    pub(super) dialect: Dialect,
    pooler: Pooler,
    pub(super) state: TransactionState,
    /// The open transaction does not write.
    read_only: bool,
    /// What the connection needs after the end of the open transaction, to be as it was.
    after: Option<&'static str>,
    /// No statement of the open transaction was sent yet.
    empty: bool,
    /// A statement of the open transaction failed. PostgreSQL answers COMMIT with success then and rolls back, and
    /// MySQL commits what came before the failure.
    pub(super) failed: bool,
    /// A statement is running, or was when its future was dropped.
    pub(super) running: bool,
    /// Where the position of its commits is told, if there are replicas that have to reach it.
    written: Option<Arc<Written>>,
    /// Of a connection to a replica, the position that it is known to have reached.
    reached: Option<u64>,
    /// What a stream has open.
    pub(super) reading: Option<Reading>,
    /// How many statements its session ran.
    pub(super) statements: Arc<AtomicU64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransactionState {
    None,
    Open,
    /// A stream began it for itself, and it ends with the stream.
    Reading,
    /// BEGIN or ROLLBACK was sent and not answered.
    Changing,
    /// COMMIT was sent and not answered: nobody knows whether it happened.
    Committing,
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

/// How far the log is, as a number. What a commit wrote is before it, even where it is not on disk yet.
const PRIMARY_POSITION: &str = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint";

/// How far a standby has replayed the log; of a server that is none, such as a standby that took over, how far it is.
const REPLICA_POSITION: &str = "SELECT ((CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() \
     ELSE pg_current_wal_insert_lsn() END) - '0/0')::bigint";

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
            read_only: false,
            after: None,
            empty: true,
            failed: false,
            running: false,
            written: None,
            reached: None,
            reading: None,
            statements: Arc::default(),
        }
    }

    /// Tells the position of its commits.
    pub(super) fn telling(mut self, written: Arc<Written>) -> Lease {
        self.written = Some(written);
        self
    }

    /// It is to a replica that has reached a position.
    pub(super) fn reaching(mut self, position: u64) -> Lease {
        self.reached = Some(position);
        self
    }

    /// Of a connection to a replica, how far it is known to be.
    pub fn reached(&self) -> Option<u64> {
        self.reached
    }

    /// Counts the statements of a session, which may have several leases one after the other.
    #[must_use]
    pub fn counted_by(mut self, statements: Arc<AtomicU64>) -> Lease {
        self.statements = statements;
        self
    }

    pub(super) fn count(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        matches!(self.state, TransactionState::Open | TransactionState::Changing)
    }

    /// Whether a statement or a transaction's end was abandoned, so that nobody knows what the database did.
    pub fn is_abandoned(&self) -> bool {
        self.running || matches!(self.state, TransactionState::Changing | TransactionState::Committing)
    }

    /// Whether a COMMIT was sent and never answered.
    pub fn is_commit_unknown(&self) -> bool {
        self.state == TransactionState::Committing
    }

    /// Whether a transaction is open that does not write.
    pub fn is_read_only(&self) -> bool {
        self.in_transaction() && self.read_only
    }

    /// Whether a transaction is open in which nothing was asked yet.
    pub fn is_empty(&self) -> bool {
        self.state == TransactionState::Open && self.empty
    }

    /// Where the database is in this process, closes the connection when all it was asked is done: what was committed is
    /// known from then on. Of another one nobody knows how far it is.
    pub async fn conclude(&mut self) {
        #[cfg(feature = "sqlite")]
        #[allow(irrefutable_let_patterns, reason = "there may be one backend alone")]
        if let Connection::Sqlite(lease) = &mut self.connection {
            lease.conclude().await;
        }
    }

    /// Why the connection cannot be used any more, if a future was dropped or the connection lost half-way.
    ///
    /// # Errors
    /// `CommitUnknown`, `PendingRollback`.
    pub fn check(&self) -> Result<()> {
        if self.is_commit_unknown() {
            return Err(commit_unknown("was cancelled, or lost its connection,"));
        }
        if self.is_abandoned() { Err(abandoned()) } else { Ok(()) }
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// The database refuses; on SQLite `Busy` when another connection writes. If the lease is abandoned after that, it
    /// has to be dropped.
    pub async fn begin(&mut self, options: TransactionOptions) -> Result<()> {
        self.settle().await?;
        let beginning = options.beginning(self.dialect);
        self.state = TransactionState::Changing;
        for (place, sql) in beginning.statements.iter().enumerate() {
            if let Err(error) = self.connection.control(sql).await {
                // What came before the refused statement is still set on the connection, which is closed for it.
                if place == 0 && error.kind() != ErrorKind::Connection {
                    self.state = TransactionState::None;
                }
                return Err(error);
            }
        }
        self.state = TransactionState::Open;
        self.read_only = options.read_only;
        self.after = beginning.after;
        self.empty = true;
        self.failed = false;
        Ok(())
    }

    /// Makes the transaction's work permanent.
    ///
    /// # Errors
    /// `PendingRollback`: a statement failed before. `CommitUnknown`: the connection was lost. The database refuses; the
    /// transaction is open then and must be rolled back.
    pub async fn commit(&mut self) -> Result<()> {
        if self.failed {
            return Err(failed());
        }
        self.settle().await?;
        // Where nothing was written it does not matter whether it was committed.
        self.state = match self.read_only {
            true => TransactionState::Changing,
            false => TransactionState::Committing,
        };
        let written = self.written.clone().filter(|_| !self.read_only);
        // Dropped on the way, it leaves a doubt, and replicas are not read from.
        let commit = written.as_deref().map(Written::commit);
        match self.connection.control("COMMIT").await {
            Ok(()) => {
                if let (Some(written), Some(commit)) = (&written, commit) {
                    let doubts = written.doubts();
                    if let Ok(position) = self.position(PRIMARY_POSITION).await {
                        commit.reached(position, doubts);
                    }
                }
                self.ended().await;
                Ok(())
            }
            Err(error) if self.read_only && error.kind() == ErrorKind::Connection => Err(error),
            Err(error) if matches!(error.kind(), ErrorKind::Connection | ErrorKind::CommitUnknown) => {
                Err(commit_unknown("lost its connection").with_source(error))
            }
            Err(error) => {
                commit.into_iter().for_each(Commit::refused);
                self.state = TransactionState::Open;
                Err(error)
            }
        }
    }

    /// Of a connection to a replica, how far its server is.
    ///
    /// # Errors
    /// The database refuses to say; the connection is closed when the lease is dropped.
    pub(super) async fn replayed(&mut self) -> Result<u64> {
        self.position(REPLICA_POSITION).await
    }

    async fn position(&mut self, sql: &'static str) -> Result<u64> {
        let mut position = None;
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            position = cells.cell(0).ok().map(|cell| cell.to_value());
            Ok(())
        };
        let mut statement = Statement::plain(sql);
        statement.expected = Expected::One;
        self.running = true;
        // A pooler that lends by the transaction may answer from two connections otherwise.
        let alone = self.pooler == Pooler::Transaction;
        let mut asked = if alone { self.connection.control("BEGIN READ ONLY").await } else { Ok(()) };
        if asked.is_ok() {
            asked = self.connection.fetch(&statement, &mut sink, &mut 0).await;
        }
        if alone && asked.is_ok() {
            asked = self.connection.control("COMMIT").await;
        }
        self.running = false;
        if let Err(error) = asked {
            self.connection.close_on_drop();
            return Err(error);
        }
        match position {
            Some(Value::Int(position)) => Ok(u64::try_from(position).unwrap_or_default()),
            _ => Err(Error::new(ErrorKind::Database, "the server does not say how far its log is")),
        }
    }

    /// Undoes the transaction's work.
    ///
    /// # Errors
    /// The database refuses; the connection is closed when the lease is dropped.
    pub async fn rollback(&mut self) -> Result<()> {
        self.settle().await?;
        self.state = TransactionState::Changing;
        match self.connection.control("ROLLBACK").await {
            Ok(()) => {
                self.ended().await;
                Ok(())
            }
            // A lost connection stays `Changing`; a refusal changed nothing.
            Err(error) => {
                if error.kind() != ErrorKind::Connection {
                    self.state = TransactionState::Open;
                }
                Err(error)
            }
        }
    }

    /// The transaction has ended; the connection becomes what it was, or is closed.
    async fn ended(&mut self) {
        if let Some(sql) = self.after.take()
            && self.connection.control(sql).await.is_err()
        {
            self.connection.close_on_drop();
        }
        self.state = TransactionState::None;
        self.read_only = false;
        self.failed = false;
    }

    /// Begins or ends the transaction that a stream has for itself.
    pub(super) async fn control(&mut self, sql: &'static str, next: TransactionState) -> Result<()> {
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
        self.settle().await?;
        self.running = true;
        self.empty = false;
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
        self.settle().await?;
        let alone = self.begin_alone().await?;
        self.count();
        let mut observed = monitor.observe(statement);
        self.running = true;
        let result = match &mut observed.echoed {
            None => self.connection.fetch(statement, sink, &mut observed.rows).await,
            Some(echoed) => {
                let mut both = echoed.beside(&statement.shown, sink);
                self.connection.fetch(statement, &mut both, &mut observed.rows).await
            }
        };
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
        self.settle().await?;
        let alone = self.begin_alone().await?;
        self.count();
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
            self.begin(TransactionOptions::new()).await?;
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

    pub(super) fn note(&mut self, error: Option<&Error>) {
        match error.map(Error::kind) {
            None => {
                self.empty = false;
                return;
            }
            // What is refused as a query was not sent.
            Some(ErrorKind::InvalidQuery) => return,
            Some(ErrorKind::Connection) => self.connection.close_on_drop(),
            Some(_) => {}
        }
        self.empty = false;
        self.failed |= self.in_transaction();
    }
}

impl Connection {
    pub(super) async fn control(&mut self, sql: &str) -> Result<()> {
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
            Connection::Sqlite(lease) => lease.execute(statement).await,
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
/// An operation of a session was dropped half-way.
pub(crate) fn abandoned() -> Error {
    Error::new(
        ErrorKind::PendingRollback,
        "an earlier operation of this session was cancelled half-way, so its transaction cannot go on; call \
         `session.rollback().await` and begin again",
    )
}

/// The error for a COMMIT that nobody answered.
fn commit_unknown(how: &str) -> Error {
    Error::new(
        ErrorKind::CommitUnknown,
        format!(
            "the commit {how} before the database answered, so nobody knows whether the transaction is committed; call \
             `session.rollback().await`, look for what it wrote, and do the work again only if that is not there"
        ),
    )
}

fn failed() -> Error {
    Error::new(
        ErrorKind::PendingRollback,
        "a statement of this transaction failed, so the transaction cannot be committed; call \
         `session.rollback().await` and begin again",
    )
}
