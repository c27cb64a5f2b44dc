use std::time::Duration;

use super::Echo;

/// How an engine connects; see [`EngineBuilder`](crate::EngineBuilder), which documents each.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    pub(crate) pool_size: u32,
    pub(crate) pool_timeout: Duration,
    pub(crate) pool_recycle: Option<Duration>,
    pub(crate) pool_pre_ping: bool,
    pub(crate) insert_returning: bool,
    pub(crate) echo: Echo,
    pub(crate) slow_statements: Option<Duration>,
}

impl Default for ConnectOptions {
    fn default() -> ConnectOptions {
        ConnectOptions {
            pool_size: 10,
            pool_timeout: Duration::from_secs(30),
            pool_recycle: None,
            pool_pre_ping: false,
            insert_returning: true,
            echo: Echo::Off,
            slow_statements: None,
        }
    }
}
