//! Statements, values and rows on MySQL and MariaDB.

use std::sync::Arc;

use futures_util::TryStreamExt;
use sqlx::mysql::{MySqlArguments, MySqlConnection, MySqlDatabaseError, MySqlRow, MySqlTypeInfo};
use sqlx::{
    Arguments, AssertSqlSafe, Column, Decode, Either, Executor, MySql, Row, Type, TypeInfo, ValueRef as _,
};

use super::cell;
use super::connector::{MysqlConnector, Source};
use super::cursor::{MysqlCursor, Part};
use super::error::database_error;
use super::prepared;
use crate::driver::backend::Backend;
use crate::driver::inserted::Inserted;
use crate::driver::pool::Pooled;
use crate::driver::refusal::{too_many, unfit};
use crate::driver::{Control, RowSink};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Dialect, MOST_BINDS, MysqlServer, Param, Statement};
use crate::value::{Cells, Timestamp, Value, ValueError, ValueRef};

/// A pooled connection.
#[derive(Debug)]
pub(in crate::driver) struct MysqlLease {
    /// None while a cursor has it, or where it was lost on its way back.
    connection: Option<Pooled<MysqlConnector>>,
    server: MysqlServer,
    /// The result that is being read, with the connection.
    cursor: Option<MysqlCursor>,
    source: Source,
}

impl MysqlLease {
    pub(super) fn new(
        connection: Option<Pooled<MysqlConnector>>,
        server: MysqlServer,
        source: Source,
    ) -> MysqlLease {
        MysqlLease { connection, server, cursor: None, source }
    }

    pub(in crate::driver) fn connection(&mut self) -> Result<&mut MySqlConnection> {
        self.connection.as_mut().ok_or_else(gone)?.connection()
    }

    async fn prepare(&mut self, sql: &Arc<str>, statement: &Statement) -> Result<()> {
        let prepared = prepared::prepare(self.connection()?, sql).await;
        prepared.map_err(|error| database_error(error, Some(statement)))
    }

    async fn read(&mut self, statement: &Statement, sink: &mut dyn RowSink, count: &mut u64) -> Result<()> {
        let mut readers = Vec::new();
        for (sql, params) in statement.runs() {
            let sql = prepared::text(self.server, sql, params);
            let query = sqlx::query_with(AssertSqlSafe(sql.clone()), arguments(self.server, params)?);
            self.prepare(&sql, statement).await?;
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

    async fn change(&mut self, statement: &Statement) -> Result<Inserted> {
        let mut inserted = Inserted::from(0);
        for (sql, params) in statement.runs() {
            let sql = prepared::text(self.server, sql, params);
            let query = sqlx::query_with(AssertSqlSafe(sql.clone()), arguments(self.server, params)?);
            let connection = self.connection()?;
            let mut done = match prepared::prepare(connection, &sql).await {
                Ok(()) => query.execute(&mut *connection).await,
                Err(error) => Err(error),
            };
            if done.as_ref().is_err_and(prepared::is_unsupported) && params.is_empty() {
                // Nothing was done yet.
                done = connection.execute(AssertSqlSafe(sql)).await;
            }
            let done = done.map_err(|error| database_error(error, Some(statement)))?;
            inserted.rows += done.rows_affected();
            let first = i64::try_from(done.last_insert_id()).ok().filter(|key| *key != 0);
            inserted.keys.extend(first.map(|first| (first, done.rows_affected())));
        }
        Ok(inserted)
    }
}

impl Backend for MysqlLease {
    async fn control(&mut self, control: &Control<'_>) -> Result<()> {
        let done = self.connection()?.execute(AssertSqlSafe(control.sql().into_owned())).await;
        done.map(|_| ()).map_err(|error| {
            let number = error.as_database_error().and_then(|error| {
                error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
            });
            match number {
                // Interrupted by an administrator or by MariaDB's `max_statement_time`: neither says how far it was.
                Some(1317 | 1969) if *control == Control::Commit => {
                    Error::new(ErrorKind::CommitUnknown, "the commit was interrupted").with_source(error)
                }
                _ => database_error(error, None),
            }
        })
    }

    async fn fetch(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        rows: &mut u64,
        _within: bool,
    ) -> Result<()> {
        Box::pin(self.read(statement, sink, rows)).await
    }

    async fn execute(&mut self, statement: &Statement, _within: bool) -> Result<Inserted> {
        Box::pin(self.change(statement)).await
    }

    fn leave(&mut self) -> MysqlLease {
        let (connection, cursor) = (self.connection.take(), self.cursor.take());
        MysqlLease { connection, server: self.server, cursor, source: self.source.clone() }
    }

    fn take(&mut self) -> Option<MysqlLease> {
        let connection = self.connection.take().filter(|_| self.cursor.is_none())?;
        let (server, source) = (self.server, self.source.clone());
        Some(MysqlLease { connection: Some(connection), server, cursor: None, source })
    }

    fn give_back(self) {
        self.connection.into_iter().for_each(Pooled::give_back);
    }

    /// A result that is being read takes the whole connection.
    fn has_cursors(&self, pages: bool) -> bool {
        !pages
    }

    async fn open_cursor(
        &mut self,
        statement: &Statement,
        part: usize,
        _alone: bool,
        _within: bool,
    ) -> Result<()> {
        let arguments = arguments(self.server, &statement.params)?;
        let connection = self.connection.take().ok_or_else(gone)?;
        let sql = prepared::text(self.server, &statement.sql, &statement.params);
        self.cursor = Some(MysqlCursor::open(connection, sql, arguments, part));
        Ok(())
    }

    async fn next_rows(
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

    /// Whether a transaction depends on the connection decides how the cursor's task ends.
    fn leave_cursor(&mut self, within: bool) {
        if let Some(cursor) = &mut self.cursor {
            cursor.leave(within);
        }
    }

    /// Where the connection was closed and no transaction depended on that, there is another one.
    async fn close_cursor(&mut self, _ends: bool, within: bool) -> Result<()> {
        let Some(cursor) = &mut self.cursor else { return Ok(()) };
        let back = cursor.close().await;
        self.cursor = None;
        self.connection = match back {
            None if within => return Err(gone()),
            // It is rare, and large.
            None => Some(Box::pin(self.source.acquire()).await?),
            back => back,
        };
        Ok(())
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Connection, "the connection is closed")
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

/// How the cells of a column are read: chosen once for a result, by the type that the server reports.
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
            // Only the collation distinguishes text, and the type's name does not include it.
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
    /// A cell that the driver decodes itself, unless it is missing or NULL.
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
            Reader::Date => <&[u8] as Decode<MySql>>::decode(raw).and_then(cell::date),
            Reader::Time => <&[u8] as Decode<MySql>>::decode(raw).and_then(cell::time),
            Reader::DateTime => <&[u8] as Decode<MySql>>::decode(raw).and_then(cell::date_time),
            Reader::Decimal => <&[u8] as Decode<MySql>>::decode(raw).and_then(cell::decimal),
            Reader::Other(name) => {
                return Err(ValueError::Driver(format!("a cell of the type {name} cannot be read")));
            }
        };
        read.map_err(|error| driver(&error))
    }

    fn column_name(&self, index: usize) -> Option<&str> {
        self.row.columns().get(index).map(Column::name)
    }
}
