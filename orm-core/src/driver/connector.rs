use std::future::Future;

/// How a pool makes and ends the connections to a database.
pub(super) trait Connector: Send + Sync + 'static {
    type Connection: Send + Sync + 'static;

    /// Whether the place of a connection that is not given back is free only when the connection is closed: what it holds
    /// is nobody else's before.
    const CLOSES_FIRST: bool;

    /// Makes a connection that is ready for a session.
    fn connect(&self) -> impl Future<Output = sqlx::Result<Self::Connection>> + Send;

    /// Whether a server refuses a connection because of a limit that others who end theirs make room below.
    fn is_full(_error: &sqlx::Error) -> bool {
        false
    }

    /// Asks whether a connection is alive.
    fn ping(connection: &mut Self::Connection) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// Ends a connection when what it was asked is done.
    fn close(connection: Self::Connection) -> impl Future<Output = ()> + Send;
}
