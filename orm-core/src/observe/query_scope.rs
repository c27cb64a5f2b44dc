//! Counts the statements of one piece of work.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ScopeReport;
use crate::sql::Statement;

tokio::task_local! {
    static CURRENT: QueryScope;
}

/// Counts the statements of one piece of work, such as a web request, in all sessions and engines that it uses.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let (authors, report) = QueryScope::run(async {
///     let mut session = engine.session();
///     session.all(select::<Author>()).await
/// })
/// .await;
/// assert_eq!((authors?.len(), report.count()), (2, 1), "{report}");
/// # Ok(()) }
/// ```
///
/// A scope covers its future, not the tasks that the future spawns; pass those through [`include`](Self::include). A
/// statement inside nested scopes counts for each of them.
#[derive(Clone)]
#[must_use = "it counts what runs inside its `run`"]
pub struct QueryScope {
    scope: Arc<Scope>,
}

struct Scope {
    report: Mutex<ScopeReport>,
    around: Option<QueryScope>,
}

impl QueryScope {
    /// Runs `work` and returns its result with a report of the statements that it ran.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let (count, report) = QueryScope::run(session.count(select::<Book>())).await;
    /// assert_eq!((count?, report.count()), (4, 1), "{report}");
    /// # Ok(()) }
    /// ```
    ///
    /// # Cancel safety
    /// The same as that of `work`.
    pub async fn run<T>(work: impl Future<Output = T>) -> (T, ScopeReport) {
        let scope = QueryScope::inside_current();
        let value = CURRENT.scope(scope.clone(), work).await;
        (value, scope.report())
    }

    /// Like [`run`](Self::run) for a function that is not async, such as one that blocks on futures in this thread.
    ///
    /// ```
    /// use orm_core::observe::QueryScope;
    ///
    /// let (answer, report) = QueryScope::run_blocking(|| 42);
    /// assert_eq!((answer, report.count()), (42, 0));
    /// ```
    pub fn run_blocking<T>(work: impl FnOnce() -> T) -> (T, ScopeReport) {
        let scope = QueryScope::inside_current();
        let value = CURRENT.sync_scope(scope.clone(), work);
        (value, scope.report())
    }

    /// The innermost scope around the caller, if there is one.
    ///
    /// ```
    /// # use orm_core::observe::QueryScope;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// assert!(QueryScope::current().is_none());
    /// QueryScope::run(async { assert!(QueryScope::current().is_some()) }).await;
    /// # }
    /// ```
    pub fn current() -> Option<QueryScope> {
        CURRENT.try_with(QueryScope::clone).ok()
    }

    /// The statements that ran in the scope so far.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// QueryScope::run(async {
    ///     session.count(select::<Book>()).await?;
    ///     let so_far = QueryScope::current().map(|scope| scope.report().count());
    ///     assert_eq!(so_far, Some(1));
    ///     Ok::<_, Error>(())
    /// })
    /// .await
    /// .0?;
    /// # Ok(()) }
    /// ```
    pub fn report(&self) -> ScopeReport {
        self.lock().clone()
    }

    /// Wraps a future so that its statements count for this scope too, even in another task.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # async fn f(engine: Engine, work: impl Future<Output = ()> + Send + 'static) {
    /// match QueryScope::current() {
    ///     Some(scope) => tokio::spawn(scope.include(work)),
    ///     None => tokio::spawn(work),
    /// };
    /// # }
    /// # fn main() {}
    /// ```
    pub fn include<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(self.clone(), work)
    }

    pub(crate) fn push(&self, statement: &Statement, outcome: super::StatementOutcome) {
        let mut next = Some(self);
        while let Some(scope) = next {
            scope.lock().push(statement, outcome);
            next = scope.scope.around.as_ref();
        }
    }

    fn inside_current() -> QueryScope {
        let scope = Scope { report: Mutex::default(), around: QueryScope::current() };
        QueryScope { scope: Arc::new(scope) }
    }

    fn lock(&self) -> MutexGuard<'_, ScopeReport> {
        self.scope.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for QueryScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryScope").field("statements", &self.lock().count()).finish_non_exhaustive()
    }
}
