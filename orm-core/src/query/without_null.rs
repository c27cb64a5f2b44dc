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
    let plain = select.left.is_none()
        && select.set.is_empty()
        && select.group.is_empty()
        && select.having.is_none()
        && select.distinct_on.is_empty()
        && (select.limit, select.offset) == (None, None);
    match &select.columns[..] {
        [only] if plain && !computes(&only.expr) => {
            let value = only.expr.clone();
            select.and_where(Expr::IsNotNull(Box::new(value)));
            select
        }
        [_] => {
            let mut named = select;
            let secret = named.is_secret(0);
            name(&mut named);
            let mut outer = Select::from(TableRef::query(named, ROWS));
            let value = Expr::column_of(&Source::Alias(ROWS.into()), VALUE, secret);
            outer.returns(value.clone());
            outer.and_where(Expr::IsNotNull(Box::new(value)));
            outer
        }
        _ => select,
    }
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

/// Whether it is computed from several rows, after WHERE.
fn computes(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| found |= matches!(part, Expr::Aggregate { .. } | Expr::CountRows | Expr::Over(..)));
    found
}
