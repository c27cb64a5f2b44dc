use std::sync::Arc;

use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Column, Decode, Executor, Row, Sqlite, TypeInfo, ValueRef as _};
use tokio::sync::oneshot;

use super::RowSink;
use super::lease::Inserted;
use super::pooled::Pooled;
use super::refusal::unfit;
use super::sqlite_batch::{Batch, NOT_UTF8};
use super::sqlite_cursor::{Part, SqliteCursor};
use super::sqlite_database::SqliteConnector;
use super::sqlite_error::{database_error, refused, refused_here};
use super::sqlite_handle::{Handle, Prepared, RUN};
use super::sqlite_job::{self, Message, Running};
use super::sqlite_place::Place;
use super::sqlite_reading::{Elsewhere, Ended, Stopped};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Dialect, Expected, Leading, Param, Statement};
use crate::value::{Cells, Value, ValueError, ValueRef};

/// How many runs of a statement take the thread of the caller for themselves.
const TURNS: usize = 8;

/// A pooled connection.
#[derive(Debug)]
pub(super) struct SqliteLease {
    /// None while a cursor has it, or where it was lost on its way back.
    connection: Option<Pooled<SqliteConnector>>,
    /// Whether the connections know how to run jobs.
    runs_jobs: bool,
    /// The statement that is read a part at a time on the caller's thread.
    part: Option<PartRead>,
    /// The statement that is read a part at a time on the connection's thread, with the connection.
    cursor: Option<SqliteCursor>,
    /// The connection that the cursor gives back is closed.
    unfit: bool,
}

/// A statement that is read a part at a time on the caller's thread, with what it takes to go on elsewhere.
#[derive(Debug)]
struct PartRead {
    sql: Arc<str>,
    values: Vec<Value>,
    /// How many rows a part has.
    rows: usize,
    /// How many of the next part were given.
    begun: usize,
    from: Elsewhere,
    ended: bool,
}

impl SqliteLease {
    pub(super) fn new(connection: Pooled<SqliteConnector>, runs_jobs: bool) -> SqliteLease {
        SqliteLease { connection: Some(connection), runs_jobs, part: None, cursor: None, unfit: false }
    }

    pub(super) async fn control(&mut self, sql: &str) -> Result<()> {
        if self.runs_jobs && self.part.is_none() && self.cursor.is_none() {
            let handle = self.handle().await?;
            // What ends a transaction may have to write all of it.
            let ends = matches!(sql, "COMMIT" | "ROLLBACK");
            if (!ends || !handle.writes())
                && handle.control(sql).map_err(|error| refused_here(error, None))?
            {
                return Ok(());
            }
        }
        let connection = self.connection()?;
        let done = connection.execute(AssertSqlSafe(sql.to_owned())).await;
        done.map(|_| ()).map_err(|error| database_error(error, None))
    }

    pub(super) async fn fetch(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<()> {
        check(statement)?;
        for (turn, (sql, params)) in statement.runs().enumerate() {
            yield_sometimes(turn).await;
            let mut from = Some(Elsewhere::default());
            let many = statement.expected == Expected::Many && self.runs_jobs;
            if many {
                from = self.read_here(statement, sql, params, sink, count).await?;
            } else if self.run_here(statement, sql, params, sink, count).await?.is_some() {
                from = None;
            }
            let Some(from) = from else { continue };
            self.read_elsewhere()?;
            if many || self.cursor.is_some() {
                self.run_job(statement, sql, params, from, sink, count).await?;
                continue;
            }
            let query = sqlx::query_with(AssertSqlSafe(sql.clone()), arguments(params)?);
            let mut rows = query.fetch(self.connection()?);
            let refused = |error| database_error(error, Some(statement));
            while let Some(row) = rows.try_next().await.map_err(refused)? {
                *count += 1;
                sink.row(&RowCells(row))?;
            }
        }
        Ok(())
    }

    /// Runs a text of a statement on the caller's thread, where it is short enough for that; gives how many rows it
    /// changed.
    async fn run_here(
        &mut self,
        statement: &Statement,
        sql: &Arc<str>,
        params: &[Param],
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<Option<u64>> {
        if statement.expected == Expected::Many || !self.runs_jobs || self.cursor.is_some() {
            return Ok(None);
        }
        match self.handle().await?.run(sql, values(params), statement.expected, sink, count) {
            Ok(done) => Ok(done),
            Err(Stopped::Unfit(error)) => Err(error),
            Err(Stopped::Refused(error)) => Err(refused_here(error, Some(statement))),
        }
    }

    /// Reads a text of a statement on the caller's thread; says where to go on where that takes too long.
    async fn read_here(
        &mut self,
        statement: &Statement,
        sql: &Arc<str>,
        params: &[Param],
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<Option<Elsewhere>> {
        if !statement.repeatable || self.cursor.is_some() {
            return Ok(Some(Elsewhere::default()));
        }
        match self.handle().await?.read(sql, params, sink, count).await {
            Ok(Ended::Done) => Ok(None),
            Ok(Ended::Elsewhere(from)) => Ok(Some(from)),
            Err(Stopped::Unfit(error)) => Err(error),
            Err(Stopped::Refused(error)) => Err(refused_here(error, Some(statement))),
        }
    }

    /// Runs a statement as a job on the connection's thread, and takes its rows batch by batch while it goes on.
    async fn run_job(
        &mut self,
        statement: &Statement,
        sql: &Arc<str>,
        params: &[Param],
        from: Elsewhere,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<()> {
        let (sql, values) = (Arc::clone(sql), values(params).cloned().collect());
        if let Some(cursor) = &mut self.cursor {
            let mut running = cursor.run(sql, values, from);
            return take(&mut running, statement, sink, count).await;
        }
        let mut running = Running::new(sql, values, from);
        let run = sqlx::query(RUN).bind(running.number).execute(self.connection()?);
        let take = take(&mut running, statement, sink, count);
        let (ran, taken) = futures_util::future::join(run, take).await;
        taken?;
        ran.map(|_| ()).map_err(|error| database_error(error, Some(statement)))
    }

    /// Whether a statement can be read a part at a time.
    pub(super) fn has_cursors(&self) -> bool {
        self.runs_jobs
    }

    /// Begins to read a statement, so many rows at a time.
    pub(super) async fn open_cursor(&mut self, statement: &Statement, rows: usize) -> Result<()> {
        check(statement)?;
        let (sql, values) = (statement.sql.clone(), values(&statement.params).cloned().collect::<Vec<_>>());
        let alone = match statement.repeatable {
            true => {
                let opened = self.handle().await?.open(&sql, &values);
                opened.map_err(|error| refused_here(error, Some(statement)))?
            }
            false => None,
        };
        let from = Elsewhere { skip: 0, alone: alone.unwrap_or(false) };
        self.part = Some(PartRead { sql, values, rows, begun: 0, from, ended: false });
        if alone.is_none() { self.read_elsewhere() } else { Ok(()) }
    }

    /// Has the statement that is read a part at a time go on where it was, on the connection's own thread.
    fn read_elsewhere(&mut self) -> Result<()> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let connection = self.connection.take().ok_or_else(gone)?;
        let rows = (part.rows - part.begun, part.rows);
        self.cursor = Some(SqliteCursor::open(connection, part.sql, part.values, rows, part.from));
        Ok(())
    }

    /// Reads the next rows of the cursor's statement; returns whether they were the last ones.
    pub(super) async fn next_rows(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<bool> {
        if let Some(last) = self.next_rows_here(statement, sink, count).await? {
            return Ok(last);
        }
        let cursor = self.cursor.as_mut().ok_or_else(gone)?;
        while let Some(part) = cursor.next().await {
            match part {
                Part::Rows(batch) => {
                    give(&batch, sink, count)?;
                    cursor.give_back(batch);
                }
                Part::End(last) => return Ok(last),
                Part::Failed(code, text) => {
                    return Err(refused(u32::try_from(code).ok(), &text, Some(statement)));
                }
            }
        }
        // The job was never begun: closing the cursor says why.
        self.close_cursor().await?;
        Err(gone())
    }

    /// The same on the caller's thread; none where it goes on elsewhere.
    async fn next_rows_here(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<Option<bool>> {
        let Some(part) = &mut self.part else { return Ok(None) };
        if part.ended {
            return Ok(Some(true));
        }
        let place = self.connection.as_mut().ok_or_else(gone)?.place()?;
        let handle = Place::here(place).await.map_err(|error| database_error(error, None))?;
        let before = *count;
        let read = handle.next_rows(part.rows, sink, count).await;
        part.from.skip += *count - before;
        match read {
            Ok(Some(last)) => {
                part.ended = last;
                Ok(Some(last))
            }
            Ok(None) => {
                part.begun = usize::try_from(*count - before).unwrap_or(part.rows);
                self.read_elsewhere()?;
                Ok(None)
            }
            Err(Stopped::Unfit(error)) => Err(error),
            Err(Stopped::Refused(error)) => Err(refused_here(error, Some(statement))),
        }
    }

    /// Lets the cursor's thread come to an end.
    pub(super) fn leave_cursor(&mut self) {
        if let Some(cursor) = &mut self.cursor {
            cursor.leave();
        }
    }

    /// Ends the cursor.
    pub(super) async fn close_cursor(&mut self) -> Result<()> {
        self.close_part()?;
        let Some(cursor) = &mut self.cursor else { return Ok(()) };
        let closed = cursor.close().await;
        self.cursor = None;
        let mut connection = closed.map_err(|error| database_error(error, None))?;
        if self.unfit {
            connection.close_on_drop();
        }
        self.connection = Some(connection);
        Ok(())
    }

    /// Inserts rows whose keys SQLite generates. Says the first key where each row has the key after that of the one before
    /// it: the first row's is its number in the table, each run inserted as many rows as it was given, and the last number
    /// rose by as many. A trigger that inserts or leaves out rows of the table, or a table without such numbers, is seen in
    /// that, and nothing is said of the keys.
    async fn insert_by_rowid(&mut self, statement: &Statement, leading: &Leading) -> Result<Inserted> {
        let mut key = None;
        let mut sink = |cells: &dyn Cells| {
            key = cells.cell(0).ok().map(|cell| cell.to_value());
            Ok(())
        };
        let unknown = |rows| Inserted { rows, first_key: None };
        let params = statement.params.get(..leading.values).unwrap_or_default();
        let led = self.run_here(statement, &leading.sql, params, &mut sink, &mut 0).await?;
        let (Some(mut rows), Some(Value::Int(first))) = (led, key) else { return Ok(unknown(0)) };
        let mut last = first;
        if self.handle().await?.last_key() != first {
            return Ok(unknown(rows));
        }
        let mut nobody = |_: &dyn Cells| Ok(());
        for (turn, (sql, params)) in statement.runs().enumerate() {
            yield_sometimes(turn).await;
            let given = params.len() / leading.values.max(1);
            let ran = self.run_here(statement, sql, params, &mut nobody, &mut 0).await?;
            let Some(changed) = ran else { return Ok(unknown(rows)) };
            rows += changed;
            last = last.saturating_add(i64::try_from(given).unwrap_or(i64::MAX));
            if changed != u64::try_from(given).unwrap_or(u64::MAX) || self.handle().await?.last_key() != last
            {
                return Ok(unknown(rows));
            }
        }
        Ok(Inserted { rows, first_key: Some(first) })
    }

    /// Refuses a text with several statements, which the driver would run one after the other. It is compiled on the
    /// connection's own thread, which can wait where somebody has the tables' definitions locked.
    async fn check_single(&mut self, statement: &Statement) -> Result<()> {
        let (send, checked) = oneshot::channel();
        let (sql, connection) = (Arc::clone(&statement.sql), self.connection()?);
        let number = sqlite_job::enqueue(Box::new(move |connection| {
            // Who asked may have gone.
            let _ = send.send(Prepared::new(connection, &sql).map(drop));
        }));
        let ran = sqlx::query(RUN).bind(number).execute(connection).await;
        // Where the driver refused, it was not begun.
        sqlite_job::forget(number);
        ran.map_err(|error| database_error(error, Some(statement)))?;
        let checked = checked.await.map_err(|_| gone())?;
        checked.map_err(|error| refused_here(error, Some(statement)))
    }

    pub(super) async fn execute(&mut self, statement: &Statement) -> Result<Inserted> {
        check(statement)?;
        if let Some(leading) = &statement.leading {
            return self.insert_by_rowid(statement, leading).await;
        }
        let mut changed = 0;
        let mut nobody = |_: &dyn Cells| Ok(());
        for (turn, (sql, params)) in statement.runs().enumerate() {
            yield_sometimes(turn).await;
            changed += match self.run_here(statement, sql, params, &mut nobody, &mut 0).await? {
                Some(changed) => changed,
                None => {
                    // SQL of the user's own.
                    if statement.expected == Expected::Many && self.runs_jobs {
                        self.check_single(statement).await?;
                    }
                    let query = sqlx::query_with(AssertSqlSafe(sql.clone()), arguments(params)?);
                    let done = query.execute(self.connection()?).await;
                    done.map_err(|error| database_error(error, Some(statement)))?.rows_affected()
                }
            };
        }
        Ok(Inserted::from(changed))
    }

    /// Closes the connection when what it was asked is done: it is in this process, and does that whether or not somebody
    /// waits for the answer.
    pub(super) async fn conclude(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }

    pub(super) fn close_on_drop(&mut self) {
        self.unfit = true;
        if let Some(connection) = &mut self.connection {
            connection.close_on_drop();
        }
        if let Some(cursor) = &mut self.cursor {
            cursor.close_on_drop();
        }
    }

    /// Ends the statement that is read a part at a time on the caller's thread.
    fn close_part(&mut self) -> Result<()> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let Some(Place::Here(handle)) = self.place()? else { return Ok(()) };
        let closed = handle.close(part.from.alone);
        if closed.is_err() {
            self.close_on_drop();
        }
        closed.map_err(|error| refused_here(error, None))
    }

    fn place(&mut self) -> Result<&mut Option<Place>> {
        self.connection.as_mut().ok_or_else(gone)?.place()
    }

    /// The connection on its own thread.
    fn connection(&mut self) -> Result<&mut SqliteConnection> {
        if self.part.is_some() {
            return Err(gone());
        }
        Place::there(self.place()?).map_err(|error| database_error(error, None))
    }

    /// The connection on the caller's thread.
    async fn handle(&mut self) -> Result<&mut Handle> {
        Place::here(self.place()?).await.map_err(|error| database_error(error, None))
    }
}

impl Drop for SqliteLease {
    fn drop(&mut self) {
        // What could not be ended is closed.
        let _ = self.close_part();
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Connection, "the connection has gone")
}

/// Takes the rows of a job batch by batch while it goes on.
async fn take(
    running: &mut Running,
    statement: &Statement,
    sink: &mut dyn RowSink,
    count: &mut u64,
) -> Result<()> {
    while let Some(message) = running.next().await {
        match message {
            Message::Rows(batch) => {
                give(&batch, sink, count)?;
                running.give_back(batch);
            }
            Message::Failed(code, text) => {
                return Err(refused(u32::try_from(code).ok(), &text, Some(statement)));
            }
        }
    }
    Ok(())
}

pub(super) fn give(batch: &Batch, sink: &mut dyn RowSink, count: &mut u64) -> Result<()> {
    for row in batch.rows() {
        *count += 1;
        sink.row(&row)?;
    }
    Ok(())
}

/// Refuses values that SQLite cannot take, before anything is sent.
fn check(statement: &Statement) -> Result<()> {
    let limit = Dialect::Sqlite.bind_limit();
    if statement.params.len() > limit {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "the statement binds {} values and SQLite takes {limit}; split the list over several queries",
                statement.params.len()
            ),
        ));
    }
    for param in &statement.params {
        let Param::One(bind) = param else {
            return Err(Error::new(ErrorKind::InvalidQuery, "SQLite has no arrays"));
        };
        if let Some(reason) = Dialect::Sqlite.refuses(&bind.value) {
            return Err(unfit(reason, bind.secret));
        }
        match &bind.value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::UInt(_) => {}
            Value::Float(_) | Value::Text(_) | Value::Bytes(_) => {}
            other => match other.clone().into_plain() {
                Value::Text(_) | Value::Bytes(_) => {}
                other => return Err(unfit(format!("SQLite cannot store {other}"), bind.secret)),
            },
        }
    }
    Ok(())
}

/// Lets others have the thread, between runs of which each takes some hundredths of a millisecond.
async fn yield_sometimes(turn: usize) {
    if turn % TURNS == TURNS - 1 {
        tokio::task::yield_now().await;
    }
}

/// Values that [`check`] has seen.
fn values(params: &[Param]) -> impl Iterator<Item = &Value> {
    params.iter().flat_map(Param::values)
}

fn arguments(params: &[Param]) -> Result<SqliteArguments> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(params.len(), 0);
    for value in values(params) {
        let added = match value {
            Value::Null => arguments.add(None::<i64>),
            Value::Bool(v) => arguments.add(*v),
            Value::Int(v) => arguments.add(*v),
            Value::UInt(v) => arguments.add(i64::try_from(*v).ok()),
            Value::Float(v) => arguments.add(*v),
            Value::Text(v) => arguments.add(v.clone()),
            Value::Bytes(v) => arguments.add(v.clone()),
            other => match other.clone().into_plain() {
                Value::Text(v) => arguments.add(v),
                Value::Bytes(v) => arguments.add(v),
                _ => arguments.add(None::<i64>),
            },
        };
        added.map_err(|error| Error::new(ErrorKind::InvalidValue, error.to_string()))?;
    }
    Ok(arguments)
}

/// A row of sqlx as cells. The type of each cell is SQLite's, not the column's: SQLite stores any type anywhere.
struct RowCells(SqliteRow);

impl Cells for RowCells {
    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError> {
        if index >= self.0.len() {
            return Err(ValueError::MissingCell { index });
        }
        let driver = |error: &dyn std::fmt::Display| ValueError::Driver(error.to_string());
        let raw = self.0.try_get_raw(index).map_err(|error| driver(&error))?;
        if raw.is_null() {
            return Ok(ValueRef::Null);
        }
        let info = raw.type_info().into_owned();
        let read = match info.name() {
            "INTEGER" => <i64 as Decode<Sqlite>>::decode(raw).map(ValueRef::Int),
            "REAL" => <f64 as Decode<Sqlite>>::decode(raw).map(ValueRef::Float),
            "TEXT" => {
                let text = <&str as Decode<Sqlite>>::decode(raw);
                return text.map(ValueRef::Text).map_err(|_| ValueError::Driver(NOT_UTF8.to_owned()));
            }
            "BLOB" => <&[u8] as Decode<Sqlite>>::decode(raw).map(ValueRef::Bytes),
            other => return Err(ValueError::Driver(format!("SQLite has no type {other}"))),
        };
        read.map_err(|error| driver(&error))
    }

    fn name(&self, index: usize) -> Option<&str> {
        self.0.columns().get(index).map(Column::name)
    }
}
