use super::call::call;
use crate::query::{Computed, Division, Expression, Number};
use crate::sql::{Expr, Function};
use crate::value::{Decimal, Float};

/// Families of numbers that have a fraction.
#[diagnostic::on_unimplemented(
    message = "values of the family `{Self}` have no fraction to round",
    label = "not a number with a fraction"
)]
pub trait Fractional: Number {}

impl Fractional for Float {}
impl Fractional for Decimal {}

/// The number without its sign.
pub fn abs<E: Expression>(of: E) -> Computed<E::Value>
where
    E::Family: Number,
{
    exact::<E>(call(Function::Named("abs"), of, []))
}

/// The nearest whole number.
pub fn round<E: Expression>(of: E) -> Computed<E::Value>
where
    E::Family: Fractional,
{
    exact::<E>(call(Function::Named("round"), of, []))
}

/// The nearest number with so many places behind the point.
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
