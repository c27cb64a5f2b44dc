use std::marker::PhantomData;

use super::selectable::ValueReader;
use super::{Computed, Expression, IntoOperand, IntoOrder, Predicate, SelectList, Selectable, Window};
use crate::sql::{Expr, Order};
use crate::value::ColumnType;

/// A function over the rows of a group: `func::count(Order::ID)`.
///
/// Without [`group_by`](super::SelectColumns::group_by) all rows are one group. With [`over`](Self::over) it is one of a
/// window instead, and every row keeps its place.
#[derive(Debug, Clone)]
pub struct Aggregate<T> {
    expr: Expr,
    secret: bool,
    of: PhantomData<fn() -> T>,
}

impl<T: ColumnType> Aggregate<T> {
    pub(super) fn new(expr: Expr, secret: bool) -> Aggregate<T> {
        Aggregate { expr, secret, of: PhantomData }
    }

    /// Takes equal values once.
    pub fn distinct(mut self) -> Aggregate<T> {
        if let Expr::Aggregate { distinct, .. } = &mut self.expr {
            *distinct = true;
        }
        self
    }

    /// Takes only the rows that meet a condition, and every earlier one.
    pub fn filter(mut self, condition: Predicate) -> Aggregate<T> {
        if let Expr::Aggregate { filter, .. } = &mut self.expr {
            let earlier = filter.take().map(|earlier| *earlier);
            *filter = Some(Box::new(Expr::and(earlier, condition.into_sql())));
        }
        self
    }

    /// The function for each row, over the rows of a window.
    pub fn over(self, window: Window) -> Computed<T> {
        window.over(self.expr, self.secret)
    }
}

impl<T: ColumnType> Expression for Aggregate<T> {
    type Family = T::Family;
    type Value = T;

    fn into_sql(self) -> Expr {
        self.expr
    }

    fn is_secret(&self) -> bool {
        self.secret
    }
}

#[diagnostic::do_not_recommend]
impl<T: ColumnType> IntoOperand<T::Family> for Aggregate<T> {
    fn into_operand(self, _secret: bool) -> Expr {
        self.expr
    }
}

impl<T: ColumnType> IntoOrder for Aggregate<T> {
    fn into_order(self) -> Vec<Order> {
        self.asc().into_order()
    }
}

impl<T: ColumnType> Selectable for Aggregate<T> {
    type Row = T;
    type Reader = ValueReader<T>;

    fn list(self, list: &mut SelectList) -> Self::Reader {
        Computed::new(self.expr, self.secret).list(list)
    }
}
