//! The error of a driver.

use crate::error::Error;

/// The error of a driver: `sqlx::Error` or `rusqlite::Error`. See [`Error::driver`].
///
/// ```
/// # use orm_core::prelude::*;
/// use orm_core::drivers::rusqlite;
///
/// let error = Error::driver(rusqlite::Error::QueryReturnedNoRows);
/// assert_eq!(error.kind(), ErrorKind::Database);
/// ```
pub trait DriverError: Sized {
    #[doc(hidden)]
    fn into_error(self) -> Error;
}

impl Error {
    /// An error of the driver's own connection, with the kind that it has when a statement of this library fails, and the
    /// constraint if it names one. See [`Session::connection`](crate::Session::connection).
    ///
    /// It is a function, not a `From`: if other errors converted into `Error`, `?` inside a closure for
    /// [`Session::transaction`](crate::Session::transaction) would no longer tell the compiler the type of its errors.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// use orm_core::drivers::rusqlite;
    /// use orm_core::{Error, ErrorKind};
    ///
    /// let error = Error::driver(rusqlite::Error::QueryReturnedNoRows);
    /// assert_eq!(error.kind(), ErrorKind::Database);
    /// # }
    /// ```
    pub fn driver(error: impl DriverError) -> Error {
        error.into_error()
    }
}
