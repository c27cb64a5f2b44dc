//! What the connection of a backend does for a lease.

use super::inserted::Inserted;
use super::{Control, RowSink};
use crate::error::Result;
use crate::sql::Statement;

/// A connection of one backend, which a lease has.
///
/// `within` says whether a transaction is open.
pub(super) trait Backend: Sized {
    async fn control(&mut self, control: &Control<'_>) -> Result<()>;

    /// Gives each row to the sink while it arrives.
    async fn fetch(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        rows: &mut u64,
        within: bool,
    ) -> Result<()>;

    async fn execute(&mut self, statement: &Statement, within: bool) -> Result<Inserted>;

    /// Whether a statement only reads, where the database can be asked.
    async fn only_reads(&mut self, _: &Statement) -> Result<Option<bool>> {
        Ok(None)
    }

    /// Makes the driver forget the statements that it keeps by their texts, where another session may run the same texts with
    /// values of other types.
    async fn forget_statements(&mut self) -> Result<()> {
        Ok(())
    }

    /// Waits for what a future that was dropped left running, where the database is in this process; a server answers
    /// whatever is asked next after it.
    async fn come_back(&mut self) -> Result<()> {
        Ok(())
    }

    /// Where the database is in this process, closes the connection when all it was asked is done.
    async fn conclude(&mut self) {}

    /// Moves the connection out as it is, with whatever is open on it.
    fn leave(&mut self) -> Self;

    /// Takes the connection out, where no reader, cursor or task has it or has left anything open on it.
    fn take(&mut self) -> Option<Self>;

    fn give_back(self);

    /// Ends a transaction that has not written, and makes the connection what it was, without waiting; says whether it did.
    fn roll_back_at_once(&mut self, _after: Option<&'static str>) -> bool {
        false
    }

    /// Whether a statement can be read a part at a time; `pages` says whether it can be read by other statements instead.
    fn has_cursors(&self, _pages: bool) -> bool {
        true
    }

    /// Begins to read a statement, so many rows at a time; `alone` says that no other statement runs before its end.
    async fn open_cursor(
        &mut self,
        statement: &Statement,
        part: usize,
        alone: bool,
        within: bool,
    ) -> Result<()>;

    /// Reads the next rows of the cursor's statement; returns whether they were the last ones.
    async fn next_rows(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<bool>;

    /// Lets what the cursor's task does come to an end; its rows are no longer needed.
    fn leave_cursor(&mut self, within: bool);

    /// Ends the cursor. `ends` says whether its transaction ends next.
    async fn close_cursor(&mut self, ends: bool, within: bool) -> Result<()>;
}
