//! Engines.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::{EngineBuilder, Session, SessionOptions};
use crate::ddl::{Schema, SchemaReport, check, create_statements, drop_statements, sequence_statements};
use crate::driver::{Borrower, Database, PoolStatus, TransactionOptions};
use crate::error::Result;
use crate::load::{LoadPlan, Plan};
use crate::model::Model;
use crate::observe::{QueryLog, StatementEvent, StatementHook};
use crate::query::Select;
use crate::sql::backend::Backend;
use crate::sql::{Criteria, Dialect, Statement};

/// A database: the pool from which sessions take their connections. It is cheap to clone, and all clones share the
/// pool.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let mut session = engine.session();
/// session.add(Tag::draft().name("satire"));
/// session.commit().await?;
/// assert_eq!(session.count(select::<Tag>()).await?, 2);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Engine {
    database: Arc<Database>,
    /// The default options of sessions.
    options: SessionOptions,
    criteria: Criteria,
    /// Held by the attempt that goes first.
    pub(super) turns: Arc<Mutex<()>>,
}

impl Engine {
    pub(super) fn new(database: Database, options: SessionOptions, criteria: Criteria) -> Engine {
        Engine { database: Arc::new(database), options, criteria, turns: Arc::default() }
    }

    /// Connects to the database of a URL:
    ///
    /// | URL | database |
    /// |---|---|
    /// | `sqlite:path/to/file.db` | a file |
    /// | `sqlite::memory:` | a database in memory, which lives as long as the engine and is shared by its sessions |
    /// | `postgres://user@host/name` | PostgreSQL, with the feature `postgres` |
    /// | `mysql://user@host/name`, `mariadb://..` | MySQL or MariaDB, with the feature `mysql` |
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let engine = Engine::connect("sqlite::memory:").await?;
    /// assert_eq!(engine.session().row(sql("SELECT 1").rows::<i64>()).await?, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// On Linux with glibc the first engine of a program raises the heap-trim threshold, so glibc keeps up to 8 MiB per
    /// thread instead of returning it; set `MALLOC_TRIM_THRESHOLD_` for another limit.
    ///
    /// # Errors
    /// `Configuration`: the URL's scheme is unsupported, or its feature is not enabled. `Connection`: the database does
    /// not answer.
    pub async fn connect(url: &str) -> Result<Engine> {
        Engine::builder(url).connect().await
    }

    /// Starts an engine with settings other than the defaults.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let engine = Engine::builder("sqlite::memory:").pool_size(4).connect().await?;
    /// assert_eq!(engine.status().pool_size, 4);
    /// # Ok(()) }
    /// ```
    pub fn builder(url: &str) -> EngineBuilder {
        EngineBuilder::new(url)
    }

    /// A new session. It takes a connection at its first statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let mut other = engine.session();
    /// assert_eq!(other.count(select::<Book>()).await?, 4);
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn session(&self) -> Session {
        self.session_with(self.options.clone())
    }

    /// A read-only session, on a [replica](EngineBuilder::replica) if there is one; see [`SessionOptions::read_only`].
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let mut reader = engine.read_session();
    /// assert_eq!(reader.count(select::<Book>()).await?, 4);
    /// assert!(reader.execute(delete::<Book>()).await.is_err());
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn read_session(&self) -> Session {
        self.session_with(self.options.clone().read_only())
    }

    /// A new session with its own settings.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let mut manual = engine.session_with(SessionOptions::new().autoflush(false));
    /// assert_eq!(manual.count(select::<Book>()).await?, 4);
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn session_with(&self, options: SessionOptions) -> Session {
        Session::new(Arc::clone(&self.database), options, &self.criteria)
    }

    /// An engine for a test: everything that its sessions do is undone at the end, even if they commit.
    ///
    /// All its sessions use one connection, in an enclosing transaction that is never committed. `commit` and `rollback` end
    /// a savepoint in it, so a session sees what earlier ones committed, constraints are checked, and
    /// [`transact`](Self::transact) works. Sessions use the connection one at a time, as with a pool of one: while one holds
    /// it, others wait, and fail with `PoolTimeout` in the end. [`record`](Self::record) and
    /// [`on_execute`](Self::on_execute) see only the sandbox. It ends with [`close`](Self::close), or when the last clone
    /// and session are dropped.
    ///
    /// The isolation level is always that of the enclosing transaction. What cannot run inside a transaction is refused, as
    /// are `create_all` on MySQL and MariaDB, and migrations everywhere. Sequences and `AUTO_INCREMENT` are not reset. On
    /// SQLite a sandbox keeps all others from writing; give tests that run concurrently a
    /// [`TemporaryDatabase`](crate::testing::TemporaryDatabase) each.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![User]).await?;
    /// let sandbox = engine.sandbox().await?;
    /// let mut session = sandbox.session();
    /// session.add(User::draft().name("jack"));
    /// session.commit().await?;
    /// drop(session);
    /// assert_eq!(sandbox.session().count(select::<User>()).await?, 1);
    ///
    /// sandbox.close().await;
    /// assert_eq!(engine.session().count(select::<User>()).await?, 0);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `PoolTimeout`, `Connection`: no connection is available. `Busy`: another connection to SQLite writes.
    #[track_caller]
    pub fn sandbox(&self) -> impl Future<Output = Result<Engine>> + Send {
        let borrower = Borrower::here();
        async move {
            let database = Box::pin(self.database.sandbox(borrower)).await?;
            let (options, criteria) = (self.options.clone(), self.criteria.clone());
            Ok(Engine { database: Arc::new(database), options, criteria, turns: Arc::default() })
        }
    }

    /// Creates the missing tables and indexes of the models: all or none, except on MySQL, which commits each DDL
    /// statement.
    ///
    /// It is meant for tests and prototypes: it never changes an existing table. Use
    /// [migrations](crate::guide::migrations) in production.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let engine = Engine::connect("sqlite::memory:").await?;
    /// engine.create_all(schema![User]).await?;
    /// assert_eq!(engine.session().count(select::<User>()).await?, 0);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidModel`: two models have the same table, or a relationship leads to a model that is not in the list.
    #[track_caller]
    pub fn create_all(&self, schema: Schema) -> impl Future<Output = Result<()>> + Send {
        self.run_all(create_statements(&schema, self.database.dialect()), Borrower::here())
    }

    /// Drops the existing tables of the models: all or none, except on MySQL, which commits each DDL statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// engine.drop_all(schema![Author, Book, Tag]).await?;
    /// assert!(session.count(select::<Book>()).await.is_err());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`create_all`](Self::create_all); `ForeignKeyViolation` if another table refers to one of them.
    #[track_caller]
    pub fn drop_all(&self, schema: Schema) -> impl Future<Output = Result<()>> + Send {
        self.run_all(drop_statements(&schema, self.database.dialect()), Borrower::here())
    }

    /// Lets generated keys continue after the greatest existing key, after rows were written with explicit keys: an
    /// import, or the fixtures of tests. Only PostgreSQL needs it; elsewhere it runs nothing.
    ///
    /// A sequence never goes back. Do not write to the tables concurrently.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.execute(insert::<Tag>().rows([Tag::draft().id(100).name("imported")])).await?;
    /// session.commit().await?;
    /// engine.sync_sequences(schema![Tag]).await?;
    /// assert_eq!(session.insert(Tag::draft().name("next")).await?.id, 101);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// A table does not exist.
    #[track_caller]
    pub fn sync_sequences(&self, schema: Schema) -> impl Future<Output = Result<()>> + Send {
        self.run_all(Ok(sequence_statements(&schema, self.database.dialect())), Borrower::here())
    }

    /// Compares the models with the tables of the database and reports all differences at once: missing tables and
    /// columns; different types; NOT NULL on one side only; missing keys, indexes and CHECK constraints; columns that
    /// no model has but every INSERT would need; and foreign keys that do not cascade although the model relies on it.
    ///
    /// Call it at the start of a program and in tests of migrations. It runs three statements for any number of models;
    /// one more if a model has CHECK constraints, and on MySQL if a foreign key has actions.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// engine.check(schema![Author, Book, Tag]).await?.into_result()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`create_all`](Self::create_all). The database refuses access to its catalogue.
    #[track_caller]
    pub fn check(&self, schema: Schema) -> impl Future<Output = Result<SchemaReport>> + Send {
        let borrower = Borrower::here();
        async move {
            let mut lease = Box::pin(self.database.acquire(borrower)).await?;
            check(&schema, &mut lease, &self.database.monitor, self.database.dialect()).await
        }
    }

    /// Records the statements that the engine runs from now on, for as long as the log or a clone of it exists.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let log = engine.record();
    /// session.all(select::<Author>().with(Author::BOOKS.selectin())).await?;
    /// assert_statements!(log, 2);
    /// # Ok(()) }
    /// ```
    pub fn record(&self) -> QueryLog {
        self.database.monitor.record()
    }

    /// Calls a function before and after each statement, for metrics, audits and your own logs. The function stays
    /// registered for the engine's life, or until [`StatementHook::remove`](crate::observe::StatementHook::remove).
    ///
    /// It runs in the task that runs the statement and delays it, so it should be quick. A panic in it does not affect
    /// the statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
    ///
    /// let rows = Arc::new(AtomicU64::new(0));
    /// let counted = Arc::clone(&rows);
    /// engine.on_execute(move |event| match event.outcome {
    ///     None => println!("next: {}", event.sql),
    ///     Some(outcome) => {
    ///         counted.fetch_add(outcome.rows, Ordering::Relaxed);
    ///     }
    /// });
    /// session.all(select::<Book>()).await?;
    /// assert_eq!(rows.load(Ordering::Relaxed), 4);
    /// # Ok(()) }
    /// ```
    pub fn on_execute(&self, call: impl Fn(&StatementEvent<'_>) + Send + Sync + 'static) -> StatementHook {
        self.database.monitor.on_execute(call)
    }

    /// The statements that a query would run in a session of this engine, with its criteria. It runs nothing.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let plan = engine.plan(&select::<Author>().with(Author::BOOKS.auto()))?;
    /// assert_eq!(plan.steps().len(), 2);
    /// assert!(plan.steps()[1].sql.contains("IN (SELECT"), "all authors, without their keys: {}", plan.explain());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidQuery`: the error that running the query would return.
    pub fn plan<M: Model, L>(&self, query: &Select<M, L>) -> Result<Plan> {
        let dialect = self.database.dialect();
        let mut spec = query.spec.clone();
        spec.core.under.set(&self.options.criteria_with(&self.criteria));
        Plan::of(&LoadPlan::of_select(spec, dialect)?, dialect)
    }

    /// The current state of the pool: how many connections are open and held, by which sessions, and how many sessions
    /// wait.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.begin().await?;
    /// let status = engine.status();
    /// assert_eq!((status.checked_out, status.waiting), (1, 0), "{status}");
    /// assert!(status.checkouts[0].caller.file().ends_with(".rs"), "where the session was made");
    /// # Ok(()) }
    /// ```
    pub fn status(&self) -> PoolStatus {
        self.database.status()
    }

    /// Which database it is connected to. It runs no statement: a server says when an engine connects whether it is MySQL or
    /// MariaDB.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// use orm_core::options::Backend;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let engine = Engine::connect("sqlite::memory:").await?;
    /// assert_eq!((engine.backend(), engine.backend().to_string()), (Backend::Sqlite, "SQLite".to_owned()));
    /// # Ok(()) }
    /// ```
    pub fn backend(&self) -> Backend {
        self.dialect().backend()
    }

    /// Closes the engine and all its clones. Idle connections close now; the others when their session ends, which it
    /// does not wait for. A session that needs a connection afterwards gets an error.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// engine.close().await;
    /// assert!(engine.session().count(select::<Book>()).await.is_err());
    /// # Ok(()) }
    /// ```
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// The SQL it speaks.
    pub(super) fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    /// Runs a statement outside any transaction.
    pub(super) async fn administrate(&self, sql: String) -> Result<()> {
        let mut lease = Box::pin(self.database.acquire(Borrower::here())).await?;
        lease.execute(&self.database.monitor, &Statement::plain(sql)).await.map(|_| ())
    }

    /// The database, for stages after this one.
    #[cfg(feature = "migrate")]
    pub(crate) fn database(&self) -> &Arc<Database> {
        &self.database
    }

    async fn run_all(&self, statements: Result<Vec<String>>, borrower: Borrower) -> Result<()> {
        let statements = statements?;
        if statements.is_empty() {
            return Ok(());
        }
        if !self.database.dialect().has_transactional_ddl() {
            self.database.refuse_in_sandbox("DDL, which commits on MySQL and MariaDB,")?;
        }
        let mut lease = Box::pin(self.database.acquire(borrower)).await?;
        lease.begin(TransactionOptions::new()).await?;
        for sql in statements {
            // A failure leaves the transaction open, and dropping the lease closes the connection, which undoes it.
            lease.execute(&self.database.monitor, &Statement::ddl(sql)).await?;
        }
        lease.commit().await
    }
}
