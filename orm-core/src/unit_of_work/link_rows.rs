//! Inserts and deletes rows of link tables.

use hashbrown::HashSet;
use indexmap::IndexMap;

use super::flush::Flush;
use super::flush_plan::FlushStep;
use super::key_links::KeyLink;
use super::unit_of_work::{LinkRow, Ref};
use crate::driver::KeyOf;
use crate::error::{Error, ErrorKind, Result};
use crate::model::RelationDef;
use crate::query::hides;
use crate::sql::{Bind, Conflict, Insert, KeyColumn, NamedColumn, Param, TableName, Writer};
use crate::value::Value;

/// A link table and its columns.
type Table = (TableName, Vec<KeyColumn>);

/// The rows of each link table, those apart whose collections were loaded; with the relationship of one of them.
type Tables = IndexMap<(Table, bool), (&'static RelationDef, Vec<Vec<Value>>)>;

impl Flush<'_> {
    /// Deletes the rows of link tables that lost their link, one statement a table.
    ///
    /// # Errors
    /// `Stale`: one that a collection showed was not there.
    pub(super) async fn unlinked_rows(&mut self) -> Result<()> {
        let mut tables = Tables::new();
        for row in self.unit.unlinks.take() {
            let Some((table, values)) = self.link_row(&row) else { continue };
            let rows = tables.entry((table, row.seen)).or_insert_with(|| (row.relation, Vec::new()));
            rows.1.push(values);
        }
        let by_key = self.unit.key_links.take(false);
        add_by_key(&mut tables, &by_key);
        by_key.iter().for_each(|link| self.follow_key_link(link, false));
        for (((table, columns), seen), (relation, rows)) in tables {
            let gone = self.delete_where(table, &columns, &rows).await?;
            self.unit.rows_written(self.store, table);
            self.executed(|| FlushStep::Unlink { table, rows: rows.len() });
            // A link of collections that were not loaded may never have been there.
            if seen && gone < rows.len() as u64 {
                return Err(stale_links(relation, table, rows.len(), gone));
            }
        }
        Ok(())
    }

    /// Inserts the rows of link tables, one statement a table. A link that is given from both sides is one row, and one
    /// that may be there already, because no collection showed it, is not inserted twice.
    pub(super) async fn link_rows(&mut self) -> Result<()> {
        let mut tables = Tables::new();
        for row in self.unit.links.take() {
            let Some((table, values)) = self.link_row(&row) else { continue };
            // A collection does not show links that criteria hide.
            let seen = row.seen && !hides(self.criteria, row.relation);
            let rows = tables.entry((table, seen)).or_insert_with(|| (row.relation, Vec::new()));
            rows.1.push(values);
        }
        let by_key = self.unit.key_links.take(true);
        add_by_key(&mut tables, &by_key);
        by_key.iter().for_each(|link| self.follow_key_link(link, true));
        for (((table, columns), seen), (relation, mut rows)) in tables {
            self.unit.rows_written(self.store, table);
            self.executed(|| FlushStep::Link { table, rows: rows.len() });
            let room = (self.dialect.bind_limit() / columns.len().max(1)).max(1);
            let asks = !seen && !self.dialect.counts_inserted_alone();
            if asks {
                // The server counts rows that stay as they are like those that it inserts.
                let there = self.links_there(table, &columns, &rows).await?;
                rows.retain(|row| !there.contains(row));
            }
            for chunk in rows.chunks(room) {
                let bind = |(column, value): (&KeyColumn, &Value)| {
                    let (secret, kind) = (column.secret, Some(column.kind));
                    Param::One(Bind { value: value.clone(), secret, kind })
                };
                let values = chunk.iter().flat_map(|row| columns.iter().zip(row).map(bind)).collect();
                let names = columns.iter().map(|column| column.name).collect();
                let nothing = Conflict::nothing();
                let conflict = (!seen && !asks).then_some(nothing);
                let insert = Insert {
                    table,
                    columns: names,
                    rows: chunk.len(),
                    values,
                    made: Vec::new(),
                    conflict,
                    returning: Vec::new(),
                };
                let mut statement = Writer::insert(self.dialect, insert);
                statement.path = Some(table.to_string().into());
                statement.strategy = Some("flush");
                let inserted = self.lease.execute(self.monitor, &statement).await?;
                if !seen
                    && !asks
                    && inserted < chunk.len() as u64
                    && self.links_there(table, &columns, chunk).await?.len() < chunk.len()
                {
                    return Err(another_constraint(relation, table));
                }
            }
        }
        Ok(())
    }

    /// Which of some rows of a link table exist.
    async fn links_there(
        &mut self,
        table: TableName,
        columns: &[KeyColumn],
        rows: &[Vec<Value>],
    ) -> Result<HashSet<Vec<Value>>> {
        let form = |row: &Vec<Value>| row.iter().cloned().map(Value::into_key_form).collect::<Vec<Value>>();
        let named = |column: &KeyColumn| NamedColumn { name: column.name, secret: column.secret };
        let named: Vec<NamedColumn> = columns.iter().map(named).collect();
        let of = KeyOf { table, key: columns, path: &table.to_string() };
        let there = self.lease.rows_of_keys(self.monitor, of, &named, rows).await?;
        let there: HashSet<Vec<Value>> = there.iter().map(form).collect();
        Ok(rows.iter().filter(|row| there.contains(&form(row))).cloned().collect())
    }

    fn link_row(&self, row: &LinkRow) -> Option<(Table, Vec<Value>)> {
        let relation = row.relation;
        let (Some(parent), Some(target)) = (Ref::node(&row.parent), Ref::node(&row.target)) else {
            return None;
        };
        let (local, remote) = (relation.local_columns(), relation.remote_columns());
        let parent = self.store.values(parent, local);
        let target = self.store.values(target, remote);
        KeyLink { relation, parent, target }.row()
    }
}

/// Links by keys that do not come from linked objects. Whether their rows exist is unknown.
fn add_by_key(tables: &mut Tables, links: &[KeyLink]) {
    if links.is_empty() {
        return;
    }
    let form = |row: &Vec<Value>| row.iter().cloned().map(Value::into_key_form).collect::<Vec<Value>>();
    let rows = tables.iter().flat_map(|((table, _), (_, rows))| rows.iter().map(|row| (table.0, form(row))));
    let there: HashSet<(TableName, Vec<Value>)> = rows.collect();
    for link in links {
        let Some((table, values)) = link.row() else { continue };
        if !there.contains(&(table.0, form(&values))) {
            tables.entry((table, false)).or_insert_with(|| (link.relation, Vec::new())).1.push(values);
        }
    }
}

fn stale_links(relation: &RelationDef, table: TableName, expected: usize, gone: u64) -> Error {
    Error::new(
        ErrorKind::Stale,
        format!(
            "tried to delete {expected} rows of `{table}` for links that `{}` lost, but only {gone} still exist: the \
             others were deleted concurrently; roll back and reload the collection",
            relation.path()
        ),
    )
}

fn another_constraint(relation: &RelationDef, table: TableName) -> Error {
    Error::new(
        ErrorKind::UniqueViolation,
        format!(
            "`{}`: a unique constraint of `{table}` refused a new link; another link already has one of its values",
            relation.path()
        ),
    )
}
