//! Row locks.

use crate::sql::{Lock, LockWait};

/// The locks of something with a method `lock_mut`.
macro_rules! lock_methods {
    () => {
        /// Locks the rows against changes and locks of other transactions until this transaction ends; it begins one if
        /// none is open. SQLite locks the whole database.
        ///
        /// If the model has a version and the session holds an object of another version than the row, the query fails
        /// with `Stale`; [`populate_existing`](crate::Select::populate_existing) takes the row's values instead.
        ///
        /// ```
        /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
        /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
        /// # let engine = library().await?;
        /// # let mut session = engine.session();
        /// session.transaction(async |session| {
        ///     let book = session.get::<Book>(1).for_update().await?;
        ///     let locked = session.all(select::<Book>().filter(Book::YEAR.lt(1970)).for_update()).await?;
        ///     assert_eq!((book.is_some(), locked.len()), (true, 2));
        ///     Ok::<_, Error>(())
        /// }).await?;
        /// # Ok(()) }
        /// ```
        pub fn for_update(mut self) -> Self {
            self.lock_mut().share = false;
            self
        }

        /// Locks the rows against changes of other transactions, which may still lock them for share.
        ///
        /// ```
        /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
        /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
        /// # let engine = library().await?;
        /// # let mut session = engine.session();
        /// let books = session.all(select::<Book>().for_share()).await?;
        /// assert!(session.in_transaction());
        /// assert_eq!(books.len(), 4);
        /// # Ok(()) }
        /// ```
        pub fn for_share(mut self) -> Self {
            self.lock_mut().share = true;
            self
        }

        /// Leaves out the rows that other transactions have locked. It implies [`for_update`](Self::for_update) unless
        /// [`for_share`](Self::for_share) is called.
        ///
        /// ```
        /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
        /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
        /// # let engine = library().await?;
        /// # let mut session = engine.session();
        /// let next = session.first(select::<Book>().order_by(Book::ID).skip_locked()).await?;
        /// assert_eq!(next.map(|book| book.id), Some(1));
        /// # Ok(()) }
        /// ```
        pub fn skip_locked(mut self) -> Self {
            self.lock_mut().wait = $crate::sql::LockWait::Skip;
            self
        }

        /// Fails at once with `Busy` if another transaction has locked a row, instead of waiting for it. On SQLite it
        /// is `InvalidQuery`: set `busy_timeout` there.
        ///
        /// ```
        /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
        /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
        /// # let engine = library().await?;
        /// # let mut session = engine.session();
        /// let refused = session.all(select::<Book>().for_update().no_wait()).await;
        /// assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidQuery, "on SQLite");
        /// # Ok(()) }
        /// ```
        pub fn no_wait(mut self) -> Self {
            self.lock_mut().wait = $crate::sql::LockWait::Fail;
            self
        }
    };
}

pub(crate) use lock_methods;

/// The lock that a method changes; `for_update` if there is none yet.
pub(crate) fn locked(lock: &mut Option<Lock>) -> &mut Lock {
    lock.get_or_insert(Lock { share: false, wait: LockWait::Wait, of: None })
}
