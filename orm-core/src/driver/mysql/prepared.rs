//! How many statements a connection keeps prepared.
//!
//! The server does not answer the packet that closes a statement. sqlx sends one as soon as its cache is full, followed by
//! the next statement. Its sockets do not set TCP_NODELAY, so the kernel delays that statement until the server
//! acknowledges the close, which the server's kernel does 40 ms later. Here the cache is never full: a connection that has
//! many statements is replaced between two sessions, which costs less than one such wait.

use std::sync::Arc;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError};
use sqlx::{AssertSqlSafe, Connection as _, Error, Executor as _, Result, SqlSafeStr as _};

use crate::driver::DatabaseUrl;
use crate::sql::{MysqlServer, Param};
use crate::value::{Value, ValueKind};

/// A connection with this many prepared statements is not lent again. The texts of statements depend only on their shapes,
/// so only a large program, or SQL text with values in it, gets there.
const KEPT: usize = 512;

/// A session may prepare this many statements before all of them are closed together, with one wait.
const MOST: usize = 1024;

/// The server's limit for all of its connections (`max_prepared_stmt_count`) is reached.
const TOO_MANY: u16 = 1461;
/// MySQL prepares no statement that makes a trigger, for example.
const UNSUPPORTED: u16 = 1295;

/// The driver's cache of statements, unless the URL sets its size.
pub(super) fn with_cache(options: MySqlConnectOptions, url: &DatabaseUrl) -> MySqlConnectOptions {
    let settings = url.as_str().split_once('?').map_or("", |(_, settings)| settings);
    match settings.contains("statement-cache-capacity=") {
        true => options,
        false => options.statement_cache_capacity(MOST + 1),
    }
}

/// Whether a connection has prepared so much that another one takes its place.
pub(super) fn has_many(connection: &MySqlConnection) -> bool {
    connection.cached_statements_size() >= KEPT
}

/// Prepares a statement unless it is prepared already, and makes room for it if the driver's cache is full or the server
/// refuses another one.
pub(super) async fn prepare(connection: &mut MySqlConnection, sql: &Arc<str>) -> Result<()> {
    match connection.cached_statements_size() {
        // There is nothing to close. The driver prepares it when it runs.
        0 => return Ok(()),
        1..MOST => {}
        _ => connection.clear_cached_statements().await?,
    }
    match connection.prepare(AssertSqlSafe(Arc::clone(sql)).into_sql_str()).await {
        Err(error) if is_too_many(&error) => connection.clear_cached_statements().await,
        prepared => prepared.map(drop),
    }
}

/// Statements of more values do not name the types of those that are for a column.
const NAMED: usize = 64;

/// The text that a statement is prepared by. MySQL gives a placeholder that nothing else determines the type of its first
/// value, and converts later values to that type: a text would become the number 0. So texts with values of other types than
/// integers name them.
pub(super) fn text(server: MysqlServer, sql: &Arc<str>, params: &[Param]) -> Arc<str> {
    let all = params.len() <= NAMED;
    let letters = || {
        params.iter().filter_map(move |param| match param {
            Param::One(bind) | Param::Padding(bind) => match bind.kind {
                None => Some(letter_of(&bind.value)),
                Some(kind) => all.then(|| letter(kind)),
            },
            Param::Many { .. } => None,
        })
    };
    match server.mariadb || letters().all(|letter| letter == 'i') {
        true => Arc::clone(sql),
        false => format!("{sql} /* {} */", letters().collect::<String>()).into(),
    }
}

fn letter_of(value: &Value) -> char {
    match value {
        Value::Bool(_) | Value::Int(_) => 'i',
        Value::Float(_) => 'f',
        Value::Bytes(_) | Value::Uuid(_) => 'b',
        Value::Null => 'n',
        _ => 't',
    }
}

fn letter(kind: ValueKind) -> char {
    match kind {
        ValueKind::Bool | ValueKind::Int16 | ValueKind::Int32 | ValueKind::Int64 => 'i',
        ValueKind::Float32 | ValueKind::Float64 => 'f',
        ValueKind::Bytes | ValueKind::Uuid => 'b',
        _ => 't',
    }
}

fn is_too_many(error: &Error) -> bool {
    number(error) == Some(TOO_MANY)
}

/// Whether the server cannot prepare a statement, only run it.
pub(super) fn is_unsupported(error: &Error) -> bool {
    number(error) == Some(UNSUPPORTED)
}

fn number(error: &Error) -> Option<u16> {
    let error = error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>()?;
    Some(error.number())
}
