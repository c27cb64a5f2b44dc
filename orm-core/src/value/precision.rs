//! Times of columns that keep fewer digits than databases can.

use super::{DateTime, Time, Timestamp, Value};

impl Time {
    /// The time without the digits behind the first ones after the second.
    const fn cut_to(self, digits: u8) -> Time {
        let mut unit = 1;
        let mut kept = digits;
        while kept < 9 {
            unit *= 10;
            kept += 1;
        }
        self.in_steps_of(unit)
    }
}

impl DateTime {
    fn cut_to(self, digits: u8) -> DateTime {
        DateTime { date: self.date, time: self.time.cut_to(digits) }
    }
}

impl Value {
    /// The value as a column with this many digits behind the second stores it, in lists too. It is cut and not rounded, as
    /// a clock's time is cut to microseconds: databases differ in which of the two they do, and get a value that fits.
    pub(crate) fn cut_to(self, digits: Option<u8>) -> Value {
        let Some(digits) = digits else { return self };
        match self {
            Value::Time(time) => Value::Time(time.cut_to(digits)),
            Value::DateTime(time) => Value::DateTime(time.cut_to(digits)),
            Value::Timestamp(Timestamp(time)) => Value::Timestamp(Timestamp(time.cut_to(digits))),
            Value::Array(values) => {
                Value::Array(values.into_iter().map(|value| value.cut_to(Some(digits))).collect())
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Time, Value};

    #[test]
    fn digits_are_cut_and_not_rounded() {
        let time = |nanosecond: u32| Time::new(59, nanosecond).map(Value::Time);
        let cut = |digits| time(987_654_321).map(|value| value.cut_to(digits));
        assert_eq!(cut(None), time(987_654_321));
        assert_eq!(cut(Some(6)), time(987_654_000));
        assert_eq!(cut(Some(3)), time(987_000_000));
        assert_eq!(cut(Some(1)), time(900_000_000));
        assert_eq!(cut(Some(0)), time(0));
    }

    #[test]
    fn a_leap_second_stays_one() {
        let leap = |nanosecond: u32| Time::new(59, 1_000_000_000 + nanosecond).map(Value::Time);
        assert_eq!(leap(123_456_789).map(|value| value.cut_to(Some(3))), leap(123_000_000));
        assert_eq!(leap(123_456_789).map(|value| value.cut_to(Some(0))), leap(0));
    }
}
