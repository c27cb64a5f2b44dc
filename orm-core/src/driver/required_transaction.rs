//! Which transaction a statement needs, and what a session refuses before it is sent.

use super::lease::{Lease, TransactionState};
use super::{Control, Pooler};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Dialect, Effect, Statement, shortened};

impl Lease {
    /// Begins the transaction that a statement needs. A statement that may write is always in one; if the session sets
    /// transaction options, so is every other statement.
    ///
    /// # Errors
    /// `InvalidState`: the statement writes where nothing may be written. `InvalidQuery`: it would end the transaction.
    pub(super) async fn prepare_for(&mut self, statement: &Statement) -> Result<()> {
        let effect = self.effect(statement).await?;
        if matches!(effect, Effect::Writes | Effect::Outside) {
            self.check_writable()?;
        }
        self.check_lock(effect)?;
        self.note_changes(statement)?;
        match effect {
            Effect::Outside => Box::pin(self.stand_aside(statement)).await,
            effect => {
                self.begin_for(effect).await?;
                // A rollback loses nothing if there is only a lock.
                self.wrote |= matches!(effect, Effect::MayWrite | Effect::Writes);
                Ok(())
            }
        }
    }

    /// What a statement does: as its text tells, and otherwise as the database reports.
    pub(super) async fn effect(&mut self, statement: &Statement) -> Result<Effect> {
        if statement.effect != Effect::MayWrite {
            return Ok(statement.effect);
        }
        self.running = true;
        let only_reads = Box::pin(self.connection.only_reads(statement)).await;
        self.running = false;
        Ok(match only_reads? {
            Some(true) => Effect::Reads,
            Some(false) => Effect::Writes,
            None => Effect::MayWrite,
        })
    }

    /// Begins the session's transaction, if something with this effect needs it and none is open.
    pub(super) async fn begin_for(&mut self, effect: Effect) -> Result<()> {
        let reads = effect == Effect::Reads || self.defaults.read_only;
        // A statement that fails in a sandbox must not take its transaction along.
        let own = effect != Effect::Reads || self.defaults.says_anything() || self.is_sandboxed();
        if self.state == TransactionState::None && own {
            Box::pin(self.begin(self.defaults)).await?;
            self.by_itself = true;
        }
        self.by_itself &= reads;
        Ok(())
    }

    /// A statement that cannot run inside a transaction runs outside one, and is refused where one is open.
    async fn stand_aside(&mut self, statement: &Statement) -> Result<()> {
        if self.is_sandboxed() {
            let sql = shortened(&statement.sql);
            return Err(Error::new(
                ErrorKind::InvalidQuery,
                format!(
                    "`{sql}` cannot run inside a transaction, and a sandbox is one; use the engine around it"
                ),
            ));
        }
        match self.state {
            TransactionState::Open if !self.empty => {
                let does = match self.dialect {
                    Dialect::Mysql(_) => "commits the open transaction by itself on MySQL and MariaDB",
                    Dialect::Sqlite | Dialect::Postgres => "cannot run inside a transaction, and one is open",
                };
                let sql = shortened(&statement.sql);
                Err(Error::new(
                    ErrorKind::InvalidQuery,
                    format!("`{sql}` {does}; call `session.commit()` or `session.rollback()` before it"),
                ))
            }
            TransactionState::Open => self.rollback().await,
            _ => Ok(()),
        }
    }

    /// A statement that leaves a setting, a lock or a temporary table on its connection reserves the connection for its
    /// session: it is closed when the session returns it.
    ///
    /// # Errors
    /// `InvalidQuery`: the pooler would lend the server's connection to others.
    pub(super) fn note_changes(&mut self, statement: &Statement) -> Result<()> {
        if statement.changes_connection && self.pooler == Pooler::Transaction {
            return Err(Error::new(
                ErrorKind::InvalidQuery,
                format!(
                    "what `{}` leaves on its connection would outlive the transaction, after which the pooler lends that \
                     connection to others; use `SET LOCAL`, `pg_advisory_xact_lock` or `ON COMMIT DROP`",
                    shortened(&statement.sql)
                ),
            ));
        }
        self.unfit |= statement.changes_connection;
        Ok(())
    }

    /// Refuses to write where nothing may be written.
    ///
    /// # Errors
    /// `InvalidState`.
    pub fn check_writable(&self) -> Result<()> {
        match (self.defaults.read_only, self.is_read_only()) {
            (true, _) => Err(read_only("session")),
            (false, true) => Err(read_only("transaction")),
            (false, false) => Ok(()),
        }
    }

    /// Refuses to lock rows where nothing may be written: servers do too, and SQLite would lock nothing.
    ///
    /// # Errors
    /// `InvalidState`.
    pub(super) fn check_lock(&self, effect: Effect) -> Result<()> {
        if effect != Effect::Locks {
            return Ok(());
        }
        let what = match (self.defaults.read_only, self.is_read_only()) {
            (true, _) => "session",
            (false, true) => "transaction",
            (false, false) => return Ok(()),
        };
        Err(Error::new(
            ErrorKind::InvalidState,
            format!(
                "this {what} is read-only, and its query locks rows (`for_update`, `for_share`); lock them in another one, or \
                 read them without a lock"
            ),
        ))
    }

    /// Behind a pooler in transaction mode, a statement outside a transaction could be prepared on one server connection
    /// and run on another, so it gets its own transaction. Returns whether it did.
    pub(super) async fn begin_alone(&mut self, statement: &Statement) -> Result<bool> {
        let alone = self.pooler == Pooler::Transaction
            && self.state == TransactionState::None
            && statement.effect != Effect::Outside;
        if alone {
            Box::pin(self.control(&Control::begin("BEGIN"), TransactionState::Reading)).await?;
        }
        Ok(alone)
    }

    pub(super) async fn end_alone<T>(&mut self, alone: bool, result: Result<T>) -> Result<T> {
        if !alone {
            return result;
        }
        match result {
            Ok(value) => {
                Box::pin(self.control(&Control::Commit, TransactionState::None)).await.map(|()| value)
            }
            Err(error) => {
                // One that cannot be rolled back stays in its transaction, and is closed when it is given back.
                let _ = Box::pin(self.control(&Control::Rollback, TransactionState::None)).await;
                Err(error)
            }
        }
    }
}

/// The error for what writes where nothing may be written.
pub(crate) fn read_only(what: &str) -> Error {
    Error::new(
        ErrorKind::InvalidState,
        format!(
            "this {what} is read-only and there is something to write; write it in another one, or discard it with \
             `session.rollback().await`"
        ),
    )
}
