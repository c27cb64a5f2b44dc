//! Transactions and savepoints.

use std::ops::{Deref, DerefMut};

use super::Session;
use super::session::{Ends, Failure};
use crate::driver::{Control, Lease, TransactionOptions};
use crate::error::{Error, ErrorKind, Result};

impl Session {
    /// Begins a transaction now.
    ///
    /// Without it a transaction begins at the first statement that may write; if
    /// [`SessionOptions::transactions`](super::SessionOptions::transactions) sets options, it begins at the first
    /// statement. If a transaction has begun in this way and has only read, `begin` continues it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.begin().await?;
    /// let books = session.count(select::<Book>()).await?;
    /// let tags = session.count(select::<Tag>()).await?;      // the same snapshot, on databases with snapshots
    /// session.commit().await?;
    /// assert_eq!((books, tags), (4, 1));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: a transaction is open already. `Busy`: another connection writes.
    pub async fn begin(&mut self) -> Result<()> {
        self.begin_with(TransactionOptions::new()).await
    }

    /// Begins a transaction with an isolation level, or a read-only one. Options that are left out come from
    /// [`SessionOptions::transactions`](super::SessionOptions::transactions).
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.begin_with(TransactionOptions::new().isolation(Isolation::Serializable)).await?;
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// session.edit(&book, |book| book.year += 1)?;
    /// session.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`begin`](Self::begin). The database may refuse the options.
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

    /// Flushes, commits, and returns the connection to the pool. Objects keep their values.
    ///
    /// It runs the statements of [`flush`](Self::flush), and COMMIT if a transaction is open.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.add(Tag::draft().name("satire"));
    /// session.commit().await?;
    /// assert_eq!(engine.session().count(select::<Tag>()).await?, 2);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// * `InvalidState`: inside the closure of [`nested`](Self::nested) or of
    ///   [`Engine::transact`](super::Engine::transact).
    /// * Those of [`flush`](Self::flush); `PendingRollback` after an error.
    /// * An error of COMMIT itself, after which the session needs [`rollback`](Self::rollback).
    /// * `CommitUnknown`: the connection was lost before the database answered. The session returns it again until
    ///   `rollback`; after that its objects are as before the transaction, and the next query that returns them reloads
    ///   them. Look for what the transaction wrote before you do its work again.
    ///
    /// # Cancel safety
    /// If the future is dropped, the commit may or may not have happened, which is also `CommitUnknown`; the connection
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
        // Nothing is awaited from here on: a committed transaction is never forgotten.
        self.unit.committed();
        self.store.committed();
        self.erred = false;
        self.release().await;
        if self.options.expire_on_commit {
            self.store.expire_all();
        }
        if let Some(hooks) = hooks {
            hooks.after_commit(&self.options.context);
        }
        Ok(())
    }

    /// Undoes everything since the last commit, in the database and in memory, and returns the connection to the pool.
    /// Pending objects are discarded; edits and links are reverted. Objects show what they showed before the transaction, even
    /// if another session has changed their rows since: [`refresh`](Self::refresh) reads a row again, and after
    /// [`expire_all`](Self::expire_all) queries reload what they return.
    ///
    /// After `CommitUnknown`, the next query that returns an object reloads it. On SQLite the outcome of the commit is
    /// known by then; a server may still be executing it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.one(select::<Author>().filter(Author::ID.eq(1))).await?;
    /// session.edit(&author, |author| author.name = "someone else".into())?;
    /// session.flush().await?;
    /// session.rollback().await?;
    /// assert_eq!(author.name, "Ursula K. Le Guin");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// * `InvalidState`: inside the closure of [`nested`](Self::nested) or of
    ///   [`Engine::transact`](super::Engine::transact). Nothing is undone.
    /// * The database does not answer. The connection is closed, which undoes the transaction too.
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
            hooks.after_rollback(&self.options.context);
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

    /// Discards what is not committed and returns the connection to the pool. The session can be used again and keeps
    /// its objects.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.add(Tag::draft().name("satire"));
    /// session.close().await?;
    /// assert_eq!(session.count(select::<Tag>()).await?, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`rollback`](Self::rollback).
    pub async fn close(&mut self) -> Result<()> {
        self.rollback().await
    }

    /// Runs `work` in a savepoint, inside the open transaction or a new one. `Ok` keeps what `work` did; `Err` undoes
    /// only that, in the database and in memory. Savepoints can be nested. `work` may return any error type that
    /// [`Error`] converts into.
    ///
    /// It runs two statements besides those of `work` and of the flushes before and after it: SAVEPOINT, and RELEASE;
    /// an error adds ROLLBACK TO.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.add(Tag::draft().name("kept"));
    /// let refused = session
    ///     .nested(async |session| {
    ///         session.add(Tag::draft().name("undone"));
    ///         session.flush().await?;
    ///         Err::<(), _>(Error::other("not this one"))
    ///     })
    ///     .await;
    /// assert!(refused.is_err());
    /// session.commit().await?;
    /// assert_eq!(session.count(select::<Tag>().filter(Tag::NAME.is_in(["kept", "undone"]))).await?, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The error of `work`, or of the savepoint.
    ///
    /// # Cancel safety
    /// If the future is dropped, the session needs [`rollback`](Self::rollback).
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
        self.control(&Control::Savepoint(&name)).await?;
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
                session.control(&Control::Release(&name)).await?;
                session.unit.savepoint_released();
                session.store.savepoint_released();
                Ok(value)
            }
            Err(error) => {
                session.undone = session.failed.take();
                session.unit.savepoint_rolled_back(&mut session.store);
                if session.control(&Control::RollbackTo(&name)).await.is_err() {
                    // Gone with the transaction: MySQL ends all of it at a deadlock. What counts is why.
                    session.failed = session.undone.take().or(session.failed.take());
                    return Err(error);
                }
                session.control(&Control::Release(&name)).await?;
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

    async fn control(&mut self, control: &Control<'_>) -> Result<()> {
        let done = match &mut self.lease {
            Some(lease) => lease.savepoint(control).await,
            None => Ok(()),
        };
        if let Err(error) = &done {
            self.failed = Some(Failure::of(error));
        }
        done
    }

    /// Runs `work` in a transaction. It commits when `work` returns `Ok`, and rolls back when `work` returns `Err` or
    /// panics, or when the future is dropped. If `work` itself calls [`commit`](Self::commit) or
    /// [`rollback`](Self::rollback), the transaction is over, and the session refuses to do more until `work` returns.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let count = session
    ///     .transaction(async |session| {
    ///         session.add(Tag::draft().name("satire"));
    ///         session.count(select::<Tag>()).await
    ///     })
    ///     .await?;
    /// assert_eq!(count, 2);
    /// # Ok(()) }
    /// ```
    ///
    /// `work` may return any error type that [`Error`] converts into. Every `Err` rolls back and every `Ok` commits,
    /// even `Ok(Err(..))`.
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
    /// If neither the closure nor its surroundings determine the error type, the compiler asks for it: end the closure
    /// with `Ok::<_, Error>(..)`.
    ///
    /// # Errors
    /// The error of `work`, of BEGIN or of COMMIT. The transaction is rolled back after each of them, including
    /// `CommitUnknown`.
    ///
    /// # Cancel safety
    /// If the future is dropped, the transaction is rolled back in the database and in memory. If it is dropped during
    /// COMMIT, the session returns `CommitUnknown` until [`rollback`](Self::rollback).
    pub async fn transaction<T, E: From<Error>>(
        &mut self,
        work: impl AsyncFnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction_with(TransactionOptions::new(), work).await
    }

    /// Like [`transaction`](Self::transaction), with an isolation level or read-only.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let options = TransactionOptions::new().isolation(Isolation::RepeatableRead).read_only();
    /// let count = session.transaction_with(options, async |session| session.count(select::<Book>()).await).await?;
    /// assert_eq!(count, 4);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`transaction`](Self::transaction). The database may refuse the options.
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

    /// Like [`transaction_with`](Self::transaction_with), and also tells whose error it was.
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

/// A savepoint whose `work` was dropped before its end: it cannot be undone here, so nothing after it may be committed.
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
