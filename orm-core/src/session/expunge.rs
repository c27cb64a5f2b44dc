//! Removes objects from a session.

use super::Session;
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::unit_of_work::{Pending, PendingState, another_session};

/// What [`Session::expunge`] removes from a session: an entity or a [`Pending`] object.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let satire = session.add(Tag::draft().name("satire"));
/// session.expunge(&satire)?;
/// session.commit().await?;
/// assert_eq!(session.count(select::<Tag>()).await?, 1);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken out of a session",
    label = "expected an `&Entity<M>` or a `&Pending<M>`"
)]
pub trait Expunge {
    /// Takes it out.
    ///
    /// # Errors
    /// As for [`Session::expunge`].
    #[doc(hidden)]
    fn expunge_from(self, session: &mut Session) -> Result<()>;
}

impl<M: Model, L> Expunge for &Entity<M, L> {
    fn expunge_from(self, session: &mut Session) -> Result<()> {
        session.check_mine(self)?;
        let place = self.place();
        let node = place.id();
        let with_it = session.unit.held_with(&session.store, node, |cascade| cascade.expunge);
        session.unit.expunge_given(&mut session.store, &with_it);
        for node in with_it {
            session.unit.expunged(&mut session.store, node);
            session.store.expunge(node);
        }
        Ok(())
    }
}

impl<M: Model> Expunge for &Pending<M> {
    fn expunge_from(self, session: &mut Session) -> Result<()> {
        match self.cell().state() {
            PendingState::Flushed { .. } => self.entity()?.expunge_from(session),
            PendingState::Waiting if session.unit.expunge_pending(&mut session.store, self.cell()) => Ok(()),
            PendingState::Waiting => Err(another_session()),
            PendingState::Discarded => Err(Error::new(
                ErrorKind::InvalidState,
                format!("this `{}` was discarded before it had a row", M::def().name),
            )),
        }
    }
}

impl<M: Model, L> Expunge for Entity<M, L> {
    fn expunge_from(self, session: &mut Session) -> Result<()> {
        (&self).expunge_from(session)
    }
}
