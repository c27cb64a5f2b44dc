//! The standbys of a primary.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::pool::Borrower;
use super::server::Server;
use super::written::Written;
use super::{ConnectOptions, Lease};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::Dialect;

/// The standbys of a primary, and how far they must be for what the engine wrote to be seen on them.
#[derive(Debug)]
pub(super) struct Replicas {
    servers: Vec<Server>,
    /// Which one is asked next.
    next: AtomicUsize,
    written: Arc<Written>,
}

impl Replicas {
    /// Connects to each of them; none if there are none.
    pub(super) async fn connect(primary: &Server, options: &ConnectOptions) -> Result<Option<Replicas>> {
        if options.replicas.is_empty() {
            return Ok(None);
        }
        let mut servers = Vec::new();
        for url in &options.replicas {
            let server = Server::connect(url, options).await?;
            if (primary.dialect(), server.dialect()) != (Dialect::Postgres, Dialect::Postgres) {
                return Err(not_here());
            }
            servers.push(server);
        }
        Ok(Some(Replicas { servers, next: AtomicUsize::new(0), written: Arc::default() }))
    }

    /// Takes a connection to a replica that has everything the engine committed; `None` if there is none.
    pub(super) async fn acquire(&self, borrower: Borrower) -> Result<Option<Lease>> {
        let Some(position) = self.written.position() else { return Ok(None) };
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        for offset in 0..self.servers.len() {
            let server = &self.servers[first.wrapping_add(offset) % self.servers.len()];
            let mut lease = match server.acquire(borrower).await {
                Ok(lease) => lease,
                // A replica that does not answer must not prevent reading.
                Err(error) if error.kind() == ErrorKind::Connection => continue,
                Err(error) => return Err(error),
            };
            // Asked each time: one address may lead to several servers.
            if position == 0 || lease.replayed().await.is_ok_and(|replayed| replayed >= position) {
                return Ok(Some(lease.reaching(position)));
            }
        }
        Ok(None)
    }

    /// Whether something was committed that the server of a connection need not have.
    pub(super) fn is_ahead_of(&self, lease: &Lease) -> bool {
        lease.reached().is_some_and(|reached| self.written.position().is_none_or(|written| written > reached))
    }

    pub(super) fn written(&self) -> Arc<Written> {
        Arc::clone(&self.written)
    }

    pub(super) async fn close(&self) {
        for server in &self.servers {
            server.close().await;
        }
    }
}

fn not_here() -> Error {
    Error::new(
        ErrorKind::Configuration,
        "replicas are supported on PostgreSQL only: other databases do not report whether a replica has what a \
         session wrote; create a second engine for the replica, and decide in the program what to read from it",
    )
}
