//! One object by its key.

use super::loader::Loader;
use crate::error::Result;
use crate::graph::ArenaId;
use crate::load::plan::LoadPlan;
use crate::model::ModelDef;
use crate::query::Strategy;
use crate::value::{Cells, Value};

impl Loader<'_> {
    /// The object with a primary key, read from its row; `None` if there is no such row. Only for a model that
    /// [`is_plain`]: such a plan has no loads, so one statement is all that remains.
    ///
    /// # Errors
    /// The database refuses the statement, or the row does not fit.
    pub(crate) async fn by_key(&mut self, arena: ArenaId, key: Vec<Value>) -> Result<Option<u32>> {
        let plan = LoadPlan::by_key(self.store.model(arena), key, self.dialect)?;
        let [branch] = &plan.branches[..] else { return Ok(None) };
        let mut node = None;
        let (store, existing) = (&mut *self.store, self.existing);
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            let part = branch.selection.cells(cells, 0);
            let own: &dyn Cells = if branch.selection.is_whole() { cells } else { &part };
            node = store.hydrate(arena, own, existing)?.map(|found| found.node);
            Ok(())
        };
        self.lease.fetch(self.monitor, &plan.statement, &mut sink).await?;
        Ok(node)
    }
}

/// Whether a query for one object of a model is one statement without joins.
pub(crate) fn is_plain(def: &ModelDef) -> bool {
    def.relations.iter().all(|relation| Strategy::of_default(relation.lazy).is_none())
}
