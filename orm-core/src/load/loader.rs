use std::collections::VecDeque;
use std::panic::Location;
use std::sync::Arc;

use super::by_key::finds_one;
use super::fill::fill;
use super::levels::Levels;
use super::plan;
use super::rows::Rows;
use super::tree::{Branch, Tree, collections, inner_conditions, tables};
use crate::driver::{Lease, Monitor};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Answer, Region, Targets};
use crate::identity::Store;
use crate::model::{Hydrate, RelationKind, Selection};
use crate::query::{LoadSpec, SelectSpec, Strategy, names};
use crate::sql::{
    Dialect, Expected, Expr, Item, Lock, Order, Select, Source, Statement, TableRef, Writer, check,
};

/// Runs queries on a session's connection, into its graph.
pub(crate) struct Loader<'s> {
    pub(super) store: &'s mut Store,
    pub(super) lease: &'s mut Lease,
    pub(super) monitor: &'s Monitor,
    pub(super) dialect: Dialect,
    /// What rows do to objects that are there.
    pub(super) existing: Hydrate,
    /// Where the query is in the program.
    pub(super) caller: &'static Location<'static>,
}

/// A relationship that a level still waits for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) level: usize,
    pub(super) load: LoadSpec,
    pub(super) path: Arc<str>,
}

impl<'s> Loader<'s> {
    pub(crate) fn new(
        store: &'s mut Store,
        lease: &'s mut Lease,
        monitor: &'s Monitor,
        dialect: Dialect,
        populate_existing: bool,
        caller: &'static Location<'static>,
    ) -> Loader<'s> {
        let existing = if populate_existing { Hydrate::Overwrite } else { Hydrate::Keep };
        Loader { store, lease, monitor, dialect, existing, caller }
    }

    /// Runs a query. The answer's first level holds the entities, in order.
    ///
    /// # Errors
    /// The query is wrong, the database refuses it, or a row does not fit. The session holds nothing of a query that
    /// failed.
    pub(crate) async fn select(&mut self, spec: SelectSpec) -> Result<Arc<Region>> {
        let loads = plan::of_select(&spec, self.dialect)?;
        let known = self.store.mark();
        let mut levels = Levels::default();
        let done = self.run(spec, loads, &mut levels).await;
        match done.and_then(|()| self.answer(levels)) {
            Ok(answer) => Ok(answer),
            Err(error) => {
                self.store.forget_since(&known);
                Err(error)
            }
        }
    }

    /// Completes the levels of a statement whose rows were taken: what else they load, and what objects hold of it.
    ///
    /// # Errors
    /// As for [`select`](Self::select), but what was found stays in the store.
    pub(super) async fn complete(&mut self, mut branch: Branch, mut levels: Levels) -> Result<Arc<Region>> {
        self.below(&mut branch, &mut levels).await?;
        self.answer(levels)
    }

    pub(super) fn answer(&mut self, mut levels: Levels) -> Result<Arc<Region>> {
        self.check(&levels)?;
        fill(self.store, &levels, self.existing == Hydrate::Overwrite);
        let (graph, rows) = (Arc::clone(self.store.region()), levels.rows.take());
        Ok(Arc::new(Region::Answer(Answer::new(graph, levels.finish(), rows, self.caller))))
    }

    pub(super) async fn below(&mut self, branch: &mut Branch, levels: &mut Levels) -> Result<()> {
        let wanted = wanted(branch);
        branch.finish(levels)?;
        self.load_wanted(wanted, levels).await
    }

    async fn run(&mut self, spec: SelectSpec, loads: Vec<LoadSpec>, levels: &mut Levels) -> Result<()> {
        let path: Arc<str> = spec.model.def().name.into();
        let repeats = !spec.from.joins.is_empty()
            && !spec.unique
            && !loads.iter().any(|load| load.strategy == Strategy::Filled);
        let expected = match spec.one {
            true => Expected::One,
            // Few, and not one: whether a table has the key that its model says, nobody has checked.
            false if finds_one(&spec) => Expected::Few,
            false => Expected::limited(spec.limit),
        };
        let (select, mut branch) = root(self.store, levels, spec, loads, &path)?;
        branch.locked = select.lock.is_some();
        let strategy = if branch.joined.is_empty() { "select" } else { Strategy::Joined.name() };
        let mut statement = Writer::select(self.dialect, &select).for_path(&path, strategy);
        if branch.joined.is_empty() {
            statement.expected = expected;
        }
        check(&select, self.dialect)?;
        branch.set_origins(levels, &select);
        if repeats {
            levels.rows = Some(Vec::new());
        }
        self.fetch(&statement, &mut branch, levels).await?;
        self.below(&mut branch, levels).await
    }

    /// Runs what levels wait for, breadth first: a queue, so that no chain of levels is too deep for the stack.
    pub(super) async fn load_wanted(&mut self, wanted: Vec<Wanted>, levels: &mut Levels) -> Result<()> {
        let mut queue: VecDeque<Wanted> = wanted.into();
        while let Some(next) = queue.pop_front() {
            let below = self.further(next, levels).await?;
            queue.extend(below);
        }
        Ok(())
    }

    async fn fetch(&mut self, statement: &Statement, branch: &mut Branch, levels: &mut Levels) -> Result<()> {
        let mut rows = Rows { store: self.store, levels, existing: self.existing };
        rows.begin(branch);
        let mut sink = |cells: &dyn crate::value::Cells| -> Result<()> {
            let position = rows.own(branch, cells)?;
            if let Some(repeated) = &mut rows.levels.rows {
                repeated.push(position);
            }
            Ok(())
        };
        self.lease.fetch(self.monitor, statement, &mut sink).await?;
        Ok(())
    }

    /// A required to-one has its row in every level, or the answer would promise what is not there.
    pub(super) fn check(&self, levels: &Levels) -> Result<()> {
        for level in &levels.levels {
            for edge in &level.edges {
                let required = edge.relation.kind == RelationKind::BelongsTo { required: true };
                let Targets::One { items } = &edge.targets else { continue };
                if let (true, Some(at)) = (required, items.iter().position(Option::is_none)) {
                    if !edge.whole {
                        return Err(dropped(edge.relation));
                    }
                    let columns = edge.relation.local_columns()?;
                    let key = self.store.values(level.arena, level.nodes[at], &columns);
                    return Err(dangling(edge.relation, &key));
                }
            }
        }
        Ok(())
    }
}

fn dangling(relation: &crate::model::RelationDef, key: &[crate::value::Value]) -> Error {
    let local = relation.local_columns().unwrap_or_default();
    Error::new(
        ErrorKind::DanglingKey,
        format!(
            "`{}` is required, and no row of `{}` has the key {}; repair the row, or make the relationship a \
             `BelongsTo<Option<{}>>`",
            relation.path(),
            relation.target().name,
            relation.parent().shown(&local, key),
            relation.target().name
        ),
    )
}

/// A to-one is no whole relationship only where an inner join below it drops its row.
fn dropped(relation: &crate::model::RelationDef) -> Error {
    let path = relation.path();
    Error::new(
        ErrorKind::InvalidQuery,
        format!(
            "an inner join below `{path}` drops a row that `{path}` requires; make `{path}` `.joined().inner()` too, or \
             the join below it an outer one"
        ),
    )
}

/// The first statement of a query: its own rows with what is joined to them.
pub(super) fn root(
    store: &mut Store,
    levels: &mut Levels,
    spec: SelectSpec,
    loads: Vec<LoadSpec>,
    path: &Arc<str>,
) -> Result<(Select, Branch)> {
    let def = spec.model.def();
    let source = Source::Table(def.table);
    let selection = Selection::new(spec.model, &spec.undeferred);
    let (from, joins) = spec.from.of_model(def).lower(&[])?;
    let mut rows = Select { from, joins, ..Select::constant() };
    rows.filter = spec.filter;
    rows.distinct = spec.distinct;
    rows.lock = spec.lock.map(|lock| Lock { of: Some(source.clone()), ..lock });
    rows.order = spec.order;
    rows.limit = spec.limit;
    rows.offset = spec.offset;

    let key = |name| Order::new(Expr::column(&source, name), false);
    let pages = rows.limit.is_some() || rows.offset.is_some();
    if pages && repeats_statement(&loads) {
        // A page that is chosen twice has to be the same page, also among rows that sort alike.
        rows.order.extend(names(def, def.key).map(key));
    }
    let collections = collections(&loads);
    let (select, source) = match pages && collections > 0 {
        // The page is of parents: their rows are chosen inside, and only then multiplied by the join. What an inner join
        // would drop must not be on the page.
        true => {
            for condition in inner_conditions(&source, &loads, 0)? {
                rows.and_where(condition);
            }
            let page: Arc<str> = def.table.name.into();
            let outer = Source::Alias(Arc::clone(&page));
            let outside = |term: &Order| term.clone().relocate(def.table, &outer);
            let order = rows.order.iter().map(outside).collect();
            let lock = rows.lock.take().map(|lock| Lock { of: Some(outer.clone()), ..lock });
            let inside = selection.naming(&source, rows.order.iter().map(|term| &term.expr));
            inside.names().for_each(|name| rows.column(&source, name));
            let mut select = Select::from(TableRef::query(rows, page));
            (select.order, select.lock) = (order, lock);
            (select, outer)
        }
        false => (rows, source),
    };
    let key = |name| Order::new(Expr::column(&source, name), false);
    let own_columns = select.columns.len();
    let mut taken = tables(&loads);
    taken.push(def.table.name);
    taken.extend(spec.from.joins.iter().filter_map(|join| join.joined.model.map(|model| model.table.name)));
    let mut tree = Tree {
        store,
        levels,
        select,
        order: Vec::new(),
        aliases: 0,
        collections,
        own_columns,
        distinct: spec.from.joins.is_empty(),
        taken,
    };
    let (mut joins, mut inner) = (Vec::new(), Vec::new());
    let branch = tree.branch(selection, &source, loads, path, &mut joins, &mut inner)?;
    let Tree { mut select, order, .. } = tree;
    select.joins.append(&mut inner);
    select.joins.append(&mut joins);
    if !order.is_empty() {
        // Parents keep their order: without one of their own the first child would decide it.
        select.order.extend(names(def, def.key).map(key));
        select.order.extend(order);
    }
    Ok((select, branch))
}

/// A count of the rows that a query selects.
pub(crate) fn count_statement(dialect: Dialect, spec: SelectSpec) -> Result<Statement> {
    let loads = plan::of_select(&spec, dialect)?;
    let def = spec.model.def();
    let source = Source::Table(def.table);
    let (from, joins) = spec.from.of_model(def).lower(&[])?;
    let mut rows = Select { from, joins, filter: spec.filter, ..Select::constant() };
    for condition in inner_conditions(&source, &loads, 0)? {
        rows.and_where(condition);
    }
    let filled = loads.iter().any(|load| load.strategy == Strategy::Filled);
    rows.distinct = !spec.from.joins.is_empty() && (spec.unique || spec.distinct || filled);
    if rows.distinct {
        names(def, def.key).for_each(|name| rows.column(&source, name));
    }
    let mut select = if spec.limit.is_some() || spec.offset.is_some() || rows.distinct {
        rows.limit = spec.limit;
        rows.offset = spec.offset;
        Select::from(TableRef::query(rows, def.table.name))
    } else {
        rows
    };
    select.columns = vec![Item { expr: Expr::CountRows, alias: None }];
    check(&select, dialect)?;
    Ok(Writer::select(dialect, &select))
}

/// Whether a further statement repeats the first one.
fn repeats_statement(loads: &[LoadSpec]) -> bool {
    loads.iter().any(|load| match load.strategy {
        Strategy::Subquery => true,
        Strategy::Joined => repeats_statement(&load.loads),
        _ => false,
    })
}

/// Takes out what the levels of a statement still wait for, nearest first.
pub(super) fn wanted(branch: &mut Branch) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    let mut branches = VecDeque::from([branch]);
    while let Some(branch) = branches.pop_front() {
        let level = branch.level;
        wanted.extend(branch.later.drain(..).map(|(load, path)| Wanted { level, load, path }));
        branches.extend(branch.joined.iter_mut().map(|joined| &mut joined.branch));
    }
    wanted
}
