//! What begins, divides and ends transactions.

use std::borrow::Cow;

/// What is sent to a connection beside statements. Backends look at what it is, never at its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control<'t> {
    /// Begins a transaction.
    Begin {
        /// In the words of the database.
        sql: Cow<'t, str>,
        /// Whether it may write.
        writes: bool,
    },
    /// Makes a transaction permanent.
    Commit,
    /// Undoes a transaction.
    Rollback,
    /// Sets a savepoint with a name.
    Savepoint(&'t str),
    /// Keeps what was done since a savepoint, and removes it.
    Release(&'t str),
    /// Undoes what was done since a savepoint, and keeps it.
    RollbackTo(&'t str),
    /// Another text: a setting, or SQL of the user's.
    Other(Cow<'t, str>),
}

impl<'t> Control<'t> {
    pub(super) const fn begin(sql: &'t str) -> Control<'t> {
        Control::Begin { sql: Cow::Borrowed(sql), writes: false }
    }

    pub(super) const fn other(sql: &'t str) -> Control<'t> {
        Control::Other(Cow::Borrowed(sql))
    }

    /// Its text, in words that every database knows.
    pub(super) fn sql(&self) -> Cow<'_, str> {
        match self {
            Control::Begin { sql, .. } | Control::Other(sql) => Cow::Borrowed(sql),
            Control::Commit => Cow::Borrowed("COMMIT"),
            Control::Rollback => Cow::Borrowed("ROLLBACK"),
            Control::Savepoint(name) => format!("SAVEPOINT {name}").into(),
            Control::Release(name) => format!("RELEASE SAVEPOINT {name}").into(),
            Control::RollbackTo(name) => format!("ROLLBACK TO SAVEPOINT {name}").into(),
        }
    }

    /// Whether the transaction is over after it.
    pub(super) fn ends_transaction(&self) -> bool {
        matches!(self, Control::Commit | Control::Rollback)
    }
}
