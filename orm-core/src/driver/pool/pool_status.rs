use std::fmt;
use std::panic::Location;
use std::time::Duration;

/// What an engine's pool looks like at one moment: what [`Engine::status`](crate::Engine::status) gives.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PoolStatus {
    /// How many connections are kept.
    pub pool_size: u32,
    /// How many there may be above them.
    pub max_overflow: u32,
    /// The open connections that nobody holds.
    pub idle: u32,
    /// The connections that are held.
    pub checked_out: u32,
    /// How many of the open connections are above `pool_size`.
    pub overflow: u32,
    /// How many sessions wait for a connection.
    pub waiting: u32,
    /// Who holds the connections, longest first.
    pub checkouts: Vec<Checkout>,
}

/// A connection that is held.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Checkout {
    /// The number of the session; one for each that was made.
    pub session: u64,
    /// Where the session was made.
    pub caller: &'static Location<'static>,
    /// Since when the session holds it.
    pub age: Duration,
}

/// The most holders that are named: the longest say enough.
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
