//! Errors that servers have in common.

use std::io;

use sqlx::error::DatabaseError;

use super::driver_error::DriverError;
use super::refusal::{hidden, hides, in_statement};
use crate::error::{Constraint, Error, ErrorKind};
use crate::sql::Statement;

/// Why connecting to a server failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotConnected {
    #[error(transparent)]
    Refused(#[from] sqlx::Error),
    /// A function of `on_connect` refused the connection.
    #[error(transparent)]
    OnConnect(Error),
}

impl DriverError for sqlx::Error {
    fn into_error(self) -> Error {
        match &self {
            #[cfg(feature = "mysql")]
            sqlx::Error::Database(of)
                if of.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().is_some() =>
            {
                super::mysql::database_error(self, None)
            }
            #[cfg(feature = "postgres")]
            _ => super::postgres::database_error(self, None),
            #[cfg(not(feature = "postgres"))]
            _ => super::mysql::database_error(self, None),
        }
    }
}

/// What the database means by an error.
pub(super) struct Refused {
    pub(super) kind: ErrorKind,
    /// Whether the same work may succeed when it is begun again.
    pub(super) retryable: bool,
    pub(super) constraint: Option<Constraint>,
    /// The database's message, without the values of a row that it quotes.
    pub(super) without_values: Option<String>,
}

/// The database's message about a row that it refused, without the row's values: they include columns that the statement
/// did not name, which may be secret.
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

/// Whether a server that refuses a connection is still starting, or returns one of these codes for it.
pub(super) fn is_starting(error: &sqlx::Error, codes: &[&str]) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| codes.contains(&&*code)),
        _ => false,
    }
}
