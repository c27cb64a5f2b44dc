use crate::observe::Echo;
use std::time::Duration;

use super::tls::TlsOptions;
use super::{DatabaseUrl, JournalMode, OnConnect, Pooler, Synchronous};

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
