//! Writes DROP statements for the tables of models.

use hashbrown::{HashMap, HashSet};
use indexmap::IndexSet;

use super::Schema;
use super::create::Tables;
use super::enum_type::{drop_type, enum_types};
use super::foreign_key::ForeignKey;
use crate::error::Result;
use crate::model::KeyAction;
use crate::sql::{Dialect, TableName};

/// Tables by the table that they are related to.
type Related = HashMap<TableName, Vec<TableName>>;

/// DROP TABLE for the tables that exist, children first.
///
/// # Errors
/// As for [`create_statements`](super::create_statements).
pub fn drop_statements(schema: &Schema, dialect: Dialect) -> Result<Vec<String>> {
    let tables = Tables::of(schema, dialect)?;
    let links: Vec<TableName> =
        schema.link_tables().into_iter().map(|(_, through)| through.table()).collect();
    if links.is_empty() && tables.order.is_empty() {
        return Ok(Vec::new());
    }
    let own = tables.order.iter().rev().map(|def| def.table);
    let names = || links.iter().copied().chain(own.clone()).map(|table| tables.named(table));
    let all = || format!("DROP TABLE IF EXISTS {}", names().collect::<Vec<String>>().join(", "));
    Ok(match dialect {
        Dialect::Sqlite => {
            // This also drops tables that refer to each other in a circle: keys are checked at COMMIT.
            let mut statements = vec!["PRAGMA defer_foreign_keys = ON".to_owned()];
            statements.extend(links.iter().map(|link| tables.drop_one(*link)));
            statements.extend(tables.drop_each());
            statements
        }
        Dialect::Postgres => {
            let types = enum_types(schema, dialect)?;
            std::iter::once(all()).chain(types.into_iter().map(|def| drop_type(dialect, def))).collect()
        }
        Dialect::Mysql(server) => {
            // MariaDB drops one table after the other, which a key of a circle prevents.
            let circles = tables.later_keys().filter(|_| server.mariadb).map(|key| tables.drop_key(key));
            circles.chain([all()]).collect()
        }
    })
}

impl Tables {
    /// Drops the tables one by one. SQLite deletes the rows of a table before it drops the table, and compiles the actions of
    /// the keys that refer to it: the tables that these actions write to need their own parents. In a circle some parents are
    /// dropped already, and an empty table stands in for each.
    fn drop_each(&self) -> Vec<String> {
        let acts = |action: KeyAction| !matches!(action, KeyAction::NoAction | KeyAction::Restrict);
        let (mut written, mut parents) = (Related::new(), Related::new());
        for key in self.keys.iter().filter(|key| self.is_declared(key)) {
            let (child, parent) = (key.child.table, key.parent.table);
            parents.entry(child).or_default().push(parent);
            if acts(key.on_delete) || acts(key.on_update) {
                written.entry(parent).or_default().push(child);
            }
        }
        let (mut statements, mut gone) = (Vec::new(), HashSet::new());
        let mut stand_ins: IndexSet<TableName> = IndexSet::new();
        for table in self.order.iter().rev().map(|def| def.table) {
            for written in behind(table, &written, &gone) {
                let missing = parents.get(&written).into_iter().flatten();
                for missing in missing.filter(|parent| gone.contains(*parent)) {
                    if stand_ins.insert(*missing) {
                        statements.push(self.stand_in(*missing));
                    }
                }
            }
            statements.push(self.drop_one(table));
            gone.insert(table);
        }
        statements.extend(stand_ins.iter().map(|table| self.drop_one(*table)));
        statements
    }

    /// Creates a table with only the columns that keys refer to.
    fn stand_in(&self, table: TableName) -> String {
        let keys: Vec<&ForeignKey> = self.keys.iter().filter(|key| key.parent.table == table).collect();
        let columns =
            keys.iter().flat_map(|key| key.refers_to.iter().map(|column| key.parent.columns[*column].name));
        let columns: IndexSet<&str> = columns.collect();
        let unique: IndexSet<String> =
            keys.iter().map(|key| format!("UNIQUE {}", self.list(key.parent, &key.refers_to))).collect();
        let parts: Vec<String> =
            columns.into_iter().map(|column| self.quoted(column)).chain(unique).collect();
        format!("CREATE TABLE {} ({})", self.named(table), parts.join(", "))
    }

    fn drop_one(&self, table: TableName) -> String {
        format!("DROP TABLE IF EXISTS {}", self.named(table))
    }

    fn drop_key(&self, key: &ForeignKey) -> String {
        let name = self.key_name(key).map_or_else(String::new, |name| self.quoted(name));
        let table = self.named(key.child.table);
        format!("ALTER TABLE IF EXISTS {table} DROP FOREIGN KEY IF EXISTS {name}")
    }
}

/// All tables that the actions behind a DELETE on a table may write to. Children are dropped before their parents, so outside
/// of circles there are none.
fn behind(table: TableName, written: &Related, gone: &HashSet<TableName>) -> IndexSet<TableName> {
    let mut found: IndexSet<TableName> = IndexSet::new();
    let (mut of, mut at) = (Some(table), 0);
    while let Some(parent) = of {
        let children = written.get(&parent).into_iter().flatten();
        found.extend(children.filter(|child| !gone.contains(*child)));
        of = found.get_index(at).copied();
        at += 1;
    }
    found
}
