use std::mem;
use std::sync::Arc;

use super::levels::{EdgeBuilder, Levels, Origin, Owners, Pairs};
use crate::error::Result;
use crate::identity::Store;
use crate::model::{ModelDef, RelationDef, RelationKind, Selection};
use crate::query::{LoadSpec, Strategy, link, names, targets_of};
use crate::sql::{Expr, Join, JoinKind, Made, Order, Select, Source, TableName, TableRef};

/// Where the objects of one level are in a statement's rows, and what is joined to them.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) level: usize,
    pub(super) arena: u32,
    /// Where its columns are from.
    pub(super) source: Source,
    /// Whether its rows are locked.
    pub(super) locked: bool,
    /// Whether each row of the statement is another row of the branch's table.
    pub(super) distinct: bool,
    /// Whether each row is also one that the session holds no object of; see [`Rows::begin`](super::rows::Rows::begin).
    pub(super) unseen: bool,
    /// Which columns are in a row.
    pub(super) selection: Selection,
    /// The first of the model's columns in the row.
    pub(super) offset: usize,
    pub(super) joined: Vec<JoinedBranch>,
    /// The relationships to ask for by further statements, with the path they are on.
    pub(super) later: Vec<(LoadSpec, Arc<str>)>,
}

impl Branch {
    /// A branch that joins nothing and asks for nothing, of which nobody knows whether a row comes twice.
    pub(super) fn new(
        (level, arena): (usize, u32),
        source: Source,
        selection: Selection,
        offset: usize,
    ) -> Branch {
        Branch {
            level,
            arena,
            source,
            locked: false,
            distinct: false,
            unseen: false,
            selection,
            offset,
            joined: Vec::new(),
            later: Vec::new(),
        }
    }
}

/// A branch that a join added.
#[derive(Debug)]
pub(super) struct JoinedBranch {
    pub(super) relation: &'static RelationDef,
    pub(super) whole: bool,
    pub(super) back: Option<&'static RelationDef>,
    pub(super) pairs: Pairs,
    pub(super) branch: Branch,
}

/// Adds columns and joins to a SELECT.
pub(super) struct Tree<'l> {
    pub(super) store: &'l mut Store,
    pub(super) levels: &'l mut Levels,
    pub(super) select: Select,
    /// The orders of what is joined, to follow the order of the statement's own rows.
    pub(super) order: Vec<Order>,
    /// What keeps rows of the lists so far in their places when something that is joined further on has an order.
    pub(super) ties: Vec<Order>,
    /// How many columns the statement had before the first branch.
    pub(super) own_columns: usize,
    /// Whether the statement's own rows are distinct before anything is joined to them.
    pub(super) distinct: bool,
    /// How many relationships the whole statement joins that may find several rows: each repeats the rows of everything
    /// beside and above it.
    pub(super) collections: usize,
}

impl Tree<'_> {
    /// Adds the columns of a model, and its joined relationships below it.
    pub(super) fn branch(
        &mut self,
        selection: Selection,
        source: &Source,
        loads: Vec<LoadSpec>,
        path: &Arc<str>,
        joins: &mut Vec<Join>,
        inner_joins: &mut Vec<Join>,
    ) -> Result<Branch> {
        let first = self.select.columns.len() == self.own_columns;
        let arena = self.store.arena_of(selection.model)?;
        let level = self.levels.add(arena);
        let offset = self.select.columns.len();
        selection.columns().for_each(|column| self.select.returns(column.expr(source)));
        let source = source.clone();
        let mut branch = Branch::new((level, arena), source, selection, offset);
        for load in loads {
            let path = below(path, load.relation);
            match load.strategy {
                Strategy::Filled => {
                    let filled = self.filled(load, &path, joins, inner_joins)?;
                    branch.joined.push(filled);
                }
                Strategy::Joined => {
                    let parent = branch.source.clone();
                    let joined = self.join(&parent, load, &path, joins, inner_joins, first)?;
                    branch.joined.push(joined);
                }
                _ => branch.later.push((load, path)),
            }
        }
        branch.distinct = first && self.distinct && branch.joined.is_empty();
        Ok(branch)
    }

    /// Takes a relationship from a join that the query has already.
    fn filled(
        &mut self,
        load: LoadSpec,
        path: &Arc<str>,
        joins: &mut Vec<Join>,
        inner_joins: &mut Vec<Join>,
    ) -> Result<JoinedBranch> {
        let (relation, back) = (load.relation, load.back);
        let source = load.source.unwrap_or(Source::Table(relation.target().table));
        let selection = Selection::new((relation.target)(), &load.undeferred);
        self.sort(relation, Vec::new(), &source);
        let branch = self.branch(selection, &source, load.loads, path, joins, inner_joins)?;
        Ok(JoinedBranch { relation, whole: false, back, pairs: Pairs::new(true), branch })
    }

    /// Sorts by what a relationship is sorted by, within the order of all that was joined before it: rows that sort alike
    /// there would change places.
    fn sort(&mut self, relation: &'static RelationDef, order: Vec<Order>, source: &Source) {
        if !order.is_empty() {
            then_by(&mut self.order, self.ties.drain(..));
            then_by(&mut self.order, order);
        }
        if relation.is_collection() {
            self.ties.extend(key_order(relation.target(), source));
        }
    }

    /// Joins one relationship. An inner join goes into `inner_joins`, so that it can stand in the parentheses of the
    /// outer join above it; below an outer join `LEFT JOIN (b JOIN c ..)` is the only form that keeps the left rows.
    fn join(
        &mut self,
        parent: &Source,
        load: LoadSpec,
        path: &Arc<str>,
        joins: &mut Vec<Join>,
        inner_joins: &mut Vec<Join>,
        first: bool,
    ) -> Result<JoinedBranch> {
        let relation = load.relation;
        let target = relation.target();
        let alias = Made::like(target.table.name);
        let source = Source::Made(alias);
        self.sort(relation, collection_order(relation, &load, &source), &source);

        let (whole, back) = (!load.is_view(), load.back);
        let filter = load.filter.map(|filter| filter.relocate(target.table, &source));
        let (mut below, mut below_inner) = (Vec::new(), Vec::new());
        let selection = Selection::new((relation.target)(), &load.undeferred);
        let branch = self.branch(selection, &source, load.loads, path, &mut below, &mut below_inner)?;

        let table = TableRef::Table { name: target.table, alias: Some(alias.into()) };
        let (table, mut on) = link(relation, parent, table, &source)?;
        let (head, mut linked) = match table {
            TableRef::Nested { first, joins } => (*first, joins),
            table => (table, Vec::new()),
        };
        let filtered = filter.is_some();
        if let Some(filter) = filter {
            let target = linked.last_mut().map_or(&mut on, |join| &mut join.on);
            *target = Expr::and(Some(mem::replace(target, Expr::And(Vec::new()))), filter);
        }
        if load.inner {
            inner_joins.push(Join { kind: JoinKind::Inner, table: head, on });
            inner_joins.append(&mut linked);
            inner_joins.append(&mut below_inner);
        } else if below_inner.is_empty() && !filtered {
            // A link without its target is a row without a target, which gives none.
            joins.push(Join { kind: JoinKind::Left, table: head, on });
            joins.extend(linked.into_iter().map(|join| Join { kind: JoinKind::Left, ..join }));
        } else {
            linked.append(&mut below_inner);
            let table = match linked.is_empty() {
                true => head,
                false => TableRef::Nested { first: Box::new(head), joins: linked },
            };
            joins.push(Join { kind: JoinKind::Left, table, on });
        }
        joins.append(&mut below);
        // A pair comes once where its owner does and nothing else repeats the row: beside the statement's own distinct
        // rows, when no collection is joined, or this one alone, by a key of its own.
        let alone = self.collections == 1 && relation.kind == RelationKind::HasMany;
        let once = first && self.distinct && (self.collections == 0 || alone);
        let pairs = Pairs::new(!once);
        Ok(JoinedBranch { relation, whole, back, pairs, branch })
    }
}

/// The rows of a statement before its branches joined anything.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnRows {
    /// How many of the statement's joins are theirs.
    pub(super) joins: usize,
    /// Whether each object has one of them, also where an inner join below drops some.
    pub(super) once: bool,
}

impl Branch {
    /// Says of every level which statement its objects are from. The joins that add nothing but targets are left out
    /// of what the first level repeats.
    pub(super) fn set_origins(&self, levels: &mut Levels, select: &Select, own: OwnRows) {
        let mut rows = select.clone();
        rows.columns.clear();
        let whole = Arc::new(rows.clone());
        let mut at = 0..;
        rows.joins.retain(|join| at.next().is_some_and(|at| at < own.joins) || join.kind == JoinKind::Inner);
        let (select, source) = (Arc::new(rows), self.source.clone());
        levels.levels[self.level].origin = Some(Origin { select, source, once: own.once });
        let mut below: Vec<&JoinedBranch> = self.joined.iter().collect();
        while let Some(JoinedBranch { branch, .. }) = below.pop() {
            let (select, source) = (Arc::clone(&whole), branch.source.clone());
            levels.levels[branch.level].origin = Some(Origin { select, source, once: false });
            below.extend(&branch.joined);
        }
    }

    /// Turns what the rows gave into edges of the levels.
    pub(super) fn finish(&mut self, levels: &mut Levels) -> Result<()> {
        for mut joined in mem::take(&mut self.joined) {
            joined.branch.finish(levels)?;
            let owners = Owners { count: levels.levels[self.level].nodes.len(), of: None };
            let targets = joined.pairs.group(joined.relation, &owners)?;
            levels.levels[self.level].edges.push(EdgeBuilder {
                relation: joined.relation,
                level: joined.branch.level,
                whole: joined.whole,
                back: joined.back,
                targets,
            });
        }
        Ok(())
    }
}

/// How many relationships a statement with these loads joins that may give a row several rows.
pub(super) fn collections(loads: &[LoadSpec]) -> usize {
    let joined = loads.iter().filter(|load| load.strategy == Strategy::Joined);
    joined.map(|load| usize::from(load.relation.may_find_several()) + collections(&load.loads)).sum()
}

/// Whether the inner joins of some loads give a row one row each.
pub(super) fn joins_one_row(loads: &[LoadSpec]) -> bool {
    let mut inner = loads.iter().filter(|load| load.strategy == Strategy::Joined && load.inner);
    inner.all(|load| !load.relation.may_find_several() && joins_one_row(&load.loads))
}

/// The conditions that the inner joins of some loads put on their parents, without joining: `EXISTS (SELECT ..)`.
pub(super) fn inner_conditions(parent: &Source, loads: &[LoadSpec]) -> Result<Vec<Expr>> {
    let inner = loads.iter().filter(|load| load.strategy == Strategy::Joined && load.inner);
    inner.map(|load| has_target(parent, load)).collect()
}

fn has_target(parent: &Source, load: &LoadSpec) -> Result<Expr> {
    let there = load.relation.target();
    let alias = Made::like(there.table.name);
    let source = Source::Made(alias);
    let link = |through: TableName| Some(Made::like(through.name));
    let table = TableRef::Table { name: there.table, alias: Some(alias.into()) };
    let mut select = targets_of(load.relation, parent, (table, &source), link)?;
    if let Some(filter) = &load.filter {
        select.and_where(filter.clone().relocate(there.table, &source));
    }
    for condition in inner_conditions(&source, &load.loads)? {
        select.and_where(condition);
    }
    Ok(Expr::Exists(Box::new(select)))
}

/// The relationship's order on a source: the load's own terms, or else the declared ones.
pub(super) fn collection_order(relation: &RelationDef, load: &LoadSpec, source: &Source) -> Vec<Order> {
    let target = relation.target();
    if !load.order.is_empty() {
        return load.order.iter().map(|term| term.clone().relocate(target.table, source)).collect();
    }
    let term = |(column, descending): &(usize, bool)| {
        Order::new(Expr::column(source, target.columns[*column].name), *descending)
    };
    relation.order_columns().iter().map(term).collect()
}

/// The order by a model's primary key.
pub(super) fn key_order(def: &'static ModelDef, source: &Source) -> impl Iterator<Item = Order> {
    names(def, def.key).map(move |name| Order::new(Expr::column(source, name), false))
}

/// Adds terms to an order, but for those of what it sorts by already.
pub(super) fn then_by(order: &mut Vec<Order>, terms: impl IntoIterator<Item = Order>) {
    for term in terms {
        if !order.iter().any(|earlier| earlier.expr == term.expr) {
            order.push(term);
        }
    }
}

fn below(path: &Arc<str>, relation: &RelationDef) -> Arc<str> {
    format!("{path}.{}", relation.name).into()
}
