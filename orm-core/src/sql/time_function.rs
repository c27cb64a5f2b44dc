//! Functions of dates and times.

/// A function of dates and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFunction {
    /// The current one, in UTC.
    Now,
    /// A part of one, as a whole number.
    Part(TimePart),
    /// The beginning of the unit that it is in.
    Truncate(TimeUnit),
    /// The time this many units later.
    Add(TimeUnit, i32),
    /// What a column that keeps this many digits behind the second makes of one, where the database does not.
    Keep(u8),
}

/// A part of a date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimePart {
    /// How many of a unit are in the next larger one: months and days from 1, the others from 0; and the year.
    Of(TimeUnit),
    /// The day of the week, from Monday, which is 1.
    Weekday,
    /// The day of the year, from 1.
    DayOfYear,
}

/// A unit of time: an argument of [`func::truncate`](crate::query::func::truncate) and
/// [`func::add_time`](crate::query::func::add_time).
///
/// ```
/// use orm_core::prelude::*;
///
/// assert!(TimeUnit::Hour.is_below_day());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeUnit {
    /// A year.
    Year,
    /// A month.
    Month,
    /// A day.
    Day,
    /// An hour.
    Hour,
    /// A minute.
    Minute,
    /// A second.
    Second,
}

impl TimeUnit {
    /// The name in SQL.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// assert_eq!(TimeUnit::Month.name(), "MONTH");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            TimeUnit::Year => "YEAR",
            TimeUnit::Month => "MONTH",
            TimeUnit::Day => "DAY",
            TimeUnit::Hour => "HOUR",
            TimeUnit::Minute => "MINUTE",
            TimeUnit::Second => "SECOND",
        }
    }

    /// Whether it is shorter than a day.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// assert!(TimeUnit::Minute.is_below_day() && !TimeUnit::Day.is_below_day());
    /// ```
    pub fn is_below_day(self) -> bool {
        matches!(self, TimeUnit::Hour | TimeUnit::Minute | TimeUnit::Second)
    }
}
