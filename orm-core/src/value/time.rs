//! Times of day.

use std::fmt;

use super::digits::number;
use super::{ValueError, ValueRef};

/// A time of day: the cell of a time column. `Display` writes it as `23:59:59.5`.
///
/// ```
/// use orm_core::value::Time;
///
/// assert_eq!(Time::new(86_399, 500_000_000).map(|time| time.to_string()).as_deref(), Some("23:59:59.5"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    second: u32,
    nanosecond: u32,
}

impl Time {
    /// The first time of a day.
    pub const MIDNIGHT: Time = Time { second: 0, nanosecond: 0 };

    /// The time this many seconds after midnight, plus nanoseconds; `None` if it is out of range.
    ///
    /// A leap second is the last second of its minute with 1,000,000,000 nanoseconds or more. No database stores one.
    ///
    /// ```
    /// use orm_core::value::Time;
    ///
    /// assert_eq!(Time::new(0, 0), Some(Time::MIDNIGHT));
    /// assert_eq!(Time::new(86_400, 0), None);
    /// ```
    pub const fn new(second: u32, nanosecond: u32) -> Option<Time> {
        if second < 86_400 && nanosecond < 2_000_000_000 { Some(Time { second, nanosecond }) } else { None }
    }

    /// The time this many microseconds after midnight.
    pub(crate) fn from_micros(micros: i64) -> Option<Time> {
        let micros = u64::try_from(micros).ok()?;
        let nanosecond = u32::try_from(micros % 1_000_000).ok()? * 1_000;
        Time::new(u32::try_from(micros / 1_000_000).ok()?, nanosecond)
    }

    /// The time without what is finer than a microsecond, which no database stores. Cut and not rounded: a clock's time is
    /// then never in the future.
    pub(crate) const fn in_micros(self) -> Time {
        self.in_steps_of(1_000)
    }

    /// The time cut to a multiple of this many nanoseconds, which divide a second.
    pub(super) const fn in_steps_of(self, step: u32) -> Time {
        Time { second: self.second, nanosecond: self.nanosecond - self.nanosecond % step }
    }

    /// The microseconds after midnight; what is finer has been cut.
    pub(crate) fn micros(self) -> i64 {
        i64::from(self.second) * 1_000_000 + i64::from(self.nanosecond / 1_000)
    }

    /// The seconds since midnight.
    ///
    /// ```
    /// use orm_core::value::Time;
    ///
    /// assert_eq!(Time::new(3_600, 0).map(Time::second), Some(3_600));
    /// ```
    pub const fn second(self) -> u32 {
        self.second
    }

    /// The nanoseconds since the second began.
    ///
    /// ```
    /// use orm_core::value::Time;
    ///
    /// assert_eq!(Time::new(0, 5).map(Time::nanosecond), Some(5));
    /// ```
    pub const fn nanosecond(self) -> u32 {
        self.nanosecond
    }

    /// The time of a text as [`Display`](fmt::Display) writes it: `23:59:59` or `23:59:59.5`.
    pub(crate) fn parse(text: &str) -> Option<Time> {
        Time::from_digits(text.as_bytes())
    }

    /// The time of `23:59:59`, and of one with up to nine digits behind a point.
    pub(super) fn from_digits(text: &[u8]) -> Option<Time> {
        let &[h1, h2, b':', m1, m2, b':', s1, s2, ref fraction @ ..] = text else { return None };
        let part = |digits: [u8; 2], end| number(&digits).filter(|part| *part < end);
        let (hour, minute, second) = (part([h1, h2], 24)?, part([m1, m2], 60)?, part([s1, s2], 60)?);
        let nanosecond = match fraction {
            [] => 0,
            [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => {
                number(digits)? * 10_u32.pow(u32::try_from(9 - digits.len()).ok()?)
            }
            _ => return None,
        };
        Time::new(hour * 3_600 + minute * 60 + second, nanosecond)
    }

    /// What a column of this kind has in a database that keeps it as a text.
    #[inline]
    pub(crate) fn of_text(text: &str) -> Option<Time> {
        Time::parse(text)
    }

    pub(crate) fn read(cell: ValueRef<'_>, expected: &'static str) -> Result<Time, ValueError> {
        match cell {
            ValueRef::Time(time) => Ok(time),
            ValueRef::Text(text) => {
                Time::parse(text).ok_or_else(|| ValueError::format(text, "23:59:59.5", expected))
            }
            other => Err(ValueError::mismatch(other, expected)),
        }
    }
}

/// Without zeros at the end of the fraction, so that two equal times are one text and texts sort as times do.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second) = (self.second / 3_600, self.second / 60 % 60, self.second % 60);
        // A leap second is the 60th.
        let second = second + self.nanosecond / 1_000_000_000;
        write!(f, "{hour:02}:{minute:02}:{second:02}")?;
        match self.nanosecond % 1_000_000_000 {
            0 => Ok(()),
            nanosecond => write!(f, ".{}", format!("{nanosecond:09}").trim_end_matches('0')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn texts_sort_as_times_do() {
        let times: Vec<Time> =
            [(0, 0), (0, 1_000), (0, 10_000), (1, 0), (59, 999_999_000), (60, 0), (86_399, 500_000_000)]
                .into_iter()
                .filter_map(|(second, nanosecond)| Time::new(second, nanosecond))
                .collect();
        let texts: Vec<String> = times.iter().map(ToString::to_string).collect();
        assert!(texts.is_sorted(), "{texts:?}");
        assert_eq!(texts.iter().filter_map(|text| Time::parse(text)).collect::<Vec<_>>(), times);
        assert_eq!(texts.last().map(String::as_str), Some("23:59:59.5"));
    }

    #[test]
    fn other_texts_are_none() {
        for text in [
            "",
            "24:00:00",
            "23:60:00",
            "23:59:60",
            "1:00:00",
            "10:00",
            "10:00:00.",
            "10:00:00.1234567890",
            "10:00:00.+1",
        ] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
        assert_eq!(Time::parse("10:00:00.120"), Time::parse("10:00:00.12"));
    }
}
