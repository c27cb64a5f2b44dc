use super::call::Bare;
use crate::query::{Aggregate, Expression, TextExpression};
use crate::sql::{Expr, Function};
#[cfg(feature = "decimal")]
use crate::value::Decimal;
use crate::value::{ColumnType, Float, Integer, Textual};

/// How many rows there are in which the expression is not NULL.
pub fn count(of: impl Expression) -> Aggregate<i64> {
    aggregate(Function::Named("count"), of)
}

/// How many rows there are.
pub fn count_rows() -> Aggregate<i64> {
    let expr =
        Expr::Aggregate { function: Function::Named("count"), of: None, distinct: false, filter: None };
    Aggregate::new(expr)
}

/// The sum; NULL of no rows. The database refuses a sum that does not fit. Of decimals SQLite has none, which is an error
/// before SQL.
pub fn sum<E: Expression>(of: E) -> Aggregate<Option<<E::Family as Summed>::Sum>>
where
    E::Family: Summed,
{
    aggregate(<E::Family as Summed>::function(), of)
}

/// The mean: of integers and floats a floating-point number, of decimals a decimal; NULL of no rows.
pub fn avg<E: Expression>(of: E) -> Aggregate<Option<<E::Family as Summed>::Mean>>
where
    E::Family: Summed,
{
    aggregate(<E::Family as Summed>::mean(), of)
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
pub fn join_text<E: TextExpression>(of: E, between: &str) -> Aggregate<Option<String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    aggregate(Function::JoinText(between.into()), of)
}

/// Families of types that have a sum.
#[diagnostic::on_unimplemented(message = "values of the family `{Self}` have no sum", label = "not a number")]
pub trait Summed {
    /// What the sum is.
    type Sum: ColumnType;

    /// What the mean is.
    type Mean: ColumnType;

    /// The function that adds.
    #[doc(hidden)]
    fn function() -> Function;

    /// The function of the mean.
    #[doc(hidden)]
    fn mean() -> Function {
        Function::Average
    }
}

impl Summed for Integer {
    type Sum = i64;
    type Mean = f64;

    fn function() -> Function {
        Function::SumInteger
    }
}

impl Summed for Float {
    type Sum = f64;
    type Mean = f64;

    fn function() -> Function {
        Function::Named("sum")
    }
}

#[cfg(feature = "decimal")]
impl Summed for Decimal {
    type Sum = rust_decimal::Decimal;
    type Mean = rust_decimal::Decimal;

    fn function() -> Function {
        Function::SumDecimal
    }

    fn mean() -> Function {
        Function::MeanDecimal
    }
}

fn aggregate<E: Expression, T: ColumnType>(function: Function, of: E) -> Aggregate<T> {
    let of = Some(Box::new(of.into_sql()));
    Aggregate::new(Expr::Aggregate { function, of, distinct: false, filter: None })
}
