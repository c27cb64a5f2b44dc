//! A connection of whichever backend it is.

use super::backend::Backend;
use super::inserted::Inserted;
use super::{Control, RowSink};
use crate::error::Result;
use crate::sql::Statement;

/// A connection of one of the backends.
#[derive(Debug)]
pub(super) enum Connection {
    #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
    None(std::convert::Infallible),
    #[cfg(feature = "sqlite")]
    Sqlite(super::sqlite::SqliteLease),
    #[cfg(feature = "postgres")]
    Postgres(super::postgres::PostgresLease),
    #[cfg(feature = "mysql")]
    Mysql(super::mysql::MysqlLease),
}

/// Does something with the backend's own connection. `$into` is what makes its result one of all backends.
macro_rules! each {
    ($connection:expr, $lease:ident => $work:expr $(, $into:ident)?) => {
        match $connection {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Connection::None(never) => match *std::borrow::Borrow::<std::convert::Infallible>::borrow(&never) {},
            #[cfg(feature = "sqlite")]
            Connection::Sqlite($lease) => each!($work $(, $into Sqlite)?),
            #[cfg(feature = "postgres")]
            Connection::Postgres($lease) => each!($work $(, $into Postgres)?),
            #[cfg(feature = "mysql")]
            Connection::Mysql($lease) => each!($work $(, $into Mysql)?),
        }
    };
    ($work:expr) => { $work };
    ($work:expr, whole $backend:ident) => { Connection::$backend($work) };
    ($work:expr, option $backend:ident) => { $work.map(Connection::$backend) };
}

#[allow(unused_variables, reason = "there may be no backend")]
impl Connection {
    pub(super) async fn control(&mut self, control: &Control<'_>) -> Result<()> {
        each!(self, lease => lease.control(control).await)
    }

    pub(super) async fn fetch(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        rows: &mut u64,
        within: bool,
    ) -> Result<()> {
        each!(self, lease => lease.fetch(statement, sink, rows, within).await)
    }

    pub(super) async fn execute(&mut self, statement: &Statement, within: bool) -> Result<Inserted> {
        each!(self, lease => lease.execute(statement, within).await)
    }

    pub(super) async fn only_reads(&mut self, statement: &Statement) -> Result<Option<bool>> {
        each!(self, lease => lease.only_reads(statement).await)
    }

    pub(super) async fn forget_statements(&mut self) -> Result<()> {
        each!(self, lease => lease.forget_statements().await)
    }

    pub(super) async fn come_back(&mut self) -> Result<()> {
        each!(self, lease => lease.come_back().await)
    }

    pub(super) async fn conclude(&mut self) {
        each!(self, lease => lease.conclude().await);
    }

    pub(super) fn leave(&mut self) -> Connection {
        each!(self, lease => lease.leave(), whole)
    }

    pub(super) fn take(&mut self) -> Option<Connection> {
        each!(self, lease => lease.take(), option)
    }

    pub(super) fn give_back(self) {
        each!(self, lease => lease.give_back());
    }

    pub(super) fn roll_back_at_once(&mut self, after: Option<&'static str>) -> bool {
        each!(self, lease => lease.roll_back_at_once(after))
    }

    /// Rolls back a transaction completely and resets the connection; returns whether it did.
    pub(super) async fn roll_back(&mut self, after: Option<&'static str>) -> bool {
        self.control(&Control::Rollback).await.is_ok()
            && match after {
                Some(sql) => self.control(&Control::other(sql)).await.is_ok(),
                None => true,
            }
    }

    pub(super) fn has_cursors(&self, pages: bool) -> bool {
        each!(self, lease => lease.has_cursors(pages))
    }

    pub(super) async fn open_cursor(
        &mut self,
        statement: &Statement,
        part: usize,
        alone: bool,
        within: bool,
    ) -> Result<()> {
        each!(self, lease => lease.open_cursor(statement, part, alone, within).await)
    }

    pub(super) async fn next_rows(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<bool> {
        each!(self, lease => lease.next_rows(statement, sink, count).await)
    }

    pub(super) fn leave_cursor(&mut self, within: bool) {
        each!(self, lease => lease.leave_cursor(within));
    }

    pub(super) async fn close_cursor(&mut self, ends: bool, within: bool) -> Result<()> {
        each!(self, lease => lease.close_cursor(ends, within).await)
    }
}
