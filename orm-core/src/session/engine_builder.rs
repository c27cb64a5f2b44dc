use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use super::{Engine, SessionOptions, kept_memory};
use crate::driver::{
    ConnectOptions, Database, DatabaseUrl, DriverConnection, JournalMode, Pooler, SslMode, Synchronous,
};
use crate::error::Result;
use crate::observe::Echo;

/// The settings of an engine.
///
/// ```
/// # use orm_core::prelude::*;
/// # use std::time::Duration;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let engine = Engine::builder("sqlite::memory:")
///     .pool_size(4)
///     .pool_timeout(Duration::from_secs(5))
///     .echo(Echo::Off)
///     .connect()
///     .await?;
/// # let _ = engine; Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "an engine is made by `.connect().await`"]
pub struct EngineBuilder {
    url: DatabaseUrl,
    options: ConnectOptions,
    sessions: SessionOptions,
}

impl EngineBuilder {
    pub(super) fn new(url: &str) -> EngineBuilder {
        EngineBuilder {
            url: DatabaseUrl::new(url),
            options: ConnectOptions::default(),
            sessions: SessionOptions::new(),
        }
    }

    /// How many connections the pool keeps; 10 by default. It opens them when they are first needed.
    pub fn pool_size(mut self, connections: u32) -> Self {
        self.options.pool_size = connections;
        self
    }

    /// How many connections there may be above `pool_size` for a while; none by default.
    ///
    /// They are opened when all others are held, and closed when they come back and nobody waits for them.
    pub fn max_overflow(mut self, connections: u32) -> Self {
        self.options.max_overflow = connections;
        self
    }

    /// How long a session waits for a connection before it fails with `PoolTimeout`; 30 seconds by default.
    pub fn pool_timeout(mut self, timeout: Duration) -> Self {
        self.options.pool_timeout = timeout;
        self
    }

    /// The age from which a connection is replaced instead of being lent; never by default.
    ///
    /// For servers and firewalls that drop old connections. Its age is looked at when a session takes it, never while it
    /// is held.
    pub fn pool_recycle(mut self, age: Duration) -> Self {
        self.options.pool_recycle = Some(age);
        self
    }

    /// Whether a connection is tested before a session gets it, and replaced when it is dead; off by default.
    ///
    /// One round trip for each session that takes a connection which was used before. Without it only a connection that no
    /// session took for half a second is tested. One that does not answer within five seconds is dead.
    pub fn pool_pre_ping(mut self, test: bool) -> Self {
        self.options.pool_pre_ping = test;
        self
    }

    /// How long a statement on SQLite waits for a lock that another connection holds before it fails with `Busy`; five
    /// seconds by default.
    ///
    /// In a URL it is `?busy_timeout=5000`, in milliseconds. Changes nothing on servers, which have settings of their own: `lock_timeout` of PostgreSQL,
    /// `innodb_lock_wait_timeout` of MySQL.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.options.busy_timeout = Some(timeout);
        self
    }

    /// How SQLite keeps what a transaction may have to undo; as the file has it by default, which is
    /// [`Delete`](JournalMode::Delete) for a new one. Services want [`Wal`](JournalMode::Wal), with which readers and the
    /// writer do not wait for each other.
    ///
    /// In a URL it is `?journal_mode=wal`. Changes nothing on servers, nor for a database in memory.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_core::options::{JournalMode, Synchronous};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let directory = std::env::temp_dir().join(format!("orm-core-journal-{}", std::process::id()));
    /// # std::fs::create_dir_all(&directory).map_err(Error::other)?;
    /// # let url = format!("sqlite:{}/app.db", directory.display());
    /// let engine = Engine::builder(&url).journal_mode(JournalMode::Wal).synchronous(Synchronous::Normal).connect().await?;
    /// # engine.close().await;
    /// # std::fs::remove_dir_all(&directory).map_err(Error::other)?;
    /// # Ok(()) }
    /// ```
    ///
    /// Connecting fails where the file cannot have the mode, because it is read-only or on a network disk.
    pub fn journal_mode(mut self, mode: JournalMode) -> Self {
        self.options.journal_mode = Some(mode);
        self
    }

    /// How often SQLite waits for the disk; [`Full`](Synchronous::Full) by default. With
    /// [`Wal`](JournalMode::Wal), [`Normal`](Synchronous::Normal) is safe for the file, and faster.
    ///
    /// In a URL it is `?synchronous=normal`. Changes nothing on servers, nor for a database in memory.
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.options.synchronous = Some(synchronous);
        self
    }

    /// Whether SQLite enforces foreign keys; on by default, as servers always do.
    ///
    /// In a URL it is `?foreign_keys=off`. Changes nothing on servers.
    pub fn foreign_keys(mut self, enforced: bool) -> Self {
        self.options.foreign_keys = Some(enforced);
        self
    }

    /// The name under which PostgreSQL lists the engine's connections, in `pg_stat_activity` and in its log.
    ///
    /// In a URL it is `?application_name=shop`. Changes nothing on other databases.
    pub fn application_name(mut self, name: &str) -> Self {
        self.options.application_name = Some(name.to_owned());
        self
    }

    /// The schemas in which PostgreSQL looks for tables whose model names no schema, and creates them in the first.
    ///
    /// ```no_run
    /// # use orm_core::prelude::*;
    /// # async fn connect() -> Result<Engine> {
    /// Engine::builder("postgres://app@db/shop").search_path(["shop", "public"]).connect().await
    /// # }
    /// ```
    ///
    /// Connecting fails with `Configuration` on other databases, and behind [`Pooler::Transaction`].
    pub fn search_path<S: Into<String>>(mut self, schemas: impl IntoIterator<Item = S>) -> Self {
        self.options.search_path = Some(schemas.into_iter().map(Into::into).collect());
        self
    }

    /// How long a server works on one statement before it stops it with `StatementTimeout`; as the server is set by default.
    ///
    /// It is `statement_timeout` of PostgreSQL and `max_statement_time` of MariaDB. MySQL has `max_execution_time`, which
    /// stops SELECT alone. Connecting fails with `Configuration` on SQLite, and behind [`Pooler::Transaction`].
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.options.statement_timeout = Some(timeout);
        self
    }

    /// Calls a function with each new connection, before a session gets it: for settings, and for functions that SQLite is
    /// to know. Several are called in the order in which they were added. Connections to replicas are new ones as well.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let engine = Engine::builder("sqlite::memory:")
    ///     .on_connect(|connection| connection.execute("PRAGMA cache_size = -20000"))
    ///     .connect()
    ///     .await?;
    /// let size = engine.session().row(sql("PRAGMA cache_size").rows::<i64>()).await?;
    /// assert_eq!(size, -20000);
    /// # Ok(()) }
    /// ```
    ///
    /// An error of the function is that of [`connect`](Self::connect), or of the statement that needed the connection. What
    /// it sets holds for as long as the connection does. On SQLite, migrations have connections that it does not see.
    /// Connecting fails with `Configuration` behind [`Pooler::Transaction`].
    pub fn on_connect<F>(mut self, call: F) -> Self
    where
        F: for<'c> Fn(&'c mut DriverConnection<'_>) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'c>>
            + Send
            + Sync
            + 'static,
    {
        self.options.on_connect.add(call);
        self
    }

    /// Attaches a database to an engine on SQLite, as the schema of that name: a file, or `:memory:` for one that lives as
    /// long as the engine.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// #[derive(Model, Debug)]
    /// #[model(table = "users", schema = "app")]
    /// struct User {
    ///     #[key(auto)]
    ///     id: i64,
    /// }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    ///
    /// let engine = Engine::builder("sqlite::memory:").attach("app", ":memory:").connect().await?;
    /// engine.create_all(schema![User]).await?;
    /// assert_eq!(engine.session().count(select::<User>()).await?, 0);
    /// # Ok(()) }
    /// ```
    pub fn attach(mut self, schema: &str, path: &str) -> Self {
        self.options.attached.push((schema.to_owned(), path.to_owned()));
        self
    }

    /// Says that a pooler stands in front of PostgreSQL, and how it lends connections; without it, that there is none.
    ///
    /// A pooler that lends by the transaction, as PgBouncer does with `pool_mode = transaction`, gives each transaction
    /// whatever connection is free. What one session prepares is then another's, and rows of one query answer another.
    /// With `Pooler::Transaction` no statement is prepared for longer than a transaction, and each one runs in a
    /// transaction: a read outside one has two round trips more, so read in [`Session::begin`](crate::Session::begin)
    /// what belongs together. An engine that finds such a pooler without having been told refuses to connect.
    ///
    /// ```no_run
    /// # use orm_core::prelude::*;
    /// # async fn connect() -> Result<Engine> {
    /// Engine::builder("postgres://app@pgbouncer:6432/app").pooler(orm_core::options::Pooler::Transaction).connect().await
    /// # }
    /// ```
    pub fn pooler(mut self, pooler: Pooler) -> Self {
        self.options.pooler = pooler;
        self
    }

    /// Whether connections are encrypted and what the server has to prove, whatever the URL says.
    ///
    /// A mode that needs TLS needs the feature `tls-rustls` or `tls-native`.
    ///
    /// ```no_run
    /// # use orm_core::prelude::*;
    /// # async fn connect() -> Result<Engine> {
    /// Engine::builder("postgres://app@db.example/app")
    ///     .ssl_mode(orm_core::options::SslMode::VerifyFull)
    ///     .ssl_root_cert("/etc/app/ca.pem")
    ///     .connect()
    ///     .await
    /// # }
    /// ```
    pub fn ssl_mode(mut self, mode: SslMode) -> Self {
        self.options.tls.mode = Some(mode);
        self
    }

    /// The file with the certificates of the authorities that may sign the server's certificate, in PEM.
    pub fn ssl_root_cert(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.tls.root_cert = Some(path.into());
        self
    }

    /// The files with the certificate and the key that the program proves itself with, in PEM.
    pub fn ssl_client_cert(mut self, cert: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.options.tls.client_cert = Some((cert.into(), key.into()));
        self
    }

    /// Whether an INSERT asks for what the database fills in with RETURNING, where the server has it; on by default.
    ///
    /// Off, MariaDB is used as MySQL is: generated keys come from the server's report of the first one, other columns
    /// from a SELECT. For proxies and servers that speak MariaDB's protocol without its RETURNING.
    pub fn insert_returning(mut self, on: bool) -> Self {
        self.options.insert_returning = on;
        self
    }

    /// What is printed of each statement on standard error; nothing by default.
    pub fn echo(mut self, echo: Echo) -> Self {
        self.options.echo = echo;
        self
    }

    /// How long a statement may take until its `tracing` event is a warning; none is by default.
    pub fn slow_statements(mut self, threshold: Duration) -> Self {
        self.options.slow_statements = Some(threshold);
        self
    }

    /// A standby of the database, for sessions that [only read](SessionOptions::read_only); several may be named. On
    /// PostgreSQL.
    ///
    /// A session reads from a replica only if that has everything that sessions of this engine have committed, and from
    /// the primary otherwise: nobody misses what was acknowledged. What other programs wrote may be missing for a while.
    /// It costs one more round trip for each commit and for each connection that a session takes from a replica.
    pub fn replica(mut self, url: &str) -> Self {
        self.options.replicas.push(DatabaseUrl::new(url));
        self
    }

    /// The settings of the engine's sessions, where [`Engine::session_with`] gives no others.
    pub fn session_options(mut self, options: SessionOptions) -> Self {
        self.sessions = options;
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// `Configuration`: no such backend. `Connection`: the database does not answer.
    pub async fn connect(self) -> Result<Engine> {
        kept_memory::keep();
        Ok(Engine::new(Database::connect(&self.url, &self.options).await?, self.sessions))
    }
}
