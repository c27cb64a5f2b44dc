/// How much a transaction notices of others that run at the same time.
///
/// A database may keep more than it was asked for: SQLite keeps every level by being serializable, and PostgreSQL reads
/// nothing that is not committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isolation {
    /// Rows that others have written and may still take back are seen.
    ReadUncommitted,
    /// Each statement sees what was committed when it began.
    ReadCommitted,
    /// All statements see what was committed when the first one began.
    RepeatableRead,
    /// As if transactions ran one after the other; a database that cannot keep that ends one of them, and
    /// [`Error::is_retryable`](crate::Error::is_retryable) says so.
    Serializable,
}

impl Isolation {
    pub(super) fn sql(self) -> &'static str {
        match self {
            Isolation::ReadUncommitted => "READ UNCOMMITTED",
            Isolation::ReadCommitted => "READ COMMITTED",
            Isolation::RepeatableRead => "REPEATABLE READ",
            Isolation::Serializable => "SERIALIZABLE",
        }
    }
}
