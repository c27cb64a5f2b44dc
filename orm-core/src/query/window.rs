use std::ops::{Bound as RangeBound, RangeBounds};

use super::{Computed, Expression, IntoExpressions, IntoOrder};
use crate::sql::{Bound, Expr, Frame, Window as WindowSql};
use crate::value::ColumnType;

/// The rows near a row, for functions that look at them: what stands after OVER.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Order { #[key] id: i64, user_id: i64, total: i64 }
/// # async fn f(session: &mut Session) -> Result<()> {
/// let so_far = window().partition_by(Order::USER_ID).order_by(Order::ID).rows(..=0);
/// let running: Vec<(i64, Option<i64>)> =
///     session.rows(select_columns((Order::ID, func::sum(Order::TOTAL).over(so_far)))).await?;
/// # let _ = running; Ok(()) }
/// # fn main() {}
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a window does nothing until it is given to `.over(..)`"]
pub struct Window {
    sql: WindowSql,
}

/// All rows of the result, to narrow down.
pub fn window() -> Window {
    Window::default()
}

impl Window {
    /// Looks only at the rows that have the same values for these.
    pub fn partition_by(mut self, by: impl IntoExpressions) -> Window {
        self.sql.partition.extend(by.into_expressions());
        self
    }

    /// Sorts the rows, after every earlier order.
    pub fn order_by(mut self, order: impl IntoOrder) -> Window {
        self.sql.order.extend(order.into_order());
        self
    }

    /// Looks only at the rows from one to another, counted from the current one, 0: `rows(-2..=0)` is the current row and
    /// the two before it, `rows(..=0)` all up to it.
    pub fn rows(mut self, rows: impl RangeBounds<i32>) -> Window {
        self.sql.frame = Some(frame(false, &rows));
        self
    }

    /// As [`rows`](Self::rows) with rows that sort alike as one: `range(..=0)` is all rows up to the current one and
    /// those that sort as it does.
    pub fn range(mut self, rows: impl RangeBounds<i32>) -> Window {
        self.sql.frame = Some(frame(true, &rows));
        self
    }

    pub(super) fn over<T>(self, function: Expr) -> Computed<T> {
        Computed::new(Expr::Over(Box::new(function), Box::new(self.sql)))
    }
}

fn frame(range: bool, rows: &impl RangeBounds<i32>) -> Frame {
    let from = match rows.start_bound() {
        RangeBound::Unbounded => Bound::Unbounded,
        RangeBound::Included(row) => bound(*row),
        RangeBound::Excluded(row) => bound(row.saturating_add(1)),
    };
    let to = match rows.end_bound() {
        RangeBound::Unbounded => Bound::Unbounded,
        RangeBound::Included(row) => bound(*row),
        RangeBound::Excluded(row) => bound(row.saturating_sub(1)),
    };
    Frame { range, from, to }
}

fn bound(row: i32) -> Bound {
    match row {
        0 => Bound::Current,
        row if row < 0 => Bound::Preceding(row.unsigned_abs()),
        row => Bound::Following(row.unsigned_abs()),
    }
}

/// A function that is one only over a window: `func::row_number().over(window()..)`.
#[derive(Debug, Clone)]
#[must_use = "a window function needs `.over(window())`"]
pub struct WindowFunction<T> {
    function: Computed<T>,
}

impl<T: ColumnType> WindowFunction<T> {
    pub(super) fn new(expr: Expr) -> WindowFunction<T> {
        WindowFunction { function: Computed::new(expr) }
    }

    /// The function for each row, over the rows of a window.
    pub fn over(self, window: Window) -> Computed<T> {
        window.over(self.function.into_sql())
    }
}
