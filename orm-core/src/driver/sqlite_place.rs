use std::fmt;

use sqlx::sqlite::SqliteConnection;

use super::sqlite_handle::Handle;

/// Where a connection runs its statements.
///
/// One whose last statement ran on its caller's thread stays as it is in the pool, with the statements that it keeps: to
/// lock it again for the next session would take a change of threads, which costs more than most statements.
pub(super) enum Place {
    /// On its own thread.
    There(SqliteConnection),
    /// On the thread of the caller.
    Here(Handle),
}

impl Place {
    /// Makes a connection run its statements on its own thread; without one, or when it is lost on the way, there is none.
    ///
    /// # Errors
    /// The connection has gone.
    pub(super) fn there(place: &mut Option<Place>) -> sqlx::Result<&mut SqliteConnection> {
        if let Some(connection) = place.take() {
            *place = Some(Place::There(connection.into_connection()?));
        }
        match place {
            Some(Place::There(connection)) => Ok(connection),
            _ => Err(sqlx::Error::WorkerCrashed),
        }
    }

    /// Makes a connection run its statements on the thread of the caller. A future that is dropped in the meantime closes
    /// the connection.
    ///
    /// # Errors
    /// The connection has gone.
    pub(super) async fn here(place: &mut Option<Place>) -> sqlx::Result<&mut Handle> {
        let handle = match place.take() {
            Some(Place::Here(handle)) => handle,
            Some(Place::There(connection)) => Handle::lock(connection).await?,
            None => return Err(sqlx::Error::WorkerCrashed),
        };
        match place.insert(Place::Here(handle)) {
            Place::Here(handle) => Ok(handle),
            Place::There(_) => Err(sqlx::Error::WorkerCrashed),
        }
    }

    /// The connection, on its own thread.
    ///
    /// # Errors
    /// The connection has gone.
    pub(super) fn into_connection(self) -> sqlx::Result<SqliteConnection> {
        match self {
            Place::There(connection) => Ok(connection),
            Place::Here(handle) => handle.unlock(),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Place::There(_) => "There",
            Place::Here(_) => "Here",
        })
    }
}
