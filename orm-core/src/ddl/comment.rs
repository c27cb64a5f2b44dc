//! Comments of tables and columns, which are doc comments of models.

use super::Schema;
use super::enum_type::dollar_quoted;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef};
use crate::sql::{Dialect, TableName};

/// How many characters MySQL and MariaDB keep of the comment of a table, and of that of a column.
const LONGEST: (usize, usize) = (2048, 1024);

/// Whether the database can keep the comments of a schema.
///
/// # Errors
/// `InvalidModel`: a comment is too long, or contains a character that the database does not keep.
pub(super) fn check_comments(schema: &Schema, dialect: Dialect) -> Result<()> {
    if !schema.comments {
        return Ok(());
    }
    for def in schema.defs() {
        let columns = def.columns.iter().filter_map(|column| Some((Some(column.field), column.docs?)));
        let table = def.docs.map(|docs| (None, docs));
        for (field, text) in table.into_iter().chain(columns) {
            let (what, longest) = match field {
                None => (format!("`{}`", def.name), LONGEST.0),
                Some(field) => (format!("`{}.{field}`", def.name), LONGEST.1),
            };
            if let Some(why) = refused(dialect, text, longest) {
                let message = format!("the doc comment of {what} cannot be a comment of the database: {why}");
                return Err(Error::new(ErrorKind::InvalidModel, message));
            }
        }
    }
    Ok(())
}

fn refused(dialect: Dialect, text: &str, longest: usize) -> Option<String> {
    let count = text.chars().count();
    match dialect {
        Dialect::Sqlite => None,
        Dialect::Mysql(_) if count > longest => Some(format!(
            "it has {count} characters, and MariaDB and MySQL keep {longest}; shorten it, or begin the lines that are not meant \
             for the database with `//`"
        )),
        Dialect::Mysql(_) => text.chars().find(|char| *char > '\u{ffff}').map(|char| {
            format!(
                "it contains `{char}`, and MariaDB and MySQL keep only characters up to U+FFFF in comments; replace it"
            )
        }),
        Dialect::Postgres => text.contains('\0').then(|| "PostgreSQL has no texts with a zero byte".to_owned()),
    }
}

/// ` COMMENT '..'`, behind a column or a table of MySQL.
pub(super) fn mysql_comment(dialect: Dialect, text: &str) -> String {
    let mut sql = " COMMENT ".to_owned();
    dialect.literal(&mut sql, text);
    sql
}

/// `COMMENT ON .. IS ..` of PostgreSQL; without a text it removes the comment.
pub(crate) fn comment_on(what: &str, text: Option<&str>) -> String {
    let mut sql = format!("COMMENT ON {what} IS ");
    match text {
        Some(text) => Dialect::Postgres.literal(&mut sql, text),
        None => sql.push_str("NULL"),
    }
    sql
}

/// A CREATE TABLE of PostgreSQL with the comments of a model, unless the table exists: that one keeps its own.
pub(super) fn with_comments(create: String, def: &ModelDef) -> String {
    let dialect = Dialect::Postgres;
    let mut table = String::new();
    dialect.name(&mut table, def.table);
    let on_table = def.docs.map(|text| comment_on(&format!("TABLE {table}"), Some(text)));
    let on_column = |column: &ColumnDef| {
        let mut name = String::new();
        dialect.quote(&mut name, column.name);
        Some(comment_on(&format!("COLUMN {table}.{name}"), Some(column.docs?)))
    };
    let comments: Vec<String> =
        on_table.into_iter().chain(def.columns.iter().filter_map(on_column)).collect();
    if comments.is_empty() {
        return create;
    }
    let place = place(dialect, def.table);
    let comments = comments.join("; ");
    dollar_quoted(&format!("BEGIN IF to_regclass({place}) IS NULL THEN {create}; {comments}; END IF; END"))
}

/// The name of the table that CREATE TABLE would create, as an expression.
fn place(dialect: Dialect, table: TableName) -> String {
    let mut quoted = String::new();
    let mut name = String::new();
    match table.schema {
        Some(_) => dialect.name(&mut quoted, table),
        None => dialect.quote(&mut quoted, table.name),
    }
    dialect.literal(&mut name, &quoted);
    match table.schema {
        Some(_) => name,
        None => format!("quote_ident(current_schema()) || '.' || {name}"),
    }
}
