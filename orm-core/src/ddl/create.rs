use super::Schema;
use crate::error::Result;
use crate::model::{ColumnDef, ModelDef, RelationDef, RelationKind, ThroughDef};
use crate::sql::{Dialect, quote};

/// CREATE TABLE and CREATE INDEX for what is not there yet.
///
/// # Errors
/// `InvalidModel`: two models are one table, or a relationship leads out of the list.
pub fn create_statements(schema: &Schema, dialect: Dialect) -> Result<Vec<String>> {
    let mut statements = Vec::new();
    let mut indexes: Vec<String> = Vec::new();
    for model in schema.ordered(dialect)? {
        let def = model.def();
        statements.push(create_table(schema, def, dialect)?);
        for column in def.columns.iter().filter(|column| column.index) {
            let mut sql = "CREATE INDEX IF NOT EXISTS ".to_owned();
            quote(&mut sql, &index_name(&mut indexes, def, column));
            sql.push_str(" ON ");
            quote(&mut sql, def.table);
            sql.push_str(" (");
            quote(&mut sql, column.name);
            sql.push(')');
            statements.push(sql);
        }
    }
    for (relation, through) in schema.link_tables() {
        statements.push(create_link_table(relation, through, dialect)?);
    }
    Ok(statements)
}

/// DROP TABLE for what is there, children first.
///
/// # Errors
/// As for [`create_statements`].
pub fn drop_statements(schema: &Schema, dialect: Dialect) -> Result<Vec<String>> {
    let links = schema.link_tables().into_iter().map(|(_, through)| through.table);
    let models: Vec<&str> = schema.ordered(dialect)?.into_iter().map(|model| model.def().table).collect();
    let mut statements: Vec<String> = match dialect {
        // Tables that refer to each other in a circle go as well: keys are checked at COMMIT.
        Dialect::Sqlite => vec!["PRAGMA defer_foreign_keys = ON".to_owned()],
    };
    statements.extend(links.chain(models.into_iter().rev()).map(|table| {
        let mut sql = "DROP TABLE IF EXISTS ".to_owned();
        quote(&mut sql, table);
        sql
    }));
    Ok(statements)
}

/// A name of its own: `a_b`.`c` and `a`.`b_c` would share one otherwise.
fn index_name(taken: &mut Vec<String>, def: &ModelDef, column: &ColumnDef) -> String {
    let plain = format!("ix_{}_{}", def.table, column.name);
    let numbered = (2..).map(|number| format!("{plain}_{number}"));
    let mut names = std::iter::once(plain.clone()).chain(numbered);
    let name = names.find(|name| !taken.contains(name)).unwrap_or(plain);
    taken.push(name.clone());
    name
}

fn create_table(schema: &Schema, def: &'static ModelDef, dialect: Dialect) -> Result<String> {
    let mut parts: Vec<String> = def.columns.iter().map(|column| column_sql(def, column, dialect)).collect();
    if def.key.len() > 1 {
        parts.push(format!("PRIMARY KEY {}", list(def.key.iter().map(|column| def.columns[*column].name))));
    }
    parts.extend(foreign_keys(schema, def)?);
    Ok(table(def.table, &parts))
}

fn column_sql(def: &ModelDef, column: &ColumnDef, dialect: Dialect) -> String {
    let mut sql = String::new();
    quote(&mut sql, column.name);
    sql.push(' ');
    sql.push_str(dialect.type_name(column.kind));
    if !column.nullable {
        sql.push_str(" NOT NULL");
    }
    if column.key && def.key.len() == 1 {
        sql.push_str(" PRIMARY KEY");
    } else if column.unique {
        sql.push_str(" UNIQUE");
    }
    if let Some(default) = column.default {
        sql.push_str(" DEFAULT (");
        sql.push_str(default);
        sql.push(')');
    }
    sql
}

/// The keys of a table, as its own `belongs_to`s and the `has_many`s and `has_one`s of others name them.
fn foreign_keys(schema: &Schema, def: &'static ModelDef) -> Result<Vec<String>> {
    let mut keys: Vec<String> = Vec::new();
    for relation in schema.relations() {
        let (child, parent, key, refers_to) = match relation.kind {
            RelationKind::ManyToMany => continue,
            RelationKind::BelongsTo { .. } => {
                (relation.parent(), relation.target(), relation.local_columns()?, relation.remote_columns()?)
            }
            RelationKind::HasMany | RelationKind::HasOne => {
                (relation.target(), relation.parent(), relation.remote_columns()?, relation.local_columns()?)
            }
        };
        if !std::ptr::eq(child, def) {
            continue;
        }
        let names = |def: &'static ModelDef, columns: &[usize]| {
            list(columns.iter().map(|column| def.columns[*column].name))
        };
        let mut sql = format!("FOREIGN KEY {} REFERENCES ", names(child, &key));
        quote(&mut sql, parent.table);
        sql.push(' ');
        sql.push_str(&names(parent, &refers_to));
        if schema.relations().any(|other| deletes_passively(other, child, &key)) {
            sql.push_str(" ON DELETE CASCADE");
        }
        if !keys.contains(&sql) {
            keys.push(sql);
        }
    }
    Ok(keys)
}

/// Whether a parent leaves the deletion of these children to the database.
fn deletes_passively(relation: &RelationDef, child: &'static ModelDef, key: &[usize]) -> bool {
    relation.passive_deletes
        && relation.cascade.delete
        && std::ptr::eq(relation.target(), child)
        && relation.remote_columns().is_ok_and(|columns| columns == key)
}

fn create_link_table(relation: &RelationDef, through: &ThroughDef, dialect: Dialect) -> Result<String> {
    let sides = [
        (through.key, relation.parent(), relation.local_columns()?),
        (through.target_key, relation.target(), relation.remote_columns()?),
    ];
    let mut parts = Vec::new();
    for (names, def, columns) in &sides {
        for (name, column) in names.iter().zip(columns) {
            let mut sql = String::new();
            quote(&mut sql, name);
            parts.push(format!("{sql} {} NOT NULL", dialect.type_name(def.columns[*column].kind)));
        }
    }
    parts.push(format!("PRIMARY KEY {}", list(through.key.iter().chain(through.target_key).copied())));
    for (names, def, columns) in &sides {
        let mut sql = format!("FOREIGN KEY {} REFERENCES ", list(names.iter().copied()));
        quote(&mut sql, def.table);
        sql.push(' ');
        sql.push_str(&list(columns.iter().map(|column| def.columns[*column].name)));
        parts.push(sql);
    }
    Ok(table(through.table, &parts))
}

fn table(name: &str, parts: &[String]) -> String {
    let mut sql = "CREATE TABLE IF NOT EXISTS ".to_owned();
    quote(&mut sql, name);
    format!("{sql} ({})", parts.join(", "))
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut sql = "(".to_owned();
    for (index, name) in names.enumerate() {
        if index > 0 {
            sql.push_str(", ");
        }
        quote(&mut sql, name);
    }
    sql.push(')');
    sql
}
