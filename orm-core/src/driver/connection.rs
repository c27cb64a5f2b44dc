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

/// What an INSERT did.
#[derive(Debug, Clone)]
pub struct Inserted {
    /// How many rows there are more.
    pub rows: u64,
    /// The keys that the database generated, if it reports them outside RETURNING: the first key of each run, and the
    /// run's number of rows.
    pub keys: Vec<(i64, u64)>,
}

impl From<u64> for Inserted {
    /// A number of rows whose keys the database does not report.
    fn from(rows: u64) -> Inserted {
        Inserted { rows, keys: Vec::new() }
    }
}

impl Connection {
    pub(super) async fn control(&mut self, control: &Control<'_>) -> Result<()> {
        match self {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Connection::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => lease.control(control).await.map_err(|error| lease.named(error)),
            #[cfg(feature = "postgres")]
            Connection::Postgres(lease) => lease.run_text(&control.sql()).await,
            #[cfg(feature = "mysql")]
            Connection::Mysql(lease) => lease.control(control).await,
        }
    }

    /// `within`: whether a transaction is open. The futures of servers are boxed; otherwise each statement of SQLite
    /// would also copy their size.
    #[allow(unused_variables, reason = "one backend alone asks")]
    pub(super) async fn fetch(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        rows: &mut u64,
        within: bool,
    ) -> Result<()> {
        match self {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Connection::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => {
                lease.fetch(statement, sink, rows).await.map_err(|error| lease.named(error))
            }
            #[cfg(feature = "postgres")]
            Connection::Postgres(lease) => Box::pin(lease.fetch(statement, sink, rows, within)).await,
            #[cfg(feature = "mysql")]
            Connection::Mysql(lease) => Box::pin(lease.fetch(statement, sink, rows)).await,
        }
    }

    #[allow(unused_variables, reason = "one backend alone asks")]
    pub(super) async fn execute(&mut self, statement: &Statement, within: bool) -> Result<Inserted> {
        match self {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Connection::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => lease.execute(statement).await.map_err(|error| lease.named(error)),
            #[cfg(feature = "postgres")]
            Connection::Postgres(lease) => {
                Box::pin(lease.execute(statement, within)).await.map(Inserted::from)
            }
            #[cfg(feature = "mysql")]
            Connection::Mysql(lease) => Box::pin(lease.execute(statement)).await,
        }
    }

    /// Whether a statement only reads, where the database can be asked.
    #[allow(unused_variables, clippy::unused_async, reason = "SQLite alone is asked")]
    pub(super) async fn only_reads(&mut self, statement: &Statement) -> Result<Option<bool>> {
        match self {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => {
                lease.only_reads(statement).await.map_err(|error| lease.named(error))
            }
            #[allow(unreachable_patterns)]
            _ => Ok(None),
        }
    }

    /// Makes the driver forget the statements that it keeps by their texts, where another session may run the same texts with
    /// values of other types.
    #[allow(clippy::unused_async, reason = "PostgreSQL alone is asked")]
    pub(super) async fn forget_statements(&mut self) -> Result<()> {
        match self {
            #[cfg(feature = "postgres")]
            Connection::Postgres(lease) => lease.forget_statements().await,
            #[allow(unreachable_patterns)]
            _ => Ok(()),
        }
    }

    /// Waits for what a future that was dropped left running, where the database is in this process; a server answers
    /// whatever is asked next after it.
    #[allow(clippy::unused_async, reason = "SQLite alone is in this process")]
    pub(super) async fn come_back(&mut self) -> Result<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => lease.come_back().await,
            #[allow(unreachable_patterns)]
            _ => Ok(()),
        }
    }

    /// Moves the connection out as it is, with whatever is open on it.
    pub(super) fn leave(&mut self) -> Connection {
        match self {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Connection::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => Connection::Sqlite(lease.leave()),
            #[cfg(feature = "postgres")]
            Connection::Postgres(lease) => Connection::Postgres(lease.leave()),
            #[cfg(feature = "mysql")]
            Connection::Mysql(lease) => Connection::Mysql(lease.leave()),
        }
    }

    /// Takes the connection out, if no reader, cursor or task has it or has left anything open on it.
    pub(super) fn take(&mut self) -> Option<Connection> {
        match self {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Connection::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => lease.take().map(Connection::Sqlite),
            #[cfg(feature = "postgres")]
            Connection::Postgres(lease) => lease.take().map(Connection::Postgres),
            #[cfg(feature = "mysql")]
            Connection::Mysql(lease) => lease.take().map(Connection::Mysql),
        }
    }

    pub(super) fn give_back(self) {
        match self {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            Connection::None(never) => match never {},
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => lease.give_back(),
            #[cfg(feature = "postgres")]
            Connection::Postgres(lease) => lease.give_back(),
            #[cfg(feature = "mysql")]
            Connection::Mysql(lease) => lease.give_back(),
        }
    }

    /// The same as [`roll_back`](Self::roll_back) without waiting, where the database is in this process.
    #[allow(unused_variables, reason = "SQLite alone can")]
    pub(super) fn roll_back_at_once(&mut self, after: Option<&'static str>) -> bool {
        match self {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(lease) => lease.roll_back_at_once(after),
            #[allow(unreachable_patterns)]
            _ => false,
        }
    }

    /// Rolls back a transaction completely and resets the connection; returns whether it did.
    pub(super) async fn roll_back(&mut self, after: Option<&'static str>) -> bool {
        self.control(&Control::Rollback).await.is_ok()
            && match after {
                Some(sql) => self.control(&Control::other(sql)).await.is_ok(),
                None => true,
            }
    }
}
