//! Dates.

use std::fmt;

use super::digits::number;
use super::{ValueError, ValueRef};

/// A day of the Gregorian calendar: the cell of a date column.
///
/// The date types of `chrono`, `time` and `jiff` are stored as one; models use those types. `Display` and the database
/// write it as `2024-02-29`.
///
/// ```
/// use orm_core::value::Date;
///
/// let leap_day = Date::from_civil(2024, 2, 29).unwrap();
/// assert_eq!(leap_day.to_string(), "2024-02-29");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    days: i32,
}

/// From the first of March of the year 0, where leap days end years, to the first day of 1970.
const TO_1970: i64 = 719_468;
/// Days in 400 years, after which the calendar repeats.
const ERA: i64 = 146_097;

impl Date {
    /// The day that is this many days after 1970-01-01; negative numbers are before it.
    ///
    /// ```
    /// use orm_core::value::Date;
    ///
    /// assert_eq!(Date::from_days(-1).to_string(), "1969-12-31");
    /// ```
    pub const fn from_days(days: i32) -> Date {
        Date { days }
    }

    /// The number of days since 1970-01-01.
    ///
    /// ```
    /// use orm_core::value::Date;
    ///
    /// assert_eq!(Date::from_days(11_016).days(), 11_016);
    /// ```
    pub const fn days(self) -> i32 {
        self.days
    }

    /// The day with this year, month and day of the month, both from 1; `None` if there is no such day.
    ///
    /// ```
    /// use orm_core::value::Date;
    ///
    /// assert_eq!(Date::from_civil(2000, 2, 29).map(Date::days), Some(11_016));
    /// assert_eq!(Date::from_civil(2023, 2, 29), None);
    /// ```
    pub fn from_civil(year: i32, month: u8, day: u8) -> Option<Date> {
        if day == 0 || day > days_of_month(year, month)? {
            return None;
        }
        let (month, day) = (i64::from(month), i64::from(day));
        let year = i64::from(year) - i64::from(month <= 2);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let of_era = year.rem_euclid(400);
        let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
        let days = year.div_euclid(400) * ERA + day_of_era - TO_1970;
        Some(Date { days: i32::try_from(days).ok()? })
    }

    /// The year, the month from 1, and the day of the month from 1.
    ///
    /// ```
    /// use orm_core::value::Date;
    ///
    /// assert_eq!(Date::from_days(0).civil(), (1970, 1, 1));
    /// ```
    pub fn civil(self) -> (i32, u8, u8) {
        let (year, month, day) = self.parts();
        let small = |part: i64| u8::try_from(part).unwrap_or_default();
        (i32::try_from(year).unwrap_or_default(), small(month), small(day))
    }

    fn parts(self) -> (i64, i64, i64) {
        let days = i64::from(self.days) + TO_1970;
        let day_of_era = days.rem_euclid(ERA);
        let of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * of_era + of_era / 4 - of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = of_era + days.div_euclid(ERA) * 400 + i64::from(month <= 2);
        (year, month, day)
    }

    /// The date of a text as [`Display`](fmt::Display) writes it: `2024-02-29`.
    pub(crate) fn parse(text: &str) -> Option<Date> {
        Date::from_digits(text.as_bytes())
    }

    /// The date of exactly ten bytes.
    pub(super) fn from_digits(text: &[u8]) -> Option<Date> {
        let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
        let part = |digits: &[u8]| number(digits)?.try_into().ok();
        Date::from_civil(number(&[y1, y2, y3, y4])?.try_into().ok()?, part(&[m1, m2])?, part(&[d1, d2])?)
    }

    /// What a column of this kind has in a database that keeps it as a text.
    #[inline]
    pub(crate) fn of_text(text: &str) -> Option<Date> {
        Date::parse(text)
    }

    pub(crate) fn read(cell: ValueRef<'_>, expected: &'static str) -> Result<Date, ValueError> {
        match cell {
            ValueRef::Date(date) => Ok(date),
            ValueRef::Text(text) => {
                Date::parse(text).ok_or_else(|| ValueError::format(text, "2024-02-29", expected))
            }
            other => Err(ValueError::mismatch(other, expected)),
        }
    }
}

/// How many days a month has; `None` if a year has no such month.
fn days_of_month(year: i32, month: u8) -> Option<u8> {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => Some(29),
        2 => Some(28),
        _ => None,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        let sign = if year < 0 { "-" } else { "" };
        write!(f, "{sign}{:04}-{month:02}-{day:02}", year.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn days_and_calendar_agree() {
        let known = [
            (1970, 1, 1, 0),
            (2000, 2, 29, 11_016),
            (1969, 12, 31, -1),
            (9999, 12, 31, 2_932_896),
            (1, 1, 1, -719_162),
        ];
        for (year, month, day, days) in known {
            assert_eq!(Date::from_civil(year, month, day), Some(Date::from_days(days)));
            assert_eq!(Date::from_days(days).civil(), (year, month, day));
        }
        for days in (-3_000_000..3_000_000).step_by(97).chain([i32::MIN, i32::MAX]) {
            let (year, month, day) = Date::from_days(days).civil();
            assert_eq!(
                Date::from_civil(year, month, day),
                Some(Date::from_days(days)),
                "{year}-{month}-{day}"
            );
        }
    }

    #[test]
    fn days_that_do_not_exist_are_none() {
        for (year, month, day) in
            [(2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 0, 1), (2024, 13, 1), (2024, 1, 0)]
        {
            assert_eq!(Date::from_civil(year, month, day), None, "{year}-{month}-{day}");
        }
        for text in ["", "2024-2-29", "2023-02-29", "2024-02-29 ", "+024-02-29", "20240-02-29", "２024-02-29"]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        assert_eq!(Date::parse("2024-02-29").map(|date| date.to_string()).as_deref(), Some("2024-02-29"));
    }
}
