//! Aggregate functions.

use super::call::Bare;
use crate::query::{Aggregate, Expression, TextExpression};
use crate::sql::{Expr, Function};
#[cfg(feature = "decimal")]
use crate::value::Decimal;
use crate::value::{ColumnType, Float, Integer, Textual};

/// The number of rows in which the expression is not NULL.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.row(select_columns(func::count(Author::EMAIL))).await?, 1);
/// # Ok(()) }
/// ```
pub fn count(of: impl Expression) -> Aggregate<i64> {
    aggregate(Function::Named("count"), of)
}

/// The number of rows.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.row(select_columns(func::count_rows()).from::<Book>()).await?, 4);
/// # Ok(()) }
/// ```
pub fn count_rows() -> Aggregate<i64> {
    let expr =
        Expr::Aggregate { function: Function::Named("count"), of: None, distinct: false, filter: None };
    Aggregate::new(expr)
}

/// The sum; NULL for no rows. A sum that does not fit is an error of the database. SQLite has no exact decimals, so a
/// sum of decimals there is an error before SQL is sent.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.row(select_columns(func::sum(Book::ID))).await?, Some(10));
/// # Ok(()) }
/// ```
pub fn sum<E: Expression>(of: E) -> Aggregate<Option<<E::Family as Summed>::Sum>>
where
    E::Family: Summed,
{
    aggregate(<E::Family as Summed>::function(), of)
}

/// The mean: a floating-point number for integers and floats, a decimal for decimals; NULL for no rows.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.row(select_columns(func::avg(Book::ID))).await?, Some(2.5));
/// # Ok(()) }
/// ```
pub fn avg<E: Expression>(of: E) -> Aggregate<Option<<E::Family as Summed>::Mean>>
where
    E::Family: Summed,
{
    aggregate(<E::Family as Summed>::mean(), of)
}

/// The smallest value; NULL for no rows.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.row(select_columns(func::min(Book::YEAR))).await?, Some(1960));
/// # Ok(()) }
/// ```
pub fn min<E: Expression>(of: E) -> Aggregate<Option<Bare<E>>> {
    aggregate(Function::Smallest(Bare::<E>::KIND), of)
}

/// The largest value; NULL for no rows.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// assert_eq!(session.row(select_columns(func::max(Book::YEAR))).await?, Some(1974));
/// # Ok(()) }
/// ```
pub fn max<E: Expression>(of: E) -> Aggregate<Option<Bare<E>>> {
    aggregate(Function::Largest(Bare::<E>::KIND), of)
}

/// The texts of a group, joined with a separator; NULL for no rows. The order is up to the database: it is `string_agg`
/// or `group_concat`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns(func::join_text(Tag::NAME, ", "));
/// assert_eq!(session.row(query).await?.as_deref(), Some("utopia"));
/// # Ok(()) }
/// ```
pub fn join_text<E: TextExpression>(of: E, between: &str) -> Aggregate<Option<String>>
where
    <E::Value as ColumnType>::Stored: Textual,
{
    aggregate(Function::JoinText(between.into()), of)
}

/// Families of types with a sum and a mean.
///
/// ```
/// use orm_core::prelude::*;
/// use orm_core::query::Aggregate;
/// use orm_core::query::func::Summed;
///
/// /// The sum of a column, in the type that holds it: `i64` of all integers.
/// fn total<E: Expression<Family: Summed>>(column: E) -> Aggregate<Option<<E::Family as Summed>::Sum>> {
///     func::sum(column)
/// }
/// ```
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
