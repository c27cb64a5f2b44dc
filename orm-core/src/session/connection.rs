//! Lends the driver's connection.

use super::session::no_connection;
use super::{Run, Session};
use crate::driver::DriverConnection;

impl Session {
    /// Lends the driver's connection, in the session's transaction, for features that this library does not cover, such
    /// as COPY on PostgreSQL, and pragmas and functions on SQLite.
    ///
    /// With autoflush, pending changes are flushed first. A transaction begins if none is open; end it with the session's
    /// `commit` or `rollback`. The session does not see what runs on the connection: statements are neither logged nor
    /// counted, and objects whose rows they change must be expired or refreshed. Settings and temporary tables that are left
    /// on the connection are seen by this session only, since the connection is closed when the session returns it.
    ///
    /// It sets a savepoint, which the session's next statement releases, and PostgreSQL forgets the prepared statements of
    /// the connection; none of this is counted.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![User]).await?;
    /// let mut session = engine.session();
    /// session.add(User::draft().name("jack"));
    /// let mut connection = session.connection().await?;
    /// let pages: i64 = connection.sqlite(|raw| raw.pragma_query_value(None, "page_count", |row| row.get(0))).await?;
    /// assert!(pages > 0);
    /// session.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`flush`](Self::flush) and [`begin`](Self::begin). `InvalidState` behind
    /// [`Pooler::Transaction`](crate::options::Pooler::Transaction). If a statement failed on the connection, the
    /// session's next call fails with `PendingRollback`, unless the database lets the transaction continue. If the
    /// transaction was ended on the connection, the next call fails with `CommitUnknown`.
    pub fn connection(&mut self) -> Run<'_, DriverConnection<'_>> {
        Run::new(async move {
            self.autoflush().await?;
            self.connect().await?;
            let ready = match &mut self.lease {
                Some(lease) => lease.prepare_to_lend().await,
                None => Err(no_connection()),
            };
            self.note(ready)?;
            // A rollback takes back what is written on it, and what is read of that.
            self.store.writes();
            self.lease.as_mut().map(|lease| lease.lend()).ok_or_else(no_connection)
        })
    }
}
