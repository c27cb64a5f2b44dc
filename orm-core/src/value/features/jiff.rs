//! Types of `jiff`.

use jiff::civil;

use crate::value::{Date, DateTime, Time, Timestamp};

column!(civil::Date, "civil::Date", Date, date_of, of_date);
column!(civil::Time, "civil::Time", Time, time_of, of_time);
column!(
    civil::DateTime,
    "civil::DateTime",
    DateTime,
    |found| Some(civil::DateTime::from_parts(date_of(found.date)?, time_of(found.time)?)),
    |value| DateTime { date: of_date(value.date()), time: of_time(value.time()) }
);
column!(
    jiff::Timestamp,
    "Timestamp",
    Timestamp,
    |found| {
        let nanosecond = i32::try_from(found.0.time.nanosecond()).ok()?;
        jiff::Timestamp::new(found.0.unix(), nanosecond).ok()
    },
    |instant| {
        // The nanoseconds of an instant before 1970 are negative.
        let (second, nanosecond) = (instant.as_second(), instant.subsec_nanosecond());
        let (second, nanosecond) = match u32::try_from(nanosecond) {
            Ok(nanosecond) => (second, nanosecond),
            Err(_) => (second - 1, 1_000_000_000 - nanosecond.unsigned_abs()),
        };
        // Four digits of years are far inside of what is counted in days.
        let found = DateTime::from_unix(second, nanosecond);
        Timestamp(found.unwrap_or(DateTime { date: Date::from_days(0), time: Time::MIDNIGHT }).in_micros())
    }
);

fn date_of(date: Date) -> Option<civil::Date> {
    let (year, month, day) = date.civil();
    civil::Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

fn of_date(date: civil::Date) -> Date {
    let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
    // A date of `jiff` is one of the calendar.
    Date::from_civil(date.year().into(), month, day).unwrap_or(Date::from_days(0))
}

fn time_of(time: Time) -> Option<civil::Time> {
    let part = |part: u32| i8::try_from(part).ok();
    let (hour, minute, second) =
        (part(time.second() / 3_600)?, part(time.second() / 60 % 60)?, part(time.second() % 60)?);
    civil::Time::new(hour, minute, second, time.nanosecond().try_into().ok()?).ok()
}

fn of_time(time: civil::Time) -> Time {
    let part = |part: i8| u32::from(part.unsigned_abs());
    let second = part(time.hour()) * 3_600 + part(time.minute()) * 60 + part(time.second());
    // A time of `jiff` is one of a day.
    Time::new(second, time.subsec_nanosecond().unsigned_abs()).unwrap_or(Time::MIDNIGHT).in_micros()
}
