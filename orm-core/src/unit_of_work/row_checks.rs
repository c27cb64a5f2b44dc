//! Refuses rows that cannot be written, before anything is sent.

use crate::error::{Error, ErrorKind, FieldError, FieldErrorCode, Result};
use crate::model::{ColumnDef, ModelDef, RelationDef};
use crate::sql::{Bind, Dialect, Expr};
use crate::value::{Value, ValueRef};

/// A draft that was given a key, and a link that leads elsewhere.
pub(super) fn disagrees(def: &ModelDef, column: usize, relation: &RelationDef, linked: &Value) -> Error {
    let (name, field, path) = (def.name, def.columns[column].field, relation.path());
    let linked = def.shown(&[column], std::slice::from_ref(linked));
    Error::new(
        ErrorKind::InvalidState,
        format!(
            "a draft of `{name}` sets another `{field}` than its link by `{path}`, which is {linked}; leave \
             `.{field}(..)` out"
        ),
    )
}

/// Refuses what the database could not store, and a text that is longer than its column allows: SQLite would store it, and
/// another database refuse it.
pub(super) fn check_value(dialect: Dialect, def: &ModelDef, column: &ColumnDef, value: &Value) -> Result<()> {
    if let Some(reason) = dialect.refuses(value) {
        return Err(refused(def, column, &reason));
    }
    match value {
        Value::Text(text) => check_length(def, column, text),
        _ => Ok(()),
    }
}

/// The same, of what a statement sets a column to, where that is known.
pub(super) fn check_assigned(
    dialect: Dialect,
    def: &ModelDef,
    column: &ColumnDef,
    assigned: &Expr,
) -> Result<()> {
    match assigned {
        Expr::Bind(Bind { value, .. }) => check_value(dialect, def, column, value),
        _ => Ok(()),
    }
}

/// The same, of the field of an object.
pub(super) fn check_cell(
    dialect: Dialect,
    def: &ModelDef,
    column: &ColumnDef,
    cell: ValueRef<'_>,
) -> Result<()> {
    if let Some(reason) = dialect.refuses_cell(cell) {
        return Err(refused(def, column, &reason));
    }
    match cell {
        ValueRef::Text(text) => check_length(def, column, text),
        _ => Ok(()),
    }
}

fn refused(def: &ModelDef, column: &ColumnDef, reason: &str) -> Error {
    let reason = if column.secret { "the database cannot store its value (a secret column)" } else { reason };
    Error::new(ErrorKind::InvalidValue, format!("`{}.{}`: {reason}", def.name, column.field))
}

fn check_length(def: &ModelDef, column: &ColumnDef, text: &str) -> Result<()> {
    let Some(length) = column.length else { return Ok(()) };
    let characters = text.chars().count();
    if characters <= length as usize {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidValue,
        format!(
            "`{}.{}` has {characters} characters, but at most {length} are allowed",
            def.name, column.field
        ),
    ))
}

/// What a client sent and the database cannot store is the client's mistake, of which it learns field by field.
pub(super) fn check_sent(
    dialect: Dialect,
    def: &ModelDef,
    values: &[Option<Value>],
    sent: &[usize],
) -> Result<()> {
    let value = |column: &usize| Some((&def.columns[*column], values[*column].as_ref()?));
    let sent = sent.iter().filter_map(value);
    let wrong: Vec<FieldError> =
        sent.filter_map(|(column, value)| unstorable(dialect, column, value)).collect();
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Error::of_input(wrong)),
    }
}

/// Why the database cannot store what a client sent for a column, without a word about the database.
pub(super) fn unstorable(dialect: Dialect, column: &ColumnDef, value: &Value) -> Option<FieldError> {
    dialect.refuses(value)?;
    let (code, reason) = match value {
        Value::Text(_) | Value::Json(_) => (FieldErrorCode::Invalid, "must not contain the character NUL"),
        Value::Array(_) if dialect.refuses_lists().is_none() => {
            (FieldErrorCode::Invalid, "must not contain the character NUL")
        }
        // That the database has no lists is a mistake of the program.
        Value::Array(_) | Value::NotLoaded => return None,
        _ => (FieldErrorCode::OutOfRange, "is out of range"),
    };
    Some(FieldError::new(column.serialized.unwrap_or(column.field), code, reason))
}

pub(super) fn required(def: &ModelDef, field: &str) -> Error {
    let name = def.name;
    Error::new(
        ErrorKind::NotNullViolation,
        format!(
            "`{name}.{field}` is required and has no value: set it in the draft, or link the object that it \
             comes from"
        ),
    )
}

pub(super) fn not_null(def: &ModelDef, field: &str) -> Error {
    Error::new(
        ErrorKind::NotNullViolation,
        format!("`{}.{field}` is NOT NULL and would become NULL", def.name),
    )
}
