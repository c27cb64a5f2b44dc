use crate::sql::{Lock, LockWait};

/// The locks of something with a method `lock_mut`.
macro_rules! lock_methods {
    () => {
        /// Locks the rows against changes by others until the transaction ends, which it begins if none is open. SQLite
        /// locks the whole database.
        ///
        /// Of a model with a version, an object that the session holds must have the row's: it is `Stale` otherwise, and
        /// [`populate_existing`](crate::Select::populate_existing) takes the row as it is.
        pub fn for_update(mut self) -> Self {
            self.lock_mut().share = false;
            self
        }

        /// Locks the rows against changes by others, who may lock them in the same way.
        pub fn for_share(mut self) -> Self {
            self.lock_mut().share = true;
            self
        }

        /// Leaves out the rows that others have locked; with [`for_update`](Self::for_update) or
        /// [`for_share`](Self::for_share), or else it is `for_update`.
        pub fn skip_locked(mut self) -> Self {
            self.lock_mut().wait = $crate::sql::LockWait::Skip;
            self
        }

        /// Fails at once where others have locked a row, instead of waiting for it.
        pub fn no_wait(mut self) -> Self {
            self.lock_mut().wait = $crate::sql::LockWait::Fail;
            self
        }
    };
}

pub(crate) use lock_methods;

/// The lock that a method changes; `for_update` where there is none yet.
pub(crate) fn locked(lock: &mut Option<Lock>) -> &mut Lock {
    lock.get_or_insert(Lock { share: false, wait: LockWait::Wait, of: None })
}
