//! Reads values that the database made.

use super::flush::Flush;
use super::taking::Taking;
use crate::driver::KeyOf;
use crate::error::Result;
use crate::graph::{ArenaId, ObjectId};
use crate::model::{ColumnDef, ModelDef};
use crate::sql::{NamedColumn, Statement};
use crate::value::Value;

/// Columns whose values the database makes are read after each write: by RETURNING if it includes them, and by a SELECT
/// otherwise.
impl Flush<'_> {
    /// Whether RETURNING misses what triggers change: SQLite returns rows as they were before its triggers.
    pub(super) fn asks_after(&self, def: &ModelDef) -> bool {
        !self.dialect.returns_after_triggers() && def.columns.iter().any(|column| column.read_back)
    }

    /// What an UPDATE of some columns returns: the key, what the database may have changed, and the times that its clock
    /// `told`; empty if that is read afterwards.
    pub(super) fn returned_by_update(&self, def: &ModelDef, columns: &[usize], told: &[usize]) -> Vec<usize> {
        let moves = def.key.iter().any(|key| columns.contains(key));
        match self.dialect.update_returning() && !self.asks_after(def) && !moves {
            true => returned(def, told),
            false => Vec::new(),
        }
    }

    /// Runs an UPDATE and takes what it returns into the objects; returns how many rows it found.
    pub(super) async fn run_update(
        &mut self,
        statement: &Statement,
        arena: ArenaId,
        returned: &[usize],
    ) -> Result<u64> {
        if returned.is_empty() {
            return self.lease.execute(self.monitor, statement).await;
        }
        let rows = self.lease.values(self.monitor, statement, returned.len()).await?;
        let hit = rows.len() as u64;
        self.take_back(arena, returned, rows)?;
        Ok(hit)
    }

    /// Reads what the database made of updated rows, if their UPDATE did not return it.
    pub(super) async fn read_back(
        &mut self,
        arena: ArenaId,
        nodes: &[ObjectId],
        told: &[usize],
    ) -> Result<()> {
        let def = self.store.def(arena);
        let returned = returned(def, told);
        if returned.is_empty() {
            return Ok(());
        }
        let keys: Vec<Vec<Value>> = nodes.iter().map(|node| self.store.key(*node)).collect();
        let columns: Vec<NamedColumn> = returned.iter().map(|column| def.columns[*column].named()).collect();
        let of = KeyOf { table: def.table, key: &def.key_columns(def.key), path: def.name };
        let rows = self.lease.rows_of_keys(self.monitor, of, &columns, &keys).await?;
        self.take_back(arena, &returned, rows)
    }

    /// As [`read_back`](Self::read_back) after a bulk statement, for the objects that it returned or that the session holds;
    /// their unsaved changes stay.
    pub(super) async fn read_back_bulk(&mut self, arena: ArenaId, nodes: &[u32]) -> Result<()> {
        let def = self.store.def(arena);
        if nodes.is_empty() || !self.asks_after(def) {
            return Ok(());
        }
        let keys: Vec<Vec<Value>> =
            nodes.iter().map(|node| self.store.key(ObjectId { arena, node: *node })).collect();
        let taking = Taking::read_back(self.store.model(arena));
        self.ask(arena, def.key, &keys, &taking, &mut Vec::new()).await?;
        Ok(())
    }

    fn take_back(&mut self, arena: ArenaId, returned: &[usize], rows: Vec<Vec<Value>>) -> Result<()> {
        let width = self.store.def(arena).key.len();
        for mut row in rows {
            let values = row.split_off(width);
            let Some(node) = self.store.find(arena, &row) else { continue };
            // What a later step writes is NULL in the row until then, and not in the object.
            let changes = returned[width..].iter().copied().zip(values);
            let changes = changes.filter(|(column, _)| !self.is_late(node, *column)).collect();
            self.unit.change(self.store, node, changes)?;
        }
        Ok(())
    }
}

/// The key and the columns that the database fills in or changes; empty if there are no such columns.
fn returned(def: &ModelDef, told: &[usize]) -> Vec<usize> {
    let comes_back = |(at, column): &(usize, &ColumnDef)| column.comes_back() || told.contains(at);
    let mut columns = def.columns.iter().enumerate().filter(comes_back).peekable();
    if columns.peek().is_none() {
        return Vec::new();
    }
    def.key.iter().copied().chain(columns.map(|(at, _)| at)).collect()
}
