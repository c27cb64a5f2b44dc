use std::marker::PhantomData;

use super::computed::expression;
use super::selectable::ValueReader;
use super::{Computed, Predicate, SelectList, Selectable, Window};
use crate::sql::Expr;
use crate::value::ColumnType;

/// A function over the rows of a group: `func::count(Order::ID)`.
///
/// Without [`group_by`](super::SelectColumns::group_by) all rows are one group. With [`over`](Self::over) it is one of a
/// window instead, and every row keeps its place.
#[derive(Debug, Clone)]
#[must_use = "it is a part of a query, and does nothing by itself"]
pub struct Aggregate<T> {
    expr: Expr,
    of: PhantomData<fn() -> T>,
}

impl<T: ColumnType> Aggregate<T> {
    pub(super) fn new(expr: Expr) -> Aggregate<T> {
        Aggregate { expr: expr.bounded(), of: PhantomData }
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
        window.over(self.expr)
    }
}

expression!(Aggregate);

impl<T: ColumnType> Selectable for Aggregate<T> {
    type Row = T;
    type Reader = ValueReader<T>;

    fn list(self, list: &mut SelectList) -> Self::Reader {
        Computed::new(self.expr).list(list)
    }
}
