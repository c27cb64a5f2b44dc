//! Checks objects that were edited while expired.

use indexmap::IndexMap;

use super::flush::Flush;
use super::unit_of_work::{Unsaved, by_arena};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ArenaId, ObjectId};
use crate::identity::cell_error;
use crate::model::{ModelDef, Selection};
use crate::sql::{Expr, Lock, LockWait, Select, Source, TableRef, Writer};
use crate::value::{Cells, Value};

impl Flush<'_> {
    /// Looks whether the rows of objects that were edited while they were expired have what the objects showed, one
    /// statement for all of a model. The rows are locked, so that it is so until they are written.
    pub(super) async fn verify_expired_edits(&mut self) -> Result<()> {
        let deleted = &self.unit.deleted;
        let edited =
            |(node, unsaved): &(&ObjectId, &Unsaved)| unsaved.edited_expired && !deleted.contains(*node);
        let edited: Vec<ObjectId> = self.unit.dirty.iter().filter(edited).map(|(node, _)| *node).collect();
        for (arena, nodes) in by_arena(edited) {
            let most = self.dialect.key_limit(self.store.def(arena).key.len(), 0).max(1);
            for nodes in nodes.chunks(most) {
                self.verify_rows(arena, nodes).await?;
            }
        }
        Ok(())
    }

    async fn verify_rows(&mut self, arena: ArenaId, nodes: &[u32]) -> Result<()> {
        let def = self.store.def(arena);
        let undeferred = nodes.iter().flat_map(|node| self.store.undeferred(ObjectId { arena, node: *node }));
        let undeferred: Vec<usize> = undeferred.collect();
        let selection = Selection::new(self.store.model(arena), &undeferred);
        let source = Source::Table(def.table);
        let keys: Vec<_> =
            nodes.iter().map(|node| self.saved_values(ObjectId { arena, node: *node }, def.key)).collect();
        let mut select = Select::from(TableRef::table(def.table));
        selection.columns().for_each(|column| select.returns(column.expr(&source)));
        select.filter = Some(Expr::among(&source, &def.key_columns(def.key), &keys));
        select.lock = Some(Lock { share: false, wait: LockWait::Wait, of: None });
        let statement = Writer::select(self.dialect, &select).for_path(def.name, "flush");

        let form = |key: Vec<Value>| key.into_iter().map(Value::into_key_form).collect::<Vec<Value>>();
        let mut missing: IndexMap<Vec<Value>, u32> =
            keys.into_iter().map(form).zip(nodes.iter().copied()).collect();
        let (store, unit) = (&*self.store, &*self.unit);
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            let cells = &selection.cells(cells, 0);
            let key = def.key.iter().map(|column| cells.cell(*column).map(|cell| cell.to_value()));
            let key = key.collect::<Result<Vec<Value>, _>>().map(form).unwrap_or_default();
            let Some(node) = missing.swap_remove(&key) else { return Ok(()) };
            let saved = unit.saved_version(store, ObjectId { arena, node });
            let unlike = store.arena(arena).unlike(node, saved, cells);
            match unlike.map_err(|error| cell_error(def, &error))? {
                None => Ok(()),
                Some(column) => Err(changed_behind(def, &store.key(ObjectId { arena, node }), Some(column))),
            }
        };
        self.lease.fetch(self.monitor, &statement, &mut sink).await?;
        match missing.values().next() {
            None => Ok(()),
            Some(node) => Err(changed_behind(def, &self.store.key(ObjectId { arena, node: *node }), None)),
        }
    }
}

fn changed_behind(def: &ModelDef, key: &[Value], column: Option<usize>) -> Error {
    let why = match column {
        Some(column) => format!("its row now has another `{}`", def.columns[column].field),
        None => "its row is gone".to_owned(),
    };
    Error::new(
        ErrorKind::Stale,
        format!(
            "the `{}` with the key {} was expired when it was edited, and {why}; roll back, read it again with \
             `session.refresh(&object)` and repeat the edit",
            def.name,
            def.shown(def.key, key)
        ),
    )
}
