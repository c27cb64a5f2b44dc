use super::session::no_connection;
use super::{Run, Session};
use crate::driver::DriverConnection;

impl Session {
    /// Lends the driver's connection, in the session's transaction, for what is not modelled: COPY of PostgreSQL, pragmas and
    /// functions of SQLite, anything that a driver can do.
    ///
    /// What is pending is flushed first, and a transaction begins if none is open; it is committed and rolled back by the
    /// session, as everything else in it. The session does not see what runs on the connection: it is neither logged nor
    /// counted, and objects whose rows it changes are to be expired or refreshed. What it leaves on the connection is for
    /// this session alone, because the connection is closed when the session gives it back.
    ///
    /// Two statements mark the place in the transaction, and PostgreSQL forgets what was prepared; none of them is counted.
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
    /// [`Pooler::Transaction`](crate::options::Pooler::Transaction). When a statement failed on the connection, whatever the session
    /// does next is `PendingRollback`, unless the database lets the transaction continue; when the transaction was ended
    /// there, `CommitUnknown`.
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
