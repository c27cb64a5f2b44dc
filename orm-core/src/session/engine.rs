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
use crate::sql::{Dialect, Statement};

/// A database: the pool of connections that sessions take theirs from. Cheap to clone.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let engine = Engine::connect("sqlite::memory:").await?;
/// engine.create_all(schema![User]).await?;
///
/// let mut session = engine.session();
/// session.add(User::draft().name("jack"));
/// session.commit().await?;
/// assert_eq!(session.count(select::<User>()).await?, 1);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Engine {
    database: Arc<Database>,
    /// The settings of sessions that say nothing else.
    options: SessionOptions,
    /// Held by the attempt that goes first.
    pub(super) turns: Arc<Mutex<()>>,
}

impl Engine {
    pub(super) fn new(database: Database, options: SessionOptions) -> Engine {
        Engine { database: Arc::new(database), options, turns: Arc::default() }
    }

    /// Connects to the database that a URL names: `sqlite:path/to/file.db`, or `sqlite::memory:` for one that lives as
    /// long as the engine and is shared by all its sessions; `postgres://user@host/name`; `mysql://user@host/name` or
    /// `mariadb://..`. Each needs its feature.
    ///
    /// On Linux with glibc the first engine of a program has it keep up to 8 MiB for each thread, so that what one session
    /// frees is not taken from the system anew by the next one; set `MALLOC_TRIM_THRESHOLD_` for another limit.
    ///
    /// # Errors
    /// `Configuration`: no such backend. `Connection`: the database does not answer.
    pub async fn connect(url: &str) -> Result<Engine> {
        Engine::builder(url).connect().await
    }

    /// An engine with other settings than the default.
    pub fn builder(url: &str) -> EngineBuilder {
        EngineBuilder::new(url)
    }

    /// A session. It takes no connection before its first statement.
    #[track_caller]
    pub fn session(&self) -> Session {
        self.session_with(self.options.clone())
    }

    /// A session that only reads, from a [replica](EngineBuilder::replica) where there is one: see
    /// [`SessionOptions::read_only`].
    #[track_caller]
    pub fn read_session(&self) -> Session {
        self.session_with(self.options.clone().read_only())
    }

    /// A session with other settings than the default.
    #[track_caller]
    pub fn session_with(&self, options: SessionOptions) -> Session {
        Session::new(Arc::clone(&self.database), options)
    }

    /// An engine for a test: everything that its sessions do is undone in the end, whatever they commit.
    ///
    /// All of them are on one connection, in a transaction around them that is never committed. `commit` and `rollback` are
    /// those of a savepoint, so a session sees what earlier ones committed, constraints are checked, and
    /// [`transact`](Self::transact) works. Sessions have the connection one after the other, as with a pool of one: one that
    /// holds it while another one waits for it is `PoolTimeout`. [`record`](Self::record) and
    /// [`on_execute`](Self::on_execute) see the sandbox alone. It ends with [`close`](Self::close), or when the last clone
    /// and session are dropped.
    ///
    /// Isolation levels are that of the transaction around. What cannot run inside a transaction is refused, on MySQL and
    /// MariaDB `create_all` too, and migrations everywhere. Sequences and `AUTO_INCREMENT` are not set back. On SQLite a
    /// sandbox keeps everybody else from writing; for tests that run at the same time give each a
    /// [database of its own](crate::testing::TemporaryDatabase).
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
    /// `PoolTimeout`, `Connection`: there is no connection for it. `Busy`: another connection to SQLite writes.
    #[track_caller]
    pub fn sandbox(&self) -> impl Future<Output = Result<Engine>> + Send {
        let borrower = Borrower::here();
        async move {
            let database = Box::pin(self.database.sandbox(borrower)).await?;
            Ok(Engine { database: Arc::new(database), options: self.options.clone(), turns: Arc::default() })
        }
    }

    /// Creates the tables and indexes of the models that are not there yet: all or none, but on MySQL, whose DDL is
    /// outside transactions.
    ///
    /// For tests and prototypes: it changes no table that exists.
    ///
    /// # Errors
    /// `InvalidModel`: two models are one table, or a relationship leads out of the list.
    #[track_caller]
    pub fn create_all(&self, schema: Schema) -> impl Future<Output = Result<()>> + Send {
        self.run_all(create_statements(&schema, self.database.dialect()), Borrower::here())
    }

    /// Drops the tables of the models that are there: all or none, but on MySQL, whose DDL is outside transactions.
    ///
    /// # Errors
    /// As for [`create_all`](Self::create_all); `ForeignKeyViolation` when another table still refers to one of them.
    #[track_caller]
    pub fn drop_all(&self, schema: Schema) -> impl Future<Output = Result<()>> + Send {
        self.run_all(drop_statements(&schema, self.database.dialect()), Borrower::here())
    }

    /// Makes generated keys go on after the greatest key that is there, after rows were written with keys of their own: an
    /// import, the fixtures of tests. PostgreSQL alone needs it; elsewhere it runs nothing.
    ///
    /// A sequence never goes back. Nobody writes to the tables meanwhile.
    ///
    /// # Errors
    /// A table is not there.
    #[track_caller]
    pub fn sync_sequences(&self, schema: Schema) -> impl Future<Output = Result<()>> + Send {
        self.run_all(Ok(sequence_statements(&schema, self.database.dialect())), Borrower::here())
    }

    /// Compares the models with the tables that the database has, and reports everything at once: tables and columns
    /// that are not there, other types, NOT NULL on one side alone, keys and indexes that are missing, and columns that
    /// no model has and every INSERT would need; CHECK constraints that are missing, and foreign keys that do not cascade
    /// where the model leaves that to them.
    ///
    /// For the start of a program and for tests of migrations. Three statements, however many models there are; one
    /// more where a model has CHECK constraints, and on MySQL where a foreign key has actions.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![User]).await?;
    /// engine.check(schema![User]).await?.into_result()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As for [`create_all`](Self::create_all); the database refuses to say what it has.
    #[track_caller]
    pub fn check(&self, schema: Schema) -> impl Future<Output = Result<SchemaReport>> + Send {
        let borrower = Borrower::here();
        async move {
            let mut lease = Box::pin(self.database.acquire(borrower)).await?;
            check(&schema, &mut lease, &self.database.monitor, self.database.dialect()).await
        }
    }

    /// A log of all statements that the engine runs from now on, for as long as the log is there.
    pub fn record(&self) -> QueryLog {
        self.database.monitor.record()
    }

    /// Calls a function before and after each statement, for as long as the engine is there: for metrics, audits, and
    /// logs of one's own.
    ///
    /// It is called by the task that runs the statement and holds it up, so it should be quick. One that panics does no
    /// harm to the statement.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![User]).await?;
    /// let rows = Arc::new(AtomicU64::new(0));
    /// let counted = Arc::clone(&rows);
    /// engine.on_execute(move |event| match event.outcome {
    ///     None => println!("next: {}", event.sql),
    ///     Some(outcome) => {
    ///         counted.fetch_add(outcome.rows, Ordering::Relaxed);
    ///     }
    /// });
    /// assert_eq!(engine.session().count(select::<User>()).await?, 0);
    /// assert_eq!(rows.load(Ordering::Relaxed), 1);
    /// # Ok(()) }
    /// ```
    pub fn on_execute(&self, call: impl Fn(&StatementEvent<'_>) + Send + Sync + 'static) -> StatementHook {
        self.database.monitor.on_execute(call)
    }

    /// The statements that a query will run, without running them.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Book { #[key(auto)] id: i64, author_id: i64 }
    /// # #[derive(Model, Debug)] struct Author { #[key(auto)] id: i64, #[has_many] books: HasMany<Book> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// let plan = engine.plan(&select::<Author>().with(Author::BOOKS.auto()))?;
    /// assert_eq!(plan.steps().len(), 2);
    /// assert!(plan.steps()[1].sql.contains("IN (SELECT"), "all authors, without their keys: {}", plan.explain());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidQuery`: what running it would say.
    pub fn plan<M: Model, L>(&self, query: &Select<M, L>) -> Result<Plan> {
        let dialect = self.database.dialect();
        Plan::of(&LoadPlan::of_select(query.spec.clone(), dialect)?, dialect)
    }

    /// How the pool is now: how many connections are open and held, by whom, and how many sessions wait for one.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// let mut session = engine.session();
    /// session.begin().await?;
    /// let status = engine.status();
    /// assert_eq!((status.checked_out, status.waiting), (1, 0), "{status}");
    /// assert_eq!(status.checkouts[0].caller.file(), file!());
    /// # Ok(()) }
    /// ```
    pub fn status(&self) -> PoolStatus {
        self.database.status()
    }

    /// Closes the engine for all its clones: the connections that nobody holds now, the others when their session ends,
    /// for which it does not wait. A session that asks for a connection afterwards is refused.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// The SQL it speaks.
    pub(super) fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    /// Runs a statement that is outside of every transaction.
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
        if matches!(self.database.dialect(), Dialect::Mysql(_)) {
            self.database.refuse_in_sandbox("DDL, which commits on MySQL and MariaDB,")?;
        }
        let mut lease = Box::pin(self.database.acquire(borrower)).await?;
        lease.begin(TransactionOptions::new()).await?;
        for sql in statements {
            // A failure leaves the transaction open, and dropping the lease closes the connection, which undoes it.
            lease.execute(&self.database.monitor, &Statement::plain(sql)).await?;
        }
        lease.commit().await
    }
}
