//! Dates with times.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Date, Time, ValueError, ValueRef, digits};

/// A day and a time without a time zone: the cell of a TIMESTAMP or DATETIME column. `Display` writes it as `2024-02-29
/// 23:59:59.5`.
///
/// ```
/// use orm_core::value::{Date, DateTime, Time};
///
/// let noon = DateTime { date: Date::from_days(0), time: Time::new(12 * 3600, 0).unwrap() };
/// assert_eq!(noon.to_string(), "1970-01-01 12:00:00");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    /// The day.
    pub date: Date,
    /// The time of day.
    pub time: Time,
}

/// An instant, as day and time in UTC: the cell of a column of instants, such as `DateTime<Utc>` of chrono.
///
/// ```
/// use orm_core::value::{DateTime, Timestamp};
///
/// let instant = Timestamp(DateTime::from_unix(1_709_251_199, 0).unwrap());
/// assert_eq!(instant.to_string(), "2024-02-29 23:59:59");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub DateTime);

/// How many bytes a date has in a text.
const DATE: usize = "2024-02-29".len();
const SECONDS: i64 = 86_400;
const MICROS: i64 = SECONDS * 1_000_000;

impl DateTime {
    /// Microseconds since 1970 began.
    pub(crate) fn micros(self) -> i64 {
        // An `i32` of days is at most two thirds of what an `i64` of microseconds has room for.
        i64::from(self.date.days()).saturating_mul(MICROS).saturating_add(self.time.micros())
    }

    /// The time this many microseconds after the beginning of 1970.
    pub(crate) fn from_micros(micros: i64) -> Option<DateTime> {
        let date = Date::from_days(i32::try_from(micros.div_euclid(MICROS)).ok()?);
        Some(DateTime { date, time: Time::from_micros(micros.rem_euclid(MICROS))? })
    }

    /// The same without what is finer than a microsecond.
    pub(crate) fn in_micros(self) -> DateTime {
        DateTime { date: self.date, time: self.time.in_micros() }
    }

    /// The day and time this many seconds after 1970-01-01 00:00:00, plus nanoseconds; `None` if it is out of range.
    ///
    /// ```
    /// use orm_core::value::DateTime;
    ///
    /// assert_eq!(DateTime::from_unix(-1, 500_000_000).map(|time| time.to_string()).as_deref(), Some("1969-12-31 23:59:59.5"));
    /// ```
    pub fn from_unix(second: i64, nanosecond: u32) -> Option<DateTime> {
        let date = Date::from_days(i32::try_from(second.div_euclid(SECONDS)).ok()?);
        let second = u32::try_from(second.rem_euclid(SECONDS)).ok()?;
        Some(DateTime { date, time: Time::new(second, nanosecond)? })
    }

    /// What a clock of the system tells, in UTC and in microseconds.
    pub(crate) fn of_clock(now: SystemTime) -> Option<DateTime> {
        let micros = match now.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).ok()?,
            Err(before) => i64::try_from(before.duration().as_micros()).ok()?.checked_neg()?,
        };
        DateTime::from_micros(micros)
    }

    /// The seconds since 1970-01-01 00:00:00, without fractions.
    ///
    /// ```
    /// use orm_core::value::DateTime;
    ///
    /// assert_eq!(DateTime::from_unix(86_400, 0).map(DateTime::unix), Some(86_400));
    /// ```
    pub fn unix(self) -> i64 {
        i64::from(self.date.days()) * SECONDS + i64::from(self.time.second())
    }

    /// Parses what [`Display`](fmt::Display) writes, `2024-02-29 23:59:59.5`; also, as other programs write it, with a
    /// `T` instead of the space.
    pub(crate) fn parse(text: &str) -> Option<DateTime> {
        let (date, time) = text.as_bytes().split_at_checked(DATE)?;
        let [b' ' | b'T', time @ ..] = time else { return None };
        Some(DateTime { date: Date::from_digits(date)?, time: Time::from_digits(time)? })
    }

    /// What a column of this kind has in a database that keeps it as a text.
    #[inline]
    pub(crate) fn of_text(text: &str) -> Option<DateTime> {
        DateTime::parse(text)
    }

    pub(crate) fn read(cell: ValueRef<'_>, expected: &'static str) -> Result<DateTime, ValueError> {
        match cell {
            ValueRef::DateTime(found) => Ok(found),
            ValueRef::Text(text) => DateTime::parse(text).ok_or_else(|| unknown(text, expected)),
            other => Err(ValueError::mismatch(other, expected)),
        }
    }
}

impl Timestamp {
    /// Parses a day and a time in UTC; also, as other programs write it, with a trailing `Z` or offset.
    pub(crate) fn parse(text: &str) -> Option<Timestamp> {
        if let Some(utc) = text.strip_suffix('Z') {
            return DateTime::parse(utc).map(Timestamp);
        }
        // The day contains hyphens itself.
        let time = text.as_bytes().get(DATE + 1..).unwrap_or_default();
        let Some(at) = time.iter().position(|byte| matches!(byte, b'+' | b'-')) else {
            return DateTime::parse(text).map(Timestamp);
        };
        let (local, offset) = text.split_at_checked(DATE + 1 + at)?;
        let local = DateTime::parse(local)?;
        let seconds = offset_seconds(offset.as_bytes())?;
        DateTime::from_unix(local.unix() - seconds, local.time.nanosecond()).map(Timestamp)
    }

    /// What a column of this kind has in a database that keeps it as a text.
    #[inline]
    pub(crate) fn of_text(text: &str) -> Option<Timestamp> {
        Timestamp::parse(text)
    }

    pub(crate) fn read(cell: ValueRef<'_>, expected: &'static str) -> Result<Timestamp, ValueError> {
        match cell {
            ValueRef::Timestamp(found) => Ok(found),
            // MySQL and SQLite have no type of their own for instants: theirs hold UTC.
            ValueRef::DateTime(found) => Ok(Timestamp(found)),
            ValueRef::Text(text) => Timestamp::parse(text).ok_or_else(|| unknown(text, expected)),
            other => Err(ValueError::mismatch(other, expected)),
        }
    }
}

fn unknown(text: &str, expected: &'static str) -> ValueError {
    ValueError::format(text, "2024-02-29 23:59:59.5", expected)
}

/// The seconds that `+02:00` is before UTC.
fn offset_seconds(offset: &[u8]) -> Option<i64> {
    let &[sign, h1, h2, b':', m1, m2] = offset else { return None };
    let sign = if sign == b'-' { -1 } else { 1 };
    let (hours, minutes) = (digits::number(&[h1, h2])?, digits::number(&[m1, m2])?);
    (hours < 24 && minutes < 60).then(|| sign * i64::from(hours * 3_600 + minutes * 60))
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

#[cfg(test)]
mod tests {
    use super::{DateTime, Timestamp};

    #[test]
    fn instants_are_read_where_their_meaning_is_certain() {
        let read = |text| Timestamp::parse(text).map(|instant| instant.to_string());
        for (text, expected) in [
            ("2024-01-02 03:04:05", "2024-01-02 03:04:05"),
            ("2024-01-02T03:04:05Z", "2024-01-02 03:04:05"),
            ("2024-01-02T03:04:05.120Z", "2024-01-02 03:04:05.12"),
            ("2024-01-02 03:04:05.5+00:00", "2024-01-02 03:04:05.5"),
            ("2024-01-02T01:04:05+02:00", "2024-01-01 23:04:05"),
            ("2024-12-31T23:30:00-01:30", "2025-01-01 01:00:00"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "2024-01-02",
            "2024-01-02Z",
            "2024-01-02T03:04Z",
            "2024-01-02 03:04:05+2",
            "2024-01-02T03:04:05+25:00",
            "é",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        // A day and a time without a zone are not those of an instant.
        assert!(
            DateTime::parse("2024-01-02T03:04:05").is_some()
                && DateTime::parse("2024-01-02T03:04:05Z").is_none()
        );
    }
}
