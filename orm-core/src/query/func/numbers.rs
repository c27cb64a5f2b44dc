//! Functions of numbers.

use super::call::call;
use crate::query::{Computed, Division, Expression, Number};
use crate::sql::{Expr, Function};
use crate::value::{Decimal, Float};

/// Families of numbers with a fraction.
///
/// ```
/// use orm_core::prelude::*;
/// use orm_core::query::func::Fractional;
///
/// /// A column rounded as a price, of `f64` or of decimals.
/// fn price<E: Expression<Family: Fractional>>(column: E) -> orm_core::query::Computed<E::Value> {
///     func::round_to(column, 2)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "values of the family `{Self}` have no fraction to round",
    label = "not a number with a fraction"
)]
pub trait Fractional: Number {}

impl Fractional for Float {}
impl Fractional for Decimal {}

/// The absolute value.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns(func::abs(Book::YEAR - 1970)).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?, [2, 1, 4, 10]);
/// # Ok(()) }
/// ```
pub fn abs<E: Expression>(of: E) -> Computed<E::Value>
where
    E::Family: Number,
{
    exact::<E>(call(Function::Named("abs"), of, []))
}

/// The nearest whole number. Halves of decimals are rounded away from zero; halves of floats also are on SQLite, and to the even
/// number on the other databases.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns(func::round(func::avg(Book::ID)));
/// assert_eq!(session.row(query).await?, Some(3.0));
/// # Ok(()) }
/// ```
pub fn round<E: Expression>(of: E) -> Computed<E::Value>
where
    E::Family: Fractional,
{
    exact::<E>(call(Function::Named("round"), of, []))
}

/// The nearest number with this many decimal places. Halves of decimals are rounded away from zero. A float is seldom the half
/// that it is written as, and the databases round those differently: `2.675` to two places is 2.67 or 2.68.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns(func::round_to(func::avg(Book::YEAR), 1));
/// assert_eq!(session.row(query).await?, Some(1968.3));
/// # Ok(()) }
/// ```
pub fn round_to<E: Expression>(of: E, places: u32) -> Computed<E::Value>
where
    E::Family: Fractional,
{
    let function = match <E::Family as Number>::DIVISION {
        Division::Decimal => Function::Named("round"),
        Division::Whole | Division::Exact => Function::RoundFloat,
    };
    exact::<E>(call(function, of, [Expr::Number(places.into())]))
}

fn exact<E: Expression>(computed: Computed<E::Value>) -> Computed<E::Value>
where
    E::Family: Number,
{
    match <E::Family as Number>::DIVISION {
        Division::Decimal => computed.map(|of| Expr::Decimal { of: Box::new(of), rounds: false }),
        Division::Whole | Division::Exact => computed,
    }
}
