//! Dates and times: those of an instant are the ones in UTC.

use super::call::{Like, call};
use crate::query::{Computed, Expression};
use crate::sql::{Expr, Function, TimeFunction, TimePart, TimeUnit};
use crate::value::{Calendar, Clock, ColumnType, Moment, ValueKind};

/// The current instant, or the day, the time, or both, that it is in UTC: `func::now::<chrono::DateTime<Utc>>()`. In one
/// statement it stays the same.
///
/// SQLite knows milliseconds, the others microseconds. On PostgreSQL it is when the transaction began.
pub fn now<T: ColumnType>() -> Computed<T>
where
    T::Family: Moment,
{
    Computed::new(Expr::Call(Function::Time(TimeFunction::Now, T::KIND), Vec::new()))
}

/// The year of a date.
pub fn year<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Calendar,
{
    part(TimePart::Of(TimeUnit::Year), of)
}

/// The month of a date, from 1.
pub fn month<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Calendar,
{
    part(TimePart::Of(TimeUnit::Month), of)
}

/// The day of a date in its month, from 1.
pub fn day<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Calendar,
{
    part(TimePart::Of(TimeUnit::Day), of)
}

/// The day of the week: 1 is Monday and 7 is Sunday.
pub fn weekday<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Calendar,
{
    part(TimePart::Weekday, of)
}

/// The day of a date in its year, from 1.
pub fn day_of_year<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Calendar,
{
    part(TimePart::DayOfYear, of)
}

/// The hour of a time, from 0.
pub fn hour<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Clock,
{
    part(TimePart::Of(TimeUnit::Hour), of)
}

/// The minute of a time, from 0.
pub fn minute<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Clock,
{
    part(TimePart::Of(TimeUnit::Minute), of)
}

/// The whole second of a time, from 0.
pub fn second<E: Expression>(of: E) -> Computed<Like<E, i64>>
where
    E::Family: Clock,
{
    part(TimePart::Of(TimeUnit::Second), of)
}

/// The beginning of the year, month, day, hour, minute or second that a date or time is in.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::query::TimeUnit;
/// # #[cfg(feature = "chrono")] fn f() {
/// # #[derive(Model, Debug)] struct Order { #[key] id: i64, placed_at: chrono::DateTime<chrono::Utc> }
/// let month = || func::truncate(Order::PLACED_AT, TimeUnit::Month);
/// let by_month = select_columns((month(), func::count(Order::ID))).group_by(month()).order_by(month());
/// # let _ = by_month; }
/// # fn main() {}
/// ```
///
/// A day has no hours, minutes and seconds: to ask for those is an error when the query runs.
pub fn truncate<E: Expression>(of: E, unit: TimeUnit) -> Computed<E::Value>
where
    E::Family: Calendar,
{
    of_unit(TimeFunction::Truncate(unit), unit, of)
}

/// What is so many years, months, days, hours, minutes or seconds after a date or time, or before it for a negative
/// number. Of a month that has no such day it is the last one: a month after the 31st of January is in February.
///
/// A day has no hours, minutes and seconds: to add those is an error when the query runs.
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
