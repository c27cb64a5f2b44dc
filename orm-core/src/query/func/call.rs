//! How functions are called.

use crate::query::{Computed, Expression, IntoOperand};
use crate::sql::{Expr, Function};
use crate::value::ColumnType;

/// The type of an expression without its `Option`.
pub(super) type Bare<E> = <<E as Expression>::Value as ColumnType>::Bare;

/// Another type, as nullable as an expression is.
pub(super) type Like<E, T> = <<E as Expression>::Value as ColumnType>::Like<T>;

/// A function of an expression and of arguments that are not values.
pub(super) fn call<E: Expression, T>(
    function: Function,
    of: E,
    arguments: impl IntoIterator<Item = Expr>,
) -> Computed<T> {
    let arguments = std::iter::once(of.into_sql()).chain(arguments).collect();
    Computed::new(Expr::Call(function, arguments))
}

/// A function of two values.
pub(super) fn call_with<E: Expression, T, F>(
    function: Function,
    of: E,
    with: impl IntoOperand<F>,
) -> Computed<T> {
    call(function, of, [with.into_operand()])
}
