use std::sync::Arc;

use futures_util::TryStreamExt;
use sqlx::mysql::{
    MySqlArguments, MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlRow, MySqlSslMode,
    MySqlTypeInfo,
};
use sqlx::{
    Arguments, AssertSqlSafe, Column, ConnectOptions as _, Connection as _, Decode, Either, Executor, MySql,
    Row, Type, TypeInfo, ValueRef as _,
};

use super::checkouts::{Borrower, Checkouts};
use super::connection::{Connection, Inserted};
use super::connector::Connector;
use super::mysql_cell;
use super::mysql_cursor::{MysqlCursor, Part};
use super::pooled::{Pool, Pooled};
use super::refusal::{too_many, unfit};
use super::server_error::{Refused, is_starting, refusal};
use super::tls::{self, TlsOptions};
use super::{ConnectOptions, DatabaseUrl, RowSink, SslMode};
use crate::error::{Constraint, Error, ErrorKind, Result};
use crate::sql::{Dialect, MOST_BINDS, MysqlServer, Param, Statement};
use crate::value::{Cells, Timestamp, Value, ValueError, ValueRef};

/// What every session is set to: whatever the server's own mode says, a value that does not fit is an error, a key of 0 is
/// a key, a backslash in a literal is written as two, and joined texts are not cut.
const SESSION: &str = "SET SESSION sql_mode = CONCAT(REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', ''), \
     ',STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'), SESSION group_concat_max_len = 4294967295";

/// A MySQL or MariaDB database.
#[derive(Debug)]
pub(super) struct MysqlDatabase {
    pool: Arc<Pool<MysqlConnector>>,
    server: MysqlServer,
}

/// How connections are made.
pub(super) struct MysqlConnector {
    options: MySqlConnectOptions,
}

/// A pooled connection.
#[derive(Debug)]
pub(super) struct MysqlLease {
    /// None while a cursor has it, or where it was lost on its way back.
    connection: Option<Pooled<MysqlConnector>>,
    server: MysqlServer,
    /// The result that is being read, with the connection.
    cursor: Option<MysqlCursor>,
    source: Source,
}

/// Where a connection is from, and another one for the same borrower.
#[derive(Debug, Clone)]
struct Source {
    pool: Arc<Pool<MysqlConnector>>,
    checkouts: Arc<Checkouts>,
    borrower: Borrower,
}

impl Connector for MysqlConnector {
    type Connection = MySqlConnection;
    type Error = sqlx::Error;

    const CLOSES_FIRST: bool = false;

    async fn connect(&self) -> sqlx::Result<MySqlConnection> {
        let mut connection = self.options.connect().await?;
        connection.execute(AssertSqlSafe(SESSION.to_owned())).await?;
        Ok(connection)
    }

    fn is_worth_waiting(error: &sqlx::Error) -> bool {
        // It is full.
        if is_starting(error, &["08004"]) {
            return true;
        }
        let error =
            error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
        error.is_some_and(|error| match error.number() {
            1203 => true,
            // The other limits are counted by the hour.
            1226 => error.message().contains("max_user_connections"),
            _ => false,
        })
    }

    async fn ping(connection: &mut MySqlConnection) -> sqlx::Result<()> {
        connection.ping().await
    }

    async fn close(connection: MySqlConnection) {
        // It is gone, whatever it says.
        let _ = connection.close().await;
    }
}

impl MysqlDatabase {
    /// Makes a connection that the pool does not know.
    #[cfg(feature = "migrate")]
    pub(super) async fn raw_connection(&self) -> Result<super::RawConnection> {
        let made = self.pool.connector().connect().await;
        let connection = made.map_err(|error| database_error(error, None))?;
        Ok(super::RawConnection::Mysql(Box::new(connection)))
    }

    pub(super) async fn connect(url: &DatabaseUrl, options: &ConnectOptions) -> Result<MysqlDatabase> {
        let connect: MySqlConnectOptions = url.read()?;
        let connect = encrypted(connect, &options.tls)?.disable_statement_logging();
        let mut proof = url.first(options, connect.connect()).await?;
        let mut server = server(&mut proof).await?;
        server.returning &= options.insert_returning;
        // It proved what it should; how it ends is of no interest.
        let _ = proof.close().await;
        let pool = Pool::new(MysqlConnector { options: connect }, options)?;
        Ok(MysqlDatabase { pool: Arc::new(pool), server })
    }

    pub(super) fn server(&self) -> MysqlServer {
        self.server
    }

    pub(super) async fn acquire(&self, checkouts: &Arc<Checkouts>, borrower: Borrower) -> Result<Connection> {
        let source = Source { pool: Arc::clone(&self.pool), checkouts: Arc::clone(checkouts), borrower };
        let connection = Some(source.acquire().await?);
        Ok(Connection::Mysql(MysqlLease { connection, server: self.server, cursor: None, source }))
    }

    /// How many connections are open.
    pub(super) fn size(&self) -> u32 {
        self.pool.size()
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// The settings with what the builder says about TLS.
fn encrypted(mut connect: MySqlConnectOptions, tls: &TlsOptions) -> Result<MySqlConnectOptions> {
    if let Some(mode) = tls.mode {
        connect = connect.ssl_mode(match mode {
            SslMode::Disable => MySqlSslMode::Disabled,
            SslMode::Prefer => MySqlSslMode::Preferred,
            SslMode::Require => MySqlSslMode::Required,
            SslMode::VerifyCa => MySqlSslMode::VerifyCa,
            SslMode::VerifyFull => MySqlSslMode::VerifyIdentity,
        });
    }
    if let Some(path) = &tls.root_cert {
        connect = connect.ssl_ca(path);
    }
    if let Some((cert, key)) = &tls.client_cert {
        connect = connect.ssl_client_cert(cert).ssl_client_key(key);
    }
    let mode = connect.get_ssl_mode();
    tls::available(&mode, !matches!(mode, MySqlSslMode::Disabled | MySqlSslMode::Preferred))?;
    Ok(connect)
}

/// Asks the server what it is.
async fn server(connection: &mut MySqlConnection) -> Result<MysqlServer> {
    let asked = sqlx::query_as::<_, (String, i64)>(
        "SELECT CAST(VERSION() AS CHAR), CAST(@@auto_increment_increment AS SIGNED)",
    );
    let answer = asked.fetch_one(connection).await;
    let (version, key_step) = answer.map_err(|error| database_error(error, None))?;
    let mariadb = version.to_ascii_lowercase().contains("mariadb");
    let (oldest, name) = if mariadb { ((10, 6), "MariaDB 10.6") } else { ((8, 0), "MySQL 8.0") };
    if number(&version) < oldest {
        return Err(Error::new(
            ErrorKind::Configuration,
            format!("the server is {version}, and {name} is the oldest that this library works with"),
        ));
    }
    Ok(MysqlServer { mariadb, returning: mariadb, key_step })
}

/// The first two parts of a version. A MariaDB behind a replication prefix says `5.5.5-` first.
fn number(version: &str) -> (u32, u32) {
    let version = version.strip_prefix("5.5.5-").unwrap_or(version);
    let mut parts = version.split(|char: char| !char.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

impl Source {
    async fn acquire(&self) -> Result<Pooled<MysqlConnector>> {
        self.pool.acquire(&self.checkouts, self.borrower, |error| database_error(error, None)).await
    }
}

impl MysqlLease {
    fn connection(&mut self) -> Result<&mut MySqlConnection> {
        self.connection.as_mut().ok_or_else(gone)?.connection()
    }

    pub(super) async fn control(&mut self, sql: &str) -> Result<()> {
        let done = self.connection()?.execute(AssertSqlSafe(sql.to_owned())).await;
        done.map(|_| ()).map_err(|error| {
            let number = error.as_database_error().and_then(|error| {
                error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
            });
            match number {
                // Interrupted by an administrator, who cannot say how far it was either.
                Some(1317) if sql == "COMMIT" => {
                    Error::new(ErrorKind::CommitUnknown, "the commit was interrupted").with_source(error)
                }
                _ => database_error(error, None),
            }
        })
    }

    pub(super) async fn fetch(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<()> {
        let mut readers = Vec::new();
        for (sql, params) in statement.runs() {
            let query = sqlx::query_with(AssertSqlSafe(sql.clone()), arguments(self.server, params)?);
            // `fetch` is this with one more layer around each row.
            let mut found = self.connection()?.fetch_many(query);
            while let Some(one) =
                found.try_next().await.map_err(|error| database_error(error, Some(statement)))?
            {
                let Either::Right(row) = one else { continue };
                if *count == 0 {
                    readers = row.columns().iter().map(|column| Reader::of(column.type_info())).collect();
                }
                *count += 1;
                if let Err(error) = sink.row(&RowCells { row: &row, readers: &readers }) {
                    // The next borrower would have to take the rest.
                    drop(found);
                    self.connection.iter_mut().for_each(Pooled::mark_unfit);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Begins to read a statement, so many rows at a time. The connection can do nothing else until the cursor is closed.
    pub(super) fn open_cursor(&mut self, statement: &Statement, rows: usize) -> Result<()> {
        let arguments = arguments(self.server, &statement.params)?;
        let connection = self.connection.take().ok_or_else(gone)?;
        self.cursor = Some(MysqlCursor::open(connection, statement.sql.clone(), arguments, rows));
        Ok(())
    }

    /// Reads the next rows of the cursor's statement; returns whether they were the last ones.
    pub(super) async fn next_rows(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<bool> {
        let cursor = self.cursor.as_mut().ok_or_else(gone)?;
        let (rows, last) = match cursor.next().await {
            Some(Part::Rows(rows, last)) => (rows, last),
            Some(Part::Failed(error)) => return Err(database_error(error, Some(statement))),
            None => return Err(gone()),
        };
        let columns = rows.first().map_or_else(Default::default, MySqlRow::columns);
        let readers: Vec<Reader> = columns.iter().map(|column| Reader::of(column.type_info())).collect();
        for row in &rows {
            *count += 1;
            sink.row(&RowCells { row, readers: &readers })?;
        }
        Ok(last)
    }

    /// Lets the cursor's task come to an end; whether a transaction depends on its connection.
    pub(super) fn leave_cursor(&mut self, depends: bool) {
        if let Some(cursor) = &mut self.cursor {
            cursor.leave(depends);
        }
    }

    /// Ends the cursor. Where its connection was closed and no transaction depended on that, there is another one.
    pub(super) async fn close_cursor(&mut self, depends: bool) -> Result<()> {
        let Some(cursor) = &mut self.cursor else { return Ok(()) };
        let back = cursor.close().await;
        self.cursor = None;
        self.connection = match back {
            None if depends => return Err(gone()),
            // It is rare, and large.
            None => Some(Box::pin(self.source.acquire()).await?),
            back => back,
        };
        Ok(())
    }

    pub(super) async fn execute(&mut self, statement: &Statement) -> Result<Inserted> {
        let mut inserted = Inserted::from(0);
        for (sql, params) in statement.runs() {
            let query = sqlx::query_with(AssertSqlSafe(sql.clone()), arguments(self.server, params)?);
            let done = query.execute(self.connection()?).await;
            let done = done.map_err(|error| database_error(error, Some(statement)))?;
            inserted.rows += done.rows_affected();
            let first = i64::try_from(done.last_insert_id()).ok().filter(|key| *key != 0);
            inserted.keys.extend(first.map(|first| (first, done.rows_affected())));
        }
        Ok(inserted)
    }

    /// The lease with its connection, where no cursor has that.
    pub(super) fn take(&mut self) -> Option<MysqlLease> {
        let connection = self.connection.take().filter(|_| self.cursor.is_none())?;
        let (server, source) = (self.server, self.source.clone());
        Some(MysqlLease { connection: Some(connection), server, cursor: None, source })
    }

    pub(super) fn give_back(self) {
        self.connection.into_iter().for_each(Pooled::give_back);
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Connection, "the connection has gone")
}

fn arguments(server: MysqlServer, params: &[Param]) -> Result<MySqlArguments> {
    if params.len() > MOST_BINDS {
        return Err(too_many(params.len(), MOST_BINDS));
    }
    let mut arguments = MySqlArguments::default();
    arguments.reserve(params.len(), params.len() * 8);
    for param in params {
        let (Param::One(bind) | Param::Padding(bind)) = param else {
            return Err(Error::new(ErrorKind::InvalidQuery, "MySQL has no arrays"));
        };
        if let Some(reason) = Dialect::Mysql(server).refuses(&bind.value) {
            return Err(unfit(reason, bind.secret));
        }
        let added = match &bind.value {
            Value::Null => arguments.add(None::<i64>),
            Value::Bool(v) => arguments.add(*v),
            Value::Int(v) => arguments.add(*v),
            Value::UInt(v) => arguments.add(*v),
            Value::Float(v) => arguments.add(*v),
            Value::Text(v) => arguments.add(v.as_str()),
            Value::Bytes(v) => arguments.add(v.as_slice()),
            Value::Uuid(v) => arguments.add(v.0.as_slice()),
            Value::Json(v) => arguments.add(v.as_str()),
            // Texts, which the statement casts.
            Value::Date(v) => arguments.add(v.to_string()),
            Value::Time(v) => arguments.add(v.to_string()),
            Value::DateTime(v) | Value::Timestamp(Timestamp(v)) => arguments.add(v.to_string()),
            Value::Decimal(v) => arguments.add(v.to_string()),
            Value::Array(_) | Value::Unfit(_) | Value::NotLoaded => {
                return Err(unfit("MySQL has no arrays", bind.secret));
            }
        };
        added.map_err(|error| unfit(error.to_string(), bind.secret))?;
    }
    Ok(arguments)
}

/// How the cells of a column are read: chosen once for a result, by the type that the server says it has.
#[derive(Debug, Clone)]
enum Reader {
    Signed,
    Unsigned,
    Float,
    Text,
    Bytes,
    Date,
    Time,
    DateTime,
    Decimal,
    /// A type that is not known here, by its name.
    Other(String),
}

impl Reader {
    fn of(info: &MySqlTypeInfo) -> Reader {
        match info.name() {
            "FLOAT" | "DOUBLE" => Reader::Float,
            "DATE" => Reader::Date,
            "TIME" => Reader::Time,
            // sqlx sets the time zone of its connections to UTC, so a TIMESTAMP is in UTC.
            "DATETIME" | "TIMESTAMP" => Reader::DateTime,
            "DECIMAL" => Reader::Decimal,
            // What is text is not in the type but in the collation, which the name does not tell.
            _ if <str as Type<MySql>>::compatible(info) => Reader::Text,
            "SET" | "JSON" => Reader::Text,
            _ if <u64 as Type<MySql>>::compatible(info) => Reader::Unsigned,
            _ if <i64 as Type<MySql>>::compatible(info) => Reader::Signed,
            _ if <[u8] as Type<MySql>>::compatible(info) => Reader::Bytes,
            // A column without any value: SELECT NULL.
            "NULL" => Reader::Bytes,
            other => Reader::Other(other.to_owned()),
        }
    }
}

/// A row of sqlx as cells.
struct RowCells<'r> {
    row: &'r MySqlRow,
    readers: &'r [Reader],
}

impl RowCells<'_> {
    /// A cell that the driver decodes by itself, if it is there and not NULL.
    fn decoded<'r, T: Decode<'r, MySql>>(&'r self, index: usize) -> Option<T> {
        let raw = self.row.try_get_raw(index).ok()?;
        if raw.is_null() { None } else { T::decode(raw).ok() }
    }
}

impl Cells for RowCells<'_> {
    fn integer(&self, index: usize) -> Option<i64> {
        match self.readers.get(index)? {
            Reader::Signed => self.decoded(index),
            _ => None,
        }
    }

    fn float(&self, index: usize) -> Option<f64> {
        match self.readers.get(index)? {
            Reader::Float => self.decoded(index),
            _ => None,
        }
    }

    fn text(&self, index: usize) -> Option<&str> {
        match self.readers.get(index)? {
            Reader::Text => self.decoded(index),
            _ => None,
        }
    }

    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError> {
        let Some(reader) = self.readers.get(index) else { return Err(ValueError::MissingCell { index }) };
        let driver = |error: &dyn std::fmt::Display| ValueError::Driver(error.to_string());
        let raw = self.row.try_get_raw(index).map_err(|error| driver(&error))?;
        if raw.is_null() {
            return Ok(ValueRef::Null);
        }
        let read = match reader {
            Reader::Signed => <i64 as Decode<MySql>>::decode(raw).map(ValueRef::Int),
            Reader::Unsigned => <u64 as Decode<MySql>>::decode(raw)
                .map(|v| i64::try_from(v).map_or(ValueRef::UInt(v), ValueRef::Int)),
            Reader::Float => <f64 as Decode<MySql>>::decode(raw).map(ValueRef::Float),
            Reader::Text => <&str as Decode<MySql>>::decode(raw).map(ValueRef::Text),
            Reader::Bytes => <&[u8] as Decode<MySql>>::decode(raw).map(ValueRef::Bytes),
            Reader::Date => <&[u8] as Decode<MySql>>::decode(raw).and_then(mysql_cell::date),
            Reader::Time => <&[u8] as Decode<MySql>>::decode(raw).and_then(mysql_cell::time),
            Reader::DateTime => <&[u8] as Decode<MySql>>::decode(raw).and_then(mysql_cell::date_time),
            Reader::Decimal => <&[u8] as Decode<MySql>>::decode(raw).and_then(mysql_cell::decimal),
            Reader::Other(name) => {
                return Err(ValueError::Driver(format!("a cell of the type {name} cannot be read")));
            }
        };
        read.map_err(|error| driver(&error))
    }

    fn name(&self, index: usize) -> Option<&str> {
        self.row.columns().get(index).map(Column::name)
    }
}

fn database_error(error: sqlx::Error, statement: Option<&Statement>) -> Error {
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

/// What MySQL said of a key that is there already, without its values.
fn without_entry(number: u16, message: &str) -> Option<String> {
    let (_, key) = message.rsplit_once(" for key ").filter(|_| matches!(number, 1062 | 1586))?;
    Some(format!("Duplicate entry for key {key}"))
}

/// What MySQL said, by its error number: its SQLSTATEs are too coarse.
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
        1264 | 1265 | 1292 | 1366 | 1406 | 1690 => ErrorKind::InvalidValue,
        // Too many connections, a server that goes down, a connection that was killed.
        1040 | 1053 | 1203 | 1927 | 2006 | 2013 | 4031 => ErrorKind::Connection,
        _ => ErrorKind::Database,
    }
}

/// The constraint that a message names. Which table it is on, most messages leave to the statement.
fn constraint_of(number: u16, message: &str, statement: Option<&Statement>) -> Option<Constraint> {
    let (schema, table) = statement.and_then(|statement| written_table(&statement.sql)).unzip();
    let mut constraint = Constraint { schema: schema.flatten(), table, ..Constraint::default() };
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

/// The table that a statement writes to, and its schema where it is named.
fn written_table(sql: &str) -> Option<(Option<String>, String)> {
    ["INSERT INTO ", "UPDATE ", "DELETE FROM "].into_iter().find_map(|verb| {
        let (first, rest) = sql.strip_prefix(verb)?.strip_prefix('`')?.split_once('`')?;
        match rest.strip_prefix(".`").and_then(|rest| rest.split_once('`')) {
            Some((table, _)) => Some((Some(first.to_owned()), table.to_owned())),
            None => Some((None, first.to_owned())),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{Statement, constraint_of, number, written_table};

    #[test]
    fn versions_are_read_behind_their_prefixes() {
        assert_eq!(number("8.0.36"), (8, 0));
        assert_eq!(number("10.11.14-MariaDB-0+deb12u2"), (10, 11));
        assert_eq!(number("5.5.5-10.6.7-MariaDB"), (10, 6));
        assert_eq!(number("9.1.0-cloud"), (9, 1));
        assert_eq!(number("?"), (0, 0));
    }

    #[test]
    fn the_table_of_a_statement_is_read_with_its_schema() {
        let owned = |schema: Option<&str>, table: &str| Some((schema.map(str::to_owned), table.to_owned()));
        assert_eq!(written_table("UPDATE `users` SET `a` = `b`.`c`"), owned(None, "users"));
        assert_eq!(written_table("DELETE FROM `app`.`users` WHERE 1 = 1"), owned(Some("app"), "users"));
        assert_eq!(written_table("SELECT 1"), None);
    }

    #[test]
    fn messages_name_constraints() {
        let insert = Statement::plain("INSERT INTO `users` (`email`) VALUES (?)");
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
