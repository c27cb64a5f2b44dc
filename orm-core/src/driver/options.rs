//! How an engine connects.

use crate::observe::Echo;
use std::time::Duration;

use super::tls::TlsOptions;
use super::{DatabaseUrl, JournalMode, OnConnect, Pooler, Synchronous};

/// PostgreSQL counts the milliseconds of a statement in 31 bits, and the other servers more of them.
const LONGEST_STATEMENT: u128 = i32::MAX as u128;

/// How an engine connects; see [`EngineBuilder`](crate::options::EngineBuilder), which documents each.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    pub(crate) pool_size: u32,
    pub(crate) max_overflow: u32,
    pub(crate) pool_timeout: Duration,
    pub(crate) pool_recycle: Option<Duration>,
    pub(crate) pool_pre_ping: bool,
    /// How long a statement waits for a lock of SQLite.
    pub(crate) busy_timeout: Option<Duration>,
    pub(crate) journal_mode: Option<JournalMode>,
    pub(crate) synchronous: Option<Synchronous>,
    pub(crate) foreign_keys: Option<bool>,
    pub(crate) application_name: Option<String>,
    pub(crate) search_path: Option<Vec<String>>,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) on_connect: OnConnect,
    /// Names of schemas, and the files that are attached under them.
    pub(crate) attached: Vec<(String, String)>,
    pub(crate) pooler: Pooler,
    pub(crate) tls: TlsOptions,
    pub(crate) insert_returning: bool,
    pub(crate) replicas: Vec<DatabaseUrl>,
    pub(crate) echo: Echo,
    pub(crate) slow_statements: Option<Duration>,
}

impl ConnectOptions {
    /// The most connections that are open at a time.
    pub(super) fn most_connections(&self) -> u32 {
        self.pool_size.saturating_add(self.max_overflow)
    }

    /// How many milliseconds a server may work on a statement. 0 would mean no limit, and too many are refused.
    pub(super) fn statement_milliseconds(&self) -> Option<u128> {
        self.statement_timeout.map(|timeout| timeout.as_millis().clamp(1, LONGEST_STATEMENT))
    }
}

impl Default for ConnectOptions {
    fn default() -> ConnectOptions {
        ConnectOptions {
            pool_size: 10,
            max_overflow: 0,
            pool_timeout: Duration::from_secs(30),
            pool_recycle: None,
            pool_pre_ping: false,
            busy_timeout: None,
            journal_mode: None,
            synchronous: None,
            foreign_keys: None,
            application_name: None,
            search_path: None,
            statement_timeout: None,
            on_connect: OnConnect::default(),
            attached: Vec::new(),
            pooler: Pooler::default(),
            tls: TlsOptions::default(),
            insert_returning: true,
            replicas: Vec::new(),
            echo: Echo::Off,
            slow_statements: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_takes_the_milliseconds_of_a_statement() {
        for (timeout, milliseconds) in
            [(Duration::ZERO, 1), (Duration::from_micros(1_500_900), 1_500), (Duration::MAX, 2_147_483_647)]
        {
            let options = ConnectOptions { statement_timeout: Some(timeout), ..ConnectOptions::default() };
            assert_eq!(options.statement_milliseconds(), Some(milliseconds), "{timeout:?}");
        }
        assert_eq!(ConnectOptions::default().statement_milliseconds(), None);
    }
}
