//! Kept plans: a query of a known shape is neither planned nor written again.

use std::sync::{Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard};

use hashbrown::HashMap;

use super::branch::Branch;
use super::load_plan::{FirstRows, LoadPlan};
use super::shape::finds_one;
use crate::error::Result;
use crate::model::ErasedModel;
use crate::query::{Depth, LoadSpec, SelectSpec, Strategy};
use crate::sql::{BinaryOp, Bind, Dialect, Effect, Expected, Expr, Nulls, Param, Sees, Source, Statement};
use crate::value::{Value, ValueKind};

/// The most plans that are kept. When a program has more shapes of queries, all are dropped and the cache fills again.
const MOST_PLANS: usize = 512;
/// The most values that a query of a kept plan binds.
const MOST_VALUES: usize = 16;
/// The most parts of its shape.
const MOST_PARTS: usize = 128;

static KEPT: LazyLock<RwLock<HashMap<Shape, Kept>>> = LazyLock::new(RwLock::default);

/// Everything in a query that decides its plan: all but the values that it binds. Only queries whose text binds the values
/// in the query's order have one.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Shape {
    /// The object of a model with some key; the model by the address of its description.
    Key(usize, Dialect),
    Query(Vec<Part>, Dialect),
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Part {
    /// The address of the model's description.
    Model(usize),
    Flags([bool; 8]),
    Column(&'static str, bool),
    Value(Class, bool, Option<ValueKind>),
    Binary(BinaryOp),
    And(usize),
    Or(usize),
    Not,
    IsNull,
    IsNotNull,
    Order(bool, Option<Nulls>),
    /// The address of the relationship's description, how it is loaded, and the number of loads below it.
    Load {
        relation: usize,
        strategy: Strategy,
        batch_size: Option<usize>,
        depth: Option<Depth>,
        below: usize,
    },
}

/// What a value is, as far as the text of a statement depends on it.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Class {
    Bool,
    Int,
    Float,
    Text,
    Uuid,
}

/// A plan without its values.
struct Kept {
    statement: Statement,
    /// For each value, whether it is hidden, and the kind of its column.
    binds: Vec<(bool, Option<ValueKind>)>,
    /// How many rows to expect, unless the limit decides it.
    expected: Option<Expected>,
    branches: Arc<[Branch]>,
    rows: FirstRows,
}

/// The plan of a query, from those that are kept or by `plan`.
pub(super) fn kept(
    spec: SelectSpec,
    dialect: Dialect,
    plan: impl FnOnce(SelectSpec) -> Result<LoadPlan>,
) -> Result<LoadPlan> {
    let Some((shape, values)) = shape_of(&spec, dialect) else { return plan(spec) };
    if let Some(kept) = known().get(&shape) {
        return Ok(kept.with(values, spec.core.limit));
    }
    keep(shape, spec, &values, dialect, plan)
}

/// The plan of a query for the row with a key, which loads nothing else.
pub(super) fn by_key(
    model: &'static dyn ErasedModel,
    key: Vec<Value>,
    dialect: Dialect,
    plan: impl FnOnce(SelectSpec) -> Result<LoadPlan>,
) -> Result<LoadPlan> {
    let def = model.def();
    let shape = Shape::Key(std::ptr::from_ref(def).addr(), dialect);
    if let Some(kept) = known().get(&shape) {
        return Ok(kept.with(key, None));
    }
    let mut spec = SelectSpec::of(model);
    let keys = std::slice::from_ref(&key);
    spec.core.filter = Some(Expr::among(&Source::Table(def.table), &def.key_columns(def.key), keys));
    (spec.one, spec.core.raise_all) = (true, true);
    spec.core.under.ignore();
    keep(shape, spec, &key, dialect, plan)
}

fn known() -> RwLockReadGuard<'static, HashMap<Shape, Kept>> {
    // The plans are complete even if another thread panicked.
    KEPT.read().unwrap_or_else(PoisonError::into_inner)
}

fn keep(
    shape: Shape,
    spec: SelectSpec,
    values: &[Value],
    dialect: Dialect,
    plan: impl FnOnce(SelectSpec) -> Result<LoadPlan>,
) -> Result<LoadPlan> {
    let one = spec.one || finds_one(&spec);
    let plan = plan(spec)?;
    if let Some(entry) = Kept::of(&plan, values, one, dialect) {
        let mut kept = KEPT.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_PLANS {
            kept.clear();
        }
        kept.insert(shape, entry);
    }
    Ok(plan)
}

impl Kept {
    /// A plan without its values, where they can be put back: the text takes each of them once, in the order of the query,
    /// and nothing else in the plan has any.
    fn of(plan: &LoadPlan, values: &[Value], one: bool, dialect: Dialect) -> Option<Kept> {
        let statement = &plan.statement;
        let plain = statement.runs.is_empty()
            && statement.leading.is_none()
            && statement.refused.is_none()
            && statement.effect == Effect::Reads
            && !statement.changes_connection
            && plan.branches.iter().all(|branch| branch.is_constant(dialect));
        // Equal values could not be told apart.
        let distinct = (1..values.len()).all(|at| !values[..at].contains(&values[at]));
        if !plain || !distinct || statement.params.len() != values.len() {
            return None;
        }
        let bind = |(param, value): (&Param, &Value)| match param {
            Param::One(bind) if bind.value == *value => Some((bind.secret, bind.kind)),
            _ => None,
        };
        let binds = statement.params.iter().zip(values).map(bind).collect::<Option<_>>()?;
        let joins = plan.branches.iter().any(|branch| !branch.joined.is_empty());
        Some(Kept {
            binds,
            expected: (one || joins).then_some(statement.expected),
            statement: Statement { params: Vec::new(), ..statement.clone() },
            branches: Arc::clone(&plan.branches),
            rows: plan.rows,
        })
    }

    fn with(&self, values: Vec<Value>, limit: Option<u64>) -> LoadPlan {
        let mut params = Vec::with_capacity(values.len());
        for (value, (secret, kind)) in values.into_iter().zip(&self.binds) {
            params.push(Param::One(Bind { value, secret: *secret, kind: *kind }));
        }
        let expected = self.expected.unwrap_or_else(|| Expected::limited(limit));
        let Statement { sql, path, strategy, repeatable, effect, shown, computes_secret, .. } =
            &self.statement;
        let statement = Statement {
            sql: Arc::clone(sql),
            params,
            path: path.clone(),
            strategy: *strategy,
            expected,
            repeatable: *repeatable,
            effect: *effect,
            table: None,
            makes_type: false,
            changes_connection: false,
            runs: Vec::new(),
            leading: None,
            shown: shown.clone(),
            refused: None,
            computes_secret: *computes_secret,
        };
        LoadPlan { statement, branches: Arc::clone(&self.branches), rows: self.rows }
    }
}

/// The shape of a query, and its values in their order; `None` if the text of a part depends on more than that.
fn shape_of(spec: &SelectSpec, dialect: Dialect) -> Option<(Shape, Vec<Value>)> {
    let other = spec.core.from.first.is_some()
        || !spec.core.from.joins.is_empty()
        || spec.core.lock.is_some()
        || !spec.undeferred.is_empty()
        || spec.core.behind
        || !spec.core.under.is_plain()
        || spec.core.is_refused();
    if other {
        return None;
    }
    let def = spec.model.def();
    let mut reading =
        Reading { own: Source::Table(def.table), parts: Vec::with_capacity(8), values: Vec::new() };
    reading.parts.push(Part::Model(std::ptr::from_ref(def).addr()));
    reading.parts.push(Part::Flags([
        spec.one,
        spec.core.distinct,
        spec.unique,
        spec.core.raise_all,
        spec.core.limit.is_some(),
        spec.core.offset.is_some(),
        spec.core.under.shows_deleted(),
        spec.core.under.spares_own_rows(),
    ]));
    if let Some(filter) = &spec.core.filter {
        reading.expr(filter)?;
    }
    for term in &spec.core.order {
        reading.parts.push(Part::Order(term.descending, term.nulls));
        reading.column(&term.expr)?;
    }
    for load in &spec.loads {
        reading.load(load)?;
    }
    for rows in [spec.core.limit, spec.core.offset].into_iter().flatten() {
        reading.values.push(Value::Int(i64::try_from(rows).unwrap_or(i64::MAX)));
    }
    let Reading { parts, values, .. } = reading;
    let is_small = values.len() <= MOST_VALUES && parts.len() <= MOST_PARTS;
    is_small.then_some((Shape::Query(parts, dialect), values))
}

struct Reading {
    own: Source,
    parts: Vec<Part>,
    values: Vec<Value>,
}

impl Reading {
    fn expr(&mut self, expr: &Expr) -> Option<()> {
        match expr {
            Expr::Column { .. } => self.column(expr),
            Expr::Bind(bind) => {
                let class = match bind.value {
                    Value::Bool(_) => Class::Bool,
                    Value::Int(_) => Class::Int,
                    Value::Float(_) => Class::Float,
                    Value::Text(_) => Class::Text,
                    Value::Uuid(_) => Class::Uuid,
                    _ => return None,
                };
                self.parts.push(Part::Value(class, bind.secret, bind.kind));
                self.values.push(bind.value.clone());
                Some(())
            }
            // Whether SQLite takes a pattern depends on its text, and is checked while the query is planned.
            Expr::Binary(left, op, right) if !matches!(op, BinaryOp::Like | BinaryOp::NotLike) => {
                self.parts.push(Part::Binary(*op));
                self.expr(left)?;
                self.expr(right)
            }
            Expr::And(all) => {
                self.parts.push(Part::And(all.len()));
                all.iter().try_for_each(|expr| self.expr(expr))
            }
            Expr::Or(all) => {
                self.parts.push(Part::Or(all.len()));
                all.iter().try_for_each(|expr| self.expr(expr))
            }
            Expr::Not(of) => {
                self.parts.push(Part::Not);
                self.expr(of)
            }
            Expr::IsNull(of) => {
                self.parts.push(Part::IsNull);
                self.expr(of)
            }
            Expr::IsNotNull(of) => {
                self.parts.push(Part::IsNotNull);
                self.expr(of)
            }
            _ => None,
        }
    }

    fn column(&mut self, expr: &Expr) -> Option<()> {
        match expr {
            Expr::Column { source, name, secret, .. } if *source == self.own => {
                self.parts.push(Part::Column(name, secret.0));
                Some(())
            }
            _ => None,
        }
    }

    fn load(&mut self, load: &LoadSpec) -> Option<()> {
        let plain = load.filter.is_none()
            && load.order.is_empty()
            && load.limit.is_none()
            && load.source.is_none()
            && load.undeferred.is_empty()
            && load.sees == Sees::Same
            && !load.inner;
        if !plain {
            return None;
        }
        self.parts.push(Part::Load {
            relation: std::ptr::from_ref(load.relation).addr(),
            strategy: load.strategy,
            batch_size: load.batch_size,
            depth: load.depth,
            below: load.loads.len(),
        });
        load.loads.iter().try_for_each(|below| self.load(below))
    }
}
