//! Tables as a catalogue describes them.

use crate::ddl::{LiveColumn, LiveEnum, LiveIndex, LiveTable, read_all};
use crate::driver::{Database, Lease};
use crate::error::Result;
use crate::sql::{Dialect, Param, Statement};
use crate::value::Cells;

/// The tables of a database as its catalogue describes them, in one spelling: two that were read from one server are
/// compared word by word.
#[derive(Debug, Clone)]
pub(super) struct Structure {
    pub(super) dialect: Dialect,
    pub(super) tables: Vec<LiveTable>,
    /// The names of what is not a table.
    pub(super) views: Vec<String>,
    /// PostgreSQL's native enums.
    pub(super) enums: Vec<LiveEnum>,
}

impl Structure {
    /// Reads the tables of some schemas, and those of the schema that connections are in.
    pub(super) async fn read(
        database: &Database,
        lease: &mut Lease,
        schemas: &[String],
    ) -> Result<Structure> {
        let dialect = database.dialect();
        let current = match dialect {
            Dialect::Postgres => current_schema(database, lease).await?,
            Dialect::Sqlite | Dialect::Mysql(_) => None,
        };
        let others = schemas.iter().filter(|schema| Some(*schema) != current.as_ref());
        let asked: Vec<Option<String>> = std::iter::once(None).chain(others.cloned().map(Some)).collect();
        let (tables, enums) = read_all(lease, &database.monitor, dialect, &asked).await?;
        let (views, tables): (Vec<LiveTable>, Vec<LiveTable>) =
            tables.into_iter().partition(|table| table.is_view);
        let views = views.into_iter().map(|view| view.name).collect();
        let mut read = Structure { dialect, tables, views, enums };
        read.name_referred_columns();
        read.name_schemas(current.as_ref());
        Ok(read)
    }

    /// A table by its schema and name.
    pub(super) fn table(&self, schema: Option<&str>, name: &str) -> Option<&LiveTable> {
        self.tables
            .iter()
            .find(|table| table.schema.as_deref() == schema && self.dialect.is_same_name(&table.name, name))
    }

    /// SQLite leaves the columns of a key unnamed where they are the primary key.
    fn name_referred_columns(&mut self) {
        let parents = self.tables.clone();
        for table in &mut self.tables {
            for key in &mut table.keys {
                let parent = parents.iter().find(|parent| {
                    parent.schema == table.schema && self.dialect.is_same_name(&parent.name, &key.parent)
                });
                let primary = parent.and_then(primary_key).map(|index| index.columns.clone());
                for (place, (_, refers_to)) in key.columns.iter_mut().enumerate() {
                    if refers_to.is_none() {
                        *refers_to = primary.as_ref().and_then(|columns| columns.get(place)?.clone());
                    }
                }
            }
        }
    }

    /// Statements do not name the schema that connections are in.
    fn name_schemas(&mut self, current: Option<&String>) {
        for table in &mut self.tables {
            for key in &mut table.keys {
                key.parent_schema = match self.dialect {
                    Dialect::Sqlite => table.schema.clone(),
                    Dialect::Postgres => key.parent_schema.take().filter(|schema| Some(schema) != current),
                    Dialect::Mysql(_) => None,
                };
            }
        }
    }
}

/// The primary key of a table.
pub(super) fn primary_key(table: &LiveTable) -> Option<&LiveIndex> {
    table.indexes.iter().find(|index| index.primary)
}

/// A column of a table.
pub(super) fn column<'t>(dialect: Dialect, table: &'t LiveTable, name: &str) -> Option<&'t LiveColumn> {
    table.columns.iter().find(|column| dialect.is_same_name(&column.name, name))
}

/// Whether a column of texts contains JSON, as MariaDB has it: a constraint keeps the texts valid.
pub(super) fn holds_json(table: &LiveTable, column: &LiveColumn) -> bool {
    table.checks.iter().any(|check| {
        check.expression.to_ascii_lowercase().starts_with("json_valid(")
            && mentions(&check.expression, &column.name)
    })
}

/// Whether an expression mentions a column, by a word of it.
pub(super) fn mentions(expression: &str, name: &str) -> bool {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let (expression, name) = (expression.to_lowercase(), name.to_lowercase());
    expression.match_indices(&name).any(|(at, _)| {
        !expression[..at].ends_with(is_word) && !expression[at + name.len()..].starts_with(is_word)
    })
}

async fn current_schema(database: &Database, lease: &mut Lease) -> Result<Option<String>> {
    let mut name = None;
    let mut sink = |cells: &dyn Cells| -> Result<()> {
        name = cells.cell(0).ok().and_then(|cell| match cell.to_value() {
            crate::value::Value::Text(name) => Some(name),
            _ => None,
        });
        Ok(())
    };
    let statement = Statement {
        params: Vec::<Param>::new(),
        strategy: Some("check"),
        ..Statement::plain("SELECT current_schema()::text".to_owned())
    };
    lease.fetch(&database.monitor, &statement, &mut sink).await?;
    Ok(name)
}
