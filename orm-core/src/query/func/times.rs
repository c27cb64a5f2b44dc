//! Dates and times: those of an instant are the ones in UTC.

use super::call::{Like, call};
use crate::query::{Computed, Expression};
use crate::sql::{Expr, Function, TimeFunction, TimePart, TimeUnit};
use crate::value::{Calendar, Clock, ColumnType, Moment, ValueKind};

/// The current time in UTC, as an instant, a date, a time or both: `func::now::<chrono::DateTime<Utc>>()`. It is the
/// same everywhere in one statement.
///
/// SQLite returns milliseconds, other databases microseconds. On PostgreSQL it is the time at which the transaction
/// began.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "chrono")] fn f() {
/// use chrono::{DateTime, Utc};
///
/// # #[derive(Model, Debug)] struct Event { #[key] id: i64, starts_at: DateTime<Utc> }
/// let upcoming = select::<Event>().filter(Event::STARTS_AT.gt(func::now::<DateTime<Utc>>()));
/// # let _ = upcoming; }
/// # fn main() {}
/// ```
pub fn now<T: ColumnType>() -> Computed<T>
where
    T::Family: Moment,
{
    Computed::new(Expr::Call(Function::Time(TimeFunction::Now, T::KIND), Vec::new()))
}

/// The year of a date.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "chrono")] fn f() {
/// # #[derive(Model, Debug)] struct Event { #[key] id: i64, starts_at: chrono::DateTime<chrono::Utc> }
/// let query = select::<Event>().filter(func::year(Event::STARTS_AT).eq(2024));
/// # let _ = query; }
/// # fn main() {}
/// ```
pub fn year<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Calendar,
{
    part(TimePart::Of(TimeUnit::Year), of)
}

/// The month of a date, from 1.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "chrono")] fn f() {
/// # #[derive(Model, Debug)] struct Event { #[key] id: i64, starts_at: chrono::DateTime<chrono::Utc> }
/// let december = select::<Event>().filter(func::month(Event::STARTS_AT).eq(12));
/// # let _ = december; }
/// # fn main() {}
/// ```
pub fn month<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Calendar,
{
    part(TimePart::Of(TimeUnit::Month), of)
}

/// The day of the month, from 1.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "chrono")] fn f() {
/// # #[derive(Model, Debug)] struct Event { #[key] id: i64, starts_at: chrono::DateTime<chrono::Utc> }
/// let first_of_month = select::<Event>().filter(func::day(Event::STARTS_AT).eq(1));
/// # let _ = first_of_month; }
/// # fn main() {}
/// ```
pub fn day<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Calendar,
{
    part(TimePart::Of(TimeUnit::Day), of)
}

/// The day of the week: 1 is Monday and 7 is Sunday.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "chrono")] fn f() {
/// # #[derive(Model, Debug)] struct Event { #[key] id: i64, starts_at: chrono::DateTime<chrono::Utc> }
/// let at_weekends = select::<Event>().filter(func::weekday(Event::STARTS_AT).ge(6));
/// # let _ = at_weekends; }
/// # fn main() {}
/// ```
pub fn weekday<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Calendar,
{
    part(TimePart::Weekday, of)
}

/// The day of the year, from 1.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "chrono")] fn f() {
/// # #[derive(Model, Debug)] struct Event { #[key] id: i64, starts_at: chrono::DateTime<chrono::Utc> }
/// let in_january = select::<Event>().filter(func::day_of_year(Event::STARTS_AT).le(31));
/// # let _ = in_january; }
/// # fn main() {}
/// ```
pub fn day_of_year<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Calendar,
{
    part(TimePart::DayOfYear, of)
}

/// The hour of a time, from 0.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "chrono")] fn f() {
/// # #[derive(Model, Debug)] struct Event { #[key] id: i64, starts_at: chrono::DateTime<chrono::Utc> }
/// let mornings = select::<Event>().filter(func::hour(Event::STARTS_AT).lt(12));
/// # let _ = mornings; }
/// # fn main() {}
/// ```
pub fn hour<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Clock,
{
    part(TimePart::Of(TimeUnit::Hour), of)
}

/// The minute of a time, from 0.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "chrono")] fn f() {
/// # #[derive(Model, Debug)] struct Event { #[key] id: i64, starts_at: chrono::DateTime<chrono::Utc> }
/// let on_the_hour = select::<Event>().filter(func::minute(Event::STARTS_AT).eq(0));
/// # let _ = on_the_hour; }
/// # fn main() {}
/// ```
pub fn minute<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Clock,
{
    part(TimePart::Of(TimeUnit::Minute), of)
}

/// The second of a time without its fraction, from 0.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "chrono")] fn f() {
/// # #[derive(Model, Debug)] struct Event { #[key] id: i64, starts_at: chrono::DateTime<chrono::Utc> }
/// let seconds = select_columns(func::second(Event::STARTS_AT));
/// # let _ = seconds; }
/// # fn main() {}
/// ```
pub fn second<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Clock,
{
    part(TimePart::Of(TimeUnit::Second), of)
}

/// The beginning of the year, month, day, hour, minute or second of a date or time.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "chrono")] fn f() {
/// # #[derive(Model, Debug)] struct Order { #[key] id: i64, placed_at: chrono::DateTime<chrono::Utc> }
/// let month = || func::truncate(Order::PLACED_AT, TimeUnit::Month);
/// let by_month = select_columns((month(), func::count(Order::ID))).group_by(month()).order_by(month());
/// # let _ = by_month; }
/// # fn main() {}
/// ```
///
/// A date has no hours, minutes and seconds: truncating it to one of these is an error when the query runs.
pub fn truncate<E: Expression>(of: E, unit: TimeUnit) -> Computed<E::Value>
where
    E::Family: Calendar,
{
    of_unit(TimeFunction::Truncate(unit), unit, of)
}

/// A date or time plus a number of years, months, days, hours, minutes or seconds; a negative number subtracts. If the
/// month has no such day, the result is its last day: one month after 31 January is in February.
///
/// A date has no hours, minutes and seconds: adding these is an error when the query runs.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "chrono")] fn f() {
/// use chrono::{DateTime, Utc};
///
/// # #[derive(Model, Debug)] struct Order { #[key] id: i64, placed_at: DateTime<Utc> }
/// let overdue = select::<Order>()
///     .filter(func::add_time(Order::PLACED_AT, 30, TimeUnit::Day).lt(func::now::<DateTime<Utc>>()));
/// # let _ = overdue; }
/// # fn main() {}
/// ```
pub fn add_time<E: Expression>(of: E, count: i32, unit: TimeUnit) -> Computed<E::Value>
where
    E::Family: Calendar,
{
    of_unit(TimeFunction::Add(unit, count), unit, of)
}

fn part<E: Expression>(part: TimePart, of: E) -> Computed<Like<E, i64>> {
    let kind = <E::Value as ColumnType>::KIND;
    call(Function::Time(TimeFunction::Part(part), kind), of, [])
}

fn of_unit<E: Expression>(function: TimeFunction, unit: TimeUnit, of: E) -> Computed<E::Value> {
    let kind = <E::Value as ColumnType>::KIND;
    if kind == ValueKind::Date && unit.is_below_day() {
        let unit = unit.name().to_lowercase();
        return Computed::refused(format!(
            "a day has no {unit}s; make a day and a time of it first, with `func::cast::<..>(..)`"
        ));
    }
    call(Function::Time(function, kind), of, [])
}
