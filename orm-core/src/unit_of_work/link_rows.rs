use indexmap::{IndexMap, IndexSet};

use super::flush::Flush;
use super::unit_of_work::{LinkRow, Ref};
use crate::error::Result;
use crate::model::RelationDef;
use crate::sql::{Bind, Insert, KeyColumn, TableName, Writer};
use crate::value::Value;

/// A link table and its columns.
type Table = (TableName, Vec<KeyColumn>);

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
                let bind = |(column, value): (&KeyColumn, &Value)| Bind {
                    value: value.clone(),
                    secret: column.secret,
                    kind: Some(column.kind),
                };
                let values = chunk.iter().flat_map(|row| columns.iter().zip(row).map(bind)).collect();
                let columns = columns.iter().map(|column| column.name).collect();
                let (rows, conflict, returning) = (chunk.len(), None, Vec::new());
                let insert = Insert { table, columns, rows, values, conflict, returning };
                let mut statement = Writer::insert(self.dialect, insert);
                statement.path = Some(table.to_string().into());
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
        let (local, remote) = (relation.local_columns()?, relation.remote_columns()?);
        let keys = self.store.values(parent.arena, parent.node, &local);
        let target_keys = self.store.values(target.arena, target.node, &remote);
        // Both sides of one table name its columns in their own order.
        let here = relation.parent().link_columns(through.key, &local);
        let there = relation.target().link_columns(through.target_key, &remote);
        let mut cells: Vec<(KeyColumn, Value)> = here.into_iter().zip(keys).collect();
        cells.extend(there.into_iter().zip(target_keys));
        cells.sort_by_key(|(column, _)| *column);
        let (columns, values) = cells.into_iter().unzip();
        Ok(Some(((through.table, columns), values)))
    }
}
