//! Recorded statements.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::sql::Param;

/// The statements that an engine has run since [`Engine::record`](crate::Engine::record) returned the log.
///
/// BEGIN, COMMIT, ROLLBACK and savepoints are not counted. `Display` lists the SQL, so a failed assertion shows what
/// ran. The engine records for as long as a clone of the log exists.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let log = engine.record();
/// session.all(select::<Author>().with(Author::BOOKS.selectin())).await?;
/// assert_eq!(log.count(), 2, "{log}");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "it counts until it is dropped"]
pub struct QueryLog {
    statements: Arc<Mutex<Vec<ExecutedStatement>>>,
}

/// One statement that an engine ran, as a [`QueryLog`] lists it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let log = engine.record();
/// session.all(select::<Author>().with(Author::BOOKS.selectin())).await?;
/// let second = &log.statements()[1];
/// assert_eq!((second.path.as_deref(), second.strategy), (Some("Author.books"), Some("selectin")));
/// assert_eq!(second.rows, 4);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ExecutedStatement {
    /// The text.
    pub sql: Arc<str>,
    /// The bound values as text, those of `secret` columns as `***`.
    pub params: Vec<String>,
    /// The rows it returned or changed.
    pub rows: u64,
    /// From sending it to its last row.
    pub duration: Duration,
    /// The relationship it loaded, as a path from the query's model.
    pub path: Option<Arc<str>>,
    /// The strategy that made it.
    pub strategy: Option<&'static str>,
    /// Whether it failed or was abandoned.
    pub failed: bool,
}

impl QueryLog {
    /// The number of statements.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let log = engine.record();
    /// session.count(select::<Book>()).await?;
    /// assert_eq!(log.count(), 1);
    /// # Ok(()) }
    /// ```
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// The statements, in the order in which they ended.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let log = engine.record();
    /// session.all(select::<Author>().filter(Author::NAME.eq("Harper Lee"))).await?;
    /// let statements = log.statements();
    /// assert!(statements[0].sql.starts_with("SELECT"));
    /// assert_eq!(statements[0].params, ["\"Harper Lee\""]);
    /// # Ok(()) }
    /// ```
    pub fn statements(&self) -> Vec<ExecutedStatement> {
        self.lock().clone()
    }

    /// Removes the statements recorded so far.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let log = engine.record();
    /// session.count(select::<Book>()).await?;
    /// log.clear();
    /// assert_eq!(log.count(), 0);
    /// # Ok(()) }
    /// ```
    pub fn clear(&self) {
        self.lock().clear();
    }

    pub(super) fn push(&self, statement: ExecutedStatement) {
        self.lock().push(statement);
    }

    /// Whether only the engine still holds the log.
    pub(super) fn is_abandoned(&self) -> bool {
        Arc::strong_count(&self.statements) == 1
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ExecutedStatement>> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for QueryLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statements = self.lock();
        write!(f, "{} statements", statements.len())?;
        for (index, statement) in statements.iter().enumerate() {
            write!(f, "\n{:>4}. {}", index + 1, statement.sql)?;
            if !statement.params.is_empty() {
                write!(f, "  -- {}", statement.params.join(", "))?;
            }
        }
        Ok(())
    }
}

pub(super) fn shown(params: &[Param]) -> Vec<String> {
    let shows = |param: &&Param| !matches!(param, Param::Padding(_));
    params.iter().filter(shows).map(ToString::to_string).collect()
}

/// Asserts how many statements were run: by a [`QueryLog`], or a [`ScopeReport`](crate::observe::ScopeReport). When it fails it
/// lists them.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![User]).await?;
/// let log = engine.record();
/// engine.session().all(select::<User>()).await?;
/// assert_statements!(log, 1);
/// assert_statements!(log, 1, "one for all users");
/// # Ok(()) }
/// ```
#[macro_export]
macro_rules! assert_statements {
    ($log:expr, $expected:expr $(,)?) => {
        match (&$log, $expected) {
            (log, expected) => {
                ::core::assert!(log.count() == expected, "expected {} statements, found {}", expected, log)
            }
        }
    };
    ($log:expr, $expected:expr, $($why:tt)+) => {
        match (&$log, $expected) {
            (log, expected) => ::core::assert!(
                log.count() == expected,
                "{}: expected {} statements, found {}",
                ::core::format_args!($($why)+),
                expected,
                log
            ),
        }
    };
}
