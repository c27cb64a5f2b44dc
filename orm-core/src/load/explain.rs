use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use super::child::{Child, Condition};
use super::keys::KeyValues;
use super::levels::Levels;
use super::loader::{Wanted, first_statement, wanted};
use super::plan;
use super::root::Root;
use super::select_rows::{rows_path, rows_root};
use crate::error::Result;
use crate::identity::Store;
use crate::query::{RowsSpec, SelectSpec};
use crate::sql::{Dialect, Effect, Param, Select, Shown, Statement, Writer, check};
use crate::value::Value;

/// The statements that a query will run, before it runs: what [`Engine::plan`](crate::Engine::plan) gives.
#[derive(Debug, Clone)]
#[must_use = "a plan is what would run, and nothing reads it"]
pub struct Plan {
    steps: Vec<PlanStep>,
}

/// One statement of a [`Plan`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PlanStep {
    /// The relationship it loads, as a path from the query's model.
    pub path: Arc<str>,
    /// The strategy that makes it.
    pub strategy: &'static str,
    /// The text. A list of keys stands as two; how many there will be, nobody knows yet.
    pub sql: Arc<str>,
    /// How often it runs.
    pub repeats: &'static str,
}

/// A statement that has the database say how it would run another one, and the column of its answer that does; none where
/// all of them do.
pub(crate) fn explain_statement(
    dialect: Dialect,
    (select, path): &(Select, Arc<str>),
) -> Result<(Statement, Option<usize>)> {
    check(select, dialect)?;
    let statement = Writer::select(dialect, select).for_path(path, "explain");
    let (prefix, column) = match dialect {
        Dialect::Sqlite => ("EXPLAIN QUERY PLAN ", Some(3)),
        Dialect::Postgres => ("EXPLAIN ", Some(0)),
        // A row that a key finds is read while MySQL plans, and conditions are shown with what it holds. The table has none.
        Dialect::Mysql(_) if statement.computes_secret => ("EXPLAIN ", None),
        Dialect::Mysql(_) => ("EXPLAIN FORMAT=JSON ", Some(0)),
    };
    let sql = format!("{prefix}{}", statement.sql).into();
    // A plan may repeat what the statement binds, and runs nothing.
    let params = statement.params.into_iter().map(Param::without_secret).collect();
    Ok((Statement { sql, params, shown: Shown::Nothing, effect: Effect::Reads, ..statement }, column))
}

/// The first statement of a query for entities, and what it is of.
pub(crate) fn first_select(dialect: Dialect, spec: SelectSpec) -> Result<(Select, Arc<str>)> {
    let loads = plan::of_select(&spec, dialect)?;
    let path: Arc<str> = spec.model.def().name.into();
    Ok((Root::new(&mut Store::new(), &mut Levels::default(), spec, loads, &path)?.select, path))
}

/// The statement of a query for rows, and what it is of.
pub(crate) fn rows_select(dialect: Dialect, spec: &RowsSpec) -> Result<(Select, Arc<str>)> {
    let select = rows_root(&mut Store::new(), &mut Levels::default(), spec, dialect)?.0;
    Ok((select, rows_path(spec).into()))
}

impl PlanStep {
    fn of(statement: Statement, repeats: &'static str) -> Result<PlanStep> {
        statement.check()?;
        let Statement { sql, path, strategy, .. } = statement;
        Ok(PlanStep { path: path.unwrap_or_default(), strategy: strategy.unwrap_or_default(), sql, repeats })
    }
}

impl Plan {
    /// Goes the way that a [`Loader`](super::Loader) goes, with two keys in place of each level's own.
    pub(crate) fn of(dialect: Dialect, spec: SelectSpec) -> Result<Plan> {
        let loads = plan::of_select(&spec, dialect)?;
        let (mut store, mut levels) = (Store::new(), Levels::default());
        let path: Arc<str> = spec.model.def().name.into();
        let mut root = Root::new(&mut store, &mut levels, spec, loads, &path)?;
        check(&root.select, dialect)?;
        root.branch.locked = root.select.lock.is_some();
        let statement = first_statement(dialect, &root.select, &root.branch, &path);
        root.set_origins(&mut levels, &statement);
        let mut steps = vec![PlanStep::of(statement, "once")?];
        let mut queue: VecDeque<Wanted> = wanted(&mut root.branch).into();
        while let Some(next) = queue.pop_front() {
            let again = next.again();
            let Wanted { level, load, path } = next;
            let (depth, batched) = (load.depth, load.batch_size.is_some());
            let mut child = Child::new(&mut store, &mut levels, load, path)?;
            let width = child.relation.local_columns().len();
            // Any values: the text is all that is shown.
            let keys: Vec<KeyValues> = vec![vec![Value::Int(0); width]; 2];
            let origin = levels.levels[level].origin.clone();
            let at_once = child.at_once(origin.as_ref());
            // By keys the text is the same at each level.
            let again = again.filter(|_| at_once.is_some());
            let (select, statement) = child.ask(at_once.unwrap_or(Condition::Keys(&keys)), dialect)?;
            if at_once.is_some() {
                child.set_origins(&mut levels, &select, &statement);
            }
            let repeats = match (depth, at_once) {
                (_, Some(_)) => "once",
                (Some(_), None) => "once a level",
                (None, None) if batched => "once a batch of keys",
                (None, None) => "once, or once for as many keys as the database binds",
            };
            steps.push(PlanStep::of(statement, repeats)?);
            queue.extend(wanted(&mut child.branch));
            let level = child.branch.level;
            queue.extend(again.map(|again| Wanted { level, ..again }));
        }
        Ok(Plan { steps })
    }

    /// The statements, in the order they run in.
    pub fn steps(&self) -> &[PlanStep] {
        &self.steps
    }

    /// The statements as text, one a paragraph.
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
