//! Types of `time`.

use time::{OffsetDateTime, PrimitiveDateTime};

use crate::value::{Date, DateTime, Time, Timestamp};

/// The first day of 1970, as a Julian day.
const DAY_1970: i32 = 2_440_588;

column!(time::Date, "Date", Date, date_of, of_date);
column!(time::Time, "Time", Time, time_of, of_time);
column!(
    PrimitiveDateTime,
    "PrimitiveDateTime",
    DateTime,
    |found| Some(PrimitiveDateTime::new(date_of(found.date)?, time_of(found.time)?)),
    |value| DateTime { date: of_date(value.date()), time: of_time(value.time()) }
);
column!(
    OffsetDateTime,
    "OffsetDateTime",
    Timestamp,
    |found| Some(PrimitiveDateTime::new(date_of(found.0.date)?, time_of(found.0.time)?).assume_utc()),
    |instant| {
        let found = DateTime::from_unix(instant.unix_timestamp(), instant.nanosecond());
        // Years of at most six digits are far inside of what is counted in days.
        Timestamp(found.unwrap_or(DateTime { date: Date::from_days(0), time: Time::MIDNIGHT }).in_micros())
    }
);

fn date_of(date: Date) -> Option<time::Date> {
    time::Date::from_julian_day(date.days().checked_add(DAY_1970)?).ok()
}

fn of_date(date: time::Date) -> Date {
    Date::from_days(date.to_julian_day() - DAY_1970)
}

fn time_of(time: Time) -> Option<time::Time> {
    let part = |part: u32| u8::try_from(part).ok();
    let (hour, minute, second) =
        (part(time.second() / 3_600)?, part(time.second() / 60 % 60)?, part(time.second() % 60)?);
    time::Time::from_hms_nano(hour, minute, second, time.nanosecond()).ok()
}

fn of_time(time: time::Time) -> Time {
    let (hour, minute, second, nanosecond) = time.as_hms_nano();
    let second = u32::from(hour) * 3_600 + u32::from(minute) * 60 + u32::from(second);
    // A time of `time` is one of a day.
    Time::new(second, nanosecond).unwrap_or(Time::MIDNIGHT).in_micros()
}
