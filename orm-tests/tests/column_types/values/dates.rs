use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Utc};
use jiff::civil;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

use super::{Random, compares, values_come_back};

values_come_back!(
    chrono_date: NaiveDate,
    |random| chrono_day(random),
    |backend, date| day_fits(backend, chrono::Datelike::year(date)),
    compares
);
values_come_back!(
    chrono_time: NaiveTime,
    |random| chrono_clock(random),
    |_, time| time_fits(chrono::Timelike::nanosecond(time)),
    compares
);
values_come_back!(
    chrono_date_time: NaiveDateTime,
    |random| chrono_day(random).and_time(chrono_clock(random)),
    |backend, value| {
        day_fits(backend, chrono::Datelike::year(value)) && time_fits(chrono::Timelike::nanosecond(value))
    },
    compares
);
values_come_back!(
    chrono_instant: chrono::DateTime<Utc>,
    |random| chrono_day(random).and_time(chrono_clock(random)).and_utc(),
    |backend, value| {
        day_fits(backend, chrono::Datelike::year(value)) && time_fits(chrono::Timelike::nanosecond(value))
    },
    compares
);
values_come_back!(
    time_date: time::Date,
    |random| time_day(random),
    |backend, date| day_fits(backend, date.year()),
    compares
);
values_come_back!(
    time_time: time::Time,
    |random| time_clock(random),
    |_, time| time_fits(time.nanosecond()),
    compares
);
values_come_back!(
    time_date_time: PrimitiveDateTime,
    |random| PrimitiveDateTime::new(time_day(random), time_clock(random)),
    |backend, value| day_fits(backend, value.year()) && time_fits(value.nanosecond()),
    compares
);
values_come_back!(
    time_instant: OffsetDateTime,
    |random| {
        let hours = i8::try_from(random.between(-12, 14)).expect("it is small");
        let offset = UtcOffset::from_hms(hours, 0, 0).expect("it is an offset");
        // The ends of the calendar have no other offsets.
        match time_day(random) {
            day if day == time::Date::MIN || day == time::Date::MAX => {
                PrimitiveDateTime::new(day, time_clock(random)).assume_utc()
            }
            day => PrimitiveDateTime::new(day, time_clock(random)).assume_offset(offset),
        }
    },
    |backend, value| {
        let year = value.to_offset(UtcOffset::UTC).year();
        day_fits(backend, year) && time_fits(value.nanosecond())
    },
    compares
);
values_come_back!(
    jiff_date: civil::Date,
    |random| jiff_day(random),
    |backend, date| day_fits(backend, date.year().into()),
    compares
);
values_come_back!(
    jiff_time: civil::Time,
    |random| jiff_clock(random),
    |_, time| time_fits(time.subsec_nanosecond().unsigned_abs()),
    compares
);
values_come_back!(
    jiff_date_time: civil::DateTime,
    |random| civil::DateTime::from_parts(jiff_day(random), jiff_clock(random)),
    |backend, value| {
        day_fits(backend, value.year().into()) && time_fits(value.subsec_nanosecond().unsigned_abs())
    },
    compares
);
values_come_back!(
    jiff_instant: jiff::Timestamp,
    |random| match random.below(12) {
        0 => jiff::Timestamp::MIN,
        1 => jiff::Timestamp::from_microsecond(253_402_207_199_999_999).expect("it is the last one"),
        2 => jiff::Timestamp::UNIX_EPOCH,
        3 => jiff::Timestamp::from_microsecond(-1).expect("it is an instant"),
        4 => jiff::Timestamp::from_microsecond(-999_999).expect("it is an instant"),
        _ => {
            let micros = random.between(-62_135_596_800_000_000, 253_402_207_199_999_999);
            jiff::Timestamp::from_microsecond(micros).expect("it is an instant")
        }
    },
    |backend, value| {
        let date_time = jiff::tz::Offset::UTC.to_datetime(*value);
        day_fits(backend, date_time.year().into()) && time_fits(value.subsec_nanosecond().unsigned_abs())
    },
    compares
);

fn day_fits(backend: orm_tests::Backend, year: i32) -> bool {
    match backend {
        // The first day is in the November of 4714 BC, which is the year -4713.
        orm_tests::Backend::Postgres => (-4712..=294_276).contains(&year),
        _ => (1..=9999).contains(&year),
    }
}

fn time_fits(nanosecond: u32) -> bool {
    nanosecond < 1_000_000_000
}

/// Mostly years that every database has, now and then one of the calendar's ends, a leap day, or before our era.
fn chrono_day(random: &mut Random) -> NaiveDate {
    let known = [
        (1, 1, 1),
        (9999, 12, 31),
        (2000, 2, 29),
        (1900, 2, 28),
        (1970, 1, 1),
        (-4712, 1, 1),
        (10_000, 1, 1),
        (0, 2, 29),
    ];
    match random.below(10) {
        0 => NaiveDate::MIN,
        1 => NaiveDate::MAX,
        2 | 3 => {
            let (year, month, day) = random.one_of(&known);
            NaiveDate::from_ymd_opt(year, month, day).expect("it is a day")
        }
        _ => {
            let days = random.between(1, 3_652_059);
            NaiveDate::from_num_days_from_ce_opt(i32::try_from(days).expect("it is small"))
                .expect("it is a day")
        }
    }
}

fn chrono_clock(random: &mut Random) -> NaiveTime {
    let (second, nanosecond) = clock(random);
    // A leap second is the 60th of its minute.
    let leap = random.once_in(20);
    let (second, nanosecond) =
        if leap { (second / 60 * 60 + 59, nanosecond + 1_000_000_000) } else { (second, nanosecond) };
    NaiveTime::from_num_seconds_from_midnight_opt(second, nanosecond).expect("it is a time")
}

fn time_day(random: &mut Random) -> time::Date {
    match random.below(10) {
        0 => time::Date::MIN,
        1 => time::Date::MAX,
        2 => time::Date::from_calendar_date(2000, time::Month::February, 29).expect("it is a day"),
        _ => {
            let days = random.between(1_721_426, 5_373_484);
            time::Date::from_julian_day(i32::try_from(days).expect("it is small")).expect("it is a day")
        }
    }
}

fn time_clock(random: &mut Random) -> time::Time {
    let (second, nanosecond) = clock(random);
    let part = |part: u32| u8::try_from(part).expect("it is small");
    time::Time::from_hms_nano(part(second / 3_600), part(second / 60 % 60), part(second % 60), nanosecond)
        .expect("it is a time")
}

fn jiff_day(random: &mut Random) -> civil::Date {
    match random.below(10) {
        0 => civil::Date::MIN,
        1 => civil::Date::MAX,
        2 => civil::date(2000, 2, 29),
        3 => civil::date(0, 2, 29),
        _ => {
            let part = |number: i64| i8::try_from(number).expect("it is small");
            let year = i16::try_from(random.between(1, 9999)).expect("it is small");
            civil::date(year, part(random.between(1, 12)), part(random.between(1, 28)))
        }
    }
}

fn jiff_clock(random: &mut Random) -> civil::Time {
    let (second, nanosecond) = clock(random);
    let part = |part: u32| i8::try_from(part).expect("it is small");
    let nanosecond = i32::try_from(nanosecond).expect("it is small");
    civil::Time::new(part(second / 3_600), part(second / 60 % 60), part(second % 60), nanosecond)
        .expect("it is a time")
}

/// Seconds and nanoseconds: mostly microseconds of all magnitudes.
fn clock(random: &mut Random) -> (u32, u32) {
    let second = match random.below(10) {
        0 => 0,
        1 => 86_399,
        _ => random.below(86_400),
    };
    let nanosecond = match random.below(10) {
        0 => 0,
        1 => 999_999_000,
        2 => 1_000,
        3 => 120_000_000,
        _ => random.below(1_000_000) * 1_000,
    };
    (u32::try_from(second).expect("it is small"), u32::try_from(nanosecond).expect("it is small"))
}
