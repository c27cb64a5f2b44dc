//! Errors of MySQL and MariaDB.

use sqlx::mysql::MySqlDatabaseError;

use crate::driver::server_error::{Refused, refusal};
use crate::error::{Constraint, Error, ErrorKind};
use crate::sql::Statement;

pub(in crate::driver) fn database_error(error: sqlx::Error, statement: Option<&Statement>) -> Error {
    refusal(error, statement, |error| {
        let error = error.try_downcast_ref::<MySqlDatabaseError>();
        let number = error.map_or(0, MySqlDatabaseError::number);
        let kind = match number {
            // A limit of the user: of connections, or else of statements, which ends no connection.
            1226 if statement.is_none() => ErrorKind::Connection,
            number => kind_of(number),
        };
        Refused {
            kind,
            // A lock that was waited for; one that was to be free at once (3572) is an answer.
            retryable: kind == ErrorKind::Serialization || number == 1205,
            constraint: error.and_then(|error| constraint_of(number, error.message(), statement)),
            without_values: error.and_then(|error| without_entry(number, error.message())),
        }
    })
}

/// MySQL's message about a duplicate key, without its values.
fn without_entry(number: u16, message: &str) -> Option<String> {
    let (_, key) = message.rsplit_once(" for key ").filter(|_| matches!(number, 1062 | 1586))?;
    Some(format!("Duplicate entry for key {key}"))
}

/// The kind of an error of MySQL, by its error number: its SQLSTATEs are too coarse.
fn kind_of(number: u16) -> ErrorKind {
    match number {
        1062 | 1169 | 1586 => ErrorKind::UniqueViolation,
        // The last: a table is dropped that others refer to.
        1216 | 1217 | 1451 | 1452 | 3730 => ErrorKind::ForeignKeyViolation,
        1048 | 1263 | 1364 => ErrorKind::NotNullViolation,
        // MySQL's, and MariaDB's.
        3819 | 4025 => ErrorKind::CheckViolation,
        // The second: MariaDB found the row changed since the snapshot.
        1213 | 1020 => ErrorKind::Serialization,
        // TiDB's: conflicts of writes, a commit that was taken back, a schema that changed meanwhile.
        8002 | 8005 | 8022 | 8028 | 9007 => ErrorKind::Serialization,
        // TiDB's, when it does not know whether it committed.
        8501 => ErrorKind::CommitUnknown,
        1205 | 3572 => ErrorKind::Busy,
        // MariaDB's, MySQL's, and that of an administrator who ends one statement.
        1969 | 3024 | 1317 => ErrorKind::StatementTimeout,
        1264 | 1265 | 1292 | 1366 | 1406 | 1690 => ErrorKind::InvalidValue,
        // Too many connections, a server that goes down, a connection that was killed.
        1040 | 1053 | 1203 | 1927 | 2006 | 2013 | 4031 => ErrorKind::Connection,
        _ => ErrorKind::Database,
    }
}

/// The constraint that a message names. Which table it is on, most messages leave to the statement.
fn constraint_of(number: u16, message: &str, statement: Option<&Statement>) -> Option<Constraint> {
    let table = statement.and_then(|statement| statement.table);
    let schema = table.and_then(|table| table.schema).map(str::to_owned);
    let table = table.map(|table| table.name.to_owned());
    let mut constraint = Constraint { schema, table, ..Constraint::default() };
    match number {
        1062 | 1169 | 1586 => {
            let key = message.rsplit_once(" for key '")?.1.trim_end_matches('\'');
            let key = key.rsplit_once('.').map_or(key, |(_, key)| key);
            constraint.name = Some(key.to_owned());
        }
        1451 | 1452 => {
            // The table with the key, which a DELETE of what it refers to does not name.
            let (schema, table) = message.split_once("`.`")?;
            constraint.schema = schema.rsplit_once('`').map(|(_, schema)| schema.to_owned());
            constraint.table = table.split_once('`').map(|(table, _)| table.to_owned());
            constraint.name = quoted(message, "CONSTRAINT ");
            let (_, columns) = message.split_once("FOREIGN KEY (")?;
            let (columns, _) = columns.split_once(')')?;
            constraint.columns =
                columns.split(", ").map(|column| column.trim_matches('`').to_owned()).collect();
        }
        1048 | 1364 => constraint.columns = vec![message.split('\'').nth(1)?.to_owned()],
        // No constraint, but the column that a value does not fit. One that is only computed with has none.
        1264 | 1265 | 1292 | 1366 | 1406 if !message.starts_with("Truncated") => {
            let (_, column) = message.rsplit_once("column ")?;
            constraint.columns = vec![
                column
                    .split(['\'', '`'])
                    .rfind(|part| !part.is_empty() && !part.starts_with(" at row"))?
                    .to_owned(),
            ];
        }
        3819 => constraint.name = Some(message.split('\'').nth(1)?.to_owned()),
        4025 => constraint.name = quoted(message, "CONSTRAINT "),
        _ => return None,
    }
    Some(constraint)
}

/// What stands in backticks behind a word.
fn quoted(message: &str, word: &str) -> Option<String> {
    let (_, name) = message.split_once(&format!("{word}`"))?;
    name.split_once('`').map(|(name, _)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::constraint_of;
    use crate::sql::{Statement, TableName};

    #[test]
    fn messages_name_constraints() {
        let table = Some(TableName::new("users"));
        let insert = Statement { table, ..Statement::plain("INSERT INTO `users` (`email`) VALUES (?)") };
        let read = |number, message| constraint_of(number, message, Some(&insert));
        for message in ["Duplicate entry 'a' for key 'email'", "Duplicate entry 'a' for key 'users.email'"] {
            let unique = read(1062, message);
            assert_eq!(unique.as_ref().and_then(|found| found.name.as_deref()), Some("email"));
            assert_eq!(unique.and_then(|found| found.table).as_deref(), Some("users"));
        }
        let foreign = read(
            1452,
            "Cannot add or update a child row: a foreign key constraint fails (`app`.`orders`, CONSTRAINT `orders_ibfk_1` \
             FOREIGN KEY (`user_id`, `shop`) REFERENCES `users` (`id`, `shop`))",
        );
        assert_eq!(foreign.as_ref().and_then(|found| found.schema.as_deref()), Some("app"));
        assert_eq!(foreign.as_ref().and_then(|found| found.table.as_deref()), Some("orders"));
        assert_eq!(foreign.map(|found| found.columns), Some(vec!["user_id".to_owned(), "shop".to_owned()]));
        let large = read(1264, "Out of range value for column 'value' at row 1");
        assert_eq!(large.map(|found| found.columns), Some(vec!["value".to_owned()]));
        let wrong = read(1366, "Incorrect integer value: 'x' for column `app`.`users`.`value` at row 1");
        assert_eq!(wrong.map(|found| found.columns), Some(vec!["value".to_owned()]));
        let without = super::without_entry(1062, "Duplicate entry 'it's for key-hush' for key 'users.email'");
        assert_eq!(without.as_deref(), Some("Duplicate entry for key 'users.email'"));
        let null = read(1048, "Column 'name' cannot be null");
        assert_eq!(null.map(|found| found.columns), Some(vec!["name".to_owned()]));
    }
}
