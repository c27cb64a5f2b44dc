use indexmap::{IndexMap, IndexSet};

use super::flush::Flush;
use super::unit_of_work::{LinkRow, Ref};
use crate::error::Result;
use crate::model::RelationDef;
use crate::sql::{Bind, Insert, Writer};
use crate::value::Value;

/// A link table and its columns.
type Table = (&'static str, Vec<&'static str>);

/// The rows to insert into each link table.
type Tables = IndexMap<Table, IndexSet<Vec<Value>>>;

impl Flush<'_> {
    /// Inserts the rows of link tables, one statement a table. A link that is given from both sides is one row.
    pub(super) async fn link_rows(&mut self) -> Result<()> {
        let mut tables = Tables::new();
        for row in std::mem::take(&mut self.unit.links) {
            let Some((table, values)) = self.link_row(&row)? else { continue };
            tables.entry(table).or_default().insert(values);
        }
        for ((table, columns), rows) in tables {
            let room = self.dialect.bind_limit() / columns.len().max(1);
            let rows: Vec<Vec<Value>> = rows.into_iter().collect();
            for chunk in rows.chunks(room.max(1)) {
                let rows = chunk.iter().map(|row| row.iter().cloned().map(Bind::from).collect()).collect();
                let insert =
                    Insert { table, columns: columns.clone(), rows, conflict: None, returning: Vec::new() };
                let mut statement = Writer::insert(self.dialect, &insert);
                statement.path = Some(table.into());
                statement.strategy = Some("flush");
                self.lease.execute(self.monitor, &statement).await?;
            }
        }
        Ok(())
    }

    fn link_row(&self, row: &LinkRow) -> Result<Option<(Table, Vec<Value>)>> {
        let relation: &RelationDef = row.relation;
        let Some(through) = &relation.through else { return Ok(None) };
        let (Some(parent), Some(target)) = (Ref::node(&row.parent), Ref::node(&row.target)) else {
            return Ok(None);
        };
        let keys = self.store.values(parent.arena, parent.node, &relation.local_columns()?);
        let target_keys = self.store.values(target.arena, target.node, &relation.remote_columns()?);
        // Both sides of one table name its columns in their own order.
        let mut cells: Vec<(&'static str, Value)> = through.key.iter().copied().zip(keys).collect();
        cells.extend(through.target_key.iter().copied().zip(target_keys));
        cells.sort_by_key(|(column, _)| *column);
        let (columns, values) = cells.into_iter().unzip();
        Ok(Some(((through.table, columns), values)))
    }
}
