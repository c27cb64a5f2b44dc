//! Whether a query's own rows are a subquery of its first statement.

use super::branch::collections;
use crate::model::{ColumnDef, Selection};
use crate::query::{LoadSpec, SelectSpec, Strategy};
use crate::sql::{BinaryOp, Expr, Function, Source};
use crate::value::ValueKind;

/// How the first statement of a query is written, so that nothing that it loads changes the list of entities.
///
/// A joined collection repeats rows. Where that would change what a page counts, what DISTINCT compares or how often an
/// entity is in the list, the query's own rows are a subquery and the joins are outside of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Whether the query's own rows are a subquery of the statement.
    pub(super) inside: bool,
    /// Whether the rows of the subquery have numbers, because the order cannot be repeated outside or rows have to be
    /// told apart.
    pub(super) numbered: bool,
    /// Whether the database returns equal rows once.
    pub(super) distinct: bool,
    /// Whether the database keeps the first row of each entity, in an order that DISTINCT does not take.
    pub(super) first: bool,
    /// Whether an entity may have several rows in the result.
    pub(super) repeats: bool,
    /// What the list is.
    pub(super) list: List,
}

/// How the rows of a statement become the list of entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::load) enum List {
    /// Each entity is in it once, where it comes first.
    Once,
    /// Each row is an entity of the list.
    Rows,
    /// Each run of rows with one number is.
    Runs,
}

impl Shape {
    pub(super) fn of(spec: &SelectSpec, loads: &[LoadSpec]) -> Shape {
        let paged = spec.core.is_paged();
        let filled = loads.iter().any(|load| load.strategy == Strategy::Filled);
        let joined = loads.iter().any(|load| load.strategy == Strategy::Joined);
        let multiplies = collections(loads) > 0;
        let may_repeat = spec.core.from.may_repeat();
        // A filled collection is in the query's own rows, each of which has another target.
        let stays = may_repeat && !spec.unique && !spec.core.distinct && !filled;
        let pages_entities = spec.unique && !spec.core.distinct && paged && may_repeat && !filled;
        let first = pages_entities && !(sorts_by_selected(spec) && compares(spec));
        let distinct = !filled && spec.core.distinct || pages_entities && !first;

        let told_apart = multiplies && (paged || stays || !sorts_alike(spec));
        let repeated = (distinct || first) && paged && repeats_statement(loads);
        // A join that `auto` chose looks up no targets of rows that the page skips.
        let sorted_or_skips = spec.core.offset.is_some() || paged && !spec.core.order.is_empty();
        let beside = sorted_or_skips && spec.core.lock.is_none() && loads.iter().any(chosen);
        let inside = !filled && (told_apart || distinct && joined || repeated || beside);
        let numbered = inside && (first || multiplies && stays || !sorts_by_columns(spec));
        let list = match (stays, multiplies) {
            (false, _) => List::Once,
            (true, false) => List::Rows,
            (true, true) => List::Runs,
        };
        Shape { inside, numbered, distinct, first, repeats: may_repeat && !distinct && !first, list }
    }
}

/// Whether `auto` joins it, or something below it.
fn chosen(load: &LoadSpec) -> bool {
    load.strategy == Strategy::Joined && (load.chosen || load.loads.iter().any(chosen))
}

/// Whether the order is of columns that the query selects, as DISTINCT has to have it.
pub(super) fn sorts_by_selected(spec: &SelectSpec) -> bool {
    let own = Source::Table(spec.model.def().table);
    let selection = Selection::new(spec.model, &spec.undeferred);
    let selected = |expr: &Expr| match expr {
        Expr::Column { source, name, .. } => *source == own && selection.names().any(|known| known == *name),
        _ => false,
    };
    spec.core.order.iter().all(|term| selected(&term.expr))
}

/// Whether every database compares the rows: PostgreSQL has documents that it does not.
fn compares(spec: &SelectSpec) -> bool {
    let mut columns = spec.model.def().columns.iter();
    columns.all(|column| column.kind != ValueKind::Json)
}

/// Whether the order is of columns of the query's own model, which a query around it can sort by too.
fn sorts_by_columns(spec: &SelectSpec) -> bool {
    let own = Source::Table(spec.model.def().table);
    spec.core.order.iter().all(|term| matches!(&term.expr, Expr::Column { source, .. } if *source == own))
}

/// Whether a row sorts alike each time: a function of the user's may be one of chance.
fn sorts_alike(spec: &SelectSpec) -> bool {
    let mut alike = true;
    for term in &spec.core.order {
        term.expr.walk(&mut |part| {
            alike &= !matches!(part, Expr::Call(Function::Custom(_) | Function::Fragment(_), _))
        });
    }
    alike
}

/// Whether a further statement repeats the first one.
pub(super) fn repeats_statement(loads: &[LoadSpec]) -> bool {
    loads.iter().any(|load| match load.strategy {
        Strategy::Subquery => true,
        Strategy::Joined => repeats_statement(&load.loads),
        _ => false,
    })
}

/// Whether a query asks for all columns of the key, or for a column that is unique, and so finds one row at most.
pub(super) fn finds_one(spec: &SelectSpec) -> bool {
    let def = spec.model.def();
    let conditions = match &spec.core.filter {
        Some(Expr::And(all)) => &all[..],
        Some(one) => std::slice::from_ref(one),
        None => return false,
    };
    let is_given = |column: &ColumnDef| {
        conditions.iter().any(|condition| {
            let Expr::Binary(left, BinaryOp::Eq, right) = condition else { return false };
            let is_column = |expr: &Expr| {
                matches!(expr, Expr::Column { source: Source::Table(table), name, .. }
                    if *table == def.table && *name == column.name)
            };
            let is_value = |expr: &Expr| matches!(expr, Expr::Bind(bind) if !bind.value.is_null());
            is_column(left) && is_value(right) || is_value(left) && is_column(right)
        })
    };
    let has_key = !def.key.is_empty() && def.key.iter().all(|column| is_given(&def.columns[*column]));
    spec.core.from.joins.is_empty()
        && (has_key || def.columns.iter().any(|column| column.unique && is_given(column)))
}
