//! A database with its replicas and its monitor.

use std::sync::Arc;

use super::pool::Borrower;
use super::replicas::Replicas;
use super::sandbox::Sandbox;
use super::server::Server;
use super::{ConnectOptions, DatabaseUrl, Lease, PoolStatus};
use crate::error::{Error, ErrorKind, Result};
use crate::observe::Monitor;
use crate::sql::Dialect;

/// A database: the server for writes, its replicas, and the monitor that receives statements.
#[derive(Debug)]
pub struct Database {
    server: Arc<Server>,
    replicas: Option<Replicas>,
    /// If set, all sessions share one connection, in a transaction that is never committed.
    sandbox: Option<Sandbox>,
    options: ConnectOptions,
    pub(crate) monitor: Monitor,
}

impl Database {
    /// Connects, and proves it with one connection to each server.
    ///
    /// # Errors
    /// `Configuration`: the URL names no backend that is compiled in. `Connection`: the database does not answer.
    pub async fn connect(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Database> {
        let server = Server::connect(url, options).await?;
        let replicas = Replicas::connect(&server, options).await?;
        let monitor = Monitor::new(options.echo, options.slow_statements);
        Ok(Database { server: Arc::new(server), replicas, sandbox: None, options: options.clone(), monitor })
    }

    /// The same database, on one connection and in a transaction that is never committed.
    ///
    /// # Errors
    /// `InvalidState`: it is a sandbox already. Those of [`acquire`](Self::acquire); the database does not begin.
    pub(crate) async fn sandbox(&self, borrower: Borrower) -> Result<Database> {
        self.refuse_in_sandbox("a sandbox inside a sandbox")?;
        let options = self.options.clone();
        let sandbox = Sandbox::begin(self.server.acquire(borrower).await?, &options).await?;
        let monitor = Monitor::new(options.echo, options.slow_statements);
        let server = Arc::clone(&self.server);
        Ok(Database { server, replicas: None, sandbox: Some(sandbox), options, monitor })
    }

    /// Refuses what a sandbox cannot do.
    ///
    /// # Errors
    /// `InvalidState`.
    pub(crate) fn refuse_in_sandbox(&self, what: &str) -> Result<()> {
        match &self.sandbox {
            None => Ok(()),
            Some(_) => Err(Error::new(
                ErrorKind::InvalidState,
                format!("{what} is not possible: use the engine that `sandbox` was called on"),
            )),
        }
    }

    /// The server that is written to.
    #[cfg(feature = "migrate")]
    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    /// The SQL it speaks.
    pub fn dialect(&self) -> Dialect {
        self.server.dialect()
    }

    /// Takes a connection from the pool.
    ///
    /// # Errors
    /// `PoolTimeout`: none became free in time. `Connection`: a new one could not be made.
    pub(crate) async fn acquire(&self, borrower: Borrower) -> Result<Lease> {
        if let Some(sandbox) = &self.sandbox {
            return sandbox.acquire(borrower).await;
        }
        let lease = self.server.acquire(borrower).await?;
        Ok(match &self.replicas {
            Some(replicas) => lease.telling(replicas.written()),
            None => lease,
        })
    }

    /// Takes a connection to a replica that has what was committed so far; to the primary if there is none.
    ///
    /// # Errors
    /// Those of [`acquire`](Self::acquire).
    pub(crate) async fn acquire_to_read(&self, borrower: Borrower) -> Result<Lease> {
        if let Some(replicas) = &self.replicas
            && let Some(lease) = replicas.acquire(borrower).await?
        {
            return Ok(lease);
        }
        self.acquire(borrower).await
    }

    /// Whether a connection is to a replica that need not have what was committed so far.
    pub fn is_behind(&self, lease: &Lease) -> bool {
        self.replicas.as_ref().is_some_and(|replicas| replicas.is_ahead_of(lease))
    }

    /// The state of the pool; with replicas, the state of the primary's.
    pub fn status(&self) -> PoolStatus {
        match &self.sandbox {
            Some(sandbox) => sandbox.status(),
            None => self.server.status(),
        }
    }

    /// Closes the pools; sessions that hold a connection keep it until they end.
    pub async fn close(&self) {
        if let Some(sandbox) = &self.sandbox {
            return sandbox.close().await;
        }
        self.server.close().await;
        if let Some(replicas) = &self.replicas {
            replicas.close().await;
        }
    }
}
