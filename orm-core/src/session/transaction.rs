use std::ops::{Deref, DerefMut};

use super::Session;
use super::session::{Ends, Failure};
use crate::driver::{Lease, TransactionOptions};
use crate::error::{Error, ErrorKind, Result};

impl Session {
    /// Begins a transaction now. Without it one begins at the first statement that may write, and at the first statement of
    /// all where [`SessionOptions::transactions`](super::SessionOptions::transactions) says how transactions are; one that
    /// began in this way and has only read is the transaction that this begins.
    ///
    /// # Errors
    /// `InvalidState`: one is open already. `Busy`: another connection writes.
    pub async fn begin(&mut self) -> Result<()> {
        self.begin_with(TransactionOptions::new()).await
    }

    /// Begins a transaction of a certain isolation, or one that only reads. What the options leave out is as
    /// [`SessionOptions::transactions`](super::SessionOptions::transactions) says.
    ///
    /// # Errors
    /// Those of [`begin`](Self::begin); and the database may refuse the options.
    pub async fn begin_with(&mut self, options: TransactionOptions) -> Result<()> {
        self.check_usable()?;
        let options = options.or(self.options.transactions);
        if let Some(lease) = self.lease.as_mut().filter(|lease| lease.in_transaction()) {
            if lease.adopt(options) {
                return Ok(());
            }
            if !lease.is_replaceable() {
                return Err(self.not_begun());
            }
            // It has only read, and promised nothing.
            lease.rollback().await?;
        }
        self.begin_transaction(options).await
    }

    /// Flushes, makes everything permanent, and gives the connection back. Objects stay as they are.
    ///
    /// # Errors
    /// `InvalidState`: inside the closure of [`nested`](Self::nested) or of
    /// [`Engine::transact`](super::Engine::transact). Those of [`flush`](Self::flush); `PendingRollback` after an error;
    /// an error of COMMIT itself, after which the session waits for [`rollback`](Self::rollback).
    ///
    /// `CommitUnknown`: the connection was lost before the database answered. The session says so again until
    /// `rollback`, after which its objects are as before the transaction and are read anew by the next query that
    /// returns them. Look for what the transaction wrote before you do its work again.
    ///
    /// # Cancel safety
    /// A commit whose future is dropped may or may not have happened, which is `CommitUnknown` as well; the connection
    /// is closed.
    pub async fn commit(&mut self) -> Result<()> {
        self.check_usable()?;
        self.check_may_end("commit")?;
        self.commit_now().await?;
        self.ended_early();
        Ok(())
    }

    /// A transaction that ended inside the closure of `transaction` was its own.
    fn ended_early(&mut self) {
        if let Some(Ends::Transaction { early }) = self.ends.last_mut() {
            *early = true;
        }
    }

    async fn commit_now(&mut self) -> Result<()> {
        self.check_usable()?;
        Box::pin(self.flush()).await?;
        let hooks = self.options.hooks.clone();
        if let Some(hooks) = &hooks {
            hooks.before_commit(self)?;
            Box::pin(self.flush()).await?;
        }
        if let Some(lease) = self.lease.as_mut().filter(|lease| lease.in_transaction()) {
            let committed = lease.commit().await;
            self.note(committed)?;
        }
        // Nothing is awaited from here on: what is committed is never forgotten.
        self.unit.committed();
        self.store.committed();
        self.erred = false;
        self.release().await;
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
    /// After a commit of which nobody knows whether it happened, the objects are read anew by the next query that
    /// returns them. On SQLite that query knows: such a commit has come to its end when this returns. A server may still
    /// be at it.
    ///
    /// # Errors
    /// `InvalidState`: inside the closure of [`nested`](Self::nested) or of
    /// [`Engine::transact`](super::Engine::transact), and nothing is undone. The database does not answer; the
    /// connection is closed then, which undoes the transaction as well.
    pub async fn rollback(&mut self) -> Result<()> {
        self.check_may_end("rollback")?;
        let done = self.rollback_now().await;
        self.ended_early();
        done
    }

    async fn rollback_now(&mut self) -> Result<()> {
        let mut lease = self.lease.take();
        self.failed = None;
        self.erred = false;
        self.unit.rolled_back(&mut self.store);
        if lease.as_ref().is_some_and(Lease::is_commit_unknown) {
            self.store.expire_all();
        }
        let done = match lease.as_mut().filter(|lease| lease.in_transaction() && !lease.is_abandoned()) {
            Some(lease) => lease.rollback().await,
            // A lease in an unknown state is closed when it is dropped here.
            None => Ok(()),
        };
        self.lease = lease;
        self.release().await;
        if let Some(hooks) = self.options.hooks.clone() {
            hooks.after_rollback();
        }
        done
    }

    /// Gives the connection back. One that a stream left something open on is closed where that cannot be ended.
    async fn release(&mut self) {
        let Some(mut lease) = self.lease.take() else { return };
        if lease.is_commit_unknown() {
            lease.conclude().await;
        } else if !lease.is_abandoned() && !lease.is_lost() {
            let _ = lease.settle().await;
        }
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
    /// `Ok`, and undoes that alone, in the database and in memory, when it returns `Err`. Savepoints can be nested. The
    /// errors of `work` are of any type that [`Error`] converts into, as those of [`transaction`](Self::transaction).
    ///
    /// # Errors
    /// The error of `work`, or that of the savepoint.
    ///
    /// # Cancel safety
    /// When its future is dropped the session waits for [`rollback`](Self::rollback).
    pub async fn nested<T, E: From<Error>>(
        &mut self,
        work: impl AsyncFnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        Box::pin(self.flush()).await?;
        if !self.in_transaction() {
            self.begin().await?;
        }
        // By its depth, so that sessions do not send ever new texts.
        let around = self.ends.iter().filter(|ends| matches!(ends, Ends::Nested)).count();
        let name = format!("orm_{}", around + 1);
        self.control(&format!("SAVEPOINT {name}")).await?;
        self.unit.savepoint();
        self.store.savepoint();
        self.ends.push(Ends::Nested);
        let mut scope = NestedScope { session: self, ended: false };
        let result = work(scope.session).await;
        scope.ended = true;
        let session = &mut *scope.session;
        session.ends.pop();
        let result = match result {
            // What is pending belongs to the savepoint, and so does its failure.
            Ok(value) => session.flush().await.map(|()| value).map_err(E::from),
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
                session.undone = session.failed.take();
                session.unit.savepoint_rolled_back(&mut session.store);
                if session.control(&undo).await.is_err() {
                    // Gone with the transaction: MySQL ends all of it at a deadlock. What counts is why.
                    session.failed = session.undone.take().or(session.failed.take());
                    return Err(error);
                }
                session.control(&format!("RELEASE SAVEPOINT {name}")).await?;
                Err(error)
            }
        }
    }

    /// Refuses to end the transaction where a closure runs that must not.
    fn check_may_end(&self, what: &str) -> Result<()> {
        // A transaction may be ended by who began it, unless that was `transact`, around it.
        let around = self.ends.iter().rev().find(|ends| !matches!(ends, Ends::Transaction { .. }));
        let Some(ends) = around else { return Ok(()) };
        let text = match ends {
            Ends::Transaction { .. } => return Ok(()),
            Ends::Nested => format!(
                "a {what} inside `session.nested(..)` would end the transaction around it; return from the closure (with \
                 an error, to undo what it did), and {what} outside"
            ),
            Ends::Transact => format!(
                "a {what} inside `engine.transact(..)` would split the unit that it may have to do again; return from the \
                 closure: `Ok` commits, an error rolls back"
            ),
        };
        Err(Error::new(ErrorKind::InvalidState, text))
    }

    async fn control(&mut self, sql: &str) -> Result<()> {
        let done = match &mut self.lease {
            Some(lease) => lease.savepoint(sql).await,
            None => Ok(()),
        };
        if let Err(error) = &done {
            self.failed = Some(Failure::of(error));
        }
        done
    }

    /// Runs `work` in a transaction: commits when it returns `Ok`, rolls back when it returns `Err`, panics, or its
    /// future is dropped. When `work` itself calls [`commit`](Self::commit) or [`rollback`](Self::rollback) the
    /// transaction is over, and until `work` returns the session refuses to do more.
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
    /// The errors of `work` are of any type that [`Error`] converts into. Whatever it is, `Err` rolls back, and what is in
    /// `Ok` is committed: where the value itself is a `Result`, `Ok(Err(..))` commits.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Account { #[key] id: i64, balance: i64 }
    /// #[derive(Debug)]
    /// enum Refusal {
    ///     Overdrawn(i64),
    ///     Database(Error),
    /// }
    ///
    /// impl From<Error> for Refusal {
    ///     fn from(error: Error) -> Refusal {
    ///         Refusal::Database(error)
    ///     }
    /// }
    ///
    /// async fn withdraw(session: &mut Session, id: i64, amount: i64) -> Result<i64, Refusal> {
    ///     session
    ///         .transaction(async |session| {
    ///             let account = session.one(select::<Account>().filter(Account::ID.eq(id)).for_update()).await?;
    ///             if account.balance < amount {
    ///                 return Err(Refusal::Overdrawn(account.balance));
    ///             }
    ///             session.edit(&account, |account| account.balance -= amount)?;
    ///             Ok(account.balance)
    ///         })
    ///         .await
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// Where neither the closure nor its surroundings name the type, the compiler asks for it: `Ok::<_, Error>(..)` at the
    /// end of the closure does.
    ///
    /// # Errors
    /// The error of `work`, or that of BEGIN or COMMIT. After each of them the transaction is rolled back, `CommitUnknown`
    /// included.
    ///
    /// # Cancel safety
    /// When its future is dropped the transaction is rolled back, in the database and in memory. When it is dropped
    /// during COMMIT the session says `CommitUnknown` until [`rollback`](Self::rollback).
    pub async fn transaction<T, E: From<Error>>(
        &mut self,
        work: impl AsyncFnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction_with(TransactionOptions::new(), work).await
    }

    /// Runs `work` in a transaction of a certain isolation, or in one that only reads; otherwise as
    /// [`transaction`](Self::transaction).
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// let options = TransactionOptions::new().isolation(Isolation::RepeatableRead).read_only();
    /// let count = session.transaction_with(options, async |session| session.count(select::<User>()).await).await?;
    /// # let _ = count; Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// Those of [`transaction`](Self::transaction); and the database may refuse the options.
    pub async fn transaction_with<T, E: From<Error>>(
        &mut self,
        options: TransactionOptions,
        work: impl AsyncFnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        match self.attempt(options, work).await {
            Ok(value) => Ok(value),
            Err(Attempt::Work(error, _)) => Err(error),
            Err(Attempt::Transaction(error)) => Err(error.into()),
        }
    }

    /// As [`transaction_with`](Self::transaction_with), and says whose error it was.
    pub(super) async fn attempt<T, E>(
        &mut self,
        options: TransactionOptions,
        work: impl AsyncFnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, Attempt<E>> {
        self.undone = None;
        let mut scope = Scope { session: self, ended: false };
        if let Err(error) = scope.begin_with(options).await {
            scope.ended = true;
            return Err(Attempt::Transaction(error));
        }
        scope.ends.push(Ends::Transaction { early: false });
        let result = work(&mut scope).await;
        scope.ended = true;
        let early = scope.ends.pop() == Some(Ends::Transaction { early: true });
        let done = match result {
            Ok(value) if early => return Ok(value),
            Ok(value) => scope.commit_now().await.map(|()| value).map_err(Attempt::Transaction),
            Err(error) => Err(Attempt::Work(error, scope.cause())),
        };
        if done.is_err() {
            // The error that counts is the first; the connection is closed if it cannot roll back either.
            let _ = scope.rollback_now().await;
        }
        done
    }

    /// The error of the database that the work of a transaction gave up for, whatever it made of it: what the transaction
    /// failed of, or what it rolled a savepoint back for and still holds.
    fn cause(&mut self) -> Option<Error> {
        let undone = self.undone.take().filter(|undone| undone.error.is_shared());
        let failed = self.failed.as_ref().map(|failed| failed.error.share());
        failed.or(undone.map(|undone| undone.error))
    }
}

/// Why a transaction was rolled back.
pub(super) enum Attempt<E> {
    /// It could not be begun or committed.
    Transaction(Error),
    /// Its work returned this, because of that error of the database.
    Work(E, Option<Error>),
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
            self.session.ends.pop();
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
            self.session.ends.pop();
            self.session.failed = Some(Failure::new("a savepoint was cancelled before its end"));
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
