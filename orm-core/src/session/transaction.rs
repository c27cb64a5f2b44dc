use std::ops::{Deref, DerefMut};

use super::Session;
use crate::error::{Error, ErrorKind, Result};

impl Session {
    /// Begins a transaction now; without it one begins at the first write.
    ///
    /// # Errors
    /// `InvalidState`: one is open already. `Busy`: another connection writes.
    pub async fn begin(&mut self) -> Result<()> {
        self.check_usable()?;
        if self.in_transaction() {
            return Err(self.not_begun());
        }
        self.connect().await?;
        match &mut self.lease {
            Some(lease) => lease.begin().await,
            None => Ok(()),
        }
    }

    /// Begins a transaction where none is open, for what needs one.
    pub(super) async fn begin_if_none(&mut self) -> Result<()> {
        match self.in_transaction() {
            true => Ok(()),
            false => self.begin().await,
        }
    }

    /// Flushes, makes everything permanent, and gives the connection back. Objects stay as they are.
    ///
    /// # Errors
    /// `InvalidState`: inside [`nested`](Self::nested). Those of [`flush`](Self::flush); `PendingRollback` after an error; an error of COMMIT itself, after which the
    /// session waits for [`rollback`](Self::rollback).
    ///
    /// # Cancel safety
    /// A commit whose future is dropped may or may not have happened; the connection is closed, and the session
    /// waits for `rollback`.
    pub async fn commit(&mut self) -> Result<()> {
        self.check_usable()?;
        if self.unit.in_savepoint() {
            return Err(Error::new(
                ErrorKind::InvalidState,
                "a commit inside `session.nested(..)` would end the transaction around it; return from the closure, and \
                 commit outside",
            ));
        }
        self.flush().await?;
        let hooks = self.options.hooks.clone();
        if let Some(hooks) = &hooks {
            hooks.before_commit(self)?;
            self.flush().await?;
        }
        if let Some(lease) = self.lease.as_mut().filter(|lease| lease.in_transaction()) {
            let committed = lease.commit().await;
            self.note(committed)?;
        }
        self.unit.committed();
        self.store.committed();
        self.lease = None;
        if self.options.expire_on_commit {
            self.store.expire_all();
        }
        if let Some(hooks) = hooks {
            hooks.after_commit();
        }
        Ok(())
    }

    /// Undoes everything since the last commit, in the database and in memory: pending objects are gone, edits and
    /// links are taken back. Gives the connection back.
    ///
    /// # Errors
    /// The database does not answer; the connection is closed then, which undoes the transaction as well.
    pub async fn rollback(&mut self) -> Result<()> {
        let mut lease = self.lease.take();
        self.failed = None;
        self.unit.rolled_back(&mut self.store);
        let done = match lease.as_mut().filter(|lease| lease.in_transaction() && !lease.is_abandoned()) {
            Some(lease) => lease.rollback().await,
            // A lease in an unknown state is closed when it is dropped here.
            None => Ok(()),
        };
        if let Some(hooks) = self.options.hooks.clone() {
            hooks.after_rollback();
        }
        done
    }

    /// Discards what is not committed and gives the connection back. The session can be used again; the objects it
    /// loaded stay in it.
    ///
    /// # Errors
    /// Those of [`rollback`](Self::rollback).
    pub async fn close(&mut self) -> Result<()> {
        self.rollback().await
    }

    /// Runs `work` in a savepoint, in the transaction that is open or in a new one: keeps what it did when it returns
    /// `Ok`, and undoes that alone, in the database and in memory, when it returns `Err`. Savepoints can be nested.
    ///
    /// # Errors
    /// The error of `work`, or that of the savepoint.
    ///
    /// # Cancel safety
    /// When its future is dropped the session waits for [`rollback`](Self::rollback).
    pub async fn nested<T>(&mut self, work: impl AsyncFnOnce(&mut Session) -> Result<T>) -> Result<T> {
        self.flush().await?;
        if !self.in_transaction() {
            self.begin().await?;
        }
        self.savepoints += 1;
        let name = format!("orm_{}", self.savepoints);
        self.control(&format!("SAVEPOINT {name}")).await?;
        self.unit.savepoint();
        self.store.savepoint();
        let mut scope = NestedScope { session: self, ended: false };
        let result = work(scope.session).await;
        scope.ended = true;
        let session = &mut *scope.session;
        let result = match result {
            // What is pending belongs to the savepoint, and so does its failure.
            Ok(value) => session.flush().await.map(|()| value),
            Err(error) => Err(error),
        };
        match result {
            Ok(value) => {
                session.control(&format!("RELEASE SAVEPOINT {name}")).await?;
                session.unit.savepoint_released();
                session.store.savepoint_released();
                Ok(value)
            }
            Err(error) => {
                let undo = format!("ROLLBACK TO SAVEPOINT {name}");
                session.failed = None;
                session.unit.savepoint_rolled_back(&mut session.store);
                session.control(&undo).await?;
                session.control(&format!("RELEASE SAVEPOINT {name}")).await?;
                Err(error)
            }
        }
    }

    async fn control(&mut self, sql: &str) -> Result<()> {
        let done = match &mut self.lease {
            Some(lease) => lease.savepoint(sql).await,
            None => Ok(()),
        };
        if let Err(error) = &done {
            self.failed = Some(error.to_string());
        }
        done
    }

    /// Runs `work` in a transaction: commits when it returns `Ok`, rolls back when it returns `Err`, panics, or its
    /// future is dropped.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// let count = session
    ///     .transaction(async |session| {
    ///         session.add(User::draft().name("jack"));
    ///         session.count(select::<User>()).await
    ///     })
    ///     .await?;
    /// # let _ = count; Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// The error of `work`, or that of BEGIN or COMMIT.
    pub async fn transaction<T>(&mut self, work: impl AsyncFnOnce(&mut Session) -> Result<T>) -> Result<T> {
        self.check_usable()?;
        if self.in_transaction() {
            return Err(self.not_begun());
        }
        let mut scope = Scope { session: self, ended: false };
        if let Err(error) = scope.begin().await {
            scope.ended = true;
            return Err(error);
        }
        let result = work(&mut scope).await;
        scope.ended = true;
        match result {
            Ok(value) => match scope.commit().await {
                Ok(()) => Ok(value),
                Err(error) => {
                    // The error that counts is COMMIT's; the connection is closed if it cannot roll back either.
                    let _ = scope.rollback().await;
                    Err(error)
                }
            },
            Err(error) => {
                let _ = scope.rollback().await;
                Err(error)
            }
        }
    }
}

/// A transaction that is undone when `work` does not come to its end.
struct Scope<'s> {
    session: &'s mut Session,
    ended: bool,
}

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // Closing the connection is the only rollback that needs no waiting.
            self.session.lease = None;
            self.session.failed = None;
            let Session { unit, store, .. } = &mut *self.session;
            unit.rolled_back(store);
        }
    }
}

/// A savepoint whose `work` does not come to its end: nobody can undo it here, so nothing after it may be committed.
struct NestedScope<'s> {
    session: &'s mut Session,
    ended: bool,
}

impl Drop for NestedScope<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.session.failed = Some("a savepoint was cancelled before its end".to_owned());
        }
    }
}

impl Deref for Scope<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.session
    }
}

impl DerefMut for Scope<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        self.session
    }
}
