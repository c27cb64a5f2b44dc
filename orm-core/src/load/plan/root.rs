//! The first statement of a query for entities.

use std::borrow::Cow;
use std::mem;

use super::branch::{
    Branch, OwnRows, Tree, collections, inner_conditions, joins_one_row, key_order, then_by,
};
use super::child::InternalNames;
use super::shape::{List, Shape, repeats_statement};
use crate::error::Result;
use crate::model::Selection;
use crate::query::{LoadSpec, SelectSpec, Strategy, Under, names};
use crate::sql::{
    BinaryOp, Dialect, Expr, Function, Item, Lock, Made, Order, Sees, Select, Source, Statement, TableRef,
    Window, Writer, check,
};

/// The first statement of a query: its own rows with what is joined to them.
#[derive(Debug)]
pub(in crate::load) struct Root {
    pub(in crate::load) select: Select,
    pub(super) branch: Branch,
    pub(super) list: List,
    /// Where the number of the query's own row is, if it is in the statement's rows.
    pub(super) number: Option<usize>,
    rows: OwnRows,
    under: Under,
}

impl Root {
    /// # Errors
    /// `InvalidQuery`: the statement cannot be written.
    pub(in crate::load) fn new(spec: SelectSpec, loads: Vec<LoadSpec>) -> Result<Root> {
        let def = spec.model.def();
        let shape = Shape::of(&spec, &loads);
        let selection = Selection::new(spec.model, &spec.undeferred);
        let collections = collections(&loads);
        let distinct = spec.core.from.joins.is_empty();
        let under = spec.core.under.clone();
        let rows_once = !shape.repeats && joins_one_row(&loads);
        let Own { select, source, number } = own_rows(spec, &loads, &selection, shape)?;
        let own_joins = if shape.inside || shape.first { 0 } else { select.joins.len() };

        let own_columns = select.columns.len();
        // Parents keep their order: without one of their own the first child would decide it.
        let ties = if number.is_none() { key_order(def, &source).collect() } else { Vec::new() };
        let order = Vec::new();
        let mut tree = Tree { select, order, ties, collections, own_columns, distinct };
        let (mut joins, mut inner) = (Vec::new(), Vec::new());
        let mut branch = tree.branch(selection, &source, loads, &mut joins, &mut inner)?;
        branch.locked = tree.select.lock.is_some();
        let Tree { mut select, order, .. } = tree;
        select.joins.append(&mut inner);
        select.joins.append(&mut joins);
        then_by(&mut select.order, order);
        let number = number.filter(|_| shape.list == List::Runs).map(|name| {
            select.returns(Expr::column_of(&source, name, false));
            select.columns.len() - 1
        });
        Ok(Root {
            select,
            branch,
            list: shape.list,
            number,
            rows: OwnRows { joins: own_joins, once: rows_once },
            under,
        })
    }

    /// Plans the further statements. They may repeat this one where the same rows come again, and no others are locked by
    /// then.
    pub(super) fn plan_further(&mut self, statement: &Statement, dialect: Dialect) -> Result<()> {
        let repeatable = statement.repeatable && !self.branch.locked && !self.under.spares_own_rows();
        let repeats = repeatable.then_some((&self.select, self.rows));
        self.branch.plan_further(repeats, &self.under, Sees::Same, dialect)
    }

    /// The text of the statement.
    pub(in crate::load) fn statement(&self, dialect: Dialect, path: &str) -> Result<Statement> {
        let strategy = if self.branch.joined.is_empty() { "select" } else { Strategy::Joined.name() };
        let mut select = Cow::Borrowed(&self.select);
        if self.under.changes(&select) {
            self.under.apply(select.to_mut());
        }
        check(&select, dialect)?;
        Ok(Writer::select(dialect, &select).for_path(path, strategy))
    }
}

/// The rows of a query without what it loads.
struct Own {
    select: Select,
    source: Source,
    /// The column of a subquery that has their numbers.
    number: Option<&'static str>,
}

fn own_rows(spec: SelectSpec, loads: &[LoadSpec], selection: &Selection, shape: Shape) -> Result<Own> {
    let def = spec.model.def();
    let mut source = Source::Table(def.table);
    let (from, joins) = spec.core.from.of_model(def).lower(&[])?;
    let mut rows = Select { from, joins, ..Select::constant() };
    rows.filter = spec.core.filter;
    rows.distinct = shape.distinct;
    rows.lock = spec.core.lock.map(|lock| Lock { of: Some(source.clone()), ..lock });
    rows.order = spec.core.order;
    rows.limit = spec.core.limit;
    rows.offset = spec.core.offset;

    let pages = rows.limit.is_some() || rows.offset.is_some();
    if pages && repeats_statement(loads) {
        // A page that is chosen twice has to be the same page, also among rows that sort alike.
        then_by(&mut rows.order, key_order(def, &source));
    }
    if pages && shape.inside {
        // What an inner join would drop must not be on the page.
        for condition in inner_conditions(&source, loads)? {
            rows.and_where(condition);
        }
    }
    let mut number = None;
    if shape.first {
        let internal = InternalNames::beside(def)?;
        let called = Made::called(def.table.name);
        rows = first_rows(rows, &source, selection, internal, called);
        source = Source::Made(called);
        number = Some(internal.number);
    }
    if !shape.inside {
        return Ok(Own { select: rows, source, number });
    }

    // The rows are chosen inside, and only then repeated by the joins.
    let page = Made::called(def.table.name);
    let outer = Source::Made(page);
    let mut order = Vec::new();
    let mut inside = selection.clone();
    if shape.numbered {
        let known = number.map(|name| Expr::column_of(&source, name, false));
        let numbers = known.unwrap_or_else(|| row_number(Vec::new(), rows.order.clone()));
        let name = InternalNames::beside(def)?.number;
        inside.columns().for_each(|column| rows.returns(column.expr(&source)));
        rows.columns.push(Item { expr: numbers, alias: Some(name.into()) });
        order.push(Order::new(Expr::column_of(&outer, name, false), false));
        number = Some(name);
    } else {
        order.extend(rows.order.iter().map(|term| term.clone().relocate(def.table, &outer)));
        inside = selection.naming(&source, rows.order.iter().map(|term| &term.expr));
        inside.columns().for_each(|column| rows.returns(column.expr(&source)));
    }
    if !pages {
        rows.order.clear();
    }
    let lock = rows.lock.take().map(|lock| Lock { of: Some(outer.clone()), ..lock });
    let mut select = Select::from(TableRef::query(rows, page));
    (select.order, select.lock) = (order, lock);
    Ok(Own { select, source: outer, number })
}

/// The first row of each entity: all rows are numbered in their order, and once more among those of their entity.
fn first_rows(
    mut rows: Select,
    source: &Source,
    selection: &Selection,
    internal: InternalNames,
    called: Made,
) -> Select {
    let def = selection.def();
    selection.columns().for_each(|column| rows.returns(column.expr(source)));
    let order = mem::take(&mut rows.order);
    let key = names(def, def.key).map(|name| Expr::column(source, name)).collect();
    let numbered = |expr, alias: &'static str| Item { expr, alias: Some(alias.into()) };
    rows.columns.push(numbered(row_number(Vec::new(), order.clone()), internal.number));
    rows.columns.push(numbered(row_number(key, order), internal.rank));
    let (limit, offset) = (rows.limit.take(), rows.offset.take());

    let outer = Source::Made(called);
    let column = |name| Expr::column_of(&outer, name, false);
    let mut firsts = Select::from(TableRef::query(rows, called));
    let first = Expr::Binary(Box::new(column(internal.rank)), BinaryOp::Eq, Box::new(Expr::Number(1)));
    firsts.filter = Some(first);
    firsts.order = vec![Order::new(column(internal.number), false)];
    (firsts.limit, firsts.offset) = (limit, offset);
    firsts
}

fn row_number(partition: Vec<Expr>, order: Vec<Order>) -> Expr {
    let window = Window { partition, order, frame: None };
    Expr::Over(Box::new(Expr::Call(Function::Named("row_number"), Vec::new())), Box::new(window))
}
