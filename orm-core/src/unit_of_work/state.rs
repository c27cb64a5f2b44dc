/// What an object is to its session. A draft is transient: the session does not know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntityState {
    /// Added, and without a row until the next flush.
    Pending,
    /// It has a row, as far as the session knows.
    Persistent,
    /// Marked for deletion, or deleted by a flush.
    Deleted,
    /// Of no session, or of another one.
    Detached,
}
