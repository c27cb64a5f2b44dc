//! A statement as hooks see it.

use std::time::Duration;

use super::query_log::shown;
use crate::sql::Statement;

/// A statement, as [`Engine::on_execute`](crate::Engine::on_execute) reports it: once before it is sent, and once when
/// it has ended.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let hook = engine.on_execute(|event| {
///     let Some(outcome) = event.outcome else { return };
///     if outcome.failed {
///         eprintln!("{} failed after {:?}", event.sql, outcome.duration);
///     }
/// });
/// session.count(select::<Book>()).await?;
/// hook.remove();
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct StatementEvent<'s> {
    /// The text.
    pub sql: &'s str,
    /// The relationship it loads, as a path from the query's model.
    pub path: Option<&'s str>,
    /// The strategy that made it.
    pub strategy: Option<&'static str>,
    /// How it ended; none before it is sent.
    pub outcome: Option<StatementOutcome>,
    statement: &'s Statement,
}

/// How a statement ended: the field `outcome` of a [`StatementEvent`].
///
/// ```
/// use orm_core::observe::StatementOutcome;
///
/// fn describe(outcome: StatementOutcome) -> String {
///     match outcome.failed {
///         true => "failed or cancelled".to_owned(),
///         false => format!("{} rows in {:?}", outcome.rows, outcome.duration),
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatementOutcome {
    /// The rows it returned or changed.
    pub rows: u64,
    /// From sending it to its last row.
    pub duration: Duration,
    /// Whether it failed or was abandoned.
    pub failed: bool,
}

impl<'s> StatementEvent<'s> {
    pub(super) fn new(statement: &'s Statement, outcome: Option<StatementOutcome>) -> StatementEvent<'s> {
        StatementEvent {
            sql: &statement.sql,
            path: statement.path.as_deref(),
            strategy: statement.strategy,
            outcome,
            statement,
        }
    }

    /// The bound values as text, those of `secret` columns as `***`. The texts are made when this is called.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// engine.on_execute(|event| {
    ///     if event.outcome.is_none() {
    ///         println!("{} {:?}", event.sql, event.params());
    ///     }
    /// });
    /// session.count(select::<Book>().filter(Book::YEAR.gt(1970))).await?;
    /// # Ok(()) }
    /// ```
    pub fn params(&self) -> Vec<String> {
        shown(&self.statement.params)
    }
}
