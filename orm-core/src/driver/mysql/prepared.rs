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

/// A connection with this many prepared statements is not lent again. The texts of statements depend only on their shapes,
/// so only a large program, or SQL text with values in it, gets there.
const KEPT: usize = 512;

/// A session may prepare this many statements before all of them are closed together, with one wait.
const MOST: usize = 1024;

/// The server's limit for all of its connections (`max_prepared_stmt_count`) is reached.
const TOO_MANY: u16 = 1461;

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

fn is_too_many(error: &Error) -> bool {
    let error = error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    error.is_some_and(|error| error.number() == TOO_MANY)
}
