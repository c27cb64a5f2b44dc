use std::time::Duration;

use super::Engine;
use crate::driver::{ConnectOptions, Database, Echo};
use crate::error::Result;

/// The settings of an engine.
///
/// ```
/// # use orm_core::prelude::*;
/// # use std::time::Duration;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let engine = Engine::builder("sqlite::memory:")
///     .pool_size(4)
///     .pool_timeout(Duration::from_secs(5))
///     .echo(Echo::Off)
///     .connect()
///     .await?;
/// # let _ = engine; Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "an engine is made by `.connect().await`"]
pub struct EngineBuilder {
    url: String,
    options: ConnectOptions,
}

impl EngineBuilder {
    pub(super) fn new(url: &str) -> EngineBuilder {
        EngineBuilder { url: url.to_owned(), options: ConnectOptions::default() }
    }

    /// The most connections at a time; 10 by default.
    pub fn pool_size(mut self, connections: u32) -> Self {
        self.options.pool_size = connections;
        self
    }

    /// How long a session waits for a connection before it fails with `PoolTimeout`; 30 seconds by default.
    pub fn pool_timeout(mut self, timeout: Duration) -> Self {
        self.options.pool_timeout = timeout;
        self
    }

    /// The age at which a connection is replaced; never by default.
    pub fn pool_recycle(mut self, age: Duration) -> Self {
        self.options.pool_recycle = Some(age);
        self
    }

    /// Whether a connection is tested before a session gets it; off by default.
    pub fn pool_pre_ping(mut self, test: bool) -> Self {
        self.options.pool_pre_ping = test;
        self
    }

    /// Whether an INSERT asks for what the database fills in with RETURNING, where the server has it; on by default.
    ///
    /// Off, MariaDB is used as MySQL is: generated keys come from the server's report of the first one, other columns
    /// from a SELECT. For proxies and servers that speak MariaDB's protocol without its RETURNING.
    pub fn insert_returning(mut self, on: bool) -> Self {
        self.options.insert_returning = on;
        self
    }

    /// What is printed of each statement on standard error; nothing by default.
    pub fn echo(mut self, echo: Echo) -> Self {
        self.options.echo = echo;
        self
    }

    /// How long a statement may take until its `tracing` event is a warning; none is by default.
    pub fn slow_statements(mut self, threshold: Duration) -> Self {
        self.options.slow_statements = Some(threshold);
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// `Configuration`: no such backend. `Connection`: the database does not answer.
    pub async fn connect(self) -> Result<Engine> {
        Ok(Engine::new(Database::connect(&self.url, &self.options).await?))
    }
}
