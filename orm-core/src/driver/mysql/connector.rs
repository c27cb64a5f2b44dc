//! Makes connections to MySQL and MariaDB.

use std::sync::Arc;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor};

use super::error::database_error;
use super::prepared;
use crate::driver::pool::{Borrower, Checkouts, Connector, Pool, Pooled};
use crate::driver::server_error::{NotConnected, is_starting};
use crate::driver::{DriverConnection, OnConnect};
use crate::error::{Error, Result};

/// How connections are made.
pub(in crate::driver) struct MysqlConnector {
    pub(super) options: MySqlConnectOptions,
    /// What every session is set to.
    pub(super) session: String,
    pub(super) on_connect: OnConnect,
}

/// Where a connection is from, and another one for the same borrower.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) pool: Arc<Pool<MysqlConnector>>,
    pub(super) checkouts: Arc<Checkouts>,
    pub(super) borrower: Borrower,
}

impl Connector for MysqlConnector {
    type Connection = MySqlConnection;
    type Error = NotConnected;

    const CLOSES_FIRST: bool = false;

    async fn connect(&self) -> Result<MySqlConnection, NotConnected> {
        let mut connection = self.options.connect().await?;
        connection.execute(AssertSqlSafe(self.session.clone())).await?;
        let called = self.on_connect.run(DriverConnection::new_mysql(&mut connection)).await;
        called.map_err(NotConnected::OnConnect)?;
        Ok(connection)
    }

    fn is_worth_waiting(error: &NotConnected) -> bool {
        let NotConnected::Refused(error) = error else { return false };
        // It is full.
        if is_starting(error, &["08004"]) {
            return true;
        }
        let error =
            error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
        error.is_some_and(|error| match error.number() {
            1203 => true,
            // The other limits are counted by the hour.
            1226 => error.message().contains("max_user_connections"),
            _ => false,
        })
    }

    fn is_worn(connection: &MySqlConnection) -> bool {
        prepared::has_many(connection)
    }

    async fn ping(connection: &mut MySqlConnection) -> Result<(), NotConnected> {
        Ok(connection.ping().await?)
    }

    async fn close(connection: MySqlConnection) {
        // The connection is gone in either case.
        let _ = connection.close().await;
    }
}

impl Source {
    pub(super) async fn acquire(&self) -> Result<Pooled<MysqlConnector>> {
        self.pool.acquire(&self.checkouts, self.borrower, not_connected).await
    }
}

pub(super) fn not_connected(error: NotConnected) -> Error {
    match error {
        NotConnected::Refused(error) => database_error(error, None),
        NotConnected::OnConnect(error) => error,
    }
}
