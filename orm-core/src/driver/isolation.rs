//! Isolation levels.

/// How far a transaction is isolated from concurrent ones.
///
/// A database may isolate more than it was asked to: SQLite's transactions are always serializable, and PostgreSQL
/// never reads uncommitted rows.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let options = TransactionOptions::new().isolation(Isolation::RepeatableRead);
/// let total = session.transaction_with(options, async |session| session.count(select::<Book>()).await).await?;
/// assert_eq!(total, 4);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isolation {
    /// Uncommitted rows of other transactions are visible.
    ReadUncommitted,
    /// Each statement sees what was committed when it began.
    ReadCommitted,
    /// All statements see what was committed when the first one began.
    RepeatableRead,
    /// As if transactions ran one after another. A database that cannot guarantee it ends one of them with an error that
    /// [is retryable](crate::Error::is_retryable).
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
