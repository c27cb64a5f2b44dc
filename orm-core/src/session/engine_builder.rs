//! Settings of an engine.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use super::{Engine, SessionOptions, kept_memory};
use crate::driver::{
    ConnectOptions, Database, DatabaseUrl, DriverConnection, JournalMode, Pooler, SslMode, Synchronous,
};
use crate::error::Result;
use crate::model::Model;
use crate::observe::Echo;
use crate::query::{Predicate, criterion};
use crate::sql::Criteria;

/// The settings of an engine: what [`Engine::builder`] starts and [`connect`](Self::connect) ends.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// use std::time::Duration;
///
/// let engine = Engine::builder("sqlite::memory:")
///     .pool_size(4)
///     .pool_timeout(Duration::from_secs(5))
///     .slow_statements(Duration::from_millis(200))
///     .connect()
///     .await?;
/// # let _ = engine;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "an engine is made by `.connect().await`"]
pub struct EngineBuilder {
    url: DatabaseUrl,
    options: ConnectOptions,
    sessions: SessionOptions,
    criteria: Criteria,
}

impl EngineBuilder {
    pub(super) fn new(url: &str) -> EngineBuilder {
        EngineBuilder {
            url: DatabaseUrl::new(url),
            options: ConnectOptions::default(),
            sessions: SessionOptions::new(),
            criteria: Criteria::default(),
        }
    }

    /// The number of connections that the pool keeps; 10 by default. They are opened when they are first needed.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let engine = Engine::builder("sqlite::memory:").pool_size(2).connect().await?;
    /// assert_eq!(engine.status().pool_size, 2);
    /// # Ok(()) }
    /// ```
    pub fn pool_size(mut self, connections: u32) -> Self {
        self.options.pool_size = connections;
        self
    }

    /// The number of connections allowed above `pool_size`; 0 by default.
    ///
    /// They are opened when all others are held, and closed when they are returned and no session waits for them.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let engine = Engine::builder("sqlite::memory:").pool_size(2).max_overflow(8).connect().await?;
    /// assert_eq!(engine.status().max_overflow, 8);
    /// # Ok(()) }
    /// ```
    pub fn max_overflow(mut self, connections: u32) -> Self {
        self.options.max_overflow = connections;
        self
    }

    /// How long a session waits for a connection before it fails with `PoolTimeout`; 30 seconds by default.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// use std::time::Duration;
    ///
    /// let engine = Engine::builder("sqlite::memory:").pool_size(1).pool_timeout(Duration::from_millis(10)).connect().await?;
    /// let mut holder = engine.session();
    /// holder.begin().await?;
    /// assert_eq!(engine.session().begin().await.unwrap_err().kind(), ErrorKind::PoolTimeout);
    /// # Ok(()) }
    /// ```
    pub fn pool_timeout(mut self, timeout: Duration) -> Self {
        self.options.pool_timeout = timeout;
        self
    }

    /// The age above which a connection is replaced instead of being lent; unlimited by default.
    ///
    /// Use it with servers and firewalls that drop old connections. The age is checked when a session takes the
    /// connection, never while it is held.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// use std::time::Duration;
    ///
    /// let engine = Engine::builder("sqlite::memory:").pool_recycle(Duration::from_secs(1800)).connect().await?;
    /// # let _ = engine;
    /// # Ok(()) }
    /// ```
    pub fn pool_recycle(mut self, age: Duration) -> Self {
        self.options.pool_recycle = Some(age);
        self
    }

    /// Whether a connection is tested before a session gets it, and replaced if it is dead; off by default.
    ///
    /// It costs one round trip for each session that takes a used connection. When it is off, only connections that
    /// were idle for half a second are tested. A connection that does not answer within five seconds is dead.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let engine = Engine::builder("sqlite::memory:").pool_pre_ping(true).connect().await?;
    /// # let _ = engine;
    /// # Ok(()) }
    /// ```
    pub fn pool_pre_ping(mut self, test: bool) -> Self {
        self.options.pool_pre_ping = test;
        self
    }

    /// How long a statement on SQLite waits for another connection's lock before it fails with `Busy`; five seconds by
    /// default.
    ///
    /// In a URL it is `?busy_timeout=5000`, in milliseconds. It changes nothing on servers, which have their own
    /// settings: `lock_timeout` of PostgreSQL, `innodb_lock_wait_timeout` of MySQL.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// use std::time::Duration;
    ///
    /// let engine = Engine::builder("sqlite::memory:").busy_timeout(Duration::from_millis(500)).connect().await?;
    /// # let _ = engine;
    /// # Ok(()) }
    /// ```
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.options.busy_timeout = Some(timeout);
        self
    }

    /// How SQLite keeps its journal; by default as the file has it, which is [`Delete`](JournalMode::Delete) for a new
    /// one. Services want [`Wal`](JournalMode::Wal), with which readers and the writer do not wait for each other.
    ///
    /// In a URL it is `?journal_mode=wal`. It changes nothing on servers, nor for a database in memory.
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

    /// How often SQLite waits for the disk; [`Full`](Synchronous::Full) by default. With [`Wal`](JournalMode::Wal),
    /// [`Normal`](Synchronous::Normal) keeps the file intact and is faster; a power failure may undo the last commits.
    ///
    /// In a URL it is `?synchronous=normal`. It changes nothing on servers, nor for a database in memory.
    ///
    /// ```
    /// use orm_core::options::{JournalMode, Synchronous};
    /// use orm_core::prelude::*;
    ///
    /// let builder = Engine::builder("sqlite:app.db").journal_mode(JournalMode::Wal).synchronous(Synchronous::Normal);
    /// # let _ = builder;
    /// ```
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.options.synchronous = Some(synchronous);
        self
    }

    /// Whether SQLite enforces foreign keys; on by default, as it always is on servers.
    ///
    /// In a URL it is `?foreign_keys=off`. It changes nothing on servers.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let builder = Engine::builder("sqlite:legacy.db").foreign_keys(false);
    /// # let _ = builder;
    /// ```
    pub fn foreign_keys(mut self, enforced: bool) -> Self {
        self.options.foreign_keys = Some(enforced);
        self
    }

    /// The name of the engine's connections in `pg_stat_activity` and in the log of PostgreSQL.
    ///
    /// In a URL it is `?application_name=shop`. It changes nothing on other databases.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let builder = Engine::builder("postgres://app@db/shop").application_name("shop-api");
    /// # let _ = builder;
    /// ```
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

    /// How long a server works on one statement before it stops it with `StatementTimeout`; by default as long as the
    /// server is configured to.
    ///
    /// It is `statement_timeout` of PostgreSQL and `max_statement_time` of MariaDB. On MySQL it is
    /// `max_execution_time`, which stops only SELECT. More than 24 days count as 24 days. Connecting fails
    /// with `Configuration` on SQLite, and behind [`Pooler::Transaction`].
    ///
    /// ```
    /// use orm_core::prelude::*;
    /// use std::time::Duration;
    ///
    /// let builder = Engine::builder("postgres://app@db/shop").statement_timeout(Duration::from_secs(5));
    /// # let _ = builder;
    /// ```
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.options.statement_timeout = Some(timeout);
        self
    }

    /// Calls a function with each new connection before a session gets it, to set it up or to register SQL functions with
    /// SQLite. Several are called in the order in which they were added, also for connections to replicas.
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
    /// If the function returns an error, [`connect`](Self::connect) fails with it, or the call that needed the
    /// connection. Its settings last as long as the connection. On SQLite it is not called for the connections of
    /// migrations. Connecting fails with `Configuration` behind [`Pooler::Transaction`].
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

    /// Attaches a database to an engine on SQLite, as a schema: a file, or `:memory:` for a database that lives as long
    /// as the engine.
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

    /// Declares that a pooler is in front of PostgreSQL, and how it lends connections; by default there is none.
    ///
    /// A pooler that lends a connection for each transaction, such as PgBouncer with `pool_mode = transaction`, mixes
    /// up prepared statements of different sessions. With `Pooler::Transaction` no statement stays prepared after its
    /// transaction, and each statement runs in a transaction. A read outside a transaction then takes two more round
    /// trips, so read related data inside [`Session::begin`](crate::Session::begin). An engine that detects such a
    /// pooler without this setting refuses to connect.
    ///
    /// ```no_run
    /// # use orm_core::prelude::*;
    /// # async fn connect() -> Result<Engine> {
    /// use orm_core::options::Pooler;
    ///
    /// Engine::builder("postgres://app@pgbouncer:6432/app").pooler(Pooler::Transaction).connect().await
    /// # }
    /// ```
    pub fn pooler(mut self, pooler: Pooler) -> Self {
        self.options.pooler = pooler;
        self
    }

    /// Whether connections are encrypted and what is verified. It overrides the URL.
    ///
    /// A mode that requires TLS needs the feature `tls-rustls` or `tls-native`.
    ///
    /// ```no_run
    /// # use orm_core::prelude::*;
    /// # async fn connect() -> Result<Engine> {
    /// use orm_core::options::SslMode;
    ///
    /// Engine::builder("postgres://app@db.example/app")
    ///     .ssl_mode(SslMode::VerifyFull)
    ///     .ssl_root_cert("/etc/app/ca.pem")
    ///     .connect()
    ///     .await
    /// # }
    /// ```
    pub fn ssl_mode(mut self, mode: SslMode) -> Self {
        self.options.tls.mode = Some(mode);
        self
    }

    /// The PEM file with the certificates of the authorities that may sign the server's certificate.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let builder = Engine::builder("postgres://app@db.example/app").ssl_root_cert("/etc/app/ca.pem");
    /// # let _ = builder;
    /// ```
    pub fn ssl_root_cert(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.tls.root_cert = Some(path.into());
        self
    }

    /// The PEM files with the certificate and the key with which the program authenticates itself.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let builder =
    ///     Engine::builder("postgres://app@db.example/app").ssl_client_cert("/etc/app/client.pem", "/etc/app/client.key");
    /// # let _ = builder;
    /// ```
    pub fn ssl_client_cert(mut self, cert: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.options.tls.client_cert = Some((cert.into(), key.into()));
        self
    }

    /// Whether an INSERT reads generated values with RETURNING, if the server has it; on by default.
    ///
    /// When it is off, MariaDB is treated like MySQL: generated keys are derived from the first key that the server
    /// reports, and other columns are read by a SELECT. Turn it off for proxies and servers that speak MariaDB's
    /// protocol without RETURNING.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let builder = Engine::builder("mariadb://app@proxy/app").insert_returning(false);
    /// # let _ = builder;
    /// ```
    pub fn insert_returning(mut self, on: bool) -> Self {
        self.options.insert_returning = on;
        self
    }

    /// What is printed of each statement to standard error; nothing by default.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let engine = Engine::builder("sqlite::memory:").echo(Echo::Sql).connect().await?;
    /// engine.session().execute(sql("SELECT 1")).await?;
    /// # Ok(()) }
    /// ```
    pub fn echo(mut self, echo: Echo) -> Self {
        self.options.echo = echo;
        self
    }

    /// The duration from which a statement's `tracing` event is a warning; by default no statement is.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// use std::time::Duration;
    ///
    /// let engine = Engine::builder("sqlite::memory:").slow_statements(Duration::from_millis(200)).connect().await?;
    /// # let _ = engine;
    /// # Ok(()) }
    /// ```
    pub fn slow_statements(mut self, threshold: Duration) -> Self {
        self.options.slow_statements = Some(threshold);
        self
    }

    /// Adds a standby of a PostgreSQL database for [read-only](SessionOptions::read_only) sessions. Several may be
    /// added.
    ///
    /// A session reads from a replica only if the replica has everything that this engine's sessions committed;
    /// otherwise it reads from the primary. Writes of other programs may be missing for a while. It costs one more
    /// round trip for each commit and for each connection taken from a replica.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let builder = Engine::builder("postgres://app@primary/app").replica("postgres://app@standby/app");
    /// # let _ = builder;
    /// ```
    pub fn replica(mut self, url: &str) -> Self {
        self.options.replicas.push(DatabaseUrl::new(url));
        self
    }

    /// The default settings of the engine's sessions; [`Engine::session_with`] overrides them.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let options = SessionOptions::new().repeated_loads(RepeatedLoads::Refuse);
    /// let engine = Engine::builder("sqlite::memory:").session_options(options).connect().await?;
    /// # let _ = engine;
    /// # Ok(()) }
    /// ```
    pub fn session_options(mut self, options: SessionOptions) -> Self {
        self.sessions = options;
        self
    }

    /// A condition on the rows of a model that all sessions of the engine see, also those of
    /// [`Engine::session_with`]; see [`SessionOptions::criteria`].
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Note { #[key] id: i64, deleted: bool }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let builder = Engine::builder("sqlite::memory:").criteria::<Note>(Note::DELETED.eq(false));
    /// let engine = builder.connect().await?;
    /// # engine.create_all(schema![Note]).await?;
    /// let mut session = engine.session();
    /// session.add(Note::draft().id(1).deleted(true));
    /// session.commit().await?;
    /// assert_eq!(session.count(select::<Note>()).await?, 0);
    /// # Ok(()) }
    /// ```
    pub fn criteria<M: Model>(mut self, condition: Predicate) -> Self {
        let (table, condition) = criterion::<M>(condition);
        self.criteria.add(table, condition);
        self
    }

    /// Opens the engine and its first connection.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let engine = Engine::builder("sqlite::memory:").connect().await?;
    /// assert_eq!(engine.status().waiting, 0);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `Configuration`: the URL's scheme is unsupported, or its feature is not enabled. `Connection`: the database does
    /// not answer.
    pub async fn connect(self) -> Result<Engine> {
        kept_memory::keep();
        let database = Database::connect(&self.url, &self.options).await?;
        Ok(Engine::new(database, self.sessions, self.criteria))
    }
}
