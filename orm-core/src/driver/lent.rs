//! Lends a session's connection, and checks its transaction when the session continues.

use super::lease::{Lease, TransactionState};
use super::{Control, DriverConnection, Pooler};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::Effect;

/// It exists for as long as the transaction in which the connection was lent.
const MARK: &str = "orm_connection";

impl Lease {
    /// Makes the connection ready to be lent: in a transaction, with a mark in it, and not to be given back to the pool.
    ///
    /// # Errors
    /// `InvalidState`: a pooler lends the server's connection to others. The database refuses to begin.
    pub async fn prepare_to_lend(&mut self) -> Result<()> {
        if self.pooler == Pooler::Transaction {
            return Err(Error::new(
                ErrorKind::InvalidState,
                "behind a transaction pooler, settings left on a connection would reach other programs, so \
                 it cannot be lent; use a second engine that connects to the server directly",
            ));
        }
        self.settle().await?;
        self.begin_for(Effect::MayWrite).await?;
        self.unfit = true;
        self.running = true;
        let forgotten = self.connection.forget_statements().await;
        self.running = false;
        self.note(forgotten.as_ref().err());
        forgotten?;
        self.savepoint(&Control::Savepoint(MARK)).await?;
        self.lent = true;
        Ok(())
    }

    /// The connection, which is [ready](Self::prepare_to_lend).
    pub fn lend(&mut self) -> DriverConnection<'_> {
        DriverConnection::lent(self)
    }

    /// Continues after the connection was lent.
    ///
    /// # Errors
    /// `PendingRollback`: a statement failed on it. `CommitUnknown`: the transaction was ended on it.
    pub(super) async fn take_back(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.lent) {
            return Ok(());
        }
        self.running = true;
        let released = self.connection.control(&Control::Release(MARK)).await;
        self.running = false;
        let Err(error) = released else { return Ok(()) };
        self.failed = true;
        match error.kind() {
            ErrorKind::Connection => Err(error),
            ErrorKind::PendingRollback => Err(Error::new(
                ErrorKind::PendingRollback,
                "a statement failed on the connection that `session.connection()` lent, so its transaction cannot continue; \
                 call `session.rollback().await` and begin again",
            )
            .with_source(error)),
            _ => {
                self.state = TransactionState::Committing;
                Err(Error::new(
                    ErrorKind::CommitUnknown,
                    "the transaction was ended on the connection that `session.connection()` lent, so it is unknown what was \
                     committed; call `session.rollback().await`, and end transactions with the methods of the session",
                )
                .with_source(error))
            }
        }
    }
}
