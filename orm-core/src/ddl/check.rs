//! Compares models with the tables of a database.

use super::Schema;
use super::create::Tables;
use super::foreign_key::ForeignKey;
use super::labels::enum_labels;
use super::live_table::{self, LiveColumn, LiveIndex, LiveKey, LiveTable, Wanted};
use super::live_type;
use super::schema_report::SchemaFindingKind as Kind;
use super::schema_report::SchemaReport;
use crate::driver::Lease;
use crate::error::Result;
use crate::model::{ColumnDef, Condition, IndexDef, KeyAction, ModelDef, RelationDef, ThroughDef};
use crate::observe::Monitor;
use crate::sql::{Dialect, TableName};
use crate::value::{EnumDef, ValueKind};

/// Compares models with the tables of the database.
///
/// # Errors
/// `InvalidModel`, as for [`create_statements`](super::create_statements); or the database's catalogue cannot be read.
pub async fn check(
    schema: &Schema,
    lease: &mut Lease,
    monitor: &Monitor,
    dialect: Dialect,
) -> Result<SchemaReport> {
    let tables = Tables::of(schema, dialect)?;
    let links = schema.link_tables();
    let names = tables.order.iter().map(|def| def.table);
    let names: Vec<TableName> = names.chain(links.iter().map(|(_, through)| through.table())).collect();
    let acts = |key: &ForeignKey| [key.on_delete, key.on_update] != [KeyAction::NoAction; 2];
    let computes = |def: &&ModelDef| def.columns.iter().any(|column| column.computed.is_some());
    // SQLite keeps the expressions of generated columns only in the texts of CREATE TABLE.
    let chooses = |def: &&ModelDef| def.indexes.iter().any(|index| index.condition.is_some());
    // Also conditions of indexes.
    let in_texts =
        dialect == Dialect::Sqlite && (tables.order.iter().any(computes) || tables.order.iter().any(chooses));
    let wanted =
        Wanted { checks: in_texts || !tables.checks.is_empty(), actions: tables.keys.iter().any(acts) };
    let live = live_table::read(lease, monitor, dialect, &names, wanted).await?;

    let mut check = Check { dialect, live, report: SchemaReport::default() };
    for def in &tables.order {
        check.model(&tables, def);
    }
    for (relation, through) in links {
        check.link(&tables, relation, through)?;
    }
    Ok(check.report)
}

struct Check {
    dialect: Dialect,
    live: Vec<LiveTable>,
    report: SchemaReport,
}

impl Check {
    fn model(&mut self, tables: &Tables, def: &'static ModelDef) {
        let table = def.table.to_string();
        let of = (def.name, table.as_str());
        let (dialect, report) = (self.dialect, &mut self.report);
        let Some(live) = self.live.iter().find(|live| live.is(dialect, def.table)) else {
            return report.push(Kind::MissingTable, of, [""; 0]);
        };
        for (at, column) in def.columns.iter().enumerate() {
            let Some(found) = live.column(dialect, column.name) else {
                report.push(Kind::MissingColumn, of, [column.name]);
                continue;
            };
            let expected = tables.declared(def, at, def.is_indexed(at));
            let fits = match enum_of(dialect, column.kind) {
                Some(of) => {
                    let is_list = expected.ends_with("[]") == found.type_name.ends_with("[]");
                    is_list && found.enumerated.as_ref().is_some_and(|live| live.name == of.name)
                }
                None => live_type::fits(dialect, &expected, &found.type_name),
            };
            let cut = column.length > live_type::length(&found.type_name)
                && live_type::length(&found.type_name).is_some();
            let rounds = !live.is_view && live_type::rounds(dialect, &expected, &found.type_name);
            if cut || rounds || !fits {
                let found = found.type_name.clone();
                report.push(Kind::Type { expected, found }, of, [column.name]);
            } else if let Some((def, labels)) = labels_of(dialect, column.kind, found)
                && labels != def.labels
            {
                let expected = def.labels.iter().map(|label| (*label).to_owned()).collect();
                report.push(Kind::Labels { expected, found: labels }, of, [column.name]);
            }
            let (expected, generates) = (column.computed.map(|computed| computed.sql), &found.computed);
            let generates = generates.as_ref().map(|computed| computed.expression.as_str());
            if !live.is_view && !is_generated_by(def, column, expected, generates) {
                let kind = Kind::Generated {
                    expected: expected.map(str::to_owned),
                    found: generates.map(str::to_owned),
                };
                report.push(kind, of, [column.name]);
            }
            // What a trigger fills in needs no default.
            let filled_in = found.filled_in || column.read_only;
            if column.generated && found.not_null && !filled_in && !live.is_view {
                report.push(Kind::NotFilledIn, of, [column.name]);
            }
            match (column.nullable, found.not_null) {
                _ if live.is_view => {}
                // MySQL and MariaDB do not report NOT NULL for generated columns.
                (false, false) if found.computed.is_some() && matches!(dialect, Dialect::Mysql(_)) => {}
                (false, false) => report.push(Kind::MayBeNull, of, [column.name]),
                (true, true) => report.push(Kind::NotNull, of, [column.name]),
                (true, false) | (false, true) => {}
            }
        }
        if live.is_view {
            return;
        }
        let known = |found: &LiveColumn| {
            def.columns.iter().any(|column| dialect.is_same_name(column.name, &found.name))
        };
        for extra in live.columns.iter().filter(|found| found.not_null && !found.filled_in && !known(found)) {
            report.push(Kind::UnknownRequiredColumn, of, [extra.name.as_str()]);
        }
        let key = columns(def, def.key);
        if !live.has_primary_key(dialect, &key) {
            report.push(Kind::PrimaryKey, of, key);
        }
        let is_there = |name: &str| live.column(dialect, name).is_some();
        for column in def.columns.iter().filter(|column| column.unique && is_there(column.name)) {
            if !live.is_unique_together(dialect, &[column.name]) {
                report.push(Kind::MissingUnique, of, [column.name]);
            }
        }
        for index in def.indexes {
            let names = def.names(index.columns);
            if !names.iter().all(|name| is_there(name)) {
                continue;
            }
            if let Some(condition) = def.condition(index) {
                partial_index(report, live, dialect, of, (def, index, condition));
            } else if index.unique && !live.is_unique_together(dialect, &names) {
                report.push(Kind::MissingUnique, of, names);
            } else if !index.unique && !live.has_index(dialect, &names) {
                report.push(Kind::MissingIndex, of, names);
            }
        }
        for key in tables.keys.iter().filter(|key| std::ptr::eq(key.child, def)) {
            foreign_key(report, live, dialect, of, &KeyNames::of(key));
        }
        for (_, check, name) in tables.checks.iter().filter(|(of, ..)| std::ptr::eq(*of, def)) {
            if !live.has_check(dialect, def, check, name) {
                let kind = Kind::MissingCheck { check: (*check).to_owned() };
                report.push(kind, of, [""; 0]);
            }
        }
        for column in def.columns.iter().filter(|column| column.index && is_there(column.name)) {
            if !live.has_index(dialect, &[column.name]) {
                report.push(Kind::MissingIndex, of, [column.name]);
            }
        }
    }

    /// A link table without a model: its columns, its keys, and the index for reading from the other side.
    fn link(&mut self, tables: &Tables, relation: &RelationDef, through: &ThroughDef) -> Result<()> {
        let (path, table) = (relation.path(), through.table().to_string());
        let of = (path.as_str(), table.as_str());
        let (dialect, report) = (self.dialect, &mut self.report);
        let Some(live) = self.live.iter().find(|live| live.is(dialect, through.table())) else {
            report.push(Kind::MissingTable, of, [""; 0]);
            return Ok(());
        };
        let all: Vec<&str> = through.key.iter().chain(through.target_key).copied().collect();
        let own =
            through.key.iter().zip(relation.local_columns()).map(|(name, at)| (name, relation.parent(), *at));
        let theirs = through
            .target_key
            .iter()
            .zip(relation.remote_columns())
            .map(|(name, at)| (name, relation.target(), *at));
        for (name, def, at) in own.chain(theirs) {
            let Some(found) = live.column(dialect, name) else {
                report.push(Kind::MissingColumn, of, [*name]);
                continue;
            };
            let expected = tables.declared(def, at, true);
            if enum_of(dialect, def.columns[at].kind).is_none()
                && !live_type::fits(dialect, &expected, &found.type_name)
            {
                report.push(Kind::Type { expected, found: found.type_name.clone() }, of, [*name]);
            }
            if !found.not_null && !live.is_view {
                report.push(Kind::MayBeNull, of, [*name]);
            }
        }
        if live.is_view {
            return Ok(());
        }
        let known = |found: &LiveColumn| all.iter().any(|name| dialect.is_same_name(name, &found.name));
        for extra in live.columns.iter().filter(|found| found.not_null && !found.filled_in && !known(found)) {
            report.push(Kind::UnknownRequiredColumn, of, [extra.name.as_str()]);
        }
        if !live.is_unique_together(dialect, &all) {
            report.push(Kind::PrimaryKey, of, all.iter().copied());
        }
        let sides = [
            (through.key, relation.parent(), relation.local_columns()),
            (through.target_key, relation.target(), relation.remote_columns()),
        ];
        for (names, parent, refers_to) in sides {
            let key = KeyNames {
                columns: names.to_vec(),
                parent: parent.table,
                refers_to: columns(parent, refers_to),
                is_primary: refers_to == parent.key,
                on_delete: KeyAction::NoAction,
                on_update: KeyAction::NoAction,
            };
            foreign_key(report, live, dialect, of, &key);
        }
        Ok(())
    }
}

/// The enum of the database's own that a column is declared as, itself or in a list.
fn enum_of(dialect: Dialect, kind: ValueKind) -> Option<&'static EnumDef> {
    match (dialect, kind) {
        (Dialect::Postgres, ValueKind::Enum(def)) => Some(def),
        (Dialect::Postgres, ValueKind::Array(of)) => enum_of(dialect, *of),
        _ => None,
    }
}

/// The labels that a column of an enum has in the database, and those that it should have.
fn labels_of(
    dialect: Dialect,
    kind: ValueKind,
    found: &LiveColumn,
) -> Option<(&'static EnumDef, Vec<String>)> {
    match (dialect, kind) {
        (Dialect::Mysql(_), ValueKind::Enum(def)) => Some((def, enum_labels(&found.type_name)?)),
        _ => Some((enum_of(dialect, kind)?, found.enumerated.as_ref()?.labels.clone())),
    }
}

/// A foreign key by its names.
struct KeyNames {
    columns: Vec<&'static str>,
    parent: TableName,
    refers_to: Vec<&'static str>,
    /// Whether it refers to the primary key, which a database may leave unnamed.
    is_primary: bool,
    on_delete: KeyAction,
    on_update: KeyAction,
}

impl KeyNames {
    fn of(key: &ForeignKey) -> KeyNames {
        KeyNames {
            columns: columns(key.child, &key.columns),
            parent: key.parent.table,
            refers_to: columns(key.parent, &key.refers_to),
            is_primary: key.refers_to == key.parent.key,
            on_delete: key.on_delete,
            on_update: key.on_update,
        }
    }
}

fn columns(def: &ModelDef, columns: &[usize]) -> Vec<&'static str> {
    columns.iter().map(|column| def.columns[*column].name).collect()
}

fn foreign_key(
    report: &mut SchemaReport,
    live: &LiveTable,
    dialect: Dialect,
    of: (&str, &str),
    key: &KeyNames,
) {
    // A key of SQLite stays in its file.
    let possible = dialect != Dialect::Sqlite || live.schema.as_deref() == key.parent.schema;
    match live.key(dialect, key) {
        None if possible => {
            let refers_to = key.refers_to.iter().map(|name| (*name).to_owned()).collect();
            let kind = Kind::MissingForeignKey { parent: key.parent.to_string(), refers_to };
            report.push(kind, of, key.columns.iter().copied());
        }
        Some(found) => {
            let events =
                [("DELETE", key.on_delete, found.on_delete), ("UPDATE", key.on_update, found.on_update)];
            for (event, expected, found) in events {
                // MySQL takes both words for one, and shows the one that was written.
                let is_same = matches!(dialect, Dialect::Mysql(_))
                    && (expected, found) == (KeyAction::Restrict, KeyAction::NoAction);
                if expected != KeyAction::NoAction && expected != found && !is_same {
                    let said = |action: KeyAction| format!("ON {event} {}", action.sql());
                    let kind = Kind::KeyAction { expected: said(expected), found: said(found) };
                    report.push(kind, of, key.columns.iter().copied());
                }
            }
        }
        None => {}
    }
    if !live.has_index(dialect, &key.columns) {
        report.push(Kind::MissingIndex, of, key.columns.iter().copied());
    }
}

/// An index of some of the rows. If it is not unique, one of all rows is as good.
fn partial_index(
    report: &mut SchemaReport,
    live: &LiveTable,
    dialect: Dialect,
    of: (&str, &str),
    (def, index, condition): (&ModelDef, &IndexDef, &Condition),
) {
    let names = def.names(index.columns);
    let place = |name: &str| def.columns.iter().position(|column| dialect.is_same_name(column.name, name));
    let is_over =
        |found: &LiveIndex| found.unique == index.unique && same_set(dialect, &found.columns, &names);
    let is_it = |found: &LiveIndex| {
        let text = found.condition.as_deref();
        let read = text.and_then(|text| Condition::read(text, &place).ok());
        let read = read.map(|read| read.of_kinds(&|column| def.columns[column].kind));
        is_over(found) && read.is_some_and(|read| read.is_same(condition))
    };
    let covers = !index.unique && live.has_index(dialect, &names);
    if covers || live.indexes.iter().any(is_it) {
        return;
    }
    let other = live.indexes.iter().filter(|found| is_over(found)).find_map(|found| found.condition.clone());
    let expected = condition.sql(dialect, &|column| def.columns[column].name.to_owned());
    report.push(Kind::PartialIndex { unique: index.unique, expected, found: other }, of, names);
}

impl LiveKey {
    /// A table without a schema name is in the connection's current schema.
    fn refers_to(&self, dialect: Dialect, parent: TableName) -> bool {
        let same_schema = match (&self.parent_schema, parent.schema) {
            (Some(live), Some(schema)) => dialect.is_same_name(live, schema),
            _ => true,
        };
        same_schema && dialect.is_same_name(&self.parent, parent.name)
    }
}

impl LiveTable {
    fn is(&self, dialect: Dialect, table: TableName) -> bool {
        self.schema.as_deref() == table.schema && dialect.is_same_name(&self.name, table.name)
    }

    fn column(&self, dialect: Dialect, name: &str) -> Option<&LiveColumn> {
        self.columns.iter().find(|column| dialect.is_same_name(&column.name, name))
    }

    fn has_primary_key(&self, dialect: Dialect, key: &[&str]) -> bool {
        let mut primary = self.indexes.iter().filter(|index| index.primary);
        primary.any(|index| same_set(dialect, &index.columns, key))
    }

    fn is_unique_together(&self, dialect: Dialect, columns: &[&str]) -> bool {
        let mut unique = self.indexes.iter().filter(|index| index.unique);
        unique.any(|index| !index.partial && same_set(dialect, &index.columns, columns))
    }

    /// Whether an index begins with the columns, in whichever order.
    fn has_index(&self, dialect: Dialect, columns: &[&str]) -> bool {
        let beginning = |index: &[Option<String>]| {
            index.get(..columns.len()).is_some_and(|beginning| same_set(dialect, beginning, columns))
        };
        self.indexes.iter().any(|index| !index.partial && beginning(&index.columns))
    }

    fn key(&self, dialect: Dialect, key: &KeyNames) -> Option<&LiveKey> {
        self.keys.iter().find(|live| {
            let refers = |name: &Option<String>, expected: &str| match name {
                Some(name) => dialect.is_same_name(name, expected),
                None => key.is_primary,
            };
            let pairs = || key.columns.iter().zip(&key.refers_to);
            live.refers_to(dialect, key.parent)
                && live.columns.len() == key.columns.len()
                && pairs().all(|(column, refers_to)| {
                    let mut live = live.columns.iter();
                    live.any(|(own, other)| dialect.is_same_name(own, column) && refers(other, refers_to))
                })
        })
    }
}

impl LiveTable {
    /// Whether it has the constraint. Databases write expressions in their own way, so one is known by its name, or by the
    /// columns that it mentions.
    fn has_check(&self, dialect: Dialect, def: &ModelDef, check: &str, name: &str) -> bool {
        let mentions = |expression: &str| {
            let names = def.columns.iter().map(|column| column.name);
            names.filter(|name| mentions(expression, name)).collect::<Vec<&str>>()
        };
        let expected = mentions(check);
        self.checks.iter().any(|live| {
            live.name.as_deref().is_some_and(|live| dialect.is_same_name(live, name))
                || mentions(&live.expression) == expected
        })
    }
}

/// Whether a column is generated as its model declares. Databases rewrite expressions, so only the columns that they
/// mention are compared.
fn is_generated_by(def: &ModelDef, column: &ColumnDef, expected: Option<&str>, found: Option<&str>) -> bool {
    let mentioned = |expression: &str| {
        let names = def.columns.iter().map(|column| column.name);
        names.filter(|name| mentions(expression, name)).collect::<Vec<&str>>()
    };
    match (expected, found) {
        (None, None) => true,
        // A column that the model leaves to the database may be generated.
        (None, Some(_)) => column.read_only || column.generated,
        (Some(_), None) => false,
        (Some(expected), Some(found)) => found.is_empty() || mentioned(expected) == mentioned(found),
    }
}

/// Whether a word of an expression is the name.
fn mentions(expression: &str, name: &str) -> bool {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let (expression, name) = (expression.to_lowercase(), name.to_lowercase());
    expression.match_indices(&name).any(|(at, _)| {
        let (before, after) = (&expression[..at], &expression[at + name.len()..]);
        !before.ends_with(is_word) && !after.starts_with(is_word)
    })
}

fn same_set(dialect: Dialect, live: &[Option<String>], columns: &[&str]) -> bool {
    let is_there = |column: &&str| live.iter().flatten().any(|name| dialect.is_same_name(name, column));
    live.len() == columns.len() && columns.iter().all(is_there)
}
