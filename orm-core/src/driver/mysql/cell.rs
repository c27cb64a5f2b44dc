//! MySQL's binary form of dates, times and decimals.

use std::error::Error;

use crate::value::{Date, DateTime, Decimal, Time, ValueRef};

type Cell = Result<ValueRef<'static>, Box<dyn Error + Send + Sync>>;

/// A DATE: how many bytes follow, the year in two of them, month and day.
pub(in crate::driver) fn date(bytes: &[u8]) -> Cell {
    day(bytes).map(ValueRef::Date).ok_or_else(|| unknown("DATE", bytes))
}

/// A DATETIME or TIMESTAMP: a date, and what is not zero of hour, minute, second and microseconds.
pub(in crate::driver) fn date_time(bytes: &[u8]) -> Cell {
    let read = || {
        let date = day(bytes)?;
        let time = match bytes.get(5..)? {
            [] => Time::MIDNIGHT,
            time => clock(time)?,
        };
        Some(DateTime { date, time })
    };
    read().map(ValueRef::DateTime).ok_or_else(|| unknown("DATETIME", bytes))
}

/// A TIME: how many bytes follow, a sign, four bytes of days, hour, minute, second and microseconds.
pub(in crate::driver) fn time(bytes: &[u8]) -> Cell {
    let read = || match bytes {
        [0] => Some(Time::MIDNIGHT),
        [_, 0, 0, 0, 0, 0, time @ ..] => clock(time),
        _ => None,
    };
    // A TIME of MySQL may be negative or longer than a day.
    read().map(ValueRef::Time).ok_or_else(|| "a TIME that is not a time of day cannot be read".into())
}

/// A DECIMAL, which is sent as text.
pub(in crate::driver) fn decimal(bytes: &[u8]) -> Cell {
    let text = std::str::from_utf8(bytes)?;
    let number = Decimal::parse(text).map(|number| ValueRef::Decimal(number.normalized()));
    number.ok_or_else(|| format!("the DECIMAL {text} has more than 96 bits or 28 places of digits").into())
}

fn day(bytes: &[u8]) -> Option<Date> {
    let [_, low, high, month, day, ..] = bytes else { return None };
    Date::from_civil(u16::from_le_bytes([*low, *high]).into(), *month, *day)
}

fn clock(bytes: &[u8]) -> Option<Time> {
    let [hour, minute, second, micros @ ..] = bytes else { return None };
    let micros = match micros {
        [] => 0,
        micros => u32::from_le_bytes(micros.try_into().ok()?),
    };
    let second = u32::from(*hour) * 3_600 + u32::from(*minute) * 60 + u32::from(*second);
    Time::new(second, micros.checked_mul(1_000)?)
}

fn unknown(name: &str, bytes: &[u8]) -> Box<dyn Error + Send + Sync> {
    match bytes {
        [0] | [_, 0, 0, 0, 0, ..] => {
            format!("a {name} that consists of zeros is not a date; use an `Option` and NULL").into()
        }
        _ => format!("a {name} that is not a day of the calendar cannot be read").into(),
    }
}
