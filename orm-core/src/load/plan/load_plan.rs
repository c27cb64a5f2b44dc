//! What a query runs: all that is decided before it does.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use super::branch::{Branch, Tree};
use super::child::Child;
use super::root::Root;
use super::shape::{List, finds_one};
use super::{cache, loads};
use crate::error::Result;
use crate::model::{ErasedModel, ModelDef, Selection};
use crate::query::{LoadSpec, RawSpec, RowsFrom, RowsSpec, SelectSpec, Strategy};
use crate::sql::{Dialect, Expected, Sees, Shown, Source, Statement, Writer, check, raw};
use crate::value::Value;

/// What a query runs: its first statement, where objects are in its rows, and the statements that load further on.
#[doc(hidden)]
pub struct LoadPlan {
    pub(crate) statement: Statement,
    /// The entities in a row.
    pub(in crate::load) branches: Arc<[Branch]>,
    pub(in crate::load) rows: FirstRows,
}

/// What the rows of a query's first statement are.
#[derive(Debug, Clone, Copy)]
pub(in crate::load) enum FirstRows {
    /// Entities; and the place in a row of the number of the query's own row, if it has one.
    Entities { list: List, number: Option<usize> },
    /// Values and entities; and the name of the value, where it is the only one.
    Listed { only: Option<&'static str> },
    /// An entity of raw SQL, whose columns are found by their names.
    Named(&'static ModelDef),
    /// Values of raw SQL; and how many columns a row must have.
    Raw { width: Option<usize> },
}

/// A relationship that is loaded by further statements, and its path from the query's model.
#[derive(Debug, Clone)]
pub(in crate::load) struct Further {
    pub(in crate::load) child: Arc<Child>,
    pub(in crate::load) path: Arc<str>,
    /// How many levels follow by the same statement.
    pub(in crate::load) levels: usize,
}

impl LoadPlan {
    /// Plans a query for entities.
    ///
    /// # Errors
    /// `InvalidQuery`: the query cannot be run.
    pub(crate) fn of_select(mut spec: SelectSpec, dialect: Dialect) -> Result<LoadPlan> {
        take_in_criteria(&mut spec);
        cache::kept(spec, dialect, |spec| LoadPlan::plan_select(spec, dialect))
    }

    /// Plans a query for the row with a key, which loads nothing else.
    ///
    /// # Errors
    /// `InvalidModel`.
    pub(in crate::load) fn by_key(
        model: &'static dyn ErasedModel,
        key: Vec<Value>,
        dialect: Dialect,
    ) -> Result<LoadPlan> {
        cache::by_key(model, key, dialect, |spec| LoadPlan::plan_select(spec, dialect))
    }

    fn plan_select(spec: SelectSpec, dialect: Dialect) -> Result<LoadPlan> {
        let loads = loads::of_select(&spec, dialect)?;
        let expected = match spec.one {
            true => Expected::One,
            // Few rather than one: whether the table has the model's key is not checked.
            false if finds_one(&spec) => Expected::Few,
            false => Expected::limited(spec.core.limit),
        };
        let mut plan = LoadPlan::of_root(spec, loads, dialect)?;
        if plan.branches.iter().all(|branch| branch.joined.is_empty()) {
            plan.statement.expected = expected;
        }
        Ok(plan)
    }

    /// Plans a query for entities that is read a batch at a time.
    ///
    /// # Errors
    /// As for [`of_select`](Self::of_select); or a load needs all rows of the query.
    pub(in crate::load) fn of_stream(
        spec: SelectSpec,
        dialect: Dialect,
    ) -> Result<(LoadPlan, Vec<LoadSpec>)> {
        let loads = loads::of_stream(&spec, dialect)?;
        Ok((LoadPlan::of_root(spec, loads.clone(), dialect)?, loads))
    }

    fn of_root(spec: SelectSpec, loads: Vec<LoadSpec>, dialect: Dialect) -> Result<LoadPlan> {
        let path = spec.model.def().name;
        let mut root = Root::new(spec, loads)?;
        let statement = root.statement(dialect, path)?;
        root.plan_further(&statement, dialect)?;
        let Root { branch, list, number, .. } = root;
        let branches = Arc::new([branch]);
        Ok(LoadPlan { statement, branches, rows: FirstRows::Entities { list, number } })
    }

    /// Plans a query for rows.
    ///
    /// # Errors
    /// As for [`of_select`](Self::of_select).
    pub(crate) fn of_rows(query: &RowsFrom, dialect: Dialect) -> Result<LoadPlan> {
        match query {
            RowsFrom::Select(spec) => LoadPlan::of_columns(spec, dialect),
            RowsFrom::Raw(spec) => LoadPlan::of_raw(spec, dialect, false),
        }
    }

    /// Plans a query for rows that is read a batch at a time.
    ///
    /// # Errors
    /// As for [`of_stream`](Self::of_stream).
    pub(in crate::load) fn of_row_stream(query: &RowsFrom, dialect: Dialect) -> Result<LoadPlan> {
        match query {
            RowsFrom::Select(spec) => LoadPlan::plan_columns(spec, dialect, true),
            RowsFrom::Raw(spec) => LoadPlan::of_raw(spec, dialect, true),
        }
    }

    /// Plans a query for rows that the library writes.
    ///
    /// # Errors
    /// As for [`of_select`](Self::of_select).
    pub(crate) fn of_columns(spec: &RowsSpec, dialect: Dialect) -> Result<LoadPlan> {
        LoadPlan::plan_columns(spec, dialect, false)
    }

    fn plan_columns(spec: &RowsSpec, dialect: Dialect, streams: bool) -> Result<LoadPlan> {
        let mut tree = Tree::of_rows(spec.values()?);
        let (mut joins, mut inner) = (Vec::new(), Vec::new());
        let mut branches = Vec::with_capacity(spec.list.entities.len());
        for item in &spec.list.entities {
            let loads = loads::of_entity(item, spec, dialect)?;
            if streams {
                loads::check_streams(&loads)?;
            }
            branches.push(tree.branch(item.selection(), &item.source, loads, &mut joins, &mut inner)?);
        }
        let mut select = tree.select;
        select.joins.append(&mut inner);
        select.joins.append(&mut joins);
        let locked = select.lock.as_ref().and_then(|lock| lock.of.as_ref());
        for branch in &mut branches {
            branch.locked = locked == Some(&branch.source);
            branch.plan_further(None, &spec.core.under, Sees::Same, dialect)?;
        }
        spec.core.under.apply(&mut select);
        check(&select, dialect)?;
        let path = spec.list.entities.first().map_or("rows", |item| item.model.def().name);
        let mut statement = Writer::select(dialect, &select).for_path(path, "select");
        statement.expected = Expected::limited(spec.core.limit);
        let only = match &spec.list.values[..] {
            [only] if spec.list.entities.is_empty() => Some(only.name.unwrap_or("the selected value")),
            _ => None,
        };
        Ok(LoadPlan { statement, branches: branches.into(), rows: FirstRows::Listed { only } })
    }

    fn of_raw(spec: &RawSpec, dialect: Dialect, streams: bool) -> Result<LoadPlan> {
        let statement = raw(dialect, &spec.text, &spec.binds)?.for_path("sql", "raw");
        let Some(item) = &spec.entity else {
            let rows = FirstRows::Raw { width: spec.width };
            return Ok(LoadPlan { statement, branches: Arc::new([]), rows });
        };
        let loads = loads::of_raw(item, &spec.under, dialect)?;
        if streams {
            loads::check_streams(&loads)?;
        }
        let def = item.model.def();
        let every: Vec<usize> = def.deferred().collect();
        let selection = Selection::new(item.model, &every);
        let mut branch = Branch::new(Source::Table(def.table), selection, 0, loads);
        branch.plan_further(None, &spec.under, Sees::Same, dialect)?;
        Ok(LoadPlan { statement, branches: Arc::new([branch]), rows: FirstRows::Named(def) })
    }

    /// Whether further statements may follow the first one.
    pub(in crate::load) fn asks_more(&self) -> bool {
        self.branches.iter().any(Branch::asks_more)
    }

    /// Which values of the first statement's rows may be shown.
    pub(in crate::load) fn shown(&self) -> &Shown {
        match self.rows {
            FirstRows::Entities { .. } | FirstRows::Listed { .. } => &self.statement.shown,
            FirstRows::Named(_) | FirstRows::Raw { .. } => &Shown::Nothing,
        }
    }
}

impl Branch {
    /// What is loaded further on, nearest first; each with the number of the branch that it is of.
    /// Branches are counted in the same order.
    pub(in crate::load) fn further(&self, path: &str) -> Vec<(usize, Further)> {
        let mut found = Vec::new();
        let mut branches = VecDeque::from([(self, Arc::<str>::from(path))]);
        let mut at = 0..;
        while let (Some((branch, path)), Some(at)) = (branches.pop_front(), at.next()) {
            found.extend(branch.further.iter().map(|child| (at, Further::new(child, &path))));
            let joined = branch.joined.iter();
            branches.extend(joined.map(|joined| (&joined.branch, below(&path, joined.relation.name))));
        }
        found
    }
}

impl Further {
    /// A relationship of objects on a path.
    pub(in crate::load) fn new(child: &Arc<Child>, path: &str) -> Further {
        let path = below(path, child.relation.name);
        Further { levels: child.levels(), child: Arc::clone(child), path }
    }

    /// The statement for all parents, as one of this path.
    pub(in crate::load) fn at_once(&self, statement: &Statement) -> Statement {
        Statement { path: Some(Arc::clone(&self.path)), ..statement.clone() }
    }

    /// The same one level further down, where it is recursive and has levels left.
    ///
    /// # Errors
    /// `InvalidQuery`: the statement cannot be written.
    pub(in crate::load) fn again(&self, dialect: Dialect) -> Result<Option<Further>> {
        if let Some(levels) = self.levels.checked_sub(1) {
            let path = below(&self.path, self.child.relation.name);
            return Ok(Some(Further { child: Arc::clone(&self.child), path, levels }));
        }
        let next = self.child.next_level(dialect)?.map(Arc::new);
        Ok(next.map(|child| Further::new(&child, &self.path)))
    }
}

impl fmt::Debug for LoadPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadPlan").field("statement", &self.statement).finish_non_exhaustive()
    }
}

/// Makes the criteria of a query that reads its own table alone a part of its filter, so that its plan is kept by them.
fn take_in_criteria(spec: &mut SelectSpec) {
    if spec.core.under.is_plain() {
        return;
    }
    let def = spec.model.def();
    let loads_none = spec.loads.is_empty()
        && (spec.core.raise_all
            || def.relations.iter().all(|relation| Strategy::of_default(relation.lazy).is_none()));
    let mut asks = false;
    let terms = spec.core.filter.iter().chain(spec.core.order.iter().map(|term| &term.expr));
    terms.for_each(|term| term.walk(&mut |part| asks |= part.query().is_some()));
    if loads_none
        && !asks
        && spec.core.from.joins.is_empty()
        && spec.core.from.first.is_none()
        && let Some(condition) = spec.core.under.take_own_condition(def.table)
    {
        spec.core.and_where(condition);
    }
}

fn below(path: &str, relation: &str) -> Arc<str> {
    format!("{path}.{relation}").into()
}
