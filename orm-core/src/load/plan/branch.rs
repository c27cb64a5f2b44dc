//! Where objects are in the rows of a statement, and the joins that bring them there.

use std::mem;
use std::sync::Arc;

use super::child::Child;
use crate::error::Result;
use crate::model::{ModelDef, OrderColumn, RelationDef, RelationKind, Selection};
use crate::query::{Depth, LoadSpec, Strategy, Under, link, names, targets_of};
use crate::sql::{Dialect, Expr, Join, JoinKind, Made, Order, Sees, Select, Source, TableName, TableRef};

/// A statement whose rows a further one may ask for again, and where in it the objects of one branch are.
#[derive(Debug, Clone)]
pub(in crate::load) struct Origin {
    pub(super) select: Arc<Select>,
    pub(super) source: Source,
    /// Whether each object has one row.
    pub(super) once: bool,
    /// The criteria that hold in it.
    pub(super) under: Under,
    /// What the statement's load sees of rows that those of the query hide.
    pub(super) sees: Sees,
}

/// Where the objects of one level are in a statement's rows, and what is joined to them.
#[derive(Debug)]
pub(in crate::load) struct Branch {
    /// Where its columns are from.
    pub(in crate::load) source: Source,
    /// Whether its rows are locked.
    pub(in crate::load) locked: bool,
    /// Whether each row of the statement is another row of the branch's table.
    pub(in crate::load) distinct: bool,
    /// Which columns are in a row.
    pub(in crate::load) selection: Selection,
    /// The first of the model's columns in the row.
    pub(in crate::load) offset: usize,
    pub(in crate::load) joined: Vec<JoinedBranch>,
    /// The relationships that further statements load.
    pub(in crate::load) further: Vec<Arc<Child>>,
    /// The same before their statements are planned.
    loads: Vec<LoadSpec>,
}

impl Branch {
    /// A branch without joins; it is unknown whether a row occurs twice.
    pub(super) fn new(source: Source, selection: Selection, offset: usize, loads: Vec<LoadSpec>) -> Branch {
        let (joined, further) = (Vec::new(), Vec::new());
        Branch { source, locked: false, distinct: false, selection, offset, joined, further, loads }
    }

    /// Plans the statements of what is loaded further on, here and in what is joined. `repeats` is the statement that the
    /// branch is in, where a further one may repeat it. The joins that add nothing but targets are left out of what the
    /// branch's own relationships repeat.
    pub(super) fn plan_further(
        &mut self,
        repeats: Option<(&Select, OwnRows)>,
        under: &Under,
        sees: Sees,
        dialect: Dialect,
    ) -> Result<()> {
        let repeats = repeats.filter(|_| self.repeats_parents());
        let own = repeats.map(|(select, own)| self.origin(select, own, under, sees));
        self.plan_own(own.as_ref(), dialect)?;
        let whole = repeats.map(|(select, _)| Arc::new(Select { columns: Vec::new(), ..select.clone() }));
        let mut below: Vec<&mut JoinedBranch> = self.joined.iter_mut().collect();
        while let Some(JoinedBranch { branch, .. }) = below.pop() {
            let (source, under) = (branch.source.clone(), under.clone());
            let origin = whole.clone().map(|select| Origin { select, source, once: false, under, sees });
            branch.plan_own(origin.as_ref(), dialect)?;
            below.extend(&mut branch.joined);
        }
        Ok(())
    }

    /// The statement of the branch's own objects, for one that repeats it.
    pub(super) fn origin(&self, select: &Select, own: OwnRows, under: &Under, sees: Sees) -> Origin {
        let mut rows = Select { columns: Vec::new(), ..select.clone() };
        let mut at = 0..;
        rows.joins.retain(|join| at.next().is_some_and(|at| at < own.joins) || join.kind == JoinKind::Inner);
        let (source, once, under) = (self.source.clone(), own.once, under.clone());
        Origin { select: Arc::new(rows), source, once, under, sees }
    }

    fn plan_own(&mut self, origin: Option<&Origin>, dialect: Dialect) -> Result<()> {
        for load in mem::take(&mut self.loads) {
            self.further.push(Arc::new(Child::plan(load, origin, dialect)?));
        }
        Ok(())
    }

    fn repeats_parents(&self) -> bool {
        self.loads.iter().any(repeats_parents)
            || self.joined.iter().any(|joined| joined.branch.repeats_parents())
    }

    /// Whether joined collections repeat its rows.
    pub(super) fn multiplies(&self) -> bool {
        let mut joined = self.joined.iter();
        joined.any(|joined| joined.relation.is_collection() || joined.branch.multiplies())
    }

    /// Whether what it loads is the same each time, and no statement below it binds values but keys. A condition of a
    /// relationship is made again for each query.
    pub(super) fn is_constant(&self, dialect: Dialect) -> bool {
        let is_constant =
            |joined: &JoinedBranch| !joined.relation.is_filtered() && joined.branch.is_constant(dialect);
        self.further.iter().all(|child| child.is_constant(dialect)) && self.joined.iter().all(is_constant)
    }

    /// Whether the branch or what is joined to it is loaded further on.
    pub(in crate::load) fn asks_more(&self) -> bool {
        !self.further.is_empty() || self.joined.iter().any(|joined| joined.branch.asks_more())
    }
}

/// A branch that a join added.
#[derive(Debug)]
pub(in crate::load) struct JoinedBranch {
    pub(in crate::load) relation: &'static RelationDef,
    pub(in crate::load) whole: bool,
    pub(in crate::load) back: Option<&'static RelationDef>,
    /// Whether rows may give a pair of owner and target twice.
    pub(in crate::load) repeats: bool,
    pub(in crate::load) branch: Branch,
}

/// Adds columns and joins to a SELECT.
pub(super) struct Tree {
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

impl Tree {
    /// The SELECT of a query for rows, to which its entities are added.
    pub(super) fn of_rows(select: Select) -> Tree {
        let (order, ties) = (Vec::new(), Vec::new());
        Tree { select, order, ties, own_columns: usize::MAX, distinct: false, collections: 0 }
    }

    /// Adds the columns of a model, and its joined relationships below it.
    pub(super) fn branch(
        &mut self,
        selection: Selection,
        source: &Source,
        loads: Vec<LoadSpec>,
        joins: &mut Vec<Join>,
        inner_joins: &mut Vec<Join>,
    ) -> Result<Branch> {
        let first = self.select.columns.len() == self.own_columns;
        let offset = self.select.columns.len();
        selection.columns().for_each(|column| self.select.returns(column.expr(source)));
        let mut branch = Branch::new(source.clone(), selection, offset, Vec::new());
        for load in loads {
            match load.strategy {
                Strategy::Filled => branch.joined.push(self.filled(load, joins, inner_joins)?),
                Strategy::Joined => {
                    branch.joined.push(self.join(source, load, joins, inner_joins, first)?);
                }
                _ => branch.loads.push(load),
            }
        }
        branch.distinct = first && self.distinct && branch.joined.is_empty();
        Ok(branch)
    }

    /// Takes a relationship from a join that the query has already.
    fn filled(
        &mut self,
        load: LoadSpec,
        joins: &mut Vec<Join>,
        inner_joins: &mut Vec<Join>,
    ) -> Result<JoinedBranch> {
        let (relation, back) = (load.relation, load.back);
        let source = load.source.unwrap_or(Source::Table(relation.target().table));
        let selection = Selection::new((relation.target)(), &load.undeferred);
        self.sort(relation, Vec::new(), &source);
        let branch = self.branch(selection, &source, load.loads, joins, inner_joins)?;
        Ok(JoinedBranch { relation, whole: false, back, repeats: true, branch })
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
        joins: &mut Vec<Join>,
        inner_joins: &mut Vec<Join>,
        first: bool,
    ) -> Result<JoinedBranch> {
        let relation = load.relation;
        let target = relation.target();
        let alias = Made::like(target.table.name);
        let source = Source::Made(alias);
        let table = TableRef::Table { name: target.table, alias: Some(alias.into()) };
        let (table, mut on) = link(relation, parent, table, &source)?;
        let (head, mut linked) = match table {
            TableRef::Nested { first, joins } => (*first, joins),
            table => (table, Vec::new()),
        };
        linked.iter_mut().for_each(|join| join.sees = load.sees);
        let link = head.source().filter(|_| relation.through.is_some());
        self.sort(relation, collection_order(relation, &load, &source, link.as_ref()), &source);

        let (whole, back, sees) = (!load.is_view(), load.back, load.sees);
        let filter = load.filter.map(|filter| relation.relocate(filter, &source, link.as_ref()));
        let (mut below, mut below_inner) = (Vec::new(), Vec::new());
        let selection = Selection::new((relation.target)(), &load.undeferred);
        let branch = self.branch(selection, &source, load.loads, &mut below, &mut below_inner)?;

        let filtered = filter.is_some() || relation.is_filtered();
        if let Some(filter) = filter {
            let target = linked.last_mut().map_or(&mut on, |join| &mut join.on);
            *target = Expr::and(Some(mem::replace(target, Expr::And(Vec::new()))), filter);
        }
        if load.inner {
            inner_joins.push(Join { kind: JoinKind::Inner, table: head, on, sees });
            inner_joins.append(&mut linked);
            inner_joins.append(&mut below_inner);
        } else if below_inner.is_empty() && !filtered {
            // A link without its target is a row without a target, which gives none.
            joins.push(Join { kind: JoinKind::Left, table: head, on, sees });
            joins.extend(linked.into_iter().map(|join| Join { kind: JoinKind::Left, ..join }));
        } else {
            linked.append(&mut below_inner);
            let table = match linked.is_empty() {
                true => head,
                false => TableRef::Nested { first: Box::new(head), joins: linked },
            };
            joins.push(Join { kind: JoinKind::Left, table, on, sees });
        }
        joins.append(&mut below);
        // A pair occurs once if its owner does and nothing else repeats the row: beside the statement's own distinct
        // rows, when no collection is joined, or only this one, by its own key.
        let alone = self.collections == 1 && relation.kind == RelationKind::OneToMany;
        let once = first && self.distinct && (self.collections == 0 || alone);
        Ok(JoinedBranch { relation, whole, back, repeats: !once, branch })
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
    select.sees = load.sees;
    if let Some(filter) = &load.filter {
        let link =
            select.from.as_ref().and_then(TableRef::source).filter(|_| load.relation.through.is_some());
        select.and_where(load.relation.relocate(filter.clone(), &source, link.as_ref()));
    }
    for condition in inner_conditions(&source, &load.loads)? {
        select.and_where(condition);
    }
    Ok(Expr::Exists(Box::new(select)))
}

/// The relationship's order on a source and on one of its links: the load's own terms, or else the declared ones.
pub(super) fn collection_order(
    relation: &RelationDef,
    load: &LoadSpec,
    source: &Source,
    link: Option<&Source>,
) -> Vec<Order> {
    if !load.order.is_empty() {
        let term = |term: &Order| Order { expr: relation.relocate(term.expr.clone(), source, link), ..*term };
        return load.order.iter().map(term).collect();
    }
    let term = |column: &OrderColumn| {
        let source = link.filter(|_| column.of_association).unwrap_or(source);
        Order::new(Expr::column(source, column.name), column.descending)
    };
    relation.order_columns().iter().map(term).collect()
}

/// Whether the order of a collection names columns of the association model.
pub(super) fn sorts_links(relation: &RelationDef, load: &LoadSpec) -> bool {
    let Some(association) = relation.association() else { return false };
    if load.order.is_empty() {
        return relation.order_columns().iter().any(|column| column.of_association);
    }
    let mut names = false;
    for term in &load.order {
        let is_link = |source: &mut Source| names |= *source == Source::Table(association.table);
        term.expr.clone().visit_free(&mut { is_link });
    }
    names
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

/// Whether the statement of a load repeats that of its parents, where it can.
fn repeats_parents(load: &LoadSpec) -> bool {
    matches!(load.strategy, Strategy::Subquery | Strategy::Whole) && load.depth != Some(Depth::Unlimited)
}
