use std::fmt;

/// What [`Error`] says.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Everything that can go wrong, with a [`kind`](Error::kind) to match on and a message that names model and
/// relationship and says what to write instead.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    message: String,
    constraint: Option<Constraint>,
    retryable: bool,
    source: Option<Source>,
    /// Whether the message says what the source does, in its words.
    quotes: bool,
}

/// The constraint that refused a row, as far as the database names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Constraint {
    /// The constraint's own name.
    pub name: Option<String>,
    /// The table's schema.
    pub schema: Option<String>,
    /// The table.
    pub table: Option<String>,
    /// The columns.
    pub columns: Vec<String>,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A relationship was read that nobody loaded.
    NotLoaded,
    /// A relationship was read that nobody loaded, and the session has gone.
    Detached,
    /// A loop loads one relationship object by object, and the session's options refuse that.
    RepeatedLoad,
    /// A query that must find a row found none.
    NoRows,
    /// A query that must find at most one row found more, or a `has_one` has several.
    MultipleRows,
    /// A required relationship refers to a row that is not there.
    DanglingKey,
    /// The query cannot be run as it is written.
    InvalidQuery,
    /// The models do not fit together.
    InvalidModel,
    /// The tables of the database are not what the models say.
    SchemaMismatch,
    /// A value does not fit its column, or a cell does not fit its field.
    InvalidValue,
    /// The object is in a state in which this cannot be done.
    InvalidState,
    /// A pending object has no row yet.
    NotFlushed,
    /// The transaction failed; the session needs `rollback`.
    PendingRollback,
    /// The row changed behind the session.
    Stale,
    /// A UNIQUE or PRIMARY KEY constraint refused the rows.
    UniqueViolation,
    /// A FOREIGN KEY constraint refused the rows.
    ForeignKeyViolation,
    /// A NOT NULL constraint refused the rows.
    NotNullViolation,
    /// A CHECK constraint refused the rows.
    CheckViolation,
    /// The database is locked by another connection, or a lock did not become free in time.
    Busy,
    /// Transactions got in each other's way, and the database ended this one: a deadlock, or an isolation level that
    /// could not be kept. The same work may succeed when it is begun again.
    Serialization,
    /// The connection was lost, or the future dropped, while the database was asked to commit: nobody knows whether it
    /// did. Look for what the transaction wrote before you do its work again; nothing does that by itself.
    CommitUnknown,
    /// No connection became free in time.
    PoolTimeout,
    /// The connection could not be made or was lost.
    Connection,
    /// The URL or an option of the engine is wrong.
    Configuration,
    /// The database refused the statement for another reason.
    Database,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            inner: Box::new(Inner {
                kind,
                message: message.into(),
                constraint: None,
                retryable: false,
                source: None,
                quotes: false,
            }),
        }
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Error {
        self.inner.source = Some(source.into());
        self
    }

    /// With a source whose words are in the message already.
    pub(crate) fn with_quoted_source(mut self, source: impl Into<Source>) -> Error {
        self.inner.quotes = true;
        self.with_source(source)
    }

    pub(crate) fn with_constraint(mut self, constraint: Constraint) -> Error {
        self.inner.constraint = Some(constraint);
        self
    }

    pub(crate) fn retryable(mut self, retryable: bool) -> Error {
        self.inner.retryable = retryable;
        self
    }

    /// The same error with something said after its message.
    pub(crate) fn suffixed(mut self, suffix: &str) -> Error {
        self.inner.message.push_str(suffix);
        self
    }

    /// The same error with something said before its message.
    pub(crate) fn prefixed(mut self, prefix: &str) -> Error {
        self.inner.message.insert_str(0, prefix);
        self
    }

    /// The same error with another source in the place of one of this type, also in the message.
    pub(crate) fn resourced<E: std::error::Error + Send + Sync + 'static>(
        mut self,
        change: impl FnOnce(&E) -> E,
    ) -> Error {
        if let Some(old) = self.inner.source.as_deref().and_then(|source| source.downcast_ref::<E>()) {
            let new = change(old);
            self.inner.message = self.inner.message.replace(&old.to_string(), &new.to_string());
            self.inner.source = Some(Box::new(new));
        }
        self
    }

    /// The constraint that refused a row, where the error is a violation and the database names it.
    pub fn constraint(&self) -> Option<&Constraint> {
        self.inner.constraint.as_ref()
    }

    /// Whether the same unit of work may succeed when all of it is done again, in a new transaction: other transactions
    /// were in its way. [`Engine::transact`](crate::Engine::transact) does so.
    ///
    /// True of deadlocks and of isolation that could not be kept (SQLSTATE 40001, 40P01; MySQL 1213, 1020), of locks that
    /// did not become free in time (MySQL 1205; SQLite 5, 517), and of `PendingRollback` after one of these. Never of a
    /// violated constraint, of a statement that was cancelled, of a lost connection and of `CommitUnknown`.
    pub fn is_retryable(&self) -> bool {
        self.inner.retryable
    }

    /// What went wrong, to match on.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.inner.kind, self.inner.message)?;
        let source = self.inner.source.as_ref().filter(|_| !self.inner.quotes).map(ToString::to_string);
        match source.filter(|source| !self.inner.message.contains(source.as_str())) {
            Some(source) => write!(f, " ({source})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}
