//! Errors of SQLite.

use rusqlite::ffi;

use crate::driver::driver_error::DriverError;
use crate::driver::refusal::{hidden, hides, in_statement};
use crate::error::{Constraint, Error, ErrorKind};
use crate::sql::Statement;

/// SQLite stores any bytes as a text.
pub(super) const NOT_UTF8: &str = "the database holds a text that is not UTF-8";

/// What SQLite says of integers that have no room.
const OVERFLOW: &str = "integer overflow";

/// A trigger raised it, with its own message.
const RAISED: u32 = 1811;

impl DriverError for rusqlite::Error {
    fn into_error(self) -> Error {
        database_error(self, None)
    }
}

/// The kind of an error of SQLite. Constraint violations are distinguished by the extended result code.
pub(super) fn database_error(error: rusqlite::Error, statement: Option<&Statement>) -> Error {
    let (code, text) = refusal(&error);
    let refused = refused(u32::try_from(code).ok(), &text, statement);
    if hides(statement) { refused } else { refused.with_quoted_source(error) }
}

/// SQLite's extended result code and message.
fn refusal(error: &rusqlite::Error) -> (i32, String) {
    match error {
        rusqlite::Error::SqliteFailure(failure, text) => {
            (failure.extended_code, text.clone().unwrap_or_else(|| failure.to_string()))
        }
        rusqlite::Error::SqlInputError { error, msg, .. } => (error.extended_code, msg.clone()),
        other => (ffi::SQLITE_ERROR, other.to_string()),
    }
}

/// What SQLite refused, by its extended result code.
fn refused(code: Option<u32>, text: &str, statement: Option<&Statement>) -> Error {
    let kind = match code {
        Some(2067 | 1555 | 2579) => ErrorKind::UniqueViolation,
        Some(787 | RAISED) => ErrorKind::ForeignKeyViolation,
        Some(1299) => ErrorKind::NotNullViolation,
        Some(275) => ErrorKind::CheckViolation,
        Some(code) if matches!(code & 0xff, 5 | 6) => ErrorKind::Busy,
        _ if text == OVERFLOW => ErrorKind::InvalidValue,
        _ => ErrorKind::Database,
    };
    // SQLite's own messages about constraints and locks contain only names.
    let names = code != Some(RAISED) && kind != ErrorKind::Database;
    let said = match !names && hides(statement) {
        true => hidden(&code.map(|code| code.to_string()).unwrap_or_default()),
        false => text.to_owned(),
    };
    let advice = match said.strip_prefix("unknown database ") {
        Some(schema) => format!(
            "; on SQLite a schema is a database that is attached: `Engine::builder(url).attach({:?}, path)`",
            schema.trim_matches('"')
        ),
        None if text == OVERFLOW => ": a calculation has a result outside of 64 bits".to_owned(),
        None => String::new(),
    };
    let message = in_statement(format!("the database refused the statement: {said}{advice}"), statement);
    // BUSY, with its reason: another connection writes, or has written what this one had read (517). LOCKED (6) means
    // that the connection blocks itself.
    let error = Error::new(kind, message).retryable(code.is_some_and(|code| code & 0xff == 5));
    match constraint_of(text).filter(|_| names) {
        Some(constraint) => error.with_constraint(constraint),
        None => error,
    }
}

/// `UNIQUE constraint failed: users.email, users.name`; a CHECK is named instead, and a FOREIGN KEY not at all.
fn constraint_of(message: &str) -> Option<Constraint> {
    let (what, which) = message.split_once(" constraint failed: ")?;
    if what.ends_with("CHECK") {
        return Some(Constraint { name: Some(which.to_owned()), ..Constraint::default() });
    }
    let mut constraint = Constraint::default();
    for column in which.split(", ") {
        let (table, column) = column.split_once('.')?;
        constraint.table = Some(table.to_owned());
        constraint.columns.push(column.to_owned());
    }
    Some(constraint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_of_the_connection_itself_is_not_worth_another_attempt() {
        assert!(refused(Some(5), "database is locked", None).is_retryable());
        assert!(refused(Some(517), "database is locked", None).is_retryable());
        assert!(!refused(Some(6), "database table is locked", None).is_retryable());
        assert!(!refused(Some(19), "constraint failed", None).is_retryable());
    }
}
