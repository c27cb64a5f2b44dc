//! How a pool makes and ends connections.

use std::future::Future;

/// How a pool makes and ends the connections to a database.
pub(in crate::driver) trait Connector: Send + Sync + 'static {
    type Connection: Send + Sync + 'static;
    /// Why there is no usable connection.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Whether the place of a connection that is not given back is free only when the connection is closed: what it holds
    /// belongs to no one else before.
    const CLOSES_FIRST: bool;

    /// Makes a connection that is ready for a session.
    fn connect(&self) -> impl Future<Output = Result<Self::Connection, Self::Error>> + Send;

    /// Whether a server that refuses a connection may take one soon: it is about to start, or at a limit that others who end
    /// theirs make room below.
    fn is_worth_waiting(_error: &Self::Error) -> bool {
        false
    }

    /// Whether a connection is worn out, so a new one replaces it before the next session.
    fn is_worn(_connection: &Self::Connection) -> bool {
        false
    }

    /// Asks whether a connection is alive.
    fn ping(connection: &mut Self::Connection) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Ends a connection when what it was asked is done.
    fn close(connection: Self::Connection) -> impl Future<Output = ()> + Send;
}
