use std::future::Future;

use sqlx::error::DatabaseError;

use super::ConnectOptions;
use crate::error::{Constraint, Error, ErrorKind, Result};
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
    // Databases quote the values that they refuse.
    let mut secret = statement.is_some_and(Statement::has_secret);
    let (mut constraint, mut retryable, mut without_values) = (None, false, None);
    let (kind, message) = match &error {
        sqlx::Error::Database(database) => {
            let refused = read(&**database);
            (constraint, retryable) = (refused.constraint, refused.retryable);
            // A value that cannot be converted may be one of a row.
            let reads_secret = statement.is_some_and(|statement| statement.reads_secret);
            secret |= refused.kind == ErrorKind::InvalidValue && reads_secret;
            without_values = refused.without_values.map(|message| WithoutValues {
                code: database.code().unwrap_or_default().into_owned(),
                message,
            });
            let said = match &without_values {
                _ if secret => "what it said may show a secret value",
                Some(without) => &without.message,
                None => database.message(),
            };
            (refused.kind, format!("the database refused the statement: {said}"))
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => (ErrorKind::Connection, format!("the connection was lost: {error}")),
        _ => (ErrorKind::Database, error.to_string()),
    };
    let refusal = Error::new(kind, in_statement(message, statement)).retryable(retryable);
    let refusal = match without_values {
        _ if secret => refusal,
        Some(without) => refusal.with_source(without),
        None => refusal.with_source(error),
    };
    match constraint {
        Some(constraint) => refusal.with_constraint(constraint),
        None => refusal,
    }
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

/// The first connection, which proves that the database is there.
pub(super) async fn first<C>(
    url: &str,
    options: &ConnectOptions,
    connecting: impl Future<Output = sqlx::Result<C>>,
) -> Result<C> {
    let database = without_password(url);
    match tokio::time::timeout(options.pool_timeout, connecting).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => {
            // What a library of TLS refuses comes as an error of the socket.
            let advice = match error.to_string().contains("certificate") {
                true => {
                    "; the server's certificate must be signed by an authority of `ssl_root_cert`, and with `VerifyFull` be \
                     for the host of the URL"
                }
                false => "",
            };
            let message = format!("cannot connect to `{database}`: {error}{advice}");
            Err(Error::new(ErrorKind::Connection, message).with_source(error))
        }
        Err(_) => Err(Error::new(
            ErrorKind::Connection,
            format!("cannot connect to `{database}`: no answer in time"),
        )),
    }
}

/// The URL does not say how to connect.
pub(super) fn wrong_url(url: &str, error: sqlx::Error) -> Error {
    let message = format!("`{}` is no URL of a database: {error}", without_password(url));
    Error::new(ErrorKind::Configuration, message).with_source(error)
}

/// A URL for an error message: who connects and with what password is nobody's business.
fn without_password(url: &str) -> String {
    let url = url.split_once('?').map_or(url, |(url, _)| url);
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        _ => url.to_owned(),
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

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn a_url_is_shown_without_its_password() {
        assert_eq!(
            without_password("postgres://jack:s3cret@db:5432/app?password=s3cret"),
            "postgres://db:5432/app"
        );
        assert_eq!(without_password("mysql://jack:p@ss@db/app"), "mysql://db/app");
        assert_eq!(without_password("postgres:///app"), "postgres:///app");
    }
}
