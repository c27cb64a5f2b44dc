//! The state of a pool at one moment.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

/// The state of an engine's pool at one moment: what [`Engine::status`](crate::Engine::status) returns. `Display` lists
/// it with the sessions that have held a connection longest.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// session.begin().await?;
/// let status = engine.status();
/// assert_eq!((status.checked_out, status.waiting), (1, 0), "{status}");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PoolStatus {
    /// The number of connections that the pool keeps.
    pub pool_size: u32,
    /// The number of connections allowed above `pool_size`.
    pub max_overflow: u32,
    /// The number of idle open connections.
    pub idle: u32,
    /// The number of connections that sessions hold.
    pub checked_out: u32,
    /// The number of open connections above `pool_size`.
    pub overflow: u32,
    /// The number of sessions that wait for a connection.
    pub waiting: u32,
    /// The sessions that hold a connection, longest first.
    pub checkouts: Vec<Checkout>,
}

/// A connection that a session holds: an entry of [`PoolStatus::checkouts`].
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// session.begin().await?;
/// for checkout in engine.status().checkouts {
///     println!("session {} of {} has a connection since {:?}", checkout.session, checkout.caller, checkout.age);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Checkout {
    /// The number of the session, unique in the engine.
    pub session: u64,
    /// Where the session was created.
    pub caller: &'static Location<'static>,
    /// How long the session has held it.
    pub age: Duration,
}

/// The most holders that are named; those with the longest times are enough.
const NAMED: usize = 8;

/// `10 of 10 connections and 5 of 5 above them are open, 15 held and 2 waited for; session 3 of src/main.rs:12:30 ..`
impl fmt::Display for PoolStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "pool_size {}, max_overflow {}: {} held, {} idle, {} waiting",
            self.pool_size, self.max_overflow, self.checked_out, self.idle, self.waiting
        )?;
        for checkout in self.checkouts.iter().take(NAMED) {
            write!(f, "\n  {checkout}")?;
        }
        match self.checkouts.len().checked_sub(NAMED) {
            None | Some(0) => Ok(()),
            Some(others) => write!(f, "\n  and {others} more"),
        }
    }
}

impl fmt::Display for Checkout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "session {}, made at {}, for {:.1?}", self.session, self.caller, self.age)
    }
}
