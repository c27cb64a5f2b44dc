use std::mem;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{
    Arguments, AssertSqlSafe, Column, ConnectOptions as _, Decode, Executor, Row, Sqlite, TypeInfo,
    ValueRef as _,
};

use super::attachment::Attachment;
use super::checkouts::{Borrower, Checkouts};
use super::lease::Connection;
use super::pooled::{self, Pooled, pool_options};
use super::refusal::{in_statement, unfit};
use super::sqlite_batch::{Batch, NOT_UTF8};
use super::sqlite_cursor::{Part, SqliteCursor};
use super::sqlite_handle::{Handle, RUN, register};
use super::sqlite_job::{self, Message, Running};
use super::sqlite_lent::Lent;
use super::sqlite_reading::{Elsewhere, Ended, Stopped};
use super::{ConnectOptions, RowSink};
use crate::error::{Constraint, Error, ErrorKind, Result};
use crate::sql::{Dialect, Expected, Param, Statement};
use crate::value::{Cells, Value, ValueError, ValueRef};

/// How many runs of a statement take the thread of the caller for themselves.
const TURNS: usize = 8;

/// A SQLite database: a pool, and for one in memory the connection that keeps it alive.
#[derive(Debug)]
pub(super) struct SqliteDatabase {
    pool: sqlx::SqlitePool,
    /// False once a connection could not be given the function that runs jobs; rows then come through the driver.
    runs_jobs: Arc<AtomicBool>,
    _anchor: Option<SqliteConnection>,
}

/// A pooled connection.
#[derive(Debug)]
pub(super) struct SqliteLease {
    place: Place,
    /// Whether the connections know how to run jobs.
    runs_jobs: bool,
    /// The statement that is being read, with the connection.
    cursor: Option<SqliteCursor>,
    /// Nobody knows what state the connection is in: it is closed instead of being given back.
    unfit: Arc<AtomicBool>,
}

/// Where a connection runs its statements.
#[derive(Debug)]
enum Place {
    /// On its own thread.
    There(Lent),
    /// On the thread of the caller.
    Here(Handle),
    /// A cursor has it, or it was lost on its way from one to the other.
    Nowhere,
}

impl SqliteDatabase {
    pub(super) async fn connect(url: &str, options: &ConnectOptions) -> Result<SqliteDatabase> {
        let (connect, in_memory) = connect_options(url)?;
        let connect = connect.disable_statement_logging();
        let attached = options.attached.iter().map(|(schema, path)| Attachment::new(schema, path));
        let attached: Arc<[Attachment]> = attached.collect();
        let anchor = match in_memory || attached.iter().any(Attachment::in_memory) {
            true => Some(anchor(&connect, &attached).await.map_err(|error| connecting(url, error))?),
            false => None,
        };
        let runs_jobs = Arc::new(AtomicBool::new(true));
        let works = Arc::clone(&runs_jobs);
        let pool = pool_options(options)
            .after_connect(move |connection, _| {
                let (works, attached) = (Arc::clone(&works), Arc::clone(&attached));
                Box::pin(async move {
                    for attachment in attached.iter() {
                        attachment.attach(connection).await?;
                    }
                    if register(connection, sqlite_job::run).await.is_err() {
                        works.store(false, Ordering::Release);
                    }
                    Ok(())
                })
            })
            .connect_with(connect)
            .await
            .map_err(|error| connecting(url, error))?;
        Ok(SqliteDatabase { pool, runs_jobs, _anchor: anchor })
    }

    pub(super) async fn acquire(&self, checkouts: &Arc<Checkouts>, borrower: Borrower) -> Result<Connection> {
        let refused = |error| database_error(error, None);
        let connection = Pooled::acquire(&self.pool, checkouts, borrower, refused).await?;
        // What a connection holds is locked for everybody until it is closed.
        let connection = connection.closing_first();
        let runs_jobs = self.runs_jobs.load(Ordering::Acquire);
        let unfit = Arc::new(AtomicBool::new(false));
        let place = Place::There(Lent::new(connection, Arc::clone(&unfit)));
        Ok(Connection::Sqlite(SqliteLease { place, runs_jobs, cursor: None, unfit }))
    }

    /// How many connections are open.
    pub(super) fn size(&self) -> u32 {
        self.pool.size()
    }

    pub(super) async fn close(&self, checkouts: &Checkouts) {
        pooled::close(&self.pool, checkouts).await;
    }
}

/// Every engine on `sqlite::memory:` gets a database of its own, shared by its connections: SQLite's `memdb` keeps one
/// under its name for as long as somebody is connected.
fn connect_options(url: &str) -> Result<(SqliteConnectOptions, bool)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let rest = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = rest.strip_prefix("//").unwrap_or(rest);
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    if path == ":memory:" || query.is_some_and(|query| query.split('&').any(|pair| pair == "mode=memory")) {
        let name = format!("/orm-core-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        return Ok((SqliteConnectOptions::new().filename(name).vfs("memdb").create_if_missing(true), true));
    }
    if path.is_empty() {
        return Err(Error::new(
            ErrorKind::Configuration,
            "the URL names no file; write `sqlite:path/to/file.db` or `sqlite::memory:`",
        ));
    }
    let options = SqliteConnectOptions::from_str(url).map_err(|error| {
        Error::new(ErrorKind::Configuration, format!("`{url}` is not a SQLite URL: {error}"))
            .with_source(error)
    })?;
    // As SQLite itself does it: a file that is not there is made, unless the URL says how to open it.
    let create = !query.is_some_and(|query| query.contains("mode="));
    Ok((if create { options.create_if_missing(true) } else { options }, false))
}

/// A connection that keeps what is in memory alive.
async fn anchor(connect: &SqliteConnectOptions, attached: &[Attachment]) -> sqlx::Result<SqliteConnection> {
    let mut connection = connect.connect().await?;
    for attachment in attached {
        attachment.attach(&mut connection).await?;
    }
    Ok(connection)
}

fn connecting(url: &str, error: sqlx::Error) -> Error {
    Error::new(ErrorKind::Connection, format!("cannot open `{url}`: {error}")).with_source(error)
}

impl SqliteLease {
    pub(super) async fn control(&mut self, sql: &str) -> Result<()> {
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
            if self.cursor.is_some() || (statement.expected == Expected::Many && self.runs_jobs) {
                if let Some(from) = self.read_here(statement, sql, params, sink, count).await? {
                    self.run_job(statement, sql, params, from, sink, count).await?;
                }
                continue;
            }
            if self.run_here(statement, sql, params, sink, count).await?.is_some() {
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
            Err(Stopped::Refused(error)) => Err(refused_here(error, statement)),
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
            Err(Stopped::Refused(error)) => Err(refused_here(error, statement)),
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
            let mut running = cursor.run(sql, values);
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
    pub(super) fn open_cursor(&mut self, statement: &Statement, rows: usize) -> Result<()> {
        check(statement)?;
        self.connection()?;
        let Place::There(lent) = mem::replace(&mut self.place, Place::Nowhere) else { return Err(gone()) };
        let connection = lent.into_pooled().ok_or_else(gone)?;
        let values = values(&statement.params).cloned().collect();
        self.cursor = Some(SqliteCursor::open(connection, statement.sql.clone(), values, rows));
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

    /// Lets the cursor's thread come to an end.
    pub(super) fn leave_cursor(&mut self) {
        if let Some(cursor) = &mut self.cursor {
            cursor.leave();
        }
    }

    /// Ends the cursor.
    pub(super) async fn close_cursor(&mut self) -> Result<()> {
        let Some(cursor) = &mut self.cursor else { return Ok(()) };
        let closed = cursor.close().await;
        self.cursor = None;
        let connection = closed.map_err(|error| database_error(error, None))?;
        self.place = Place::There(Lent::new(connection, Arc::clone(&self.unfit)));
        Ok(())
    }

    pub(super) async fn execute(&mut self, statement: &Statement) -> Result<u64> {
        check(statement)?;
        let mut changed = 0;
        let mut nobody = |_: &dyn Cells| Ok(());
        for (turn, (sql, params)) in statement.runs().enumerate() {
            yield_sometimes(turn).await;
            changed += match self.run_here(statement, sql, params, &mut nobody, &mut 0).await? {
                Some(changed) => changed,
                None => {
                    let query = sqlx::query_with(AssertSqlSafe(sql.clone()), arguments(params)?);
                    let done = query.execute(self.connection()?).await;
                    done.map_err(|error| database_error(error, Some(statement)))?.rows_affected()
                }
            };
        }
        Ok(changed)
    }

    /// Closes the connection when what it was asked is done: it is in this process, and does that whether or not somebody
    /// waits for the answer.
    pub(super) async fn conclude(&mut self) {
        if let Place::There(lent) = mem::replace(&mut self.place, Place::Nowhere)
            && let Some(connection) = lent.into_pooled()
        {
            connection.close().await;
        }
    }

    pub(super) fn close_on_drop(&mut self) {
        self.unfit.store(true, Ordering::Release);
        if let Some(cursor) = &mut self.cursor {
            cursor.close_on_drop();
        }
    }

    /// The connection on its own thread.
    fn connection(&mut self) -> Result<&mut SqliteConnection> {
        if let Place::Here(_) = self.place
            && let Place::Here(handle) = mem::replace(&mut self.place, Place::Nowhere)
        {
            self.place = Place::There(handle.unlock().map_err(|error| database_error(error, None))?);
        }
        match &mut self.place {
            Place::There(lent) => lent.connection().map_err(|error| database_error(error, None)),
            _ => Err(gone()),
        }
    }

    /// The connection on the caller's thread.
    async fn handle(&mut self) -> Result<&mut Handle> {
        if let Place::There(_) = self.place
            && let Place::There(lent) = mem::replace(&mut self.place, Place::Nowhere)
        {
            // A future that is dropped in the meantime takes the connection with it, whose transaction may be open.
            let unfit = self.unfit.swap(true, Ordering::AcqRel);
            let handle = Handle::lock(lent).await.map_err(|error| database_error(error, None))?;
            self.unfit.store(unfit, Ordering::Release);
            self.place = Place::Here(handle);
        }
        match &mut self.place {
            Place::Here(handle) => Ok(handle),
            _ => Err(gone()),
        }
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Connection, "the connection has gone")
}

/// What SQLite refused on the caller's thread.
fn refused_here(error: rusqlite::Error, statement: &Statement) -> Error {
    let (code, text) = sqlite_job::refusal(&error);
    refused(u32::try_from(code).ok(), &text, Some(statement)).with_source(error)
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

/// What SQLite said, as a kind. Constraint violations are told apart by the extended result code.
fn database_error(error: sqlx::Error, statement: Option<&Statement>) -> Error {
    let (kind, message) = match &error {
        sqlx::Error::Database(database) => {
            let code = database.code().and_then(|code| code.parse().ok());
            return refused(code, database.message(), statement).with_source(error);
        }
        sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            (ErrorKind::Connection, format!("the connection was lost: {error}"))
        }
        _ => (ErrorKind::Database, error.to_string()),
    };
    Error::new(kind, in_statement(message, statement)).with_source(error)
}

/// What SQLite refused, by its extended result code.
fn refused(code: Option<u32>, text: &str, statement: Option<&Statement>) -> Error {
    let kind = match code {
        Some(2067 | 1555 | 2579) => ErrorKind::UniqueViolation,
        Some(787 | 1811) => ErrorKind::ForeignKeyViolation,
        Some(1299) => ErrorKind::NotNullViolation,
        Some(275) => ErrorKind::CheckViolation,
        Some(code) if matches!(code & 0xff, 5 | 6) => ErrorKind::Busy,
        _ => ErrorKind::Database,
    };
    let advice = match text.strip_prefix("unknown database ") {
        Some(schema) => format!(
            "; on SQLite a schema is a database that is attached: `Engine::builder(url).attach({:?}, path)`",
            schema.trim_matches('"')
        ),
        None => String::new(),
    };
    let message = in_statement(format!("the database refused the statement: {text}{advice}"), statement);
    // BUSY, with what it says of its reason: another connection writes, or wrote what this one had read (517). LOCKED (6)
    // is the connection in its own way.
    let error = Error::new(kind, message).retryable(code.is_some_and(|code| code & 0xff == 5));
    match constraint_of(text) {
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

    async fn lease(database: &SqliteDatabase, checkouts: &Arc<Checkouts>) -> Result<SqliteLease> {
        match database.acquire(checkouts, Borrower::here()).await? {
            Connection::Sqlite(lease) => Ok(lease),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => Err(Error::new(ErrorKind::Configuration, "it is SQLite")),
        }
    }

    /// Transactions of sessions that write never begin with a read, so only here can the snapshot be an old one.
    #[tokio::test]
    async fn a_snapshot_that_is_too_old_to_write_is_worth_another_attempt() -> Result<()> {
        let file = std::env::temp_dir().join(format!("orm-core-snapshot-{}.db", std::process::id()));
        let url = format!("sqlite:{}", file.display());
        let options = ConnectOptions::default();
        let (database, checkouts) =
            (SqliteDatabase::connect(&url, &options).await?, Checkouts::new(&options));
        let (mut first, mut second) =
            (lease(&database, &checkouts).await?, lease(&database, &checkouts).await?);
        first.control("PRAGMA journal_mode = WAL").await?;
        first.control("CREATE TABLE t (n INTEGER)").await?;
        first.control("BEGIN").await?;
        first.control("SELECT n FROM t").await?;
        second.control("INSERT INTO t VALUES (1)").await?;
        let refused = first.execute(&Statement::plain("INSERT INTO t VALUES (2)")).await;
        first.control("ROLLBACK").await?;
        drop((first, second));
        database.close(&checkouts).await;
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
        }
        let code = |error: &Error| {
            let source = std::error::Error::source(error)?.downcast_ref::<sqlx::Error>()?;
            source.as_database_error()?.code().map(|code| code.into_owned())
        };
        let seen = refused.err().map(|error| (error.kind(), error.is_retryable(), code(&error)));
        assert_eq!(seen, Some((ErrorKind::Busy, true, Some("517".to_owned()))));
        Ok(())
    }

    #[test]
    fn a_lock_of_the_connection_itself_is_not_worth_another_attempt() {
        assert!(refused(Some(5), "database is locked", None).is_retryable());
        assert!(refused(Some(517), "database is locked", None).is_retryable());
        assert!(!refused(Some(6), "database table is locked", None).is_retryable());
        assert!(!refused(Some(19), "constraint failed", None).is_retryable());
    }
}
