//! A connection that a session holds, and the state of its transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::connection::Connection;
use super::cursor::Reading;
use super::inserted::Inserted;
use super::sandbox::{self, Stay};
use super::written::{Commit, Written};
use super::{Control, Pooler, RowSink, TransactionOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::observe::Monitor;
use crate::sql::{Dialect, Effect, Expected, Statement};
use crate::value::{Cells, Value};

/// A connection that a session holds, and what state its transaction is in.
///
/// It goes back to the pool only when it is known to be clean, and only here: a future that is dropped half-way through
/// BEGIN, a statement or COMMIT leaves the mark that was set before it, and what else had the connection is asked for it.
#[derive(Debug)]
pub struct Lease {
    pub(super) connection: Connection,
    pub(super) dialect: Dialect,
    pub(super) pooler: Pooler,
    pub(super) state: TransactionState,
    /// What transactions are that begin by themselves.
    pub(super) defaults: TransactionOptions,
    /// What the open transaction is.
    options: TransactionOptions,
    /// It began implicitly, and nothing in it may have written.
    pub(super) by_itself: bool,
    /// What the connection needs after the end of the open transaction, to be as it was.
    pub(super) after: Option<&'static str>,
    /// No statement of the open transaction was sent yet.
    pub(super) empty: bool,
    /// A statement of the open transaction may have written.
    pub(super) wrote: bool,
    /// A statement of the open transaction failed. PostgreSQL answers COMMIT with success then and rolls back, and
    /// MySQL commits what came before the failure.
    pub(super) failed: bool,
    /// A statement is running, or was when its future was dropped.
    pub(super) running: bool,
    /// Where the position of commits is recorded, if there are replicas that have to reach it.
    written: Option<Arc<Written>>,
    /// Of a connection to a replica, the position that it is known to have reached.
    reached: Option<u64>,
    /// The connection is closed, whatever its own state.
    pub(super) unfit: bool,
    /// It was lent, and the session has not used it since.
    pub(super) lent: bool,
    /// What a stream has open.
    pub(super) reading: Option<Reading>,
    /// How many statements its session ran.
    pub(super) statements: Arc<AtomicU64>,
    /// Where the connection returns to, if not to a pool.
    pub(super) stay: Option<Stay>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransactionState {
    None,
    Open,
    /// A transaction that only a stream or one statement uses; it ends with that.
    Reading,
    /// BEGIN or ROLLBACK was sent and not answered. Nothing was done in the first, and nothing is kept of the second.
    Changing,
    /// COMMIT was sent and not answered: it is unknown whether it happened.
    Committing,
}

/// How long the end of a transaction may take if no caller waits for it.
pub(super) const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(5);

/// How far the log is, as a number. What a commit wrote is before it, even where it is not on disk yet.
const PRIMARY_POSITION: &str = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint";

/// How far a standby has replayed the log; of a server that is none, such as a standby that took over, how far it is.
const REPLICA_POSITION: &str = "SELECT ((CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() \
     ELSE pg_current_wal_insert_lsn() END) - '0/0')::bigint";

impl Lease {
    pub(super) fn new(connection: Connection, dialect: Dialect, pooler: Pooler) -> Lease {
        Lease {
            connection,
            dialect,
            pooler,
            state: TransactionState::None,
            defaults: TransactionOptions::new(),
            options: TransactionOptions::new(),
            by_itself: false,
            after: None,
            empty: true,
            wrote: false,
            failed: false,
            running: false,
            written: None,
            reached: None,
            unfit: false,
            lent: false,
            reading: None,
            statements: Arc::default(),
            stay: None,
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

    /// Makes the lease a session's: it counts the session's statements, may send some of them to other leases, and
    /// begins transactions with the session's options.
    #[must_use]
    pub fn for_session(mut self, defaults: TransactionOptions, statements: Arc<AtomicU64>) -> Lease {
        (self.defaults, self.statements) = (defaults, statements);
        self
    }

    pub(super) fn count(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.state == TransactionState::Open
    }

    /// Whether a statement or a commit was abandoned in a transaction, so that it is unknown what the database did.
    pub fn is_abandoned(&self) -> bool {
        self.state == TransactionState::Committing || (self.running && self.in_transaction())
    }

    /// Whether the connection is lost without work of the session on it: another one can take its place.
    pub fn is_lost(&self) -> bool {
        match self.state {
            TransactionState::Changing => true,
            TransactionState::None | TransactionState::Reading => self.running,
            TransactionState::Open | TransactionState::Committing => false,
        }
    }

    /// Whether a COMMIT was sent and never answered.
    pub fn is_commit_unknown(&self) -> bool {
        self.state == TransactionState::Committing
    }

    /// Whether a transaction is open that does not write.
    pub fn is_read_only(&self) -> bool {
        self.in_transaction() && self.options.read_only
    }

    /// Whether the open transaction began implicitly at a statement that only reads, and guarantees only that it does not
    /// write: it can be ended at any time.
    pub fn is_replaceable(&self) -> bool {
        self.in_transaction() && self.by_itself && self.options.isolation.is_none()
    }

    /// Turns the transaction that a reading statement began implicitly into an explicit one, if its options match.
    pub fn adopt(&mut self, options: TransactionOptions) -> bool {
        let adopts = self.in_transaction() && self.by_itself && self.options == options;
        self.by_itself &= !adopts;
        adopts
    }

    /// Whether a transaction is open in which nothing was asked yet.
    pub fn is_empty(&self) -> bool {
        self.in_transaction() && self.empty
    }

    /// Where the database is in this process, closes the connection when all it was asked is done: what was committed is
    /// known from then on. Of another one its position is unknown.
    pub async fn conclude(&mut self) {
        if self.is_sandboxed() {
            return;
        }
        self.connection.conclude().await;
    }

    /// Whether a statement of the open transaction failed.
    pub fn has_failed(&self) -> bool {
        self.in_transaction() && self.failed
    }

    /// Whether a transaction is open in which something may have been written.
    pub fn has_written(&self) -> bool {
        self.in_transaction() && self.wrote
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
        let beginning = match self.is_sandboxed() {
            true => options.beginning_inside(self.dialect),
            false => options.beginning(self.dialect),
        };
        self.state = TransactionState::Changing;
        for (place, control) in beginning.controls.iter().enumerate() {
            if let Err(error) = self.connection.control(control).await {
                // What came before the refused statement is still set on the connection, which is closed for it.
                if place == 0 && error.kind() != ErrorKind::Connection {
                    self.state = TransactionState::None;
                }
                return Err(error);
            }
        }
        self.state = TransactionState::Open;
        self.options = options;
        self.by_itself = false;
        self.after = beginning.after;
        self.empty = true;
        self.wrote = false;
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
        let read_only = self.options.read_only;
        self.state = match read_only {
            true => TransactionState::Changing,
            false => TransactionState::Committing,
        };
        let written = self.written.clone().filter(|_| !read_only);
        // Dropped on the way, it leaves a doubt, and replicas are not read from.
        let commit = written.as_deref().map(Written::commit);
        let control = if self.is_sandboxed() { sandbox::COMMIT } else { Control::Commit };
        match self.connection.control(&control).await {
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
            Err(error) if read_only && error.kind() == ErrorKind::Connection => Err(error),
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
    /// The database refuses to report it; the connection is closed when the lease is dropped.
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
        let begin = Control::begin("BEGIN READ ONLY");
        let mut asked = if alone { self.connection.control(&begin).await } else { Ok(()) };
        if asked.is_ok() {
            asked = self.connection.fetch(&statement, &mut sink, &mut 0, alone).await;
        }
        if alone && asked.is_ok() {
            asked = self.connection.control(&Control::Commit).await;
        }
        self.running = false;
        if let Err(error) = asked {
            self.unfit = true;
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
        // Whatever was done with it is undone.
        self.lent = false;
        self.settle().await?;
        self.state = TransactionState::Changing;
        let control = if self.is_sandboxed() { sandbox::ROLLBACK } else { Control::Rollback };
        let mut undone = self.connection.control(&control).await;
        if undone.is_ok() && self.is_sandboxed() {
            undone = self.connection.control(&sandbox::COMMIT).await;
        }
        match undone {
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
            && self.connection.control(&Control::other(sql)).await.is_err()
        {
            self.unfit = true;
        }
        self.state = TransactionState::None;
        self.by_itself = false;
        self.failed = false;
    }

    /// Begins or ends the transaction that a stream has for itself.
    pub(super) async fn control(&mut self, control: &Control<'_>, next: TransactionState) -> Result<()> {
        let before = std::mem::replace(&mut self.state, TransactionState::Changing);
        let result = self.connection.control(control).await;
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
    pub async fn savepoint(&mut self, control: &Control<'_>) -> Result<()> {
        let undoes = matches!(control, Control::RollbackTo(_));
        // It undoes what ran on the lent connection, including a failure.
        self.lent &= !undoes;
        self.settle().await?;
        self.running = true;
        self.empty = false;
        let result = self.connection.control(control).await;
        self.running = false;
        match &result {
            Ok(()) if undoes => self.failed = false,
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
        statement.check()?;
        self.settle().await?;
        self.prepare_for(statement).await?;
        let alone = self.begin_alone(statement).await?;
        self.count();
        let mut observed = monitor.observe(statement);
        self.running = true;
        let within = self.state != TransactionState::None;
        let result = match &mut observed.echoed {
            None => self.connection.fetch(statement, sink, &mut observed.rows, within).await,
            Some(echoed) => {
                let mut both = echoed.beside(&statement.shown, sink);
                self.connection.fetch(statement, &mut both, &mut observed.rows, within).await
            }
        };
        self.running = false;
        observed.failed = result.is_err();
        self.note(result.as_ref().err());
        self.undo_failed_read().await;
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
    pub(super) async fn insert(&mut self, monitor: &Monitor, statement: &Statement) -> Result<Inserted> {
        statement.check()?;
        self.settle().await?;
        self.prepare_for(statement).await?;
        let alone = self.begin_alone(statement).await?;
        self.count();
        let mut observed = monitor.observe(statement);
        self.running = true;
        let within = self.state != TransactionState::None;
        let result = match statement.effect == Effect::Outside && self.pooler == Pooler::Transaction {
            // What is prepared first may be run on another connection of the server.
            true if statement.params.is_empty() => {
                self.connection.control(&Control::other(&statement.sql)).await.map(|()| 0.into())
            }
            _ => self.connection.execute(statement, within).await,
        };
        self.running = false;
        observed.failed = result.is_err();
        observed.rows = result.as_ref().map_or(0, |inserted| inserted.rows);
        self.note(result.as_ref().err());
        self.undo_failed_read().await;
        self.end_alone(alone, result).await
    }

    pub(super) fn note(&mut self, error: Option<&Error>) {
        match error.map(Error::kind) {
            None => {
                self.empty = false;
                return;
            }
            // What is refused as a query was not sent.
            Some(ErrorKind::InvalidQuery) => return,
            Some(ErrorKind::Connection) => self.unfit = true,
            Some(_) => {}
        }
        self.empty = false;
        self.failed |= self.in_transaction();
    }
}

impl Drop for Lease {
    /// The one exit of connections: whatever is not given back here is closed.
    fn drop(&mut self) {
        if let Some(stay) = self.stay.take() {
            return self.leave(stay);
        }
        if self.running || self.unfit {
            return;
        }
        let Some(mut connection) = self.connection.take() else { return };
        match self.state {
            TransactionState::None => connection.give_back(),
            // To close it would be to make another one for the next reader.
            TransactionState::Open if self.options.read_only => {
                let (runtime, after) = (tokio::runtime::Handle::try_current(), self.after);
                if connection.roll_back_at_once(after) {
                    return connection.give_back();
                }
                let roll_back = async move {
                    let done = tokio::time::timeout(ROLLBACK_TIMEOUT, connection.roll_back(after)).await;
                    if done.unwrap_or(false) {
                        connection.give_back();
                    }
                };
                // Without a runtime it is closed.
                let _ = runtime.map(|runtime| runtime.spawn(roll_back));
            }
            // The server rolls back when it is closed.
            _ => {}
        }
    }
}

/// The error for a session that is used after one of its futures was dropped half-way through a statement.
fn abandoned() -> Error {
    Error::new(
        ErrorKind::PendingRollback,
        "an earlier operation of this session was cancelled before it finished, so its transaction cannot continue; \
         call `session.rollback().await` and begin again",
    )
}

/// The error for a COMMIT without an answer.
fn commit_unknown(how: &str) -> Error {
    Error::new(
        ErrorKind::CommitUnknown,
        format!(
            "the commit {how} before the database answered, so it is unknown whether the transaction was committed; \
             call `session.rollback().await`, look for what it wrote, and repeat the work only if nothing was written"
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
