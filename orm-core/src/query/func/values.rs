use super::call::{Bare, Like, call_with};
use crate::query::{Case, Computed, Expression, IntoExpressions, IntoOperand};
use crate::sql::{Bind, Expr, Function};
use crate::value::{ColumnType, IntoValue, ValueKind};

/// A value as an expression: `func::value(0i64)`. It is bound, as every value is.
pub fn value<T: ColumnType + IntoValue<T>>(value: T) -> Computed<T> {
    Computed::new(Expr::Bind(Bind { kind: Some(T::KIND), ..value.into_value().into() }))
}

/// The same value as another type; what cannot be converted is an error of the database, or what it makes of it. Between
/// dates and times the parts are those in UTC. SQLite makes nothing of decimals, which is an error before SQL.
pub fn cast<T: ColumnType, E: Expression>(of: E) -> Computed<Like<E, T>> {
    let (from, to) = (<E::Value as ColumnType>::KIND, T::KIND);
    let of = of.into_sql();
    let dated = |kind| matches!(kind, ValueKind::Date | ValueKind::DateTime | ValueKind::Timestamp);
    let expr = match (dated(from), dated(to) || to == ValueKind::Time) {
        (true, true) => Expr::Call(Function::TimeAs(from, to), vec![of]),
        _ => Expr::Cast(Box::new(of), to),
    };
    let exact = (from == ValueKind::Decimal) != (to == ValueKind::Decimal);
    let expr = if exact { Expr::Decimal { of: Box::new(expr), rounds: false } } else { expr };
    Computed::new(expr)
}

/// The value, or another one where it is NULL.
pub fn coalesce<E: Expression>(of: E, fallback: impl IntoOperand<E::Family>) -> Computed<Bare<E>> {
    call_with(Function::Named("coalesce"), of, fallback)
}

/// The value, or NULL where it is equal to another one.
pub fn null_if<E: Expression>(of: E, nothing: impl IntoOperand<E::Family>) -> Computed<Option<Bare<E>>> {
    call_with(Function::Named("nullif"), of, nothing)
}

/// A value that depends on conditions.
pub fn case<T: ColumnType>() -> Case<T> {
    Case::new()
}

/// The larger of two values; NULL where one of them is on SQLite and MySQL, and the other one on PostgreSQL.
pub fn greatest<E: Expression>(a: E, b: impl IntoOperand<E::Family>) -> Computed<E::Value> {
    call_with(Function::Greatest, a, b)
}

/// The smaller of two values; NULL as for [`greatest`].
pub fn least<E: Expression>(a: E, b: impl IntoOperand<E::Family>) -> Computed<E::Value> {
    call_with(Function::Least, a, b)
}

/// A function of the database by its name: `func::custom::<i64>("pg_backend_pid", ())`. What it gives has to be the
/// type that is said here.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Item { #[key] id: i64, name: String }
/// let process = select_columns(func::custom::<i64>("pg_backend_pid", ()));
/// let sound = func::custom::<String>("soundex", Item::NAME);
/// let query = select::<Item>().filter(sound.eq("R163"));
/// # let _ = (process, query);
/// ```
pub fn custom<T: ColumnType>(name: &str, arguments: impl IntoExpressions) -> Computed<T> {
    if !Function::is_name(name) {
        return Computed::refused(format!(
            "`{name}` is no name of a function; one is made of letters, digits, `_` and dots"
        ));
    }
    Computed::new(Expr::Call(Function::Custom(name.into()), arguments.into_expressions()))
}
