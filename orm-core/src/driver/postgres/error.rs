//! Errors of PostgreSQL.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

use crate::driver::server_error::{Refused, refusal};
use crate::error::{Constraint, Error, ErrorKind};
use crate::sql::Statement;

pub(in crate::driver) fn database_error(error: sqlx::Error, statement: Option<&Statement>) -> Error {
    refusal(error, statement, |error| {
        let kind = if is_outdated(error) {
            ErrorKind::Serialization
        } else {
            kind_of(&error.code().unwrap_or_default())
        };
        // A statement that the driver prepared and the server does not know any more is prepared by another connection.
        let retryable = kind == ErrorKind::Serialization || error.code().as_deref() == Some("26000");
        let (constraint, without_values) = (constraint_of(error), without_detail(error));
        Refused { kind, retryable, constraint, without_values }
    })
}

/// Whether a statement was prepared when its tables were others, and cannot be run as it was.
pub(super) fn is_outdated(error: &(dyn DatabaseError + 'static)) -> bool {
    let error = error.try_downcast_ref::<PgDatabaseError>();
    error.is_some_and(|error| error.code() == "0A000" && error.routine() == Some("RevalidateCachedQuery"))
}

/// PostgreSQL's message about a violated constraint, without the detail: that quotes the row, or the key that others
/// refer to.
fn without_detail(error: &(dyn DatabaseError + 'static)) -> Option<String> {
    let error = error.try_downcast_ref::<PgDatabaseError>()?;
    error.detail().filter(|_| error.code().starts_with("23"))?;
    Some(error.message().to_owned())
}

/// The kind of an error of PostgreSQL, by its SQLSTATE.
fn kind_of(code: &str) -> ErrorKind {
    match code {
        "23505" | "23P01" => ErrorKind::UniqueViolation,
        // The second: a table is dropped that others refer to.
        "23503" | "2BP01" => ErrorKind::ForeignKeyViolation,
        "23502" => ErrorKind::NotNullViolation,
        "23514" => ErrorKind::CheckViolation,
        // CockroachDB and YugabyteDB return the first as well.
        "40001" | "40P01" => ErrorKind::Serialization,
        // CockroachDB's, which does not know either.
        "40003" => ErrorKind::CommitUnknown,
        "55P03" => ErrorKind::Busy,
        "57014" => ErrorKind::StatementTimeout,
        "25P02" => ErrorKind::PendingRollback,
        // The server goes down, or has no place for one more.
        "57P01" | "57P02" | "57P03" | "53300" => ErrorKind::Connection,
        // It ended the connection because nothing was asked for too long.
        "25P03" | "57P05" | "25P04" => ErrorKind::Connection,
        // What the connection prepared is not there.
        "26000" => ErrorKind::Connection,
        code if code.starts_with("08") => ErrorKind::Connection,
        code if code.starts_with("22") => ErrorKind::InvalidValue,
        _ => ErrorKind::Database,
    }
}

fn constraint_of(error: &(dyn DatabaseError + 'static)) -> Option<Constraint> {
    let error = error.try_downcast_ref::<PgDatabaseError>()?;
    let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
    let columns = error.column().map(|column| vec![column.to_owned()]);
    let constraint = Constraint {
        name: owned(error.constraint()),
        schema: owned(error.schema()),
        table: owned(error.table()),
        columns: columns.or_else(|| key_columns(error.detail()?)).unwrap_or_default(),
    };
    error.code().starts_with("23").then_some(constraint)
}

/// `Key (email, name)=(..) already exists.` Of a key that other rows refer to, they are columns of another table than the
/// constraint's.
fn key_columns(detail: &str) -> Option<Vec<String>> {
    if detail.contains(" is still referenced from table ") {
        return None;
    }
    let (columns, _) = detail.strip_prefix("Key (")?.split_once(")=(")?;
    Some(columns.split(", ").map(|column| column.trim_matches('"').to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::key_columns;

    #[test]
    fn the_columns_of_a_key_are_read_from_the_detail() {
        let columns = key_columns("Key (email, \"Name\")=(a@b, jack) already exists.");
        assert_eq!(columns, Some(vec!["email".to_owned(), "Name".to_owned()]));
        assert_eq!(key_columns("Key (id)=(1) is still referenced from table \"pets\"."), None);
        assert_eq!(key_columns("Failing row contains (1, null)."), None);
    }
}
