//! Options of a transaction, and what begins it.

use std::borrow::Cow;

use super::{Control, Isolation, sandbox};
use crate::sql::Dialect;

/// Options for a transaction: isolation level and read-only mode.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// session.begin_with(TransactionOptions::new().isolation(Isolation::Serializable).read_only()).await?;
/// let count = session.count(select::<Book>()).await?;
/// session.commit().await?;
/// assert_eq!(count, 4);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use = "options do nothing until a transaction begins with them"]
pub struct TransactionOptions {
    pub(crate) isolation: Option<Isolation>,
    pub(crate) read_only: bool,
    deferrable: bool,
}

/// The statements that begin a transaction, and the one that its end needs besides COMMIT or ROLLBACK.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    pub(super) controls: Vec<Control<'static>>,
    pub(super) after: Option<&'static str>,
}

impl TransactionOptions {
    /// The default: the isolation level that the database is configured with, for reading and writing.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// assert_eq!(TransactionOptions::new(), TransactionOptions::default());
    /// ```
    pub fn new() -> TransactionOptions {
        TransactionOptions::default()
    }

    /// Sets the isolation level. Without it, the database's own default applies.
    ///
    /// SQLite's transactions are always serializable, which satisfies every level.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.begin_with(TransactionOptions::new().isolation(Isolation::Serializable)).await?;
    /// session.count(select::<Book>()).await?;
    /// session.commit().await?;
    /// # Ok(()) }
    /// ```
    pub fn isolation(mut self, isolation: Isolation) -> TransactionOptions {
        self.isolation = Some(isolation);
        self
    }

    /// Refuses writes: a flush or a bulk statement fails with `InvalidState`, and the database refuses raw SQL that
    /// writes. On SQLite such a transaction does not wait for a writer.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.begin_with(TransactionOptions::new().read_only()).await?;
    /// let refused = session.execute(delete::<Book>()).await;
    /// assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidState);
    /// # Ok(()) }
    /// ```
    pub fn read_only(mut self) -> TransactionOptions {
        self.read_only = true;
        self
    }

    /// On PostgreSQL, and with `Serializable` and `read_only`: waits at the beginning until the transaction cannot fail
    /// or block others. Elsewhere it changes nothing.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let report = TransactionOptions::new().isolation(Isolation::Serializable).read_only().deferrable();
    /// # let _ = report;
    /// ```
    pub fn deferrable(mut self) -> TransactionOptions {
        self.deferrable = true;
        self
    }

    /// Whether they are others than the database's own.
    pub(super) fn says_anything(self) -> bool {
        self != TransactionOptions::new()
    }

    /// These options, with unset ones taken from the others.
    pub(crate) fn or(self, others: TransactionOptions) -> TransactionOptions {
        TransactionOptions {
            isolation: self.isolation.or(others.isolation),
            read_only: self.read_only || others.read_only,
            deferrable: self.deferrable || others.deferrable,
        }
    }

    pub(super) fn beginning(self, dialect: Dialect) -> Beginning {
        match dialect {
            Dialect::Sqlite => self.on_sqlite(),
            Dialect::Postgres => self.on_postgres(),
            Dialect::Mysql(_) => self.on_mysql(),
        }
    }

    /// The same inside an open transaction, whose isolation level applies.
    pub(super) fn beginning_inside(self, dialect: Dialect) -> Beginning {
        let mut controls = vec![sandbox::BEGIN];
        let mut after = None;
        match dialect {
            Dialect::Sqlite if self.read_only => {
                controls.push(Control::other("PRAGMA query_only = ON"));
                after = Some("PRAGMA query_only = OFF");
            }
            // It holds until the end of the savepoint.
            Dialect::Postgres if self.read_only => controls.push(Control::other("SET TRANSACTION READ ONLY")),
            _ => {}
        }
        Beginning { controls, after }
    }

    fn on_sqlite(self) -> Beginning {
        if !self.read_only {
            // A transaction that reads first and writes later would fail as soon as two of them do.
            let begin = Control::Begin { sql: "BEGIN IMMEDIATE".into(), writes: true };
            return Beginning { controls: vec![begin], after: None };
        }
        // It is set on the connection and not in the transaction, so it has to be reset.
        let controls = vec![Control::begin("BEGIN"), Control::other("PRAGMA query_only = ON")];
        Beginning { controls, after: Some("PRAGMA query_only = OFF") }
    }

    fn on_postgres(self) -> Beginning {
        let mut sql = Cow::Borrowed("BEGIN");
        if let Some(isolation) = self.isolation {
            sql = format!("BEGIN ISOLATION LEVEL {}", isolation.sql()).into();
        }
        if self.read_only {
            sql.to_mut().push_str(" READ ONLY");
        }
        if self.deferrable {
            sql.to_mut().push_str(" DEFERRABLE");
        }
        Beginning { controls: vec![Control::Begin { sql, writes: !self.read_only }], after: None }
    }

    fn on_mysql(self) -> Beginning {
        let mut controls = Vec::new();
        if let Some(isolation) = self.isolation {
            // It applies to the next transaction only, however that begins.
            let sql = format!("SET TRANSACTION ISOLATION LEVEL {}", isolation.sql());
            controls.push(Control::Other(sql.into()));
        }
        let sql = if self.read_only { "START TRANSACTION READ ONLY" } else { "BEGIN" }.into();
        controls.push(Control::Begin { sql, writes: !self.read_only });
        Beginning { controls, after: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::MysqlServer;

    const MYSQL: Dialect = Dialect::Mysql(MysqlServer { mariadb: true, returning: true, key_step: 1 });

    #[test]
    fn options_are_written_for_each_database() {
        let said = |options: TransactionOptions, dialect| {
            let controls = options.beginning(dialect).controls;
            controls.iter().map(Control::sql).collect::<Vec<_>>().join("; ")
        };
        let plain = TransactionOptions::new();
        assert_eq!(said(plain, Dialect::Sqlite), "BEGIN IMMEDIATE");
        assert_eq!(said(plain, Dialect::Postgres), "BEGIN");
        assert_eq!(said(plain, MYSQL), "BEGIN");
        let all = plain.isolation(Isolation::Serializable).read_only().deferrable();
        assert_eq!(said(all, Dialect::Sqlite), "BEGIN; PRAGMA query_only = ON");
        assert_eq!(said(all, Dialect::Postgres), "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE");
        assert_eq!(
            said(all, MYSQL),
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; START TRANSACTION READ ONLY"
        );
    }

    #[test]
    fn what_is_left_out_comes_from_the_default() {
        let default = TransactionOptions::new().isolation(Isolation::RepeatableRead);
        let read = TransactionOptions::new().read_only().or(default);
        assert_eq!((read.isolation, read.read_only), (Some(Isolation::RepeatableRead), true));
        let committed = TransactionOptions::new().isolation(Isolation::ReadCommitted).or(default);
        assert_eq!(committed.isolation, Some(Isolation::ReadCommitted));
    }
}
