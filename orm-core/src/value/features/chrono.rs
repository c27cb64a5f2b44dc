//! Types of `chrono`.

use chrono::{Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

use crate::value::{Date, DateTime, IntoValue, Time, Timestamp, Value};

/// The first day of 1970, counted as `chrono` does from the first one of the year 1.
const DAY_1970: i32 = 719_163;

column!(NaiveDate, "NaiveDate", Date, date_of, |date| Date::from_days(date.num_days_from_ce() - DAY_1970));
column!(NaiveTime, "NaiveTime", Time, time_of, of_time);
column!(NaiveDateTime, "NaiveDateTime", DateTime, date_time_of, of_date_time);
column!(
    chrono::DateTime<Utc>,
    "DateTime<Utc>",
    Timestamp,
    |found| date_time_of(found.0).map(|found| found.and_utc()),
    |instant| Timestamp(of_date_time(instant.naive_utc()))
);

fn date_of(date: Date) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(date.days().checked_add(DAY_1970)?)
}

fn time_of(time: Time) -> Option<NaiveTime> {
    NaiveTime::from_num_seconds_from_midnight_opt(time.second(), time.nanosecond())
}

fn of_time(time: NaiveTime) -> Time {
    // The seconds of a day and fewer than two billion nanoseconds are what `chrono` has, too.
    Time::new(time.num_seconds_from_midnight(), time.nanosecond()).unwrap_or(Time::MIDNIGHT).in_micros()
}

fn date_time_of(found: DateTime) -> Option<NaiveDateTime> {
    Some(date_of(found.date)?.and_time(time_of(found.time)?))
}

fn of_date_time(value: NaiveDateTime) -> DateTime {
    DateTime {
        date: Date::from_days(value.date().num_days_from_ce() - DAY_1970),
        time: of_time(value.time()),
    }
}

/// The instant is stored; its offset is not.
impl From<chrono::DateTime<FixedOffset>> for Value {
    fn from(instant: chrono::DateTime<FixedOffset>) -> Value {
        instant.with_timezone(&Utc).into()
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue<chrono::DateTime<Utc>> for chrono::DateTime<FixedOffset> {
    fn into_value(self) -> Value {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue<Option<chrono::DateTime<Utc>>> for chrono::DateTime<FixedOffset> {
    fn into_value(self) -> Value {
        self.into()
    }
}
