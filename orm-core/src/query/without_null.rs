//! Leaves NULL out of a subquery.

use super::RowsSpec;
use super::derived::lowered;
use crate::sql::{Expr, JoinKind, Select, Source, TableRef};

/// What the query is called that NULLs are taken out of, and what its column is called in it.
const ROWS: &str = "_in";
const VALUE: &str = "_value";

/// The rows of a query of one value that are not NULL. A value that cannot be NULL is left as it is.
pub fn without_null(spec: &RowsSpec) -> Select {
    let (mut select, _) = lowered(spec);
    let declared = spec.list.values.first().is_none_or(|item| item.nullable);
    // The type of an expression follows its left side, and any part of it may be NULL.
    let is_column = matches!(&select.columns[..], [only] if matches!(only.expr, Expr::Column { .. }));
    let one = select.left.is_none() && select.set.is_empty();
    if !declared && is_column && one && !has_left_join(&select) {
        return select;
    }
    if select.width() != 1 {
        return select;
    }
    if can_leave_out(&select) {
        leave_out(&mut select);
        return select;
    }
    let secret = select.is_secret(0);
    name(&mut select);
    let mut outer = Select::from(TableRef::query(select, ROWS));
    let value = Expr::column_of(&Source::Alias(ROWS.into()), VALUE, secret);
    outer.returns(value.clone());
    outer.and_where(Expr::IsNotNull(Box::new(value)));
    outer
}

/// Whether conditions of the query itself can leave the NULLs out, without a query around it: not every database lets one
/// in FROM see the tables outside. What a page, DISTINCT ON or a window sees depends on the NULLs.
fn can_leave_out(select: &Select) -> bool {
    let counts_rows = (select.limit, select.offset) != (None, None) || !select.distinct_on.is_empty();
    let windows = select.left.is_none() && select.columns.iter().any(|item| has_window(&item.expr));
    !counts_rows && !windows && operands(select).all(can_leave_out)
}

fn operands(select: &Select) -> impl Iterator<Item = &Select> {
    select.left.as_deref().into_iter().chain(select.set.iter().map(|(_, operand)| operand))
}

/// What is in none of the operands is in no union, intersection or difference of them.
fn leave_out(select: &mut Select) {
    match &mut select.left {
        Some(left) => leave_out(left),
        None => leave_out_own(select),
    }
    select.set.iter_mut().for_each(|(_, operand)| leave_out(operand));
}

fn leave_out_own(select: &mut Select) {
    let [only] = &select.columns[..] else { return };
    let condition = Expr::IsNotNull(Box::new(only.expr.clone()));
    if select.group.is_empty() && !aggregates(&only.expr) {
        return select.and_where(condition);
    }
    select.having = Some(Expr::and(select.having.take(), condition));
}

/// Gives the one column a name, which that of a union has from its first query.
fn name(select: &mut Select) {
    match &mut select.left {
        Some(left) => name(left),
        None => select.columns.iter_mut().for_each(|item| item.alias = Some(VALUE.into())),
    }
}

fn has_left_join(select: &Select) -> bool {
    select.joins.iter().any(|join| join.kind == JoinKind::Left)
}

fn has_window(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| found |= matches!(part, Expr::Over(..)));
    found
}

/// Whether it is computed from several rows, after WHERE.
fn aggregates(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| found |= matches!(part, Expr::Aggregate { .. } | Expr::CountRows));
    found
}
