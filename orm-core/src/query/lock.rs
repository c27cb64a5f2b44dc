use super::{RowsSpec, SelectSpec};
use crate::sql::{Lock, LockWait};

/// The locks of a query type with a method `lock_of`.
macro_rules! lock_methods {
    () => {
        /// Locks the rows against changes by others until the transaction ends, which it begins if none is open. SQLite
        /// locks the whole database.
        ///
        /// Of a model with a version, an object that the session holds must have the row's: it is `Stale` otherwise, and
        /// [`populate_existing`](crate::Select::populate_existing) takes the row as it is.
        pub fn for_update(mut self) -> Self {
            self.spec.lock_mut().share = false;
            self
        }

        /// Locks the rows against changes by others, who may lock them in the same way.
        pub fn for_share(mut self) -> Self {
            self.spec.lock_mut().share = true;
            self
        }

        /// Leaves out the rows that others have locked; with [`for_update`](Self::for_update) or
        /// [`for_share`](Self::for_share), or else it is `for_update`.
        pub fn skip_locked(mut self) -> Self {
            self.spec.lock_mut().wait = $crate::sql::LockWait::Skip;
            self
        }

        /// Fails at once where others have locked a row, instead of waiting for it.
        pub fn no_wait(mut self) -> Self {
            self.spec.lock_mut().wait = $crate::sql::LockWait::Fail;
            self
        }
    };
}

pub(super) use lock_methods;

const UPDATE: Lock = Lock { share: false, wait: LockWait::Wait, of: None };

impl RowsSpec {
    pub(super) fn lock_mut(&mut self) -> &mut Lock {
        self.lock.get_or_insert(UPDATE)
    }
}

impl SelectSpec {
    pub(super) fn lock_mut(&mut self) -> &mut Lock {
        self.lock.get_or_insert(UPDATE)
    }
}
