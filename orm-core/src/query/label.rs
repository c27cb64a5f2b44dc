use std::fmt;
use std::marker::PhantomData;

use super::{Expression, IntoOperand, IntoOrder, Plain};
use crate::model::{Column, Model};
use crate::sql::{Expr, Order};
use crate::value::ColumnType;

/// An expression with a name: `func::count(Order::ID).label("orders")`.
///
/// The name is what a struct's field, and a column of a subquery or a common table expression, is found by.
#[derive(Debug, Clone)]
#[must_use = "it is a part of a query, and does nothing by itself"]
pub struct Labeled<E> {
    pub(super) expression: E,
    pub(super) name: &'static str,
}

/// The name of a column of a subquery, with its type.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Order { #[key] id: i64, user_id: i64 }
/// const ORDERS: Label<i64> = label("orders");
/// let counts = select_columns((Order::USER_ID, func::count(Order::ID).label(ORDERS)))
///     .group_by(Order::USER_ID)
///     .subquery("counts");
/// let many = counts.column(ORDERS).gt(1);
/// # let _ = many;
/// ```
pub struct Label<T> {
    name: &'static str,
    of: PhantomData<fn() -> T>,
}

/// The name of a column of a subquery, with its type.
pub const fn label<T>(name: &'static str) -> Label<T> {
    Label { name, of: PhantomData }
}

impl<T> Clone for Label<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Label<T> {}

impl<T> fmt::Debug for Label<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Label").field(&self.name).finish()
    }
}

/// What a column can be called: a text, or a [`Label`] of its type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a column of type `{T}`",
    label = "expected a name, or a `Label<{T}>`"
)]
pub trait IntoLabel<T> {
    /// The name.
    #[doc(hidden)]
    fn into_label(self) -> &'static str;
}

impl<T> IntoLabel<T> for &'static str {
    fn into_label(self) -> &'static str {
        self
    }
}

impl<T> IntoLabel<T> for Label<T> {
    fn into_label(self) -> &'static str {
        self.name
    }
}

/// What names a column of a subquery: a column of a model, or a [`Label`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a column",
    label = "expected a column of a model, or a label"
)]
pub trait ColumnName {
    /// The column's type.
    type Value: ColumnType;

    /// The name, and whether values of the column must not be shown.
    #[doc(hidden)]
    fn column_name(self) -> (&'static str, bool);
}

impl<M: Model, T: ColumnType> ColumnName for Column<M, T> {
    type Value = T;

    fn column_name(self) -> (&'static str, bool) {
        (self.def().name, self.def().secret)
    }
}

impl<T: ColumnType> ColumnName for Label<T> {
    type Value = T;

    fn column_name(self) -> (&'static str, bool) {
        (self.name, false)
    }
}

impl<E: Expression> Expression for Labeled<E> {
    type Family = E::Family;
    type Value = E::Value;

    fn into_sql(self) -> Expr {
        self.expression.into_sql()
    }
}

impl<E> Plain for Labeled<E> {}

#[diagnostic::do_not_recommend]
impl<F, E: Expression<Family = F>> IntoOperand<F> for Labeled<E> {
    fn into_operand(self) -> Expr {
        self.expression.into_sql()
    }
}

impl<E: Expression> IntoOrder for Labeled<E> {
    fn into_order(self) -> Vec<Order> {
        self.asc().into_order()
    }
}
