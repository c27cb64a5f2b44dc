use std::sync::atomic::Ordering;

use super::Session;

/// How large a session has become: what [`Session::stats`] gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionStats {
    /// How many objects of each model it holds, by the model's name, in the order in which they came.
    pub objects: Vec<(&'static str, usize)>,
    /// About how many bytes these take, without the texts and bytes in their columns. Objects that were expunged one by
    /// one count as well: they are freed with the session's others.
    pub object_bytes: usize,
    /// How many objects a flush would insert.
    pub pending: usize,
    /// How many objects have unsaved changes.
    pub modified: usize,
    /// How many objects a flush would delete.
    pub deleted: usize,
    /// How many statements it has run, failed ones included; transaction control is not counted.
    pub statements: u64,
}

impl Session {
    /// How large the session has become: for the log of a program that keeps one for long.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// let users = session.all(select::<User>()).await?;
    /// assert_eq!(session.stats().objects, [("User", users.len())]);
    /// session.expunge_all();
    /// assert!(session.stats().objects.is_empty());
    /// # Ok(()) }
    /// # fn main() {}
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
