//! Changes columns of objects.

use super::unit_of_work::UnitOfWork;
use crate::error::Result;
use crate::graph::ObjectId;
use crate::identity::{Store, cell_error};
use crate::value::Value;

impl UnitOfWork {
    /// Changes columns of an object, so that the next flush writes them. A value equal to the row's is not a change.
    pub(crate) fn change(
        &mut self,
        store: &mut Store,
        node: ObjectId,
        changes: Vec<(usize, Value)>,
    ) -> Result<()> {
        if store.is_expired(node) {
            // The row's present content is unknown, so a value equal to its former one must be written too.
            self.assign(store, node, changes.iter().map(|(column, _)| *column));
        }
        let arena = store.arena(node.arena);
        let differs = |(column, value): &(usize, Value)| arena.view(node.node, *column) != value.as_ref();
        let changes: Vec<_> = changes.into_iter().filter(differs).collect();
        if changes.is_empty() {
            return Ok(());
        }
        // Of a link to a pending object and a value, the later one counts.
        self.cancel_waiting(store, node, |column| changes.iter().any(|(changed, _)| *changed == column));
        self.touch(store, node);
        let arena = store.arena(node.arena);
        let before = arena.version(node.node);
        let done = arena.change(node.node, &changes);
        done.map_err(|error| cell_error(store.def(node.arena), &error))?;
        let columns: Vec<usize> = changes.iter().map(|(column, _)| *column).collect();
        self.keys_changed(store, node, &columns, before);
        Ok(())
    }
}
