use super::call::Bare;
use crate::query::{Expression, WindowFunction};
use crate::sql::{Expr, Function};
use crate::value::ColumnType;

/// The number of a row in its window, from 1.
pub fn row_number() -> WindowFunction<i64> {
    over("row_number")
}

/// The number of the first row that sorts as this one does: 1, 1, 3.
pub fn rank() -> WindowFunction<i64> {
    over("rank")
}

/// The number of a row where those that sort alike are one: 1, 1, 2.
pub fn dense_rank() -> WindowFunction<i64> {
    over("dense_rank")
}

/// The rank as a fraction of the rows, from 0 to 1.
pub fn percent_rank() -> WindowFunction<f64> {
    over("percent_rank")
}

/// Which part of the rows sorts no later than this one.
pub fn cume_dist() -> WindowFunction<f64> {
    over("cume_dist")
}

/// The number of a row's group when the rows are divided into so many groups of equal size.
pub fn ntile(groups: u32) -> WindowFunction<i64> {
    WindowFunction::new(Expr::Call(Function::Named("ntile"), vec![Expr::Number(groups.max(1).into())]))
}

/// The value so many rows before; NULL where there is no such row.
pub fn lag<E: Expression>(of: E, rows: u32) -> WindowFunction<Option<Bare<E>>> {
    near("lag", of, Some(rows))
}

/// The value so many rows after; NULL where there is no such row.
pub fn lead<E: Expression>(of: E, rows: u32) -> WindowFunction<Option<Bare<E>>> {
    near("lead", of, Some(rows))
}

/// The value in the first row of the frame.
pub fn first_value<E: Expression>(of: E) -> WindowFunction<Option<Bare<E>>> {
    near("first_value", of, None)
}

/// The value in the last row of the frame. A window with an order ends at the current row, unless its
/// [`rows`](crate::query::Window::rows) say otherwise.
pub fn last_value<E: Expression>(of: E) -> WindowFunction<Option<Bare<E>>> {
    near("last_value", of, None)
}

/// The value in a row of the frame, counted from 1; NULL where there is no such row.
pub fn nth_value<E: Expression>(of: E, row: u32) -> WindowFunction<Option<Bare<E>>> {
    near("nth_value", of, Some(row.max(1)))
}

fn over<T: ColumnType>(name: &'static str) -> WindowFunction<T> {
    WindowFunction::new(Expr::Call(Function::Named(name), Vec::new()))
}

fn near<E: Expression>(name: &'static str, of: E, rows: Option<u32>) -> WindowFunction<Option<Bare<E>>> {
    let mut arguments = vec![of.into_sql()];
    arguments.extend(rows.map(|rows| Expr::Number(rows.into())));
    WindowFunction::new(Expr::Call(Function::Named(name), arguments))
}
