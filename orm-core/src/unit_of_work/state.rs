//! States of objects.

/// The state of an object in its session. A draft is transient: the session does not know it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let author = session.one(select::<Author>().filter(Author::ID.eq(2))).await?;
/// assert_eq!(session.state(&author), EntityState::Persistent);
/// session.delete(&author)?;
/// assert_eq!(session.state(&author), EntityState::Deleted);
/// assert_eq!(engine.session().state(&author), EntityState::Detached);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntityState {
    /// Added, and without a row until the next flush.
    Pending,
    /// It has a row.
    Persistent,
    /// Marked for deletion, or deleted by a flush.
    Deleted,
    /// It belongs to no session, or to another one.
    Detached,
}
