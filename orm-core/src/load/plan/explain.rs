//! A plan for people to read.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use super::child::Ask;
use super::load_plan::{Further, LoadPlan};
use crate::error::Result;
use crate::sql::{Dialect, Statement};
use crate::value::Value;

/// The statements that a query runs: what [`Engine::plan`](crate::Engine::plan) returns. `Display` is
/// [`explain`](Self::explain).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let plan = engine.plan(&select::<Book>().with(Book::AUTHOR.joined()).with(Book::TAGS.selectin()))?;
/// println!("{plan}");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a plan is what would run, and nothing reads it"]
pub struct Plan {
    steps: Vec<PlanStep>,
}

/// One statement of a [`Plan`].
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let plan = engine.plan(&select::<Author>().with(Author::BOOKS.selectin()))?;
/// let step = &plan.steps()[1];
/// assert_eq!((&*step.path, step.strategy), ("Author.books", "selectin"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PlanStep {
    /// The relationship it loads, as a path from the query's model.
    pub path: Arc<str>,
    /// The strategy that makes it.
    pub strategy: &'static str,
    /// The SQL. A list of keys is shown with two keys, since their number is not known yet.
    pub sql: Arc<str>,
    /// How often it runs.
    pub repeats: &'static str,
}

impl PlanStep {
    fn of(statement: Statement, repeats: &'static str) -> Result<PlanStep> {
        statement.check()?;
        let Statement { sql, path, strategy, .. } = statement;
        Ok(PlanStep { path: path.unwrap_or_default(), strategy: strategy.unwrap_or_default(), sql, repeats })
    }
}

impl Plan {
    /// Shows what a plan runs, with two keys in place of each level's own.
    pub(crate) fn of(plan: &LoadPlan, dialect: Dialect) -> Result<Plan> {
        let mut steps = vec![PlanStep::of(plan.statement.clone(), "once")?];
        let further = plan.branches.iter().flat_map(|branch| branch.further(branch.selection.def().name));
        let mut queue: VecDeque<Further> = further.map(|(_, further)| further).collect();
        while let Some(next) = queue.pop_front() {
            let (statement, repeats) = match &next.child.ask {
                Ask::AtOnce(statement) => (next.at_once(statement), "once"),
                Ask::ByKeys(by_keys) => {
                    // Any values: the text is all that is shown.
                    let keys = vec![vec![Value::Int(0); by_keys.key_columns.len()]; 2];
                    (by_keys.statement(&keys, &next.path, dialect), by_keys.repeats(&next))
                }
            };
            steps.push(PlanStep::of(statement, repeats)?);
            queue.extend(next.child.branch.further(&next.path).into_iter().map(|(_, further)| further));
            // By keys the text is the same at each level.
            if next.levels == 0 {
                queue.extend(next.again(dialect)?);
            }
        }
        Ok(Plan { steps })
    }

    /// The statements, in the order in which they run.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let plan = engine.plan(&select::<Book>().with(Book::AUTHOR.joined()).with(Book::TAGS.selectin()))?;
    /// assert_eq!(plan.steps().len(), 2, "the author is joined");
    /// # Ok(()) }
    /// ```
    pub fn steps(&self) -> &[PlanStep] {
        &self.steps
    }

    /// The plan as text, a step for each statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let plan = engine.plan(&select::<Author>().with(Author::BOOKS.selectin()))?;
    /// assert!(plan.explain().contains("Author.books"));
    /// # Ok(()) }
    /// ```
    pub fn explain(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            let line = if index > 0 { "\n" } else { "" };
            write!(
                f,
                "{line}{}. {} by {}, {}\n   {}",
                index + 1,
                step.path,
                step.strategy,
                step.repeats,
                step.sql
            )?;
        }
        Ok(())
    }
}
