//! What a scope counted.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::StatementOutcome;
use crate::sql::{Statement, shortened};

/// The statements that a [`QueryScope`](super::QueryScope) counted. `Display` groups them by what they load.
///
/// It keeps each text once, however often it ran, so it stays small for long work.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let (authors, report) =
///     QueryScope::run(session.all(select::<Author>().with(Author::BOOKS.selectin()))).await;
/// assert_eq!(authors?.len(), 2);
/// for group in report.groups() {
///     println!("{:?}: {} times, {} rows", group.path, group.count, group.rows);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "it says what ran, and nothing reads it"]
pub struct ScopeReport {
    groups: IndexMap<(Option<Arc<str>>, Arc<str>), StatementGroup>,
}

/// All runs of one SQL text for one path: an entry of [`ScopeReport::groups`].
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let (done, report) = QueryScope::run(async {
///     session.count(select::<Book>()).await?;
///     session.count(select::<Book>()).await
/// })
/// .await;
/// done?;
/// let group = report.groups().next().map(|group| (group.count, group.failed));
/// assert_eq!(group, Some((2, 0)));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StatementGroup {
    /// The text.
    pub sql: Arc<str>,
    /// The relationship it loads, as a path from the query's model.
    pub path: Option<Arc<str>>,
    /// The strategy that made it.
    pub strategy: Option<&'static str>,
    /// How often it was run.
    pub count: usize,
    /// The rows that all runs returned or changed.
    pub rows: u64,
    /// The time of all runs.
    pub duration: Duration,
    /// How many runs failed or were abandoned.
    pub failed: usize,
}

impl ScopeReport {
    /// The number of statements. BEGIN, COMMIT, ROLLBACK and savepoints are not counted.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let (count, report) = QueryScope::run(session.count(select::<Book>())).await;
    /// assert_eq!((count?, report.count()), (4, 1));
    /// # Ok(()) }
    /// ```
    pub fn count(&self) -> usize {
        self.groups.values().map(|group| group.count).sum()
    }

    /// The number of rows that the statements returned or changed, added up.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let (books, report) = QueryScope::run(session.all(select::<Book>())).await;
    /// assert_eq!((books?.len(), report.rows()), (4, 4));
    /// # Ok(()) }
    /// ```
    pub fn rows(&self) -> u64 {
        self.groups.values().map(|group| group.rows).sum()
    }

    /// The time from sending each statement to its last row, added up. Statements that ran concurrently count in full.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let (books, report) = QueryScope::run(session.all(select::<Book>())).await;
    /// println!("{} books, {:?} in the database", books?.len(), report.duration());
    /// # Ok(()) }
    /// ```
    pub fn duration(&self) -> Duration {
        self.groups.values().map(|group| group.duration).sum()
    }

    /// The statements, grouped by text and path, in the order of their first run.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let (done, report) = QueryScope::run(async {
    ///     for book in session.all(select::<Book>()).await? {
    ///         session.load(&book, Book::TAGS).await?;
    ///     }
    ///     Ok::<_, Error>(())
    /// })
    /// .await;
    /// done?;
    /// let counts: Vec<usize> = report.groups().map(|group| group.count).collect();
    /// assert_eq!(counts, [1, 4], "one for the books, and N+1 for their tags");
    /// # Ok(()) }
    /// ```
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &StatementGroup> {
        self.groups.values()
    }

    pub(super) fn push(&mut self, statement: &Statement, outcome: StatementOutcome) {
        let key = (statement.path.clone(), Arc::clone(&statement.sql));
        let group = self.groups.entry(key).or_insert_with(|| StatementGroup {
            sql: Arc::clone(&statement.sql),
            path: statement.path.clone(),
            strategy: statement.strategy,
            count: 0,
            rows: 0,
            duration: Duration::ZERO,
            failed: 0,
        });
        group.count += 1;
        group.rows += outcome.rows;
        group.duration += outcome.duration;
        group.failed += usize::from(outcome.failed);
    }
}

impl fmt::Display for ScopeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count();
        write!(f, "{count} statement{}", if count == 1 { "" } else { "s" })?;
        let mut by_path: IndexMap<Option<&str>, Vec<&StatementGroup>> = IndexMap::new();
        for group in self.groups() {
            by_path.entry(group.path.as_deref()).or_default().push(group);
        }
        for (path, groups) in by_path {
            let runs: usize = groups.iter().map(|group| group.count).sum();
            let rows: u64 = groups.iter().map(|group| group.rows).sum();
            write!(f, "\n  {}: {runs}, with {rows} rows", path.unwrap_or("no path"))?;
            for group in groups {
                write!(f, "\n    {} x {}", group.count, shortened(&group.sql))?;
            }
        }
        Ok(())
    }
}
