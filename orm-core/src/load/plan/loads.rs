//! What a query loads, decided before any SQL: options merged and checked, eager defaults added, `auto` resolved.

use std::any::TypeId;

use super::branch::sorts_links;
use super::shape::{Shape, sorts_by_selected};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ErasedModel, RelationDef, RelationKind};
use crate::query::{Depth, EntityItem, LoadSpec, RowsSpec, SelectSpec, Strategy, Under};
use crate::sql::{BinaryOp, Dialect, Expr, Sees, Source, TableName, check_condition, check_expression};

/// The loads of a query.
///
/// # Errors
/// `InvalidQuery`: one relationship with two strategies or as two views, a batch size of 0, an option that the strategy
/// does not have.
pub(super) fn of_select(spec: &SelectSpec, dialect: Dialect) -> Result<Vec<LoadSpec>> {
    spec.core.check_refused()?;
    spec.model.def().check()?;
    if spec.core.behind && !spec.unique && !spec.core.distinct {
        spec.core.from.check_behind()?;
    }
    let alone = spec.core.from.joins.is_empty();
    if alone {
        check_terms(spec)?;
    }
    if spec.core.distinct && !sorts_by_selected(spec) {
        return Err(unselected(spec));
    }
    let paged = spec.core.is_paged();
    let planner = Planner::new(spec.core.raise_all, spec.core.under.of_loads(), dialect)?;
    let few = paged || alone && is_by_key(spec);
    let parents = Parents { all: spec.core.filter.is_none() && !paged && alone, few };
    let mut loads = planner.plan(spec.model, spec.loads.clone(), &[], parents)?;
    check_filled(&loads, true)?;
    let filled = loads.iter().find(|load| load.strategy == Strategy::Filled);
    if let Some(filled) = filled.filter(|_| paged) {
        return Err(cut(filled));
    }
    if spec.core.lock.is_some() {
        lockable(spec, &mut loads)?;
    }
    Ok(loads)
}

/// Rows that a statement numbers or leaves out cannot be locked by it: the joins that need it become further statements.
fn lockable(spec: &SelectSpec, loads: &mut [LoadSpec]) -> Result<()> {
    let shape = Shape::of(spec, loads);
    if shape.first || shape.distinct && !spec.core.distinct {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "`.unique()` with a limit or an offset lets the database leave out rows that a join of the query repeats, \
                 and such rows of `{}` cannot be locked; use `any`, `has` or `exists` instead of the join",
                spec.model.def().name
            ),
        ));
    }
    if !shape.numbered {
        return Ok(());
    }
    let why = "the query's own join needs its rows to be numbered, and numbered rows cannot be locked";
    keep_rows(&[&spec.loads], loads, why, &|load| load.relation.may_find_several())
}

/// Whether a query finds one row at most, by its whole key.
fn is_by_key(spec: &SelectSpec) -> bool {
    fn columns<'e>(expr: &'e Expr, table: &Source, into: &mut Vec<&'e str>) {
        match expr {
            Expr::And(all) => all.iter().for_each(|expr| columns(expr, table, into)),
            Expr::Binary(column, BinaryOp::Eq, value) => {
                if let (Expr::Column { source, name, .. }, Expr::Bind(_)) = (&**column, &**value)
                    && source == table
                {
                    into.push(name);
                }
            }
            _ => {}
        }
    }
    let (def, mut known) = (spec.model.def(), Vec::new());
    spec.core.filter.iter().for_each(|filter| columns(filter, &Source::Table(def.table), &mut known));
    def.key.iter().all(|column| known.contains(&def.columns[*column].name))
}

/// The loads of an entity that a query selects beside other things.
///
/// # Errors
/// As for [`of_select`].
pub(super) fn of_entity(item: &EntityItem, spec: &RowsSpec, dialect: Dialect) -> Result<Vec<LoadSpec>> {
    item.model.def().check()?;
    let planner = Planner::new(spec.core.raise_all, spec.core.under.of_loads(), dialect)?;
    let parents = Parents { all: false, few: false };
    let mut loads = planner.plan(item.model, item.loads.clone(), &[], parents)?;
    // What these make of rows would be something else with a join more.
    let grouped = !spec.group.is_empty()
        || spec.core.distinct
        || !spec.distinct_on.is_empty()
        || !spec.set.is_empty()
        || spec.having.is_some();
    let drops = |load: &LoadSpec| load.inner && !load.is_always_there();
    // Without a page each entity has all of its rows, and is found to have several.
    let paged = spec.core.is_paged();
    let repeats =
        |load: &LoadSpec| load.relation.is_collection() || paged && load.relation.may_find_several();
    let why = "a join would change the rows that the query returns";
    keep_rows(&[&item.loads], &mut loads, why, &|load| grouped || repeats(load) || drops(load))?;
    check_filled(&loads, false)?;
    Ok(loads)
}

/// The loads of entities that raw SQL returns: no joins are possible.
///
/// # Errors
/// As for [`of_select`].
pub(super) fn of_raw(item: &EntityItem, under: &Under, dialect: Dialect) -> Result<Vec<LoadSpec>> {
    item.model.def().check()?;
    let planner = Planner::new(false, under.of_loads(), dialect)?;
    let parents = Parents { all: false, few: false };
    let mut loads = planner.plan(item.model, item.loads.clone(), &[], parents)?;
    for load in &mut loads {
        let named = item.loads.iter().find(|named| named.relation.index == load.relation.index);
        if load.strategy == Strategy::Joined && named.is_some_and(|named| named.strategy == Strategy::Joined)
        {
            return Err(Error::new(
                ErrorKind::InvalidQuery,
                format!("`{}`: raw SQL cannot be joined; use `.selectin()`", load.relation.path()),
            ));
        }
        if load.strategy == Strategy::Joined {
            load.strategy = Strategy::Selectin;
        }
    }
    check_filled(&loads, false)?;
    Ok(loads)
}

/// Turns joins that a query's own rows do not allow into further statements: those of the models. What the query names
/// is refused; it may have named a relationship several times.
fn keep_rows(
    named: &[&[LoadSpec]],
    loads: &mut [LoadSpec],
    why: &str,
    changes: &dyn Fn(&LoadSpec) -> bool,
) -> Result<()> {
    for load in loads.iter_mut().filter(|load| load.strategy == Strategy::Joined) {
        let index = load.relation.index;
        let asked = || named.iter().copied().flatten().filter(|named| named.relation.index == index);
        if changes(load) {
            if asked().any(|asked| asked.strategy == Strategy::Joined) {
                return Err(Error::new(
                    ErrorKind::InvalidQuery,
                    format!("`{}` cannot be joined here: {why}; use `.selectin()`", load.relation.path()),
                ));
            }
            load.strategy = Strategy::Selectin;
            continue;
        }
        let below: Vec<&[LoadSpec]> = asked().map(|asked| &*asked.loads).collect();
        keep_rows(&below, &mut load.loads, why, changes)?;
    }
    Ok(())
}

/// A collection that a page cuts in two would pass for the whole.
fn cut(load: &LoadSpec) -> Error {
    let path = load.relation.path();
    Error::new(
        ErrorKind::InvalidQuery,
        format!(
            "`{path}` is filled from the query's own join, whose rows a limit or an offset would cut; load it with \
             `.selectin()`, with a filter of its own"
        ),
    )
}

/// What is filled from a join is filled where the join is: in the query's own statement.
fn check_filled(loads: &[LoadSpec], here: bool) -> Result<()> {
    for load in loads {
        let filled = load.strategy == Strategy::Filled;
        if filled && load.sees != Sees::Same {
            let (path, method) = (load.relation.path(), load.sees.method());
            return Err(Error::new(
                ErrorKind::InvalidQuery,
                format!(
                    "`{path}` is filled from the query's own join, which sees what the query sees; call `{method}` on the \
                     query, or load it with `.selectin(){method}`"
                ),
            ));
        }
        if filled && (!here || load.has_own_terms()) {
            let path = load.relation.path();
            return Err(Error::new(
                ErrorKind::InvalidQuery,
                format!(
                    "`{path}` cannot be filled here: only `select` itself has joins to fill from, and their filter \
                     and order are those of the whole query; use `.selectin()`"
                ),
            ));
        }
        check_filled(&load.loads, filled)?;
    }
    Ok(())
}

fn unselected(spec: &SelectSpec) -> Error {
    Error::new(
        ErrorKind::InvalidQuery,
        format!(
            "DISTINCT rows can be sorted only by the selected columns, those of `{}`; use `.unique()`, which \
             returns each entity where it comes first",
            spec.model.def().name
        ),
    )
}

/// The loads of a query that is read a batch at a time: each statement but the first is about the parents of one batch.
///
/// # Errors
/// As for [`of_select`], and `InvalidQuery`: a load that needs all rows of the query.
pub(super) fn of_stream(spec: &SelectSpec, dialect: Dialect) -> Result<Vec<LoadSpec>> {
    spec.core.check_refused()?;
    spec.model.def().check()?;
    if !spec.core.from.joins.is_empty() || spec.core.distinct || spec.core.lock.is_some() {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "a stream of `{}` reads each row of its table once, and locks none; use `any`, `has` or `exists` in place \
                 of a join",
                spec.model.def().name
            ),
        ));
    }
    check_terms(spec)?;
    let planner = Planner::new(spec.core.raise_all, spec.core.under.of_loads(), dialect)?;
    // Of each batch, so that `auto` asks by key.
    let parents = Parents { all: false, few: false };
    let mut loads = planner.plan(spec.model, spec.loads.clone(), &[], parents)?;
    check_streams(&loads)?;
    let why = "its key is not unique, so one object may have several rows, and a batch may end among them";
    keep_rows(&[&spec.loads], &mut loads, why, &|load| load.relation.may_find_several())?;
    Ok(loads)
}

/// Refuses loads that need all rows of the query, where it is read a batch at a time.
///
/// # Errors
/// `InvalidQuery`: what to use instead.
pub(super) fn check_streams(loads: &[LoadSpec]) -> Result<()> {
    loads.iter().try_for_each(|load| check_stream(load, true))
}

/// The loads of existing objects.
///
/// # Errors
/// As for [`of_select`].
pub(in crate::load) fn of_objects(
    model: &'static dyn ErasedModel,
    load: LoadSpec,
    defaults: bool,
    dialect: Dialect,
) -> Result<Option<LoadSpec>> {
    model.def().check()?;
    let relation = load.relation.index;
    let planner = Planner::new(!defaults, load.under.clone(), dialect)?;
    // Only what was named: eager defaults of the objects themselves were decided by the query they came from.
    let plan = planner.named(model, vec![load], &[], Parents { all: false, few: false })?;
    Ok(plan.into_iter().find(|load| load.relation.index == relation))
}

struct Planner {
    raise_all: bool,
    dialect: Dialect,
    /// The criteria of what is loaded.
    under: Under,
    /// What the loads above see of rows that the query's criteria hide.
    sees: Sees,
}

/// What is known of the objects whose relationships are planned.
#[derive(Clone, Copy)]
struct Parents {
    /// They are all rows of their table.
    all: bool,
    /// They are a page, or one row.
    few: bool,
}

impl Planner {
    /// # Errors
    /// `InvalidQuery`: the criteria are not conditions on the rows of their tables.
    fn new(raise_all: bool, under: Under, dialect: Dialect) -> Result<Planner> {
        under.check(dialect)?;
        Ok(Planner { raise_all, dialect, under, sees: Sees::Same })
    }

    /// Plans the loads of a model's objects; `above` are the models on the way to it.
    fn plan(
        &self,
        model: &'static dyn ErasedModel,
        mut loads: Vec<LoadSpec>,
        above: &[TypeId],
        parents: Parents,
    ) -> Result<Vec<LoadSpec>> {
        if !self.raise_all {
            self.add_defaults(model, &mut loads, above);
        }
        self.named(model, loads, above, parents)
    }

    fn named(
        &self,
        model: &'static dyn ErasedModel,
        loads: Vec<LoadSpec>,
        above: &[TypeId],
        parents: Parents,
    ) -> Result<Vec<LoadSpec>> {
        let mut merged = merge(loads)?;
        merged.retain(|load| !matches!(load.strategy, Strategy::Raise | Strategy::Lazy));
        let mut path = above.to_vec();
        path.push(model.type_id());
        for load in &mut merged {
            resolve(load, parents);
            load.sees = load.sees.max(self.sees);
            load.under = self.under.seeing(load.sees);
            check(load, self.dialect)?;
            let all = load.strategy == Strategy::Whole
                && load.filter.is_none()
                && load.limit.is_none()
                && !load.relation.is_filtered();
            // Of the objects of a collection one parent is held already, and others are few.
            let targets = Parents { all, few: parents.few && !load.relation.is_collection() };
            // Who hidden targets were found for may be hidden too.
            let is_known = !self.raise_all && !load.under.shows_hidden(load.relation);
            load.back = back_reference(load).filter(|_| is_known);
            let below = Planner { under: load.under.clone(), sees: load.sees, ..*self };
            load.loads =
                below.plan((load.relation.target)(), std::mem::take(&mut load.loads), &path, targets)?;
            unroll(load)?;
        }
        Ok(merged)
    }

    /// Adds the relationships that the model loads by default and the query does not name. A default stops where its
    /// target is already above the objects that would load it, so that models that load each other end.
    fn add_defaults(&self, model: &'static dyn ErasedModel, loads: &mut Vec<LoadSpec>, above: &[TypeId]) {
        for relation in model.def().relations {
            let Some(strategy) = Strategy::of_default(relation.lazy) else { continue };
            let named = loads.iter().any(|load| load.relation.index == relation.index);
            let circle = above.contains(&(relation.target)().type_id());
            if !named && !circle {
                loads.push(LoadSpec::new(relation, strategy));
            }
        }
    }
}

/// The to-one on the other side that the targets load by default. Below its owner the default is left out, since it would
/// lead back, and whom it leads to is known.
fn back_reference(load: &LoadSpec) -> Option<&'static RelationDef> {
    let by_default = |back: &RelationDef| {
        matches!(back.kind, RelationKind::ManyToOne { .. }) && Strategy::of_default(back.lazy).is_some()
    };
    let relation = load.relation;
    let owns = matches!(relation.kind, RelationKind::OneToMany | RelationKind::OneToOne);
    if !owns || !relation.target().relations.iter().any(by_default) {
        return None;
    }
    let named = |back: &RelationDef| load.loads.iter().any(|load| load.relation.index == back.index);
    relation.inverse().filter(|back| by_default(back) && !named(back))
}

fn merge(loads: Vec<LoadSpec>) -> Result<Vec<LoadSpec>> {
    let mut merged: Vec<LoadSpec> = Vec::with_capacity(loads.len());
    for mut load in loads {
        match merged.iter_mut().find(|earlier| earlier.relation.index == load.relation.index) {
            None => merged.push(load),
            Some(earlier) => {
                agree(earlier, &load)?;
                earlier.loads.append(&mut load.loads);
                earlier.undeferred.append(&mut load.undeferred);
            }
        }
    }
    Ok(merged)
}

/// Chooses for `auto`. A to-one of a page or of one row is a join: one statement less. Otherwise each distinct target
/// that the session does not hold is asked for once, which is less work than a join that repeats it. A collection of all
/// rows of a table is asked for without naming their keys.
fn resolve(load: &mut LoadSpec, parents: Parents) {
    if load.strategy != Strategy::Auto {
        return;
    }
    let to_one = !load.relation.is_collection();
    let plain = load.depth.is_none() && load.batch_size.is_none();
    load.chosen = true;
    load.strategy = if to_one && parents.few && plain {
        Strategy::Joined
    } else if load.relation.is_keyed_by_target() && parents.all && plain {
        Strategy::Whole
    } else {
        Strategy::Selectin
    };
}

fn check_terms(spec: &SelectSpec) -> Result<()> {
    let def = spec.model.def();
    let terms = spec.core.filter.iter().chain(spec.core.order.iter().map(|term| &term.expr));
    check_tables(terms, &[def.table], &format!("a query for `{}`", def.name))
}

/// Refuses what cannot be loaded for the rows of one batch. `own`: the load belongs to the stream's own statement.
fn check_stream(load: &LoadSpec, own: bool) -> Result<()> {
    let (path, parent) = (load.relation.path(), load.relation.parent().name);
    let own = own && load.strategy == Strategy::Joined;
    let why = match load.strategy {
        Strategy::Subquery => "repeats the whole query for each batch".to_owned(),
        Strategy::Joined if own && load.relation.is_collection() => {
            format!("gives one `{parent}` several rows, and a batch would end among them")
        }
        _ => return load.loads.iter().try_for_each(|below| check_stream(below, own)),
    };
    Err(Error::new(
        ErrorKind::InvalidQuery,
        format!(
            "a stream cannot load `{path}` with `.{}()`, which {why}; use `.selectin()`, or `.raise_all()` to leave out \
             what models load by default",
            load.strategy.name()
        ),
    ))
}

/// Conditions and orders name columns of the rows they are about; another table is not there to be asked.
fn check_tables<'e>(terms: impl Iterator<Item = &'e Expr>, tables: &[TableName], of: &str) -> Result<()> {
    let mut other = None;
    for term in terms {
        term.clone().visit_free(&mut |source| match source {
            Source::Table(named) if !tables.contains(named) => other = Some(*named),
            _ => {}
        });
    }
    other.map_or(Ok(()), |other| {
        Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "{of} filters or sorts by a column of the table `{other}`, which is not in it; ask about a relationship with \
                 `any`, `has` or `count`, join the table with `.join(..)` or `.left_join(..)`, and sort what a load reads in \
                 the load, `.joined().order_by(..)`"
            ),
        ))
    })
}

fn check(load: &LoadSpec, dialect: Dialect) -> Result<()> {
    let path = load.relation.path();
    let terms = load.filter.iter().chain(load.order.iter().map(|term| &term.expr));
    let tables: Vec<TableName> = load.relation.tables().collect();
    check_tables(terms.clone(), &tables, &format!("the load of `{path}`"))?;
    let sources: Vec<Source> = tables.into_iter().map(Source::Table).collect();
    for term in terms {
        check_expression(term, &sources, dialect)?;
    }
    let declared = load.relation.condition(&sources[0], sources.get(1))?;
    for filter in load.filter.iter().chain(&declared) {
        check_condition(filter, &sources, dialect)?;
    }
    let refuse = |what: String| Err(Error::new(ErrorKind::InvalidQuery, what));
    let strategy = load.strategy.name();
    let joined = load.strategy == Strategy::Joined;
    if load.batch_size == Some(0) {
        return refuse(format!(
            "`{path}`: a batch size of 0 would never load anything; set it to at least 1"
        ));
    }
    if joined && load.limit.is_some() {
        return refuse(format!(
            "`{path}`: a join cannot limit the targets of each parent; use `.selectin()` with `.limit(..)`"
        ));
    }
    if load.limit.is_some() && sorts_links(load.relation, load) && !load.relation.links_once() {
        let association = load.relation.association().map_or("", |model| model.name);
        return refuse(format!(
            "`{path}` is sorted by columns of `{association}`, which may have several rows for one target, so it is not known \
             which targets are the first ones; make each link unique, `#[model(unique = \"..\")]` on `{association}`, or sort by \
             columns of `{}`",
            load.relation.target().name
        ));
    }
    if load.batch_size.is_some() && load.strategy != Strategy::Selectin {
        return refuse(format!(
            "`{path}`: `.{strategy}()` asks for no keys; `.batch_size(..)` belongs to `.selectin()`"
        ));
    }
    if load.inner && !joined {
        return refuse(format!(
            "`{path}`: `.inner()` belongs to `.joined()`; the statement of `.{strategy}()` drops no parents"
        ));
    }
    if load.depth.is_some() && load.loads.iter().any(|below| below.relation.index == load.relation.index) {
        return refuse(format!("`{path}` is recursive already; do not name it again below itself"));
    }
    if load.depth.is_some() && load.has_own_terms() {
        return refuse(format!(
            "`{path}`: `.recursive(..)` follows the whole relationship; it has no filter, order or limit of its own"
        ));
    }
    Ok(())
}

/// Writes a joined recursion out as joins in joins.
fn unroll(load: &mut LoadSpec) -> Result<()> {
    if load.strategy != Strategy::Joined {
        return Ok(());
    }
    match load.depth.take() {
        None => Ok(()),
        Some(Depth::Unlimited) => Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "`{}`: a statement has a fixed number of joins; use `.selectin().recursive(..)`, or a number of levels",
                load.relation.path()
            ),
        )),
        Some(Depth::Limited(levels)) => {
            let template = load.clone();
            for _ in 0..levels {
                let below = std::mem::replace(load, template.clone());
                load.loads.push(below);
            }
            Ok(())
        }
    }
}

fn agree(earlier: &LoadSpec, later: &LoadSpec) -> Result<()> {
    let path = later.relation.path();
    let same = |a: &LoadSpec, b: &LoadSpec| {
        (a.strategy, a.inner, a.batch_size, a.depth, a.sees)
            == (b.strategy, b.inner, b.batch_size, b.depth, b.sees)
    };
    if !same(earlier, later) {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "`{path}` is loaded twice, by `{}` and by `{}`; name it once",
                describe(earlier),
                describe(later)
            ),
        ));
    }
    if earlier.has_own_terms() || later.has_own_terms() {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "`{path}` is loaded twice with its own filter, order or limit, but one query loads a relationship \
                 only once; load the other view with `session.load_all(..)`"
            ),
        ));
    }
    Ok(())
}

fn describe(load: &LoadSpec) -> String {
    let mut text = format!(".{}()", load.strategy.name());
    if load.inner {
        text.push_str(".inner()");
    }
    if let Some(keys) = load.batch_size {
        text.push_str(&format!(".batch_size({keys})"));
    }
    match load.depth {
        Some(Depth::Limited(levels)) => text.push_str(&format!(".recursive({levels})")),
        Some(Depth::Unlimited) => text.push_str(".recursive(..)"),
        None => {}
    }
    text.push_str(load.sees.method());
    text
}
