//! Functions of the database: aggregates, window functions, and functions of single values.
//!
//! Each is called alike on every database and gives the same there; where one has another name or meaning, the
//! statement is written accordingly. What is not here is called by name with [`custom`].
//!
//! ```
//! # use orm_core::prelude::*;
//! # #[derive(Model, Debug)] struct Order { #[key] id: i64, user_id: i64, total: i64, note: Option<String> }
//! # async fn f(session: &mut Session) -> Result<()> {
//! let rows: Vec<(i64, i64, Option<i64>)> = session
//!     .rows(
//!         select_columns((
//!             Order::USER_ID,
//!             func::count(Order::ID).filter(Order::TOTAL.gt(100)),
//!             func::sum(Order::TOTAL),
//!         ))
//!         .group_by(Order::USER_ID),
//!     )
//!     .await?;
//! let notes: Vec<String> = session.rows(select_columns(func::coalesce(Order::NOTE, "-"))).await?;
//! # let _ = (rows, notes); Ok(()) }
//! # fn main() {}
//! ```

use super::{
    Aggregate, Case, Computed, Expression, IntoExpressions, IntoOperand, TextExpression, WindowFunction,
};
use crate::sql::{Bind, Expr, Function};
use crate::value::{ColumnType, Float, Integer, IntoValue, Text};

type Bare<E> = <<E as Expression>::Value as ColumnType>::Bare;
type Like<E, T> = <<E as Expression>::Value as ColumnType>::Like<T>;

/// How many rows there are in which the expression is not NULL.
pub fn count(of: impl Expression) -> Aggregate<i64> {
    aggregate(Function::Named("count"), of)
}

/// How many rows there are.
pub fn count_rows() -> Aggregate<i64> {
    let expr =
        Expr::Aggregate { function: Function::Named("count"), of: None, distinct: false, filter: None };
    Aggregate::new(expr, false)
}

/// The sum; NULL of no rows. The database refuses a sum that does not fit.
pub fn sum<E: Expression>(of: E) -> Aggregate<Option<<E::Family as Summed>::Sum>>
where
    E::Family: Summed,
{
    aggregate(<E::Family as Summed>::function(), of)
}

/// The mean as a floating-point number; NULL of no rows.
pub fn avg<E: Expression>(of: E) -> Aggregate<Option<f64>>
where
    E::Family: Summed,
{
    aggregate(Function::Average, of)
}

/// The smallest value; NULL of no rows.
pub fn min<E: Expression>(of: E) -> Aggregate<Option<Bare<E>>> {
    aggregate(Function::Named("min"), of)
}

/// The largest value; NULL of no rows.
pub fn max<E: Expression>(of: E) -> Aggregate<Option<Bare<E>>> {
    aggregate(Function::Named("max"), of)
}

/// The texts of a group one after the other, with another text between them; NULL of no rows. The order is the
/// database's: `string_agg` and `group_concat`.
pub fn join_text<E: TextExpression>(of: E, between: &str) -> Aggregate<Option<String>> {
    aggregate(Function::JoinText(between.into()), of)
}

/// Families of types that have a sum.
#[diagnostic::on_unimplemented(message = "values of the family `{Self}` have no sum", label = "not a number")]
pub trait Summed {
    /// What the sum is.
    type Sum: ColumnType;

    /// The function that adds.
    #[doc(hidden)]
    fn function() -> Function;
}

impl Summed for Integer {
    type Sum = i64;

    fn function() -> Function {
        Function::SumInteger
    }
}

impl Summed for Float {
    type Sum = f64;

    fn function() -> Function {
        Function::Named("sum")
    }
}

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
    WindowFunction::new(Expr::Call(Function::Named("ntile"), vec![Expr::Number(groups.max(1).into())]), false)
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
/// [`rows`](super::Window::rows) say otherwise.
pub fn last_value<E: Expression>(of: E) -> WindowFunction<Option<Bare<E>>> {
    near("last_value", of, None)
}

/// The value in a row of the frame, counted from 1; NULL where there is no such row.
pub fn nth_value<E: Expression>(of: E, row: u32) -> WindowFunction<Option<Bare<E>>> {
    near("nth_value", of, Some(row.max(1)))
}

/// A value as an expression: `func::value(0i64)`. It is bound, as every value is.
pub fn value<T: ColumnType + IntoValue<T>>(value: T) -> Computed<T> {
    Computed::new(Expr::Bind(Bind { value: value.into_value(), secret: false, kind: Some(T::KIND) }), false)
}

/// The same value as another type; what cannot be converted is an error of the database, or what it makes of it.
pub fn cast<T: ColumnType, E: Expression>(of: E) -> Computed<Like<E, T>> {
    let secret = of.is_secret();
    Computed::new(Expr::Cast(Box::new(of.into_sql()), T::KIND), secret)
}

/// The value, or another one where it is NULL.
pub fn coalesce<E: Expression>(of: E, fallback: impl IntoOperand<E::Family>) -> Computed<Bare<E>> {
    let secret = of.is_secret();
    let fallback = fallback.into_operand(secret);
    Computed::new(Expr::Call(Function::Named("coalesce"), vec![of.into_sql(), fallback]), secret)
}

/// The value, or NULL where it is equal to another one.
pub fn null_if<E: Expression>(of: E, nothing: impl IntoOperand<E::Family>) -> Computed<Option<Bare<E>>> {
    let secret = of.is_secret();
    let nothing = nothing.into_operand(secret);
    Computed::new(Expr::Call(Function::Named("nullif"), vec![of.into_sql(), nothing]), secret)
}

/// A value that depends on conditions.
pub fn case<T: ColumnType>() -> Case<T> {
    Case::new()
}

/// The larger of two values; NULL where one of them is on SQLite and MySQL, and the other one on PostgreSQL.
pub fn greatest<E: Expression>(a: E, b: impl IntoOperand<E::Family>) -> Computed<E::Value> {
    of_two(Function::Greatest, a, b)
}

/// The smaller of two values; NULL as for [`greatest`].
pub fn least<E: Expression>(a: E, b: impl IntoOperand<E::Family>) -> Computed<E::Value> {
    of_two(Function::Least, a, b)
}

/// The text in lower case; on SQLite the letters of ASCII alone.
pub fn lower<E: TextExpression>(of: E) -> Computed<E::Value> {
    of_one("lower", of)
}

/// The text in upper case; on SQLite the letters of ASCII alone.
pub fn upper<E: TextExpression>(of: E) -> Computed<E::Value> {
    of_one("upper", of)
}

/// The text without blanks at its ends.
pub fn trim<E: TextExpression>(of: E) -> Computed<E::Value> {
    of_one("trim", of)
}

/// The number of characters of a text.
pub fn length<E: TextExpression>(of: E) -> Computed<Like<E, i64>> {
    let secret = of.is_secret();
    Computed::new(Expr::Call(Function::Length, vec![of.into_sql()]), secret)
}

/// Two texts one after the other; NULL where one of them is.
pub fn concat<E: TextExpression>(a: E, b: impl IntoOperand<Text>) -> Computed<E::Value> {
    of_two(Function::Concat, a, b)
}

/// So many characters of a text from one of them on, counted from 1.
pub fn substring<E: TextExpression>(of: E, from: u32, characters: u32) -> Computed<E::Value> {
    let secret = of.is_secret();
    let arguments = vec![of.into_sql(), Expr::Number(from.max(1).into()), Expr::Number(characters.into())];
    Computed::new(Expr::Call(Function::Named("substr"), arguments), secret)
}

/// The text with every occurrence of one text replaced by another.
pub fn replace<E: TextExpression>(
    of: E,
    what: impl IntoOperand<Text>,
    with: impl IntoOperand<Text>,
) -> Computed<E::Value> {
    let secret = of.is_secret();
    let arguments = vec![of.into_sql(), what.into_operand(secret), with.into_operand(secret)];
    Computed::new(Expr::Call(Function::Named("replace"), arguments), secret)
}

/// The place of a text in another one, counted from 1; 0 where it is not in it.
pub fn position<E: TextExpression>(of: E, what: impl IntoOperand<Text>) -> Computed<Like<E, i64>> {
    let secret = of.is_secret();
    let arguments = vec![of.into_sql(), what.into_operand(secret)];
    Computed::new(Expr::Call(Function::Position, arguments), secret)
}

/// The number without its sign.
pub fn abs<E: Expression>(of: E) -> Computed<E::Value>
where
    E::Family: Summed,
{
    of_one("abs", of)
}

/// The nearest whole number.
pub fn round<E: Expression<Family = Float>>(of: E) -> Computed<E::Value> {
    of_one("round", of)
}

/// A function of the database by its name: `func::custom::<i64>("pg_backend_pid", ())`. What it gives has to be the
/// type that is said here.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Item { #[key] id: i64, name: String }
/// let sound = func::custom::<String>("soundex", Item::NAME);
/// let query = select::<Item>().filter(sound.eq("R163"));
/// # let _ = query;
/// # fn main() {}
/// ```
pub fn custom<T: ColumnType>(name: &str, arguments: impl IntoExpressions) -> Computed<T> {
    if !Function::is_name(name) {
        return Computed::refused(format!(
            "`{name}` is no name of a function; one is made of letters, digits, `_` and dots"
        ));
    }
    Computed::new(Expr::Call(Function::Custom(name.into()), arguments.into_expressions()), false)
}

fn aggregate<E: Expression, T: ColumnType>(function: Function, of: E) -> Aggregate<T> {
    let secret = of.is_secret();
    let of = Some(Box::new(of.into_sql()));
    Aggregate::new(Expr::Aggregate { function, of, distinct: false, filter: None }, secret)
}

fn over<T: ColumnType>(name: &'static str) -> WindowFunction<T> {
    WindowFunction::new(Expr::Call(Function::Named(name), Vec::new()), false)
}

fn near<E: Expression>(name: &'static str, of: E, rows: Option<u32>) -> WindowFunction<Option<Bare<E>>> {
    let secret = of.is_secret();
    let mut arguments = vec![of.into_sql()];
    arguments.extend(rows.map(|rows| Expr::Number(rows.into())));
    WindowFunction::new(Expr::Call(Function::Named(name), arguments), secret)
}

fn of_one<E: Expression>(name: &'static str, of: E) -> Computed<E::Value> {
    let secret = of.is_secret();
    Computed::new(Expr::Call(Function::Named(name), vec![of.into_sql()]), secret)
}

fn of_two<E: Expression>(function: Function, a: E, b: impl IntoOperand<E::Family>) -> Computed<E::Value> {
    let secret = a.is_secret();
    let b = b.into_operand(secret);
    Computed::new(Expr::Call(function, vec![a.into_sql(), b]), secret)
}
