//! Native enum types of PostgreSQL.

use super::Schema;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ModelDef;
use crate::sql::Dialect;
use crate::value::{EnumDef, ValueKind};

/// The types of the database that the columns of some models have, each once; only PostgreSQL has such types.
///
/// # Errors
/// `InvalidModel`: two types have one name and different labels, or a column is a list on a database without lists.
pub(super) fn enum_types(schema: &Schema, dialect: Dialect) -> Result<Vec<&'static EnumDef>> {
    let mut types: Vec<&'static EnumDef> = Vec::new();
    for def in schema.defs() {
        for column in def.columns {
            let kind = match column.kind {
                ValueKind::Array(of) => {
                    list_is_known(dialect, def, column.field)?;
                    *of
                }
                kind => kind,
            };
            let ValueKind::Enum(found) = kind else { continue };
            match types.iter().find(|other| other.name == found.name) {
                Some(other) if *other == found => {}
                Some(_) => return Err(two_types(def, column.field, found)),
                None => types.push(found),
            }
        }
    }
    if dialect != Dialect::Postgres {
        types.clear();
    }
    for def in &types {
        check_type(schema, dialect, def)?;
    }
    Ok(types)
}

/// A type is called as no table is: each table is a type too.
fn check_type(schema: &Schema, dialect: Dialect, def: &EnumDef) -> Result<()> {
    let links = schema.link_tables().into_iter().map(|(_, through)| through.table().name);
    let table = schema.defs().map(|def| def.table.name).chain(links).find(|table| *table == def.name);
    let why = dialect.refuses_name(def.name).or_else(|| {
        table.map(|table| {
            format!("there is a table `{table}`, and PostgreSQL has a type of that name for its rows; name the enum with `#[db_enum(native = \"..\")]`")
        })
    });
    match why {
        None => Ok(()),
        Some(why) => Err(Error::new(ErrorKind::InvalidModel, format!("the enum `{}`: {why}", def.name))),
    }
}

/// `CREATE TYPE`, which has no IF NOT EXISTS.
pub(super) fn create_type(dialect: Dialect, def: &EnumDef) -> String {
    let mut create = "CREATE TYPE ".to_owned();
    dialect.quote(&mut create, def.name);
    create.push_str(" AS ENUM (");
    for (at, label) in def.labels.iter().enumerate() {
        create.push_str(if at == 0 { "" } else { ", " });
        dialect.literal(&mut create, label);
    }
    create.push(')');
    unless_there(&create)
}

/// `DROP TYPE`.
pub(super) fn drop_type(dialect: Dialect, def: &EnumDef) -> String {
    let mut drop = "DROP TYPE IF EXISTS ".to_owned();
    dialect.quote(&mut drop, def.name);
    drop
}

/// A statement of PostgreSQL's that may find what it creates.
pub(super) fn unless_there(statement: &str) -> String {
    dollar_quoted(&format!("BEGIN {statement}; EXCEPTION WHEN duplicate_object THEN NULL; END"))
}

/// A block of PostgreSQL's own language as a statement.
pub(super) fn dollar_quoted(block: &str) -> String {
    let mut tag = "ddl".to_owned();
    while block.contains(&format!("${tag}$")) {
        tag.push('_');
    }
    format!("DO ${tag}$ {block} ${tag}$")
}

fn list_is_known(dialect: Dialect, def: &ModelDef, field: &str) -> Result<()> {
    let Some(reason) = dialect.refuses_lists() else { return Ok(()) };
    Err(Error::new(ErrorKind::InvalidModel, format!("`{}.{field}` is a list, and {reason}", def.name)))
}

fn two_types(def: &ModelDef, field: &str, found: &EnumDef) -> Error {
    Error::new(
        ErrorKind::InvalidModel,
        format!(
            "`{}.{field}` has the database type `{}`, which another enum uses with other labels",
            def.name, found.name
        ),
    )
}
