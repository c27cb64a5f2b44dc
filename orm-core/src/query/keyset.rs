//! Pages that begin after an entity.

use super::{SelectSpec, names};
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, ModelDef};
use crate::sql::{BinaryOp, Bind, Expr, Nulls, Order, Source};
use crate::value::{Value, ValueKind};

/// The order of a query for entities followed by the primary key, so each row has a unique position. Keyset pages need
/// that.
///
/// If the order does not specify it, NULL comes before every value, as on SQLite and MySQL.
#[derive(Debug, Clone)]
pub(crate) struct Keyset {
    terms: Vec<KeysetTerm>,
}

/// One term of the order.
#[derive(Debug, Clone)]
pub(crate) struct KeysetTerm {
    pub(crate) order: Order,
    /// The column of the model that it is; none for an expression.
    pub(crate) column: Option<usize>,
    nullable: bool,
    secret: bool,
    kind: Option<ValueKind>,
}

impl Keyset {
    /// The order of a query. What comes after the whole primary key decides nothing and is left out.
    ///
    /// # Errors
    /// `InvalidQuery`: it sorts by something that does not compare.
    pub(crate) fn of(spec: &SelectSpec) -> Result<Keyset> {
        let def = spec.model.def();
        let source = Source::Table(def.table);
        let key = names(def, def.key).map(|name| Order::new(Expr::column(&source, name), false));
        let mut terms: Vec<KeysetTerm> = Vec::new();
        for order in spec.core.order.iter().cloned().chain(key) {
            let term = KeysetTerm::new(order, def);
            let has = |column| terms.iter().any(|earlier| earlier.column == Some(column));
            if !term.column.is_some_and(has) && !def.key.iter().all(|column| has(*column)) {
                term.check(def)?;
                terms.push(term);
            }
        }
        Ok(Keyset { terms })
    }

    pub(crate) fn terms(&self) -> &[KeysetTerm] {
        &self.terms
    }

    pub(crate) fn order(&self) -> Vec<Order> {
        self.terms.iter().map(|term| term.order.clone()).collect()
    }

    /// The rows after the one with given values of the terms: equal in the first terms and greater in the next, for
    /// each number of terms.
    pub(crate) fn behind(&self, values: &[Value]) -> Expr {
        let mut alternatives = Vec::with_capacity(self.terms.len());
        for (at, (term, value)) in self.terms.iter().zip(values).enumerate() {
            let Some(behind) = term.behind(value) else { continue };
            let equal = self.terms.iter().zip(values).take(at).map(|(term, value)| term.equal(value));
            let mut all: Vec<Expr> = equal.collect();
            all.push(behind);
            alternatives.push(if all.len() == 1 { all.swap_remove(0) } else { Expr::And(all) });
        }
        if alternatives.len() == 1 { alternatives.swap_remove(0) } else { Expr::Or(alternatives) }
    }
}

impl KeysetTerm {
    fn new(order: Order, def: &ModelDef) -> KeysetTerm {
        let column = match &order.expr {
            Expr::Column { source: Source::Table(table), name, .. } if *table == def.table => {
                def.columns.iter().position(|column| column.name == *name)
            }
            _ => None,
        };
        let known = column.and_then(|column| def.columns.get(column));
        KeysetTerm {
            nullable: known.is_none_or(|column| column.nullable),
            secret: known.is_none_or(|column| column.secret),
            kind: known.map(|column| column.kind),
            column,
            order,
        }
    }

    fn check(&self, def: &ModelDef) -> Result<()> {
        match (self.kind, self.column) {
            (Some(ValueKind::Json), Some(column)) => refuse(format!(
                "pages cannot be sorted by `{}.{}`: databases disagree on the order of two documents",
                def.name, def.columns[column].field
            )),
            _ => Ok(()),
        }
    }

    fn equal(&self, value: &Value) -> Expr {
        match value {
            Value::Null => Expr::IsNull(self.expr()),
            value => Expr::Binary(self.expr(), BinaryOp::Eq, Box::new(self.bind(value))),
        }
    }

    /// What comes behind a value; `None` if nothing does.
    fn behind(&self, value: &Value) -> Option<Expr> {
        let nulls_first = self.order.nulls.map_or(!self.order.descending, |nulls| nulls == Nulls::First);
        if value.is_null() {
            return nulls_first.then(|| Expr::IsNotNull(self.expr()));
        }
        let op = if self.order.descending { BinaryOp::Lt } else { BinaryOp::Gt };
        let behind = Expr::Binary(self.expr(), op, Box::new(self.bind(value)));
        match self.nullable && !nulls_first {
            true => Some(Expr::Or(vec![behind, Expr::IsNull(self.expr())])),
            false => Some(behind),
        }
    }

    fn expr(&self) -> Box<Expr> {
        Box::new(self.order.expr.clone())
    }

    fn bind(&self, value: &Value) -> Expr {
        Expr::Bind(Bind { secret: self.secret, kind: self.kind, ..value.clone().into() })
    }
}

/// Makes a query the page behind one of its entities, or the first page. The deferred columns that it sorts by are read,
/// so that its last entity has what the next page needs.
///
/// # Errors
/// `InvalidQuery`: the order has something else than columns of the model, NULL has no place in it, or the entity was
/// read without a column that it sorts by.
pub(super) fn begin_behind<M: Model, L>(spec: &mut SelectSpec, last: Option<&Entity<M, L>>) -> Result<()> {
    let (def, keyset) = (M::def(), Keyset::of(spec)?);
    let mut values = Vec::with_capacity(keyset.terms.len());
    for term in &keyset.terms {
        let Some(column) = term.column else {
            let of = def.name;
            return refuse(format!(
                "`page_after` can be sorted only by columns of `{of}`; use `.page(number, size)`"
            ));
        };
        let info = &def.columns[column];
        if term.nullable && term.order.nulls.is_none() {
            return refuse(format!(
                "`{}.{}` may be NULL, and databases disagree on where NULL sorts; write \
                 `.asc().nulls_last()` or `.nulls_first()`",
                def.name, info.field
            ));
        }
        let value = last.map(|last| last.view(column).to_value());
        if value == Some(Value::NotLoaded) {
            return refuse(format!(
                "the page begins after an entity that was read without `{}.{}`, by which it is sorted; add \
                 `.undefer(..)` to the query that the entity is from",
                def.name, info.field
            ));
        }
        values.extend(value);
        spec.undeferred.push(column);
    }
    spec.core.order = keyset.order();
    spec.core.behind = true;
    if last.is_some() {
        spec.core.and_where(keyset.behind(&values));
    }
    Ok(())
}

fn refuse<T>(why: impl Into<String>) -> Result<T> {
    Err(Error::new(ErrorKind::InvalidQuery, why.into()))
}
