use super::refusal::{hidden, hides, in_statement};
use super::sqlite_job;
use crate::error::{Constraint, Error, ErrorKind};
use crate::sql::Statement;

/// A trigger raised it, with words of its own.
const RAISED: u32 = 1811;

/// What SQLite refused on the caller's thread.
pub(super) fn refused_here(error: rusqlite::Error, statement: Option<&Statement>) -> Error {
    let (code, text) = sqlite_job::refusal(&error);
    let refused = refused(u32::try_from(code).ok(), &text, statement);
    if hides(statement) { refused } else { refused.with_quoted_source(error) }
}

/// What SQLite said, as a kind. Constraint violations are told apart by the extended result code.
pub(super) fn database_error(error: sqlx::Error, statement: Option<&Statement>) -> Error {
    let (kind, message) = match &error {
        sqlx::Error::Database(database) => {
            let code = database.code().and_then(|code| code.parse().ok());
            let refused = refused(code, database.message(), statement);
            return if hides(statement) { refused } else { refused.with_quoted_source(error) };
        }
        sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            (ErrorKind::Connection, format!("the connection was lost: {error}"))
        }
        _ if hides(statement) => return Error::new(ErrorKind::Database, in_statement(hidden(""), statement)),
        _ => (ErrorKind::Database, error.to_string()),
    };
    Error::new(kind, in_statement(message, statement)).with_source(error)
}

/// What SQLite refused, by its extended result code.
pub(super) fn refused(code: Option<u32>, text: &str, statement: Option<&Statement>) -> Error {
    let kind = match code {
        Some(2067 | 1555 | 2579) => ErrorKind::UniqueViolation,
        Some(787 | RAISED) => ErrorKind::ForeignKeyViolation,
        Some(1299) => ErrorKind::NotNullViolation,
        Some(275) => ErrorKind::CheckViolation,
        Some(code) if matches!(code & 0xff, 5 | 6) => ErrorKind::Busy,
        _ => ErrorKind::Database,
    };
    // What it says itself of constraints and locks is made of names alone.
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
        None => String::new(),
    };
    let message = in_statement(format!("the database refused the statement: {said}{advice}"), statement);
    // BUSY, with what it says of its reason: another connection writes, or wrote what this one had read (517). LOCKED (6)
    // is the connection in its own way.
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
