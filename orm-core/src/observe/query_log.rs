use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::sql::Param;

/// The statements that an engine ran while the log was there: what [`Engine::record`](crate::Engine::record) gives.
///
/// Transaction control is not counted. `Display` lists the SQL.
#[derive(Debug, Clone, Default)]
#[must_use = "it counts until it is dropped"]
pub struct QueryLog {
    statements: Arc<Mutex<Vec<ExecutedStatement>>>,
}

/// One statement that was run.
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
    /// How many statements were run.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// The statements, in the order they ended in.
    pub fn statements(&self) -> Vec<ExecutedStatement> {
        self.lock().clone()
    }

    /// Forgets what was run so far.
    pub fn clear(&self) {
        self.lock().clear();
    }

    pub(super) fn push(&self, statement: ExecutedStatement) {
        self.lock().push(statement);
    }

    /// Whether nobody but the engine holds the log any more.
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
