use super::Session;
use crate::entity::AsEntity;
use crate::error::Result;
use crate::model::model::Model;
use crate::unit_of_work::{Permitted, Problems};

impl Session {
    /// Changes an object by what a client sent: the columns that [`Input::permit`](crate::write::Input::permit) let it set and
    /// it sent, and what the program added. The rest stays as it is; the next flush writes what differs from the database.
    ///
    /// # Errors
    /// `InvalidInput`: a value is none of its field's type, and nothing is changed; a client may see it. Those of
    /// [`edit`](Self::edit).
    pub fn patch<E: AsEntity>(&mut self, entity: E, input: Permitted<E::Model>) -> Result<()> {
        let entity = entity.as_entity();
        let (node, def) = (self.editable(entity)?, E::Model::def());
        let mut problems = Problems::default();
        for change in input.values() {
            if let Err(error) = self.store.arena(node.arena).fits(node.node, std::slice::from_ref(change)) {
                problems.add_unfit(&def.columns[error.column], &error.error);
            }
        }
        problems.none()?;
        let arena = self.store.graph().arena::<E::Model>(node.arena);
        let version = arena.duplicate_with(node.node, input.values());
        self.publish_edit::<E::Model>(node, version)
    }
}
