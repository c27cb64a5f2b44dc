use std::fmt;

use super::{Date, Time, ValueError, ValueRef};

/// A day and a time without a time zone: what a cell of such a column holds, and the family of these columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    /// The day.
    pub date: Date,
    /// The time of day.
    pub time: Time,
}

/// An instant, as day and time in UTC: what a cell of such a column holds, and the family of these columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub DateTime);

const SECONDS: i64 = 86_400;
const MICROS: i64 = SECONDS * 1_000_000;

impl DateTime {
    /// Microseconds since 1970 began.
    pub(crate) fn micros(self) -> i64 {
        // An `i32` of days is at most two thirds of what an `i64` of microseconds has room for.
        i64::from(self.date.days()).saturating_mul(MICROS).saturating_add(self.time.micros())
    }

    /// What is so many microseconds after 1970 began.
    pub(crate) fn from_micros(micros: i64) -> Option<DateTime> {
        let date = Date::from_days(i32::try_from(micros.div_euclid(MICROS)).ok()?);
        Some(DateTime { date, time: Time::from_micros(micros.rem_euclid(MICROS))? })
    }

    /// What is so many seconds after 1970 began, and so many nanoseconds after that.
    pub fn from_unix(second: i64, nanosecond: u32) -> Option<DateTime> {
        let date = Date::from_days(i32::try_from(second.div_euclid(SECONDS)).ok()?);
        let second = u32::try_from(second.rem_euclid(SECONDS)).ok()?;
        Some(DateTime { date, time: Time::new(second, nanosecond)? })
    }

    /// The seconds since 1970 began.
    pub fn unix(self) -> i64 {
        i64::from(self.date.days()) * SECONDS + i64::from(self.time.second())
    }

    /// What a text says as [`Display`](fmt::Display) writes it: `2024-02-29 23:59:59.5`.
    pub(crate) fn parse(text: &str) -> Option<DateTime> {
        let (date, time) = text.split_once(' ')?;
        Some(DateTime { date: Date::parse(date)?, time: Time::parse(time)? })
    }

    pub(crate) fn read(cell: ValueRef<'_>, expected: &'static str) -> Result<DateTime, ValueError> {
        match cell {
            ValueRef::DateTime(found) => Ok(found),
            ValueRef::Text(text) => parsed(text, expected),
            other => Err(ValueError::mismatch(other, expected)),
        }
    }
}

impl Timestamp {
    pub(crate) fn read(cell: ValueRef<'_>, expected: &'static str) -> Result<Timestamp, ValueError> {
        match cell {
            ValueRef::Timestamp(found) => Ok(found),
            // MySQL and SQLite have no type of their own for instants: theirs hold UTC.
            ValueRef::DateTime(found) => Ok(Timestamp(found)),
            ValueRef::Text(text) => parsed(text, expected).map(Timestamp),
            other => Err(ValueError::mismatch(other, expected)),
        }
    }
}

fn parsed(text: &str, expected: &'static str) -> Result<DateTime, ValueError> {
    DateTime::parse(text).ok_or_else(|| ValueError::format(text, "2024-02-29 23:59:59.5", expected))
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.date, self.time)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
