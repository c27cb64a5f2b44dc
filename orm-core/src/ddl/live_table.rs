//! A table as its database describes it.

use super::catalog::{Asked, Catalog};
use super::create_text::CreateText;
use crate::driver::Lease;
use crate::error::Result;
use crate::model::{Condition, KeyAction};
use crate::observe::Monitor;
use crate::sql::{Dialect, TableName};
use crate::value::{Cells, Value, ValueKind};

/// A table as the database has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LiveTable {
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
    /// Whether it is something other than a table: a view, a virtual or a foreign table.
    pub(crate) is_view: bool,
    pub(crate) columns: Vec<LiveColumn>,
    pub(crate) indexes: Vec<LiveIndex>,
    pub(crate) keys: Vec<LiveKey>,
    pub(crate) checks: Vec<LiveCheck>,
    /// What follows the columns in the text that made it, on SQLite: `STRICT`, `WITHOUT ROWID`.
    pub(crate) options: String,
    /// The texts that made its triggers, on SQLite, where a rebuild drops them.
    pub(crate) triggers: Vec<String>,
    pub(crate) comment: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct LiveColumn {
    pub(crate) name: String,
    pub(crate) type_name: String,
    pub(crate) not_null: bool,
    /// Whether the database fills it in where an INSERT leaves it out.
    pub(crate) filled_in: bool,
    /// The type, if it is an enum of the database or a list of such an enum.
    pub(crate) enumerated: Option<LiveEnum>,
    pub(crate) default: Option<String>,
    pub(crate) computed: Option<Computed>,
    /// Whether it is a key that the database numbers.
    pub(crate) auto: bool,
    pub(crate) collation: Option<String>,
    /// `on update current_timestamp()` of MySQL.
    pub(crate) on_update: Option<String>,
    pub(crate) comment: Option<String>,
    /// What a model declares it as; no catalogue tells.
    pub(crate) kind: Option<ValueKind>,
}

/// What makes the values of a generated column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Computed {
    pub(crate) expression: String,
    pub(crate) stored: bool,
}

/// An enum of the database's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiveEnum {
    pub(crate) name: String,
    pub(crate) labels: Vec<String>,
}

/// An index. An expression in it is not a column, and is none here.
#[derive(Debug, Clone)]
pub(crate) struct LiveIndex {
    pub(crate) name: String,
    pub(crate) unique: bool,
    pub(crate) primary: bool,
    /// Whether it leaves rows out, or is not valid.
    pub(crate) partial: bool,
    /// Which rows it contains, in the database's words; `None` if it contains all, or if that was not read.
    pub(crate) condition: Option<String>,
    /// Whether it is one that no model declares: of expressions, descending, of another kind, of rows that a model's condition
    /// cannot choose.
    pub(crate) special: bool,
    /// Whether a constraint made it.
    pub(crate) constraint: bool,
    pub(crate) columns: Vec<Option<String>>,
    /// The statement that makes it, where the database gives it.
    pub(crate) definition: Option<String>,
}

/// A foreign key. A column that it refers to without naming it is one of the primary key.
#[derive(Debug, Clone)]
pub(crate) struct LiveKey {
    pub(crate) name: String,
    pub(crate) parent: String,
    /// Where it is another one than the table's own.
    pub(crate) parent_schema: Option<String>,
    pub(crate) columns: Vec<(String, Option<String>)>,
    pub(crate) on_delete: KeyAction,
    pub(crate) on_update: KeyAction,
}

/// A CHECK constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiveCheck {
    /// `None` if it was declared without one.
    pub(crate) name: Option<String>,
    pub(crate) expression: String,
    /// The column whose definition contains it, on MariaDB.
    pub(crate) of_column: Option<String>,
}

/// By the word of SQL or PostgreSQL's letter.
fn action(text: Option<&str>) -> KeyAction {
    match text {
        Some("r" | "RESTRICT") => KeyAction::Restrict,
        Some("c" | "CASCADE") => KeyAction::Cascade,
        Some("n" | "SET NULL") => KeyAction::SetNull,
        Some("d" | "SET DEFAULT") => KeyAction::SetDefault,
        _ => KeyAction::NoAction,
    }
}

/// What is read of tables beside columns, indexes and keys.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// CHECK constraints.
    pub(super) checks: bool,
    /// The actions of foreign keys, where they cost a statement.
    pub(super) actions: bool,
}

/// Reads what the database has of some tables, in three statements for each schema that they are in, and one more for
/// each of what is wanted beside.
pub(super) async fn read(
    lease: &mut Lease,
    monitor: &Monitor,
    dialect: Dialect,
    tables: &[TableName],
    wanted: Wanted,
) -> Result<Vec<LiveTable>> {
    let mut schemas: Vec<Option<&'static str>> = tables.iter().map(|table| table.schema).collect();
    schemas.sort_unstable();
    schemas.dedup();
    let mut live = Vec::new();
    for schema in schemas {
        let names: Vec<&'static str> =
            tables.iter().filter(|table| table.schema == schema).map(|table| table.name).collect();
        let mut asking = Asking { lease, monitor, dialect, schema, asked: Asked::Named(&names) };
        live.append(&mut asking.tables(wanted).await?);
    }
    Ok(live)
}

/// Everything that a database has in some schemas; none is the one that the connection is in.
pub(crate) async fn read_all(
    lease: &mut Lease,
    monitor: &Monitor,
    dialect: Dialect,
    schemas: &[Option<String>],
) -> Result<(Vec<LiveTable>, Vec<LiveEnum>)> {
    let (mut live, mut enums) = (Vec::new(), Vec::new());
    for schema in schemas {
        let mut asking = Asking { lease, monitor, dialect, schema: schema.as_deref(), asked: Asked::All };
        live.append(&mut asking.tables(Wanted { checks: true, actions: true }).await?);
        if dialect == Dialect::Postgres && schema.is_none() {
            for row in asking.rows(Catalog::Enums).await? {
                let [name, labels, ..] = row;
                enums.extend(enumerated(labels, name));
            }
        }
    }
    Ok((live, enums))
}

/// How many cells the longest answer has.
const CELLS: usize = 16;

/// The tables of one schema that are asked about.
struct Asking<'a> {
    lease: &'a mut Lease,
    monitor: &'a Monitor,
    dialect: Dialect,
    schema: Option<&'a str>,
    asked: Asked<'a>,
}

impl Asking<'_> {
    async fn tables(&mut self, wanted: Wanted) -> Result<Vec<LiveTable>> {
        let mut live: Vec<LiveTable> = Vec::new();
        for row in self.rows(Catalog::Columns).await? {
            let [name, is_view, column, type_name, not_null, filled_in, labels, of, rest @ ..] = row;
            let [default, computed, stored, auto, collation, on_update, comment, of_table] = rest;
            let name = text(name).unwrap_or_default();
            if live.last().is_none_or(|table| table.name != name) {
                live.push(LiveTable {
                    schema: self.schema.map(str::to_owned),
                    name,
                    is_view: flag(&is_view),
                    comment: text(of_table),
                    ..LiveTable::default()
                });
            }
            if let Some(table) = live.last_mut() {
                let stored = flag(&stored);
                table.columns.push(LiveColumn {
                    name: text(column).unwrap_or_default(),
                    type_name: text(type_name).unwrap_or_default(),
                    not_null: flag(&not_null),
                    filled_in: flag(&filled_in),
                    enumerated: enumerated(labels, of),
                    default: text(default),
                    computed: text(computed).map(|expression| Computed { expression, stored }),
                    auto: flag(&auto),
                    collation: text(collation),
                    on_update: text(on_update),
                    comment: text(comment),
                    kind: None,
                });
            }
        }
        for row in self.rows(Catalog::Indexes).await? {
            let [
                table,
                name,
                unique,
                primary,
                column,
                partial,
                special,
                constraint,
                definition,
                condition,
                ..,
            ] = row;
            let Some(table) = find(&mut live, table) else { continue };
            let name = text(name).unwrap_or_default();
            if table.indexes.last().is_none_or(|index| index.name != name) {
                table.indexes.push(LiveIndex {
                    name,
                    unique: flag(&unique),
                    primary: flag(&primary),
                    partial: flag(&partial),
                    condition: text(condition),
                    special: false,
                    constraint: flag(&constraint),
                    columns: Vec::new(),
                    definition: text(definition),
                });
            }
            if let Some(index) = table.indexes.last_mut() {
                index.special |= flag(&special);
                index.columns.push(text(column));
            }
        }
        for row in self.rows(Catalog::ForeignKeys).await? {
            let [table, name, parent, column, refers_to, parent_schema, on_delete, on_update, ..] = row;
            let Some(table) = find(&mut live, table) else { continue };
            let name = text(name).unwrap_or_default();
            if table.keys.last().is_none_or(|key| key.name != name) {
                table.keys.push(LiveKey {
                    name,
                    parent: text(parent).unwrap_or_default(),
                    parent_schema: text(parent_schema),
                    columns: Vec::new(),
                    on_delete: action(text(on_delete).as_deref()),
                    on_update: action(text(on_update).as_deref()),
                });
            }
            if let Some(key) = table.keys.last_mut() {
                key.columns.push((text(column).unwrap_or_default(), text(refers_to)));
            }
        }
        if matches!(self.dialect, Dialect::Mysql(_)) && wanted.actions {
            for row in self.rows(Catalog::KeyActions).await? {
                let [table, name, on_delete, on_update, ..] = row;
                let Some(table) = find(&mut live, table) else { continue };
                let name = text(name).unwrap_or_default();
                if let Some(key) = table.keys.iter_mut().find(|key| key.name == name) {
                    key.on_delete = action(text(on_delete).as_deref());
                    key.on_update = action(text(on_update).as_deref());
                }
            }
        }
        match (wanted.checks, self.dialect) {
            (false, _) => {}
            (true, Dialect::Sqlite) => self.texts(&mut live).await?,
            (true, Dialect::Postgres | Dialect::Mysql(_)) => self.checks(&mut live).await?,
        }
        for table in &mut live {
            let conditions: Vec<bool> =
                table.indexes.iter().map(|index| table.is_chosen_otherwise(self.dialect, index)).collect();
            for (index, otherwise) in table.indexes.iter_mut().zip(conditions) {
                index.special |= otherwise;
            }
        }
        Ok(live)
    }

    async fn checks(&mut self, live: &mut [LiveTable]) -> Result<()> {
        for row in self.rows(Catalog::Checks).await? {
            let [table, name, expression, in_column, ..] = row;
            let Some(table) = find(live, table) else { continue };
            let (name, expression) = (text(name), text(expression).unwrap_or_default());
            let of_column = name.clone().filter(|_| flag(&in_column));
            table.checks.push(LiveCheck { name, expression, of_column });
        }
        Ok(())
    }

    /// What only the texts of SQLite's schema tell.
    async fn texts(&mut self, live: &mut [LiveTable]) -> Result<()> {
        for row in self.rows(Catalog::Texts).await? {
            let [table, kind, name, sql, ..] = row;
            let (kind, name, sql) = (text(kind), text(name), text(sql).unwrap_or_default());
            let Some(table) = find(live, table) else { continue };
            match kind.as_deref() {
                Some("table") if !table.is_view => {
                    let read = CreateText::read(&sql);
                    for column in &mut table.columns {
                        let Some(said) = read.column(&column.name) else { continue };
                        column.collation.clone_from(&said.collation);
                        column.computed.clone_from(&said.computed);
                    }
                    table.checks = read.checks;
                    table.options = read.options;
                }
                Some("index") => {
                    let index = table.indexes.iter_mut().find(|index| Some(&index.name) == name.as_ref());
                    if let Some(index) = index {
                        index.condition = CreateText::condition(&sql);
                        index.definition = Some(sql);
                    }
                }
                Some("trigger") => table.triggers.push(sql),
                _ => {}
            }
        }
        Ok(())
    }

    /// The rows of an answer; a cell that it does not have is NULL.
    async fn rows(&mut self, catalog: Catalog) -> Result<Vec<[Value; CELLS]>> {
        let mut rows = Vec::new();
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            let cell = |index| cells.cell(index).map_or(Value::Null, |cell| cell.to_value());
            rows.push(std::array::from_fn(cell));
            Ok(())
        };
        let statement = catalog.statement(self.dialect, self.schema, self.asked);
        self.lease.fetch(self.monitor, &statement, &mut sink).await?;
        Ok(rows)
    }
}

impl LiveTable {
    /// The condition of an index, whose columns are places in the table; `None` if it has none, or one that a model cannot have.
    pub(crate) fn condition(&self, dialect: Dialect, index: &LiveIndex) -> Option<Condition> {
        let place =
            |name: &str| self.columns.iter().position(|column| dialect.is_same_name(&column.name, name));
        Condition::read(index.condition.as_deref()?, &place).ok()
    }

    /// The columns that choose the rows of an index.
    #[cfg(feature = "migrate")]
    pub(crate) fn chosen_by(&self, dialect: Dialect, index: &LiveIndex) -> Vec<&str> {
        let columns = self.condition(dialect, index).map(|condition| condition.columns());
        columns.unwrap_or_default().into_iter().map(|at| self.columns[at].name.as_str()).collect()
    }

    /// Whether an index contains rows that the condition of a model cannot choose.
    fn is_chosen_otherwise(&self, dialect: Dialect, index: &LiveIndex) -> bool {
        match index.condition {
            Some(_) => self.condition(dialect, index).is_none(),
            // What is partial on PostgreSQL without a condition is not valid.
            None => index.partial && dialect == Dialect::Sqlite,
        }
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
