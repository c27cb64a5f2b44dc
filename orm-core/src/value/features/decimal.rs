//! Types of `rust_decimal`.

use crate::value::{Decimal, IntoValue, Value};

column!(
    rust_decimal::Decimal,
    "Decimal",
    Decimal,
    |found| rust_decimal::Decimal::try_from_i128_with_scale(found.mantissa(), found.scale()).ok(),
    |value| {
        // 96 bits and 28 places are what `rust_decimal` has, too.
        Decimal::new(value.mantissa(), value.scale()).unwrap_or(Decimal::ZERO)
    }
);

macro_rules! integers {
    ($($from:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl IntoValue<rust_decimal::Decimal> for $from {
            fn into_value(self) -> Value {
                rust_decimal::Decimal::from(self).into()
            }
        }

        #[diagnostic::do_not_recommend]
        impl IntoValue<Option<rust_decimal::Decimal>> for $from {
            fn into_value(self) -> Value {
                rust_decimal::Decimal::from(self).into()
            }
        }
    )*};
}

// Literals without a point: `price(5)`.
integers!(i8, i16, i32, i64, u8, u16, u32, u64);
