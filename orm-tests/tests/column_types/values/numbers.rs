use rust_decimal::Decimal;

use super::{Random, compares, values_come_back};

values_come_back!(
    decimal: Decimal,
    |random| {
        let digits = u128::from(random.number()) << 32 | u128::from(random.below(1 << 32));
        let digits = digits >> random.below(96);
        let scale = u32::try_from(random.below(29)).expect("it is small");
        let sign = if random.once_in(2) { -1 } else { 1 };
        match random.below(12) {
            0 => Decimal::MAX,
            1 => Decimal::MIN,
            2 => Decimal::ZERO,
            3 => Decimal::new(-1, 28),
            4 => Decimal::new(150, 2),
            _ => Decimal::from_i128_with_scale(sign * i128::try_from(digits).expect("it has 96 bits"), scale),
        }
    },
    |_, _| true,
    compares
);
values_come_back!(
    uuids: uuid::Uuid,
    |random| match random.below(10) {
        0 => uuid::Uuid::nil(),
        1 => uuid::Uuid::max(),
        _ => uuid::Uuid::from_u64_pair(random.number(), random.number()),
    },
    |_, _| true,
    compares
);
values_come_back!(
    floats: f64,
    |random| match random.below(10) {
        0 => f64::INFINITY,
        1 => f64::NEG_INFINITY,
        2 => f64::MAX,
        3 => f64::MIN_POSITIVE,
        4 => -0.0,
        // NaN equals nothing, so a comparison could not show that it came back.
        _ => Some(f64::from_bits(random.number())).filter(|value| !value.is_nan()).unwrap_or(0.1),
    },
    |backend, value| match backend {
        Backend::Postgres | Backend::Sqlite => true,
        _ => value.is_finite(),
    }
);
values_come_back!(
    large_integers: u64,
    |random| match random.below(4) {
        0 => u64::MAX,
        1 => i64::MAX.unsigned_abs(),
        2 => i64::MAX.unsigned_abs() + 1,
        _ => random.number() >> random.below(64),
    },
    |_, value| i64::try_from(*value).is_ok(),
    compares
);
