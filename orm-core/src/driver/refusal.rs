use sqlx::error::DatabaseError;

use crate::error::{Constraint, Error, ErrorKind};
use crate::sql::Statement;

/// What the database means by an error.
pub(super) struct Refused {
    pub(super) kind: ErrorKind,
    /// Whether the same work may succeed when it is begun again.
    pub(super) retryable: bool,
    pub(super) constraint: Option<Constraint>,
    /// What the database said, without the values of a row that it quotes.
    pub(super) without_values: Option<String>,
}

/// What the database said of a row that it refused, without its values: columns that the statement did not name are among
/// them, and may be secret.
#[derive(Debug, thiserror::Error)]
#[error("error returned from database: {message} ({code})")]
struct WithoutValues {
    code: String,
    message: String,
}

/// An error of a driver as one of the session's: what it is, which statement met it, and which constraint it violates.
pub(super) fn refusal(
    error: sqlx::Error,
    statement: Option<&Statement>,
    read: impl Fn(&(dyn DatabaseError + 'static)) -> Refused,
) -> Error {
    let secret = hides(statement);
    let (mut constraint, mut retryable, mut without_values) = (None, false, None);
    let (kind, message) = match &error {
        sqlx::Error::Database(database) => {
            let refused = read(&**database);
            (constraint, retryable) = (refused.constraint, refused.retryable);
            let code = database.code().unwrap_or_default().into_owned();
            let said = match &refused.without_values {
                _ if secret => hidden(&code),
                Some(without) => without.clone(),
                None => database.message().to_owned(),
            };
            without_values = refused.without_values.map(|message| WithoutValues { code, message });
            (refused.kind, format!("the database refused the statement: {said}"))
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => (ErrorKind::Connection, format!("the connection was lost: {error}")),
        _ if secret => (ErrorKind::Database, hidden("")),
        _ => (ErrorKind::Database, error.to_string()),
    };
    let refusal = Error::new(kind, in_statement(message, statement)).retryable(retryable);
    let refusal = match without_values {
        _ if secret => refusal,
        Some(without) => refusal.with_quoted_source(without),
        None => refusal.with_quoted_source(error),
    };
    match constraint {
        Some(constraint) => refusal.with_constraint(constraint),
        None => refusal,
    }
}

/// Whether what the database says must not be shown: databases quote the values that they refuse.
pub(super) fn hides(statement: Option<&Statement>) -> bool {
    statement.is_some_and(Statement::is_secret)
}

/// What stands for the words of a database that may quote a secret.
pub(super) fn hidden(code: &str) -> String {
    let code = if code.is_empty() { String::new() } else { format!(" (code {code})") };
    format!("what it said may show a secret value, and is left out{code}")
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
            "the statement binds {given} values and the database takes {limit}; split the list over several queries"
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

/// A statement for an error message: a list of thousands of placeholders helps nobody.
pub(super) fn shortened(sql: &str) -> String {
    const MOST: usize = 300;
    match sql.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} ..", &sql[..end]),
        None => sql.to_owned(),
    }
}
