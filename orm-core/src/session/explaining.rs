//! How the database would run a query.

use super::{Run, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::load::LoadPlan;
use crate::model::Model;
use crate::query::{Select, SelectColumns, Selectable};
use crate::sql::{Criteria, Dialect};
use crate::value::{Cells, ValueRef};

/// What [`Session::explain`] takes: a query built by this library.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let plan = session.explain(&select_columns(Book::TITLE).filter(Book::ID.eq(1))).await?;
/// println!("{plan}");
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a query that can be explained",
    label = "expected `&select::<..>()..` or `&select_columns(..)..`"
)]
pub trait Explain {
    /// What it runs.
    #[doc(hidden)]
    fn plan(&self, dialect: Dialect, criteria: &Criteria) -> Result<LoadPlan>;
}

impl<M: Model, L> Explain for &Select<M, L> {
    fn plan(&self, dialect: Dialect, criteria: &Criteria) -> Result<LoadPlan> {
        let mut spec = self.spec.clone();
        spec.core.under.set(criteria);
        LoadPlan::of_select(spec, dialect)
    }
}

impl<S: Selectable, T> Explain for &SelectColumns<S, T> {
    fn plan(&self, dialect: Dialect, criteria: &Criteria) -> Result<LoadPlan> {
        let mut spec = self.spec.clone();
        spec.core.under.set(criteria);
        LoadPlan::of_columns(&spec, dialect)
    }
}

impl Session {
    /// The database's plan for a query's first statement, as text: EXPLAIN. The query itself is not run.
    ///
    /// It binds placeholders instead of secret values, since databases repeat the values in the plan.
    ///
    /// [`Engine::plan`](crate::Engine::plan) shows which statements run; this shows which indexes they use.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![User]).await?;
    /// # let mut session = engine.session();
    /// let plan = session.explain(&select::<User>().filter(User::ID.eq(7))).await?;
    /// assert!(plan.contains("PRIMARY KEY"), "{plan}");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidQuery`: the query cannot run.
    pub fn explain(&mut self, query: impl Explain) -> Run<'_, String> {
        let plan = query.plan(self.database.dialect(), &self.criteria);
        Run::new(self.explain_plan(plan))
    }

    async fn explain_plan(&mut self, plan: Result<LoadPlan>) -> Result<String> {
        self.check_usable()?;
        let (statement, column) = plan?.statement.explained(self.database.dialect());
        self.connect().await?;
        let mut lines: Vec<String> = Vec::new();
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            let shown = |column: usize| match cells.cell(column) {
                Ok(ValueRef::Text(line) | ValueRef::Json(line)) => Ok(line.to_owned()),
                Ok(other) => Ok(other.to_string()),
                Err(error) => Err(Error::new(ErrorKind::InvalidValue, error.to_string())),
            };
            lines.push(match column {
                Some(column) => shown(column)?,
                None => (0..).map_while(|column| shown(column).ok()).collect::<Vec<_>>().join(" | "),
            });
            Ok(())
        };
        let Some(lease) = &mut self.lease else { return Ok(String::new()) };
        let done = lease.fetch(&self.database.monitor, &statement, &mut sink).await;
        self.note(done)?;
        Ok(lines.join("\n"))
    }
}
