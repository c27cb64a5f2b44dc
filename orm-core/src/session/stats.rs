//! The size of a session.

use std::sync::atomic::Ordering;

use super::Session;

/// The size of a session: what [`Session::stats`] returns.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// session.all(select::<Book>()).await?;
/// session.add(Tag::draft().name("satire"));
/// let stats = session.stats();
/// assert_eq!((stats.objects[0], stats.pending, stats.statements), (("Book", 4), 1, 1));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionStats {
    /// The number of objects of each model, by the model's name, in the order of their first object.
    pub objects: Vec<(&'static str, usize)>,
    /// About how many bytes these take, without the texts and bytes in their columns. Objects that were expunged one by
    /// one are included: they are freed with the session's others.
    pub object_bytes: usize,
    /// The number of objects that a flush would insert.
    pub pending: usize,
    /// The number of objects with unsaved changes.
    pub modified: usize,
    /// The number of objects that a flush would delete.
    pub deleted: usize,
    /// The number of statements it ran, including failed ones; transaction control is not counted.
    pub statements: u64,
}

impl Session {
    /// The size of the session, to log in a program that keeps one for a long time. It runs no statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.all(select::<Book>()).await?;
    /// assert_eq!(session.stats().objects, [("Book", 4)]);
    /// session.expunge_all();
    /// assert!(session.stats().objects.is_empty());
    /// # Ok(()) }
    /// ```
    pub fn stats(&self) -> SessionStats {
        let sizes = || self.store.sizes();
        SessionStats {
            objects: sizes()
                .filter(|(_, held, _)| *held > 0)
                .map(|(def, held, _)| (def.name, held))
                .collect(),
            object_bytes: sizes().map(|(_, _, bytes)| bytes).sum(),
            pending: self.unit.new_count(),
            modified: self.unit.modified_count(&self.store),
            deleted: self.unit.deleted_count(),
            statements: self.statements.load(Ordering::Relaxed),
        }
    }
}
