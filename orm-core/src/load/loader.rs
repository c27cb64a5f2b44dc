use std::collections::VecDeque;
use std::panic::Location;
use std::sync::Arc;

use super::by_key::finds_one;
use super::fill::fill;
use super::levels::Levels;
use super::plan;
use super::root::Root;
use super::rows::Rows;
use super::shape::List;
use super::tree::{Branch, inner_conditions};
use crate::driver::Lease;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Answer, ObjectId, Region, Targets};
use crate::identity::Store;
use crate::model::{Hydrate, RelationKind};
use crate::observe::Monitor;
use crate::query::{Depth, LoadSpec, SelectSpec, Strategy, names};
use crate::sql::{Dialect, Expected, Expr, Item, Made, Select, Source, Statement, TableRef, Writer, check};
use crate::value::{Cells, Value};

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

impl Wanted {
    /// The same one level further down, where it is recursive and has levels left; of the level that is still to be made.
    pub(super) fn again(&self) -> Option<Wanted> {
        let Some(Depth::Limited(levels)) = self.load.depth else { return None };
        let depth = Some(Depth::Limited(levels.checked_sub(1)?));
        let load = LoadSpec { depth, ..self.load.clone() };
        let path = format!("{}.{}", self.path, load.relation.name).into();
        Some(Wanted { level: self.level, load, path })
    }
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
        let expected = match spec.one {
            true => Expected::One,
            // Few, and not one: whether a table has the key that its model says, nobody has checked.
            false if finds_one(&spec) => Expected::Few,
            false => Expected::limited(spec.limit),
        };
        let mut root = Root::new(self.store, levels, spec, loads, &path)?;
        root.branch.locked = root.select.lock.is_some();
        let mut statement = first_statement(self.dialect, &root.select, &root.branch, &path);
        if root.branch.joined.is_empty() {
            statement.expected = expected;
        }
        check(&root.select, self.dialect)?;
        root.set_origins(levels, &statement);
        if root.list != List::Once {
            levels.rows = Some(Vec::new());
        }
        self.fetch(&statement, &mut root, levels).await?;
        self.below(&mut root.branch, levels).await
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

    async fn fetch(&mut self, statement: &Statement, root: &mut Root, levels: &mut Levels) -> Result<()> {
        let Root { branch, number, .. } = root;
        let mut rows = Rows { store: self.store, levels, existing: self.existing };
        rows.begin(branch);
        let mut last = None;
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            let position = rows.own(branch, cells)?;
            if let Some(list) = &mut rows.levels.rows {
                let run = number.map(|place| number_of(cells, place)).transpose()?;
                if run.is_none() || run != last {
                    list.push(position);
                }
                last = run;
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
                    let columns = edge.relation.local_columns();
                    let key =
                        self.store.values(ObjectId { arena: level.arena, node: level.nodes[at] }, columns);
                    return Err(dangling(edge.relation, &key));
                }
            }
        }
        Ok(())
    }
}

/// The number of the query's own row that a row of the statement is of.
fn number_of(cells: &dyn Cells, place: usize) -> Result<i64> {
    if let Some(number) = cells.integer(place) {
        return Ok(number);
    }
    match cells.cell(place).map(|cell| cell.to_value()) {
        Ok(Value::Int(number)) => Ok(number),
        _ => Err(Error::new(ErrorKind::Database, "row_number() gave no number")),
    }
}

fn dangling(relation: &crate::model::RelationDef, key: &[Value]) -> Error {
    let local = relation.local_columns();
    Error::new(
        ErrorKind::DanglingKey,
        format!(
            "`{}` is required, and no row of `{}` has the key {}; repair the row, or make the relationship a \
             `BelongsTo<Option<{}>>`",
            relation.path(),
            relation.target().name,
            relation.parent().shown(local, key),
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

/// The text of a query's first statement.
pub(super) fn first_statement(dialect: Dialect, select: &Select, branch: &Branch, path: &str) -> Statement {
    let strategy = if branch.joined.is_empty() { "select" } else { Strategy::Joined.name() };
    Writer::select(dialect, select).for_path(path, strategy)
}

/// A count of the rows that a query selects.
pub(crate) fn count_statement(dialect: Dialect, spec: SelectSpec) -> Result<Statement> {
    let loads = plan::of_select(&spec, dialect)?;
    let def = spec.model.def();
    let source = Source::Table(def.table);
    let (from, joins) = spec.from.of_model(def).lower(&[])?;
    let mut rows = Select { from, joins, filter: spec.filter, ..Select::constant() };
    for condition in inner_conditions(&source, &loads)? {
        rows.and_where(condition);
    }
    let filled = loads.iter().any(|load| load.strategy == Strategy::Filled);
    rows.distinct = !spec.from.joins.is_empty() && (spec.unique || spec.distinct || filled);
    if rows.distinct {
        names(def, def.key).for_each(|name| rows.returns(Expr::column(&source, name)));
    }
    let mut select = if spec.limit.is_some() || spec.offset.is_some() || rows.distinct {
        rows.limit = spec.limit;
        rows.offset = spec.offset;
        Select::from(TableRef::query(rows, Made::called(def.table.name)))
    } else {
        rows
    };
    select.columns = vec![Item { expr: Expr::CountRows, alias: None }];
    check(&select, dialect)?;
    Ok(Writer::select(dialect, &select).for_path(def.name, "count"))
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
