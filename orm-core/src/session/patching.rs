//! Applies a client's input to objects.

use super::Session;
use crate::entity::AsEntity;
use crate::error::Result;
use crate::model::model::Model;
use crate::unit_of_work::{Permitted, Problems};

impl Session {
    /// Applies a client's input to an object: the columns that the client sent and
    /// [`Input::permit`](crate::write::Input::permit) allowed, and those that the program added. Other columns stay
    /// unchanged. The next flush writes what differs from the row. It runs no statement.
    ///
    /// # Errors
    /// `InvalidInput`: a value is not valid for its field. Nothing is changed, and a client may see the message. Those of
    /// [`edit`](Self::edit).
    pub fn patch<E: AsEntity>(&mut self, entity: E, input: Permitted<E::Model>) -> Result<()> {
        let entity = entity.as_entity();
        let (node, def) = (self.editable(entity)?, E::Model::def());
        let mut problems = Problems::default();
        for change in input.values() {
            match self.store.arena(node.arena).fits(node.node, std::slice::from_ref(change)) {
                Ok(()) => problems.add_unstorable(self.database.dialect(), &input, change),
                Err(error) => problems.add_unfit(&def.columns[error.column], &error.error),
            }
        }
        problems.none()?;
        let arena = self.store.graph().arena::<E::Model>(node.arena);
        let version = arena.duplicate_with(node.node, input.values());
        self.publish_edit::<E::Model>(node, version)
    }
}
