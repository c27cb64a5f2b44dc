//! Settings of a session.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::SessionHooks;
use crate::driver::TransactionOptions;
use crate::model::{Context, Model};
use crate::query::{Predicate, criterion};
use crate::sql::Criteria;

/// The settings of a session: the argument of [`Engine::session_with`](super::Engine::session_with) and
/// [`EngineBuilder::session_options`](super::EngineBuilder::session_options).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let options = SessionOptions::new().autoflush(false).repeated_loads(RepeatedLoads::Refuse);
/// let mut strict = engine.session_with(options);
/// strict.add(Tag::draft().name("satire"));
/// assert_eq!(strict.count(select::<Tag>()).await?, 1, "the new tag is not flushed");
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[non_exhaustive]
#[must_use = "options do nothing until a session is made with them"]
pub struct SessionOptions {
    pub(super) hooks: Option<Arc<dyn SessionHooks>>,
    pub(super) transactions: TransactionOptions,
    pub(super) autoflush: bool,
    pub(super) expire_on_commit: bool,
    pub(super) identity_map: bool,
    pub(super) repeated_loads: RepeatedLoads,
    pub(super) repeated_loads_threshold: u32,
    criteria: Criteria,
    /// Whether no criteria hold, those of the engine included.
    all_rows: bool,
    pub(super) context: Context,
    clock: Option<Arc<dyn Fn() -> SystemTime + Send + Sync>>,
}

/// What a session does when a loop loads one relationship of the objects of one query one by one, which is an N+1.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let mut session = engine.session_with(SessionOptions::new().repeated_loads(RepeatedLoads::LoadPeers));
/// let log = engine.record();
/// for book in session.all(select::<Book>()).await? {
///     session.load(&book, Book::TAGS).await?;
/// }
/// assert_eq!(log.count(), 2, "one for the books, one for the tags of all of them: {log}");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RepeatedLoads {
    /// Nothing.
    Allow,
    /// A `tracing` warning on the target `orm::n_plus_one`, once for each query and relationship, that names the line
    /// of the query, the line of the loop, and what to write instead.
    Warn,
    /// `ErrorKind::RepeatedLoad`, with the same text.
    Refuse,
    /// The first load of one object loads the relationship for all objects of its query.
    LoadPeers,
}

impl SessionOptions {
    /// The default: autoflush is on, nothing expires on commit, and repeated loads emit a warning from the tenth on.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let options = SessionOptions::new();
    /// # let _ = options;
    /// ```
    pub fn new() -> SessionOptions {
        SessionOptions {
            hooks: None,
            transactions: TransactionOptions::new(),
            autoflush: true,
            expire_on_commit: false,
            identity_map: true,
            repeated_loads: RepeatedLoads::Warn,
            repeated_loads_threshold: 10,
            criteria: Criteria::default(),
            all_rows: false,
            context: Context::default(),
            clock: None,
        }
    }

    /// A condition on the rows of a model that the session sees: of one tenant, or not deleted. It is added to those of
    /// [`EngineBuilder::criteria`](crate::options::EngineBuilder::criteria), and to earlier ones of the same model.
    ///
    /// Criteria hold in everything that reads: queries, joins, subqueries, eager and late loads, `any`, `has` and `count`, `get`,
    /// streams, and the rows that bulk statements change. They do not change raw SQL, and do not restrict what a flush writes.
    /// They hold for the model's table, whichever model or link table reads it; a condition that asks about other models sees
    /// no more of them than the session does. `.without_criteria()` of a query leaves them out. They run no statements of
    /// their own.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// let options = SessionOptions::new().criteria::<Book>(Book::YEAR.gt(1970));
    /// let mut session = engine.session_with(options);
    /// let author = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
    /// assert_eq!(author.get(Author::BOOKS).len(), 2);
    /// assert!(session.get::<Book>(1).await?.is_none());
    /// assert_eq!(session.count(select::<Book>().without_criteria()).await?, 4);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// A condition that names columns of other tables outside a subquery makes every query fail with `InvalidQuery`.
    pub fn criteria<M: Model>(mut self, condition: Predicate) -> SessionOptions {
        let (table, condition) = criterion::<M>(condition);
        self.criteria.add(table, condition);
        self
    }

    /// The session sees deleted rows of models with `#[column(deleted)]` too. Its other criteria hold.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # async fn f(engine: &Engine) {
    /// let mut trash = engine.session_with(SessionOptions::new().with_deleted());
    /// # }
    /// # fn main() {}
    /// ```
    pub fn with_deleted(mut self) -> SessionOptions {
        self.criteria.show_deleted();
        self
    }

    /// The session sees all rows: neither its own criteria nor those of the engine hold.
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
    /// let mut all = engine.session_with(SessionOptions::new().without_criteria());
    /// assert_eq!(all.count(select::<Note>()).await?, 1);
    /// # Ok(()) }
    /// ```
    pub fn without_criteria(mut self) -> SessionOptions {
        self.all_rows = true;
        self
    }

    /// Those of an engine and these.
    pub(super) fn criteria_with(&self, engine: &Criteria) -> Criteria {
        if self.all_rows { Criteria::none() } else { engine.clone().with(&self.criteria).resolved() }
    }

    /// Whether a query flushes pending changes first, so that it sees them; on by default.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    /// session.add(Tag::draft().name("satire"));
    /// assert_eq!(session.count(select::<Tag>()).await?, 1);
    /// session.flush().await?;
    /// assert_eq!(session.count(select::<Tag>()).await?, 2);
    /// # Ok(()) }
    /// ```
    pub fn autoflush(mut self, on: bool) -> SessionOptions {
        self.autoflush = on;
        self
    }

    /// Default options of the session's transactions; `begin_with` and `transaction_with` override them.
    ///
    /// A session with any of them begins its transaction at its first statement instead of its first write, so that
    /// they also cover what it reads before it writes.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let serializable = TransactionOptions::new().isolation(Isolation::Serializable);
    /// let options = SessionOptions::new().transactions(serializable);
    /// # let _ = options;
    /// ```
    pub fn transactions(mut self, options: TransactionOptions) -> SessionOptions {
        self.transactions = options;
        self
    }

    /// Makes the session read-only. A flush, a bulk statement or raw SQL that writes fails with `InvalidState`. Its
    /// transaction is [`read_only`](TransactionOptions::read_only) and begins at its first statement. It reads from a
    /// [replica](crate::options::EngineBuilder::replica) that has everything this engine committed, if there is one.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let mut session = engine.session_with(SessionOptions::new().read_only());
    /// session.add(Tag::draft().name("satire"));
    /// assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::InvalidState);
    /// # Ok(()) }
    /// ```
    pub fn read_only(mut self) -> SessionOptions {
        self.transactions = self.transactions.read_only();
        self
    }

    /// Whether a commit expires all objects, so the next query that returns an object reloads it; off by default.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let options = SessionOptions::new().expire_on_commit(true);
    /// # let _ = options;
    /// ```
    pub fn expire_on_commit(mut self, on: bool) -> SessionOptions {
        self.expire_on_commit = on;
        self
    }

    /// Whether the session keeps the objects that it loaded; on by default.
    ///
    /// Without it, each query returns its own objects, which are freed with their last handle, so a session that reads
    /// everything for hours stays small. Such a session is for reading: writes are refused with `InvalidState`, and
    /// relationships are loaded only by the query that finds the objects.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let mut reader = engine.session_with(SessionOptions::new().identity_map(false));
    /// let first = reader.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// let second = reader.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// assert!(first != second, "two objects of one row");
    /// # Ok(()) }
    /// ```
    pub fn identity_map(mut self, on: bool) -> SessionOptions {
        self.identity_map = on;
        self
    }

    /// Functions that are called around flush, commit and rollback.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// struct Committed;
    ///
    /// impl SessionHooks for Committed {
    ///     fn after_commit(&self, _context: &Context) {
    ///         println!("committed");
    ///     }
    /// }
    ///
    /// # fn main() {
    /// let options = SessionOptions::new().hooks(Committed);
    /// # let _ = options;
    /// # }
    /// ```
    pub fn hooks(mut self, hooks: impl SessionHooks + 'static) -> SessionOptions {
        self.hooks = Some(Arc::new(hooks));
        self
    }

    /// A value that the session tells its hooks and its columns `created_by` and `updated_by`, such as the user of a request:
    /// one of each type, and the last one counts. See [`Context`] and [`Session::set_context`](super::Session::set_context).
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// struct CurrentUser(i64);
    ///
    /// let session = engine.session_with(SessionOptions::new().context(CurrentUser(7)));
    /// assert_eq!(session.context().require::<CurrentUser>()?.0, 7);
    /// # Ok(()) }
    /// ```
    pub fn context(mut self, value: impl Any + Send + Sync) -> SessionOptions {
        self.context.set(value);
        self
    }

    /// The clock for `#[column(created)]`, `updated` and `deleted`; the system's clock by default. It is read once for
    /// each flush and each bulk statement, so all rows of one flush get the same time. Mostly for tests.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// let options = SessionOptions::new().clock(|| UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    /// # let _ = options;
    /// ```
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> SessionOptions {
        self.clock = Some(Arc::new(clock));
        self
    }

    pub(super) fn now(&self) -> SystemTime {
        self.clock.as_ref().map_or_else(SystemTime::now, |clock| clock())
    }

    /// What happens when a loop loads one relationship object by object; [`RepeatedLoads::Warn`] by default.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let options = SessionOptions::new().repeated_loads(RepeatedLoads::Refuse);
    /// # let _ = options;
    /// ```
    pub fn repeated_loads(mut self, action: RepeatedLoads) -> SessionOptions {
        self.repeated_loads = action;
        self
    }

    /// From how many loads of one relationship, for objects of one query, the session assumes a loop; 10 by default,
    /// and at least 2.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let options = SessionOptions::new().repeated_loads(RepeatedLoads::Refuse).repeated_loads_threshold(2);
    /// let mut session = engine.session_with(options);
    /// let books = session.all(select::<Book>()).await?;
    /// session.load(&books[0], Book::TAGS).await?;
    /// let second = session.load(&books[1], Book::TAGS).await;
    /// assert_eq!(second.unwrap_err().kind(), ErrorKind::RepeatedLoad);
    /// # Ok(()) }
    /// ```
    pub fn repeated_loads_threshold(mut self, loads: u32) -> SessionOptions {
        self.repeated_loads_threshold = loads.max(2);
        self
    }
}

impl fmt::Debug for SessionOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionOptions")
            .field("transactions", &self.transactions)
            .field("autoflush", &self.autoflush)
            .field("expire_on_commit", &self.expire_on_commit)
            .field("identity_map", &self.identity_map)
            .field("repeated_loads", &self.repeated_loads)
            .field("repeated_loads_threshold", &self.repeated_loads_threshold)
            .field("context", &self.context)
            .field("hooks", &self.hooks.is_some())
            .field("criteria", &self.criteria.has_conditions())
            .field("without_criteria", &self.all_rows)
            .field("clock", &self.clock.is_some())
            .finish()
    }
}

impl Default for SessionOptions {
    fn default() -> SessionOptions {
        SessionOptions::new()
    }
}
