use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ScopeReport;
use crate::sql::Statement;

tokio::task_local! {
    static CURRENT: QueryScope;
}

/// Counts the statements of one piece of work, a web request for instance, whichever sessions and engines run them.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![User]).await?;
/// let (users, report) = QueryScope::run(async {
///     let mut session = engine.session();
///     session.all(select::<User>()).await
/// })
/// .await;
/// assert_eq!((users?.len(), report.count()), (0, 1), "{report}");
/// # Ok(()) }
/// ```
///
/// A scope follows its future, not the tasks that this spawns: give them [`QueryScope::current`] and
/// [`include`](Self::include). A scope inside another one counts for both.
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
    /// Runs `work`, and reports the statements that it ran.
    ///
    /// # Cancel safety
    /// As that of `work`.
    pub async fn run<T>(work: impl Future<Output = T>) -> (T, ScopeReport) {
        let scope = QueryScope::inside_current();
        let value = CURRENT.scope(scope.clone(), work).await;
        (value, scope.report())
    }

    /// The same for work that is no future: one that blocks on futures in this thread.
    pub fn run_blocking<T>(work: impl FnOnce() -> T) -> (T, ScopeReport) {
        let scope = QueryScope::inside_current();
        let value = CURRENT.sync_scope(scope.clone(), work);
        (value, scope.report())
    }

    /// The innermost scope that this is called in, if it is called in one.
    pub fn current() -> Option<QueryScope> {
        CURRENT.try_with(QueryScope::clone).ok()
    }

    /// What was run in the scope until now.
    pub fn report(&self) -> ScopeReport {
        self.lock().clone()
    }

    /// A future whose statements count for this scope too, to be spawned.
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
