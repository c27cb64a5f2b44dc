//! Errors of statements that are not sent.

use crate::error::{Error, ErrorKind};
use crate::sql::{Statement, shortened};

/// Whether the database's message must be hidden: databases quote the values that they refuse.
pub(super) fn hides(statement: Option<&Statement>) -> bool {
    statement.is_some_and(Statement::is_secret)
}

/// Replaces the message of a database that may quote a secret.
pub(super) fn hidden(code: &str) -> String {
    let code = if code.is_empty() { String::new() } else { format!(" (code {code})") };
    format!("its message may contain a secret value and is left out{code}")
}

/// A message with the statement that met it.
pub(super) fn in_statement(message: String, statement: Option<&Statement>) -> String {
    match statement {
        Some(statement) => format!("{message}\nin {}", shortened(&statement.sql)),
        None => message,
    }
}

/// Too many values for one statement.
pub(super) fn too_many(given: usize, limit: usize) -> Error {
    Error::new(
        ErrorKind::InvalidQuery,
        format!(
            "the statement binds {given} values, but the database accepts at most {limit}; split the list \
             into several queries"
        ),
    )
}

/// A value that the database has no place for.
pub(super) fn unfit(message: impl Into<String>, secret: bool) -> Error {
    match secret {
        true => Error::new(ErrorKind::InvalidValue, "the database cannot store the value of a secret column"),
        false => Error::new(ErrorKind::InvalidValue, message),
    }
}
