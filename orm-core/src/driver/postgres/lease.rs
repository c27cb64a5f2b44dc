//! Connections, statements and values on PostgreSQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgSslMode};
use sqlx::query::Query;
use sqlx::{
    Arguments, AssertSqlSafe, ConnectOptions as _, Connection as _, Either, Encode, Executor, Postgres, Row,
    Type,
};

use super::cell::Wire;
use super::connection::PostgresConnection;
use super::cursor::PostgresCursor;
use super::error::{database_error, is_outdated};
use super::read_ahead::ReadAhead;
use super::row::RowCells;
use super::types::meet_types;
use crate::driver::backend::Backend;
use crate::driver::connection::Connection;
use crate::driver::inserted::Inserted;
use crate::driver::pool::{Borrower, Checkouts, Connector, Pool, Pooled};
use crate::driver::refusal::{too_many, unfit};
use crate::driver::server_error::{NotConnected, is_starting};
use crate::driver::tls::{self, TlsOptions};
use crate::driver::{
    ConnectOptions, Control, DatabaseUrl, DriverConnection, OnConnect, Pooler, RowSink, SslMode,
};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Bind, Dialect, MOST_BINDS, Param, Statement};
use crate::value::{Value, ValueKind};

/// In what time a part of a cursor has to be there for the next ones to be read ahead: a stream that is dropped may have
/// to wait for some of them.
const QUICK: Duration = Duration::from_millis(20);

/// A PostgreSQL database.
#[derive(Debug)]
pub(in crate::driver) struct PostgresDatabase {
    pool: Pool<PostgresConnector>,
    /// Whether statements are prepared to be used again.
    prepares: bool,
}

/// How connections are made.
pub(in crate::driver) struct PostgresConnector {
    options: PgConnectOptions,
    prepares: bool,
    on_connect: OnConnect,
}

/// A pooled connection.
#[derive(Debug)]
pub(in crate::driver) struct PostgresLease {
    /// None while a task reads ahead with it.
    connection: Option<Pooled<PostgresConnector>>,
    prepares: bool,
    cursor: Option<PostgresCursor>,
}

impl Connector for PostgresConnector {
    type Connection = PostgresConnection;
    type Error = NotConnected;

    const CLOSES_FIRST: bool = false;

    async fn connect(&self) -> Result<PostgresConnection, NotConnected> {
        let mut connection = self.options.connect().await?;
        if !self.prepares {
            meet_types(&mut connection).await?;
        }
        if self.on_connect.is_given() {
            let called = self.on_connect.run(DriverConnection::new_postgres(&mut connection)).await;
            called.map_err(NotConnected::OnConnect)?;
            // A text that it prepared may be one of this library's, with values of other types.
            connection.clear_cached_statements().await?;
        }
        Ok(PostgresConnection::new(connection))
    }

    fn is_worth_waiting(error: &NotConnected) -> bool {
        // It is starting, or full.
        matches!(error, NotConnected::Refused(error) if is_starting(error, &["57P03", "53300"]))
    }

    async fn ping(connection: &mut PostgresConnection) -> Result<(), NotConnected> {
        Ok(connection.ping().await?)
    }

    async fn close(connection: PostgresConnection) {
        // The connection is gone in either case.
        let _ = connection.into_inner().close().await;
    }
}

impl PostgresDatabase {
    /// Makes a connection that the pool does not know.
    #[cfg(feature = "migrate")]
    pub(in crate::driver) async fn raw_connection(&self) -> Result<crate::driver::RawConnection> {
        let made = self.pool.connector().connect().await;
        let connection = made.map_err(not_connected)?;
        Ok(crate::driver::RawConnection::Postgres(Box::new(connection.into_inner())))
    }

    pub(in crate::driver) async fn connect(
        url: &DatabaseUrl,
        options: &ConnectOptions,
    ) -> Result<PostgresDatabase> {
        let connect: PgConnectOptions = url.read()?;
        let connect = encrypted(connect, &options.tls)?;
        let prepares = options.pooler != Pooler::Transaction;
        let connect = match prepares {
            true => connect,
            // PgBouncer refuses what it does not know at the start of a connection.
            false => connect.statement_cache_capacity(0).extra_float_digits(None),
        };
        let connect = set_up(connect, options).disable_statement_logging();
        let mut proof = url.first(options, connect.connect()).await.map_err(refused_by_pooler)?;
        if prepares {
            no_pooler(&mut proof, &connect).await?;
        }
        // It proved what it should; how it ends is of no interest.
        let _ = proof.close().await;
        let on_connect = options.on_connect.clone();
        let pool = Pool::new(PostgresConnector { options: connect, prepares, on_connect }, options)?;
        if options.on_connect.is_given() {
            pool.prove_in_time(not_connected).await?;
        }
        Ok(PostgresDatabase { pool, prepares })
    }

    pub(in crate::driver) async fn acquire(
        &self,
        checkouts: &Arc<Checkouts>,
        borrower: Borrower,
    ) -> Result<Connection> {
        let connection = Some(self.pool.acquire(checkouts, borrower, not_connected).await?);
        Ok(Connection::Postgres(PostgresLease { connection, prepares: self.prepares, cursor: None }))
    }

    /// How many connections are open.
    pub(in crate::driver) fn size(&self) -> u32 {
        self.pool.size()
    }

    pub(in crate::driver) async fn close(&self) {
        self.pool.close().await;
    }
}

fn not_connected(error: NotConnected) -> Error {
    match error {
        NotConnected::Refused(error) => database_error(error, None),
        NotConnected::OnConnect(error) => error,
    }
}

/// The settings with the builder's server options.
fn set_up(mut connect: PgConnectOptions, options: &ConnectOptions) -> PgConnectOptions {
    if let Some(name) = &options.application_name {
        connect = connect.application_name(name);
    }
    if let Some(schemas) = &options.search_path {
        let quoted: Vec<String> =
            schemas.iter().map(|schema| format!("\"{}\"", schema.replace('"', "\"\""))).collect();
        connect = connect.options([("search_path", quoted.join(","))]);
    }
    if let Some(milliseconds) = options.statement_milliseconds() {
        connect = connect.options([("statement_timeout", milliseconds)]);
    }
    connect
}

/// The settings with the builder's TLS options.
fn encrypted(mut connect: PgConnectOptions, tls: &TlsOptions) -> Result<PgConnectOptions> {
    if let Some(mode) = tls.mode {
        connect = connect.ssl_mode(match mode {
            SslMode::Disable => PgSslMode::Disable,
            SslMode::Prefer => PgSslMode::Prefer,
            SslMode::Require => PgSslMode::Require,
            SslMode::VerifyCa => PgSslMode::VerifyCa,
            SslMode::VerifyFull => PgSslMode::VerifyFull,
        });
    }
    if let Some(path) = &tls.root_cert {
        connect = connect.ssl_root_cert(path);
    }
    if let Some((cert, key)) = &tls.client_cert {
        connect = connect.ssl_client_cert(cert).ssl_client_key(key);
    }
    let mode = connect.get_ssl_mode();
    tls::available(&mode, matches!(mode, PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull))?;
    Ok(connect)
}

/// Two connections that are one process of the server at once are a pooler's, which lends by the transaction.
async fn no_pooler(proof: &mut PgConnection, connect: &PgConnectOptions) -> Result<()> {
    // A server that has no place for a second one is asked nothing.
    let Ok(mut second) = connect.connect().await else { return Ok(()) };
    let (one, two) = (process(proof).await, process(&mut second).await);
    let _ = second.close().await;
    if one.is_some() && one == two {
        Err(pooled("two of its connections are one process of the server"))
    } else {
        Ok(())
    }
}

/// The process of the server that answers, asked without preparing anything.
async fn process(connection: &mut PgConnection) -> Option<i32> {
    let row = sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(connection).await.ok()?;
    row.try_get(0).ok()
}

/// PgBouncer knows few of the settings that a connection begins with.
fn refused_by_pooler(error: Error) -> Error {
    match error.to_string().contains("unsupported startup parameter") {
        true => pooled(&error.to_string()).with_source(error),
        false => error,
    }
}

fn pooled(how: &str) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!(
            "there is a pooler in front of the database ({how}); in transaction mode, a session could run a \
             statement that another session prepared: write `Engine::builder(url).pooler(Pooler::Transaction)`, or \
             set its `pool_mode = session` and `ignore_startup_parameters = extra_float_digits`"
        ),
    )
}

impl PostgresLease {
    /// Runs a text without values and rows.
    async fn run_text(&mut self, sql: &str) -> Result<()> {
        let done = self.connection()?.execute(AssertSqlSafe(sql.to_owned())).await;
        done.map(|_| ()).map_err(|error| database_error(error, None))
    }

    async fn fetch_once(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
        outdated: &mut bool,
    ) -> Result<()> {
        let mut readers = Vec::new();
        let mut refused = |error: sqlx::Error| {
            *outdated = error.as_database_error().is_some_and(is_outdated);
            database_error(error, Some(statement))
        };
        for (sql, params) in statement.runs() {
            let query = self.query(sql, params)?;
            // `fetch` is this with one more layer around each row.
            let mut found = self.connection()?.fetch_many(query);
            while let Some(one) = found.try_next().await.map_err(&mut refused)? {
                let Either::Right(row) = one else { continue };
                if *count == 0 {
                    readers = RowCells::binary_readers(&row)?;
                }
                *count += 1;
                if let Err(error) = sink.row(&RowCells::new(&row, &readers)) {
                    // The next borrower would have to take the rest.
                    drop(found);
                    self.connection.iter_mut().for_each(Pooled::mark_unfit);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// A statement with its values, under the text that is prepared for their types.
    fn query(&mut self, sql: &Arc<str>, params: &[Param]) -> Result<Query<'static, Postgres, PgArguments>> {
        let Values { arguments, types } = arguments(params)?;
        let prepares = self.prepares;
        let sql = match prepares {
            true => self.place()?.text(sql, &types),
            false => Arc::clone(sql),
        };
        Ok(sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(prepares))
    }

    /// If a statement was prepared before its tables changed, this connection and all idle ones forget their prepared
    /// statements. Returns whether the statement can run again at once: not inside a transaction, which has failed.
    async fn must_be_prepared_again(&mut self, outdated: bool, within: bool) -> bool {
        let Some(connection) = self.connection.as_mut().filter(|_| outdated) else { return false };
        connection.close_idle();
        let forgotten = match connection.connection() {
            Ok(connection) => connection.forget_statements().await.is_ok(),
            Err(_) => false,
        };
        if !forgotten {
            connection.mark_unfit();
        }
        forgotten && !within
    }

    async fn execute_once(&mut self, statement: &Statement, outdated: &mut bool) -> Result<u64> {
        let mut changed = 0;
        for (sql, params) in statement.runs() {
            let query = self.query(sql, params)?;
            let done = query.execute(self.connection()?).await;
            let done = done.map_err(|error| {
                *outdated = error.as_database_error().is_some_and(is_outdated);
                database_error(error, Some(statement))
            })?;
            changed += done.rows_affected();
        }
        Ok(changed)
    }

    pub(in crate::driver) fn connection(&mut self) -> Result<&mut PgConnection> {
        Ok(self.place()?)
    }

    fn place(&mut self) -> Result<&mut PostgresConnection> {
        self.connection.as_mut().ok_or_else(gone)?.connection()
    }
}

impl Backend for PostgresLease {
    async fn control(&mut self, control: &Control<'_>) -> Result<()> {
        self.run_text(&control.sql()).await
    }

    async fn fetch(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
        within: bool,
    ) -> Result<()> {
        let mut outdated = false;
        let done = Box::pin(self.fetch_once(statement, sink, count, &mut outdated)).await;
        match Box::pin(self.must_be_prepared_again(outdated, within)).await {
            true => Box::pin(self.fetch_once(statement, sink, count, &mut outdated)).await,
            false => done,
        }
    }

    async fn execute(&mut self, statement: &Statement, within: bool) -> Result<Inserted> {
        if !self.prepares && statement.makes_type {
            // Existing connections do not know it.
            if let Some(connection) = &mut self.connection {
                connection.mark_unfit();
                connection.close_idle();
            }
        }
        let mut outdated = false;
        let mut done = Box::pin(self.execute_once(statement, &mut outdated)).await;
        if Box::pin(self.must_be_prepared_again(outdated, within)).await {
            done = Box::pin(self.execute_once(statement, &mut outdated)).await;
        }
        done.map(Inserted::from)
    }

    async fn forget_statements(&mut self) -> Result<()> {
        self.place()?.share().await.map_err(|error| database_error(error, None))
    }

    fn leave(&mut self) -> PostgresLease {
        let (connection, cursor) = (self.connection.take(), self.cursor.take());
        PostgresLease { connection, prepares: self.prepares, cursor }
    }

    fn take(&mut self) -> Option<PostgresLease> {
        let connection = self.connection.take().filter(|_| self.cursor.is_none())?;
        Some(PostgresLease { connection: Some(connection), prepares: self.prepares, cursor: None })
    }

    fn give_back(self) {
        self.connection.into_iter().for_each(Pooled::give_back);
    }

    async fn open_cursor(
        &mut self,
        statement: &Statement,
        part: usize,
        alone: bool,
        within: bool,
    ) -> Result<()> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let sql = format!("DECLARE orm_stream_{number} BINARY NO SCROLL CURSOR FOR {}", statement.sql);
        let declare =
            sqlx::query_with(AssertSqlSafe(sql), arguments(&statement.params)?.arguments).persistent(false);
        let done = declare.execute(self.connection()?).await;
        done.map_err(|error| database_error(error, Some(statement)))?;
        // Rows of a dropped stream may still be refused, and their transaction with them.
        self.cursor =
            Some(PostgresCursor { number, part, alone: alone && !within, readers: None, ahead: None });
        Ok(())
    }

    async fn next_rows(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        count: &mut u64,
    ) -> Result<bool> {
        let refused = |error| database_error(error, Some(statement));
        let Some(cursor) = &mut self.cursor else { return Ok(true) };
        let Some(ahead) = &mut cursor.ahead else {
            let connection = self.connection.as_mut().ok_or_else(gone)?;
            let started = Instant::now();
            let last = cursor.read(connection.connection()?, self.prepares, sink, count, refused).await?;
            if cursor.alone && !last && started.elapsed() < QUICK {
                let connection = self.connection.take().ok_or_else(gone)?;
                cursor.ahead = Some(ReadAhead::begin(connection, cursor.fetch(), cursor.part));
            }
            return Ok(last);
        };
        let rows = ahead.next().await.ok_or_else(gone)?.map_err(refused)?;
        for row in &rows {
            *count += 1;
            sink.row(&RowCells::new(row, cursor.readers.as_deref().unwrap_or_default()))?;
        }
        Ok(rows.len() < cursor.part)
    }

    fn leave_cursor(&mut self, _within: bool) {
        if let Some(ahead) = self.cursor.as_mut().and_then(|cursor| cursor.ahead.as_mut()) {
            ahead.leave();
        }
    }

    async fn close_cursor(&mut self, ends: bool, _within: bool) -> Result<()> {
        let Some(PostgresCursor { number, ahead, .. }) = self.cursor.take() else { return Ok(()) };
        if let Some(ahead) = ahead {
            self.connection = Some(ahead.close().await.ok_or_else(gone)?);
        }
        match ends {
            true => Ok(()),
            false => self.run_text(&format!("CLOSE orm_stream_{number}")).await,
        }
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Connection, "the connection is closed")
}

/// The values of a statement, and the numbers of their types.
#[derive(Default)]
struct Values {
    arguments: PgArguments,
    types: Vec<u32>,
}

/// The values of a statement. Each is bound as the widest type of its family, which PostgreSQL compares with every
/// width and casts to a column's own width when it is assigned, with an error where it does not fit.
fn arguments(params: &[Param]) -> Result<Values> {
    if params.len() > MOST_BINDS {
        return Err(too_many(params.len(), MOST_BINDS));
    }
    let mut arguments = Values::default();
    arguments.types.reserve(params.len());
    arguments.arguments.reserve(params.len(), params.len() * 8);
    for param in params {
        if let Some(reason) = param.values().iter().find_map(|value| Dialect::Postgres.refuses(value)) {
            return Err(unfit(reason, param.is_secret()));
        }
        let added = match param {
            Param::One(bind) | Param::Padding(bind) => one(&mut arguments, bind),
            Param::Many { values, kind, .. } => many(&mut arguments, values, *kind),
        };
        added.map_err(|error| if param.is_secret() { unfit("", true) } else { error })?;
    }
    Ok(arguments)
}

fn one(arguments: &mut Values, bind: &Bind) -> Result<()> {
    match &bind.value {
        Value::Null => match bind.kind {
            Some(ValueKind::Bool) => add(arguments, None::<bool>),
            Some(ValueKind::Int16 | ValueKind::Int32 | ValueKind::Int64) => add(arguments, None::<i64>),
            Some(ValueKind::Float32 | ValueKind::Float64) => add(arguments, None::<f64>),
            Some(ValueKind::Bytes) => add(arguments, None::<&[u8]>),
            Some(ValueKind::Text | ValueKind::Enum(_)) | None => add(arguments, None::<&str>),
            Some(kind) => add(arguments, Wire::null(kind)),
        },
        Value::Bool(v) => add(arguments, *v),
        Value::Int(v) => add(arguments, *v),
        Value::UInt(v) => add(arguments, i64::try_from(*v).ok()),
        Value::Float(v) => add(arguments, *v),
        Value::Text(v) => add(arguments, v.as_str()),
        Value::Bytes(v) => add(arguments, v.as_slice()),
        value => add(arguments, Wire::of(value, bind.kind)?),
    }
}

fn many(arguments: &mut Values, values: &[Value], kind: Option<ValueKind>) -> Result<()> {
    match values.iter().find(|value| !value.is_null()) {
        Some(Value::Bool(_)) => array(arguments, values, |value| match value {
            Value::Bool(v) => Ok(*v),
            other => Err(mixed(other)),
        }),
        Some(Value::Int(_) | Value::UInt(_)) => array(arguments, values, |value| match value {
            Value::Int(v) => Ok(*v),
            other => Err(mixed(other)),
        }),
        Some(Value::Float(_)) => array(arguments, values, |value| match value {
            Value::Float(v) => Ok(*v),
            other => Err(mixed(other)),
        }),
        Some(Value::Bytes(_)) => array(arguments, values, |value| match value {
            Value::Bytes(v) => Ok(v.as_slice()),
            other => Err(mixed(other)),
        }),
        None if kind.is_some() => nulls(arguments, values.len(), kind),
        Some(Value::Text(_) | Value::Null) | None => array(arguments, values, |value| match value {
            Value::Text(v) => Ok(v.as_str()),
            other => Err(mixed(other)),
        }),
        Some(_) => add(arguments, Wire::list(values, None)?),
    }
}

/// Only NULLs, of the type that other values of their column would have.
fn nulls(arguments: &mut Values, count: usize, kind: Option<ValueKind>) -> Result<()> {
    match kind {
        Some(ValueKind::Bool) => add(arguments, vec![None::<bool>; count]),
        Some(ValueKind::Int16 | ValueKind::Int32 | ValueKind::Int64) => {
            add(arguments, vec![None::<i64>; count])
        }
        Some(ValueKind::Float32 | ValueKind::Float64) => add(arguments, vec![None::<f64>; count]),
        Some(ValueKind::Bytes) => add(arguments, vec![None::<Vec<u8>>; count]),
        Some(ValueKind::Text | ValueKind::Enum(_)) | None => add(arguments, vec![None::<String>; count]),
        Some(kind) => add(arguments, Wire::list(&vec![Value::Null; count], Some(kind))?),
    }
}

fn array<'v, T>(
    arguments: &mut Values,
    values: &'v [Value],
    read: impl Fn(&'v Value) -> Result<T>,
) -> Result<()>
where
    Vec<Option<T>>: Encode<'v, Postgres> + Type<Postgres>,
{
    let read = |value: &'v Value| if value.is_null() { Ok(None) } else { read(value).map(Some) };
    let cells: Vec<Option<T>> = values.iter().map(read).collect::<Result<_>>()?;
    add(arguments, cells)
}

fn add<'v, T: Encode<'v, Postgres> + Type<Postgres>>(arguments: &mut Values, value: T) -> Result<()> {
    let kind = value.produces().unwrap_or_else(T::type_info);
    arguments.types.push(kind.oid().map_or(0, |oid| oid.0));
    arguments.arguments.add(value).map_err(|error| unfit(error.to_string(), false))
}

fn mixed(value: &Value) -> Error {
    let message = format!("a list of keys holds {value} beside values of another type");
    Error::new(ErrorKind::InvalidQuery, message)
}
