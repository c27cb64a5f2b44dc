//! Connects to MySQL and MariaDB.

use std::sync::Arc;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::{ConnectOptions as _, Connection as _};

use super::connector::{MysqlConnector, Source, not_connected};
use super::error::database_error;
use super::lease::MysqlLease;
use super::prepared;
use crate::driver::connection::Connection;
use crate::driver::pool::{Borrower, Checkouts, Connector as _, Pool};
use crate::driver::tls::{self, TlsOptions};
use crate::driver::{ConnectOptions, DatabaseUrl, SslMode};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::MysqlServer;

/// The settings of every session. Whatever the server's own mode, a value that does not fit is an error, a key of 0 is a
/// key, a backslash in a literal is written as two, joined texts are not cut, and texts that are not columns compare byte
/// by byte, as those of JSON do.
const SESSION: &str = "SET SESSION sql_mode = CONCAT(REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', ''), \
     ',STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'), SESSION group_concat_max_len = 4294967295, \
     SESSION collation_connection = utf8mb4_bin";

/// A MySQL or MariaDB database.
#[derive(Debug)]
pub(in crate::driver) struct MysqlDatabase {
    pool: Arc<Pool<MysqlConnector>>,
    server: MysqlServer,
}

impl MysqlDatabase {
    /// Makes a connection that the pool does not know.
    #[cfg(feature = "migrate")]
    pub(in crate::driver) async fn raw_connection(&self) -> Result<crate::driver::RawConnection> {
        let made = self.pool.connector().connect().await;
        let connection = made.map_err(not_connected)?;
        Ok(crate::driver::RawConnection::Mysql(Box::new(connection)))
    }

    pub(in crate::driver) async fn connect(
        url: &DatabaseUrl,
        options: &ConnectOptions,
    ) -> Result<MysqlDatabase> {
        let connect: MySqlConnectOptions = url.read()?;
        let connect = encrypted(connect, &options.tls)?.disable_statement_logging();
        let connect = prepared::with_cache(connect, url);
        let mut proof = url.first(options, connect.connect()).await?;
        let mut server = server(&mut proof).await?;
        server.returning &= options.insert_returning;
        // It proved what it should; how it ends is of no interest.
        let _ = proof.close().await;
        let (session, on_connect) = (session(server, options), options.on_connect.clone());
        let pool = Pool::new(MysqlConnector { options: connect, session, on_connect }, options)?;
        if options.on_connect.is_given() {
            pool.prove_in_time(not_connected).await?;
        }
        Ok(MysqlDatabase { pool: Arc::new(pool), server })
    }

    pub(in crate::driver) fn server(&self) -> MysqlServer {
        self.server
    }

    pub(in crate::driver) async fn acquire(
        &self,
        checkouts: &Arc<Checkouts>,
        borrower: Borrower,
    ) -> Result<Connection> {
        let source = Source { pool: Arc::clone(&self.pool), checkouts: Arc::clone(checkouts), borrower };
        let connection = Some(source.acquire().await?);
        Ok(Connection::Mysql(MysqlLease::new(connection, self.server, source)))
    }

    /// How many connections are open.
    pub(in crate::driver) fn size(&self) -> u32 {
        self.pool.size()
    }

    pub(in crate::driver) async fn close(&self) {
        self.pool.close().await;
    }
}

/// The settings of every session, with those of the builder.
fn session(server: MysqlServer, options: &ConnectOptions) -> String {
    let mut session = SESSION.to_owned();
    if let Some(milliseconds) = options.statement_milliseconds() {
        session.push_str(&match server.mariadb {
            true => {
                format!(", SESSION max_statement_time = {}.{:03}", milliseconds / 1000, milliseconds % 1000)
            }
            false => format!(", SESSION max_execution_time = {milliseconds}"),
        });
    }
    session
}

/// The settings with the builder's TLS options.
fn encrypted(mut connect: MySqlConnectOptions, tls: &TlsOptions) -> Result<MySqlConnectOptions> {
    if let Some(mode) = tls.mode {
        connect = connect.ssl_mode(match mode {
            SslMode::Disable => MySqlSslMode::Disabled,
            SslMode::Prefer => MySqlSslMode::Preferred,
            SslMode::Require => MySqlSslMode::Required,
            SslMode::VerifyCa => MySqlSslMode::VerifyCa,
            SslMode::VerifyFull => MySqlSslMode::VerifyIdentity,
        });
    }
    if let Some(path) = &tls.root_cert {
        connect = connect.ssl_ca(path);
    }
    if let Some((cert, key)) = &tls.client_cert {
        connect = connect.ssl_client_cert(cert).ssl_client_key(key);
    }
    let mode = connect.get_ssl_mode();
    tls::available(&mode, !matches!(mode, MySqlSslMode::Disabled | MySqlSslMode::Preferred))?;
    Ok(connect)
}

/// Asks the server what it is.
async fn server(connection: &mut MySqlConnection) -> Result<MysqlServer> {
    let asked = sqlx::query_as::<_, (String, i64)>(
        "SELECT CAST(VERSION() AS CHAR), CAST(@@auto_increment_increment AS SIGNED)",
    );
    let answer = asked.fetch_one(connection).await;
    let (version, key_step) = answer.map_err(|error| database_error(error, None))?;
    let mariadb = version.to_ascii_lowercase().contains("mariadb");
    let (oldest, name) = if mariadb { ((10, 6), "MariaDB 10.6") } else { ((8, 0), "MySQL 8.0") };
    if number(&version) < oldest {
        return Err(Error::new(
            ErrorKind::Configuration,
            format!("the server is {version}, but this library needs at least {name}"),
        ));
    }
    Ok(MysqlServer { mariadb, returning: mariadb, key_step })
}

/// The first two parts of a version. A MariaDB behind a replication prefix starts with `5.5.5-`.
fn number(version: &str) -> (u32, u32) {
    let version = version.strip_prefix("5.5.5-").unwrap_or(version);
    let mut parts = version.split(|char: char| !char.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn versions_are_read_behind_their_prefixes() {
        assert_eq!(number("8.0.36"), (8, 0));
        assert_eq!(number("10.11.14-MariaDB-0+deb12u2"), (10, 11));
        assert_eq!(number("5.5.5-10.6.7-MariaDB"), (10, 6));
        assert_eq!(number("9.1.0-cloud"), (9, 1));
        assert_eq!(number("?"), (0, 0));
    }
}
