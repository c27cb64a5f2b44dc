use super::catalog::Catalog;
use crate::driver::{Lease, Monitor};
use crate::error::Result;
use crate::sql::{Dialect, TableName};
use crate::value::{Cells, Value};

/// A table as the database has it.
#[derive(Debug, Default)]
pub(super) struct LiveTable {
    pub(super) schema: Option<&'static str>,
    pub(super) name: String,
    pub(super) is_view: bool,
    pub(super) columns: Vec<LiveColumn>,
    pub(super) indexes: Vec<LiveIndex>,
    pub(super) keys: Vec<LiveKey>,
}

#[derive(Debug)]
pub(super) struct LiveColumn {
    pub(super) name: String,
    pub(super) type_name: String,
    pub(super) not_null: bool,
    /// Whether the database fills it in where an INSERT leaves it out.
    pub(super) filled_in: bool,
    /// Of an enum of the database's own, or a list of such, what it is.
    pub(super) enumerated: Option<LiveEnum>,
}

/// An enum of the database's own.
#[derive(Debug)]
pub(super) struct LiveEnum {
    pub(super) name: String,
    pub(super) labels: Vec<String>,
}

/// An index of all rows. An expression in it is no column, and has none here.
#[derive(Debug)]
pub(super) struct LiveIndex {
    name: String,
    pub(super) unique: bool,
    pub(super) primary: bool,
    pub(super) columns: Vec<Option<String>>,
}

/// A foreign key. A column that it refers to without naming it is one of the primary key.
#[derive(Debug)]
pub(super) struct LiveKey {
    name: String,
    pub(super) parent: String,
    /// Where it is another one than the table's own.
    pub(super) parent_schema: Option<String>,
    pub(super) columns: Vec<(String, Option<String>)>,
}

/// Reads what the database has of some tables, in three statements for each schema that they are in.
pub(super) async fn read(
    lease: &mut Lease,
    monitor: &Monitor,
    dialect: Dialect,
    tables: &[TableName],
) -> Result<Vec<LiveTable>> {
    let mut schemas: Vec<Option<&'static str>> = tables.iter().map(|table| table.schema).collect();
    schemas.sort_unstable();
    schemas.dedup();
    let mut live = Vec::new();
    for schema in schemas {
        let names = tables.iter().filter(|table| table.schema == schema).map(|table| table.name).collect();
        let mut asking = Asking { lease, monitor, dialect, schema, names };
        live.append(&mut asking.tables().await?);
    }
    Ok(live)
}

/// The tables of one schema that are asked about.
struct Asking<'a> {
    lease: &'a mut Lease,
    monitor: &'a Monitor,
    dialect: Dialect,
    schema: Option<&'static str>,
    names: Vec<&'static str>,
}

impl Asking<'_> {
    async fn tables(&mut self) -> Result<Vec<LiveTable>> {
        let mut live: Vec<LiveTable> = Vec::new();
        for row in self.rows(Catalog::Columns).await? {
            let [name, is_view, column, type_name, not_null, filled_in, labels, of] = row;
            let name = text(name).unwrap_or_default();
            if live.last().is_none_or(|table| table.name != name) {
                live.push(LiveTable {
                    schema: self.schema,
                    name,
                    is_view: flag(&is_view),
                    ..LiveTable::default()
                });
            }
            if let Some(table) = live.last_mut() {
                table.columns.push(LiveColumn {
                    name: text(column).unwrap_or_default(),
                    type_name: text(type_name).unwrap_or_default(),
                    not_null: flag(&not_null),
                    filled_in: flag(&filled_in),
                    enumerated: enumerated(labels, of),
                });
            }
        }
        for row in self.rows(Catalog::Indexes).await? {
            let [table, name, unique, primary, column, ..] = row;
            let Some(table) = find(&mut live, table) else { continue };
            let name = text(name).unwrap_or_default();
            if table.indexes.last().is_none_or(|index| index.name != name) {
                let (unique, primary) = (flag(&unique), flag(&primary));
                table.indexes.push(LiveIndex { name, unique, primary, columns: Vec::new() });
            }
            if let Some(index) = table.indexes.last_mut() {
                index.columns.push(text(column));
            }
        }
        for row in self.rows(Catalog::ForeignKeys).await? {
            let [table, name, parent, column, refers_to, parent_schema, ..] = row;
            let Some(table) = find(&mut live, table) else { continue };
            let name = text(name).unwrap_or_default();
            if table.keys.last().is_none_or(|key| key.name != name) {
                let (parent, parent_schema) = (text(parent).unwrap_or_default(), text(parent_schema));
                table.keys.push(LiveKey { name, parent, parent_schema, columns: Vec::new() });
            }
            if let Some(key) = table.keys.last_mut() {
                key.columns.push((text(column).unwrap_or_default(), text(refers_to)));
            }
        }
        Ok(live)
    }

    /// The rows of an answer; a cell that it does not have is NULL.
    async fn rows(&mut self, catalog: Catalog) -> Result<Vec<[Value; 8]>> {
        let mut rows = Vec::new();
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            let cell = |index| cells.cell(index).map_or(Value::Null, |cell| cell.to_value());
            rows.push(std::array::from_fn(cell));
            Ok(())
        };
        let statement = catalog.statement(self.dialect, self.schema, &self.names);
        self.lease.fetch(self.monitor, &statement, &mut sink).await?;
        Ok(rows)
    }
}

fn find(live: &mut [LiveTable], name: Value) -> Option<&mut LiveTable> {
    let name = text(name)?;
    live.iter_mut().find(|table| table.name == name)
}

fn enumerated(labels: Value, name: Value) -> Option<LiveEnum> {
    let Value::Array(labels) = labels else { return None };
    Some(LiveEnum { name: text(name)?, labels: labels.into_iter().filter_map(text).collect() })
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn flag(value: &Value) -> bool {
    matches!(value, Value::Bool(true)) || matches!(value, Value::Int(number) if *number != 0)
}
