use super::SelectSpec;
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, ModelDef};
use crate::sql::{BinaryOp, Bind, Expr, Nulls, Order, Source};
use crate::value::Value;

/// Orders a query so that each row has a place of its own, and takes the rows that come after one of them.
///
/// # Errors
/// `InvalidQuery`: the order has something else than columns of the model, or NULL has no place in it.
pub(super) fn after<M: Model, L>(spec: &mut SelectSpec, last: Option<&Entity<M, L>>) -> Result<()> {
    let def = M::def();
    let source = Source::Table(def.table);
    for column in def.key {
        let expr = def.columns[*column].expr(&source);
        if !spec.order.iter().any(|term| term.expr == expr) {
            spec.order.push(Order::new(expr, false));
        }
    }
    let columns: Vec<usize> =
        spec.order.iter().map(|term| column(def, &source, term)).collect::<Result<_>>()?;
    let Some(last) = last else { return Ok(()) };
    let mut alternatives = Vec::with_capacity(columns.len());
    let mut equal: Vec<Expr> = Vec::new();
    for (term, column) in spec.order.iter().zip(&columns) {
        let value = last.view(*column).to_value();
        if let Some(beyond) = beyond(def, *column, term, &value) {
            alternatives.push(Expr::And(equal.iter().cloned().chain([beyond]).collect()));
        }
        equal.push(match value.is_null() {
            true => Expr::IsNull(Box::new(term.expr.clone())),
            false => Expr::eq(term.expr.clone(), bind(def, *column, value)),
        });
    }
    spec.filter = Some(Expr::and(spec.filter.take(), Expr::Or(alternatives)));
    Ok(())
}

/// The column that a term sorts by.
fn column(def: &'static ModelDef, source: &Source, term: &Order) -> Result<usize> {
    let named = match &term.expr {
        Expr::Column { source: of, name, .. } if of == source => {
            def.columns.iter().position(|column| column.name == *name)
        }
        _ => None,
    };
    let Some(column) = named else {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "pages after a row are sorted by columns of `{}` alone; use `.page(number, size)`",
                def.name
            ),
        ));
    };
    let info = &def.columns[column];
    if info.nullable && term.nulls.is_none() {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "`{}.{}` may be NULL, and each database has NULL elsewhere in an order; say `.asc().nulls_last()` or \
                 `.nulls_first()`",
                def.name, info.field
            ),
        ));
    }
    Ok(column)
}

/// What is after a value in the order of its column; nothing where it is the last one.
fn beyond(def: &'static ModelDef, column: usize, term: &Order, value: &Value) -> Option<Expr> {
    let nulls_last = term.nulls == Some(Nulls::Last) && def.columns[column].nullable;
    let expr = || Box::new(term.expr.clone());
    if value.is_null() {
        return (!nulls_last).then(|| Expr::IsNotNull(expr()));
    }
    let op = if term.descending { BinaryOp::Lt } else { BinaryOp::Gt };
    let further = Expr::Binary(expr(), op, Box::new(bind(def, column, value.clone())));
    Some(if nulls_last { Expr::Or(vec![further, Expr::IsNull(expr())]) } else { further })
}

fn bind(def: &'static ModelDef, column: usize, value: Value) -> Expr {
    let info = &def.columns[column];
    Expr::Bind(Bind { value, secret: info.secret, kind: Some(info.kind) })
}
