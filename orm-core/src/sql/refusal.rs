//! Values that a database cannot store.

use super::Dialect;
use crate::value::{Date, DateTime, Time, Value};

/// Why a database cannot store a value as it is, where it cannot.
pub(super) fn refusal(dialect: Dialect, value: &Value) -> Option<String> {
    match (dialect, value) {
        (_, Value::Unfit(why)) => Some(why.clone()),
        (_, Value::NotLoaded) => Some("it is a deferred column that is not loaded".into()),
        (Dialect::Sqlite, Value::UInt(v)) => {
            Some(format!("{v} does not fit an integer of SQLite, whose maximum is {}", i64::MAX))
        }
        (Dialect::Sqlite, Value::Float(v)) if v.is_nan() => Some(
            "SQLite cannot store NaN: it would become NULL; use an `Option` and store NULL outright".into(),
        ),
        (Dialect::Postgres, Value::UInt(v)) => {
            Some(format!("{v} does not fit an integer of PostgreSQL, whose maximum is {}", i64::MAX))
        }
        (Dialect::Postgres, Value::Text(v)) if v.contains('\0') => {
            Some("PostgreSQL cannot store the character NUL in a text".into())
        }
        (Dialect::Mysql(_), Value::Float(v)) if !v.is_finite() => Some(
            "MySQL and MariaDB cannot store NaN and infinities; use an `Option` and store NULL outright"
                .into(),
        ),
        (_, Value::Date(v)) => date(dialect, *v),
        (_, Value::Time(v)) => time(*v),
        (_, Value::DateTime(v)) => date_time(dialect, *v),
        (_, Value::Timestamp(v)) => date_time(dialect, v.0),
        (Dialect::Postgres, Value::Json(v)) if has_nul(v) => {
            Some("PostgreSQL cannot store the character NUL in a text of JSON".into())
        }
        (Dialect::Postgres, Value::Array(values)) => values.iter().find_map(|value| refusal(dialect, value)),
        (_, Value::Array(_)) => Some(no_lists(dialect)),
        _ => None,
    }
}

/// The message about a list on a database without lists.
pub(super) fn no_lists(dialect: Dialect) -> String {
    let name = if dialect == Dialect::Sqlite { "SQLite has" } else { "MySQL and MariaDB have" };
    format!("{name} no lists; a relationship, or JSON in a `Json<Vec<..>>`, works on every database")
}

fn date(dialect: Dialect, date: Date) -> Option<String> {
    // 4713-11-24 BC and 5874897-12-31.
    const POSTGRES: std::ops::RangeInclusive<i32> = -2_440_588..=2_145_042_905;
    let (year, ..) = date.civil();
    match dialect {
        Dialect::Postgres if POSTGRES.contains(&date.days()) => None,
        Dialect::Postgres => {
            Some(format!("PostgreSQL has no day {date}: its first one is in the year 4714 BC"))
        }
        Dialect::Sqlite | Dialect::Mysql(_) if (1..=9999).contains(&year) => None,
        Dialect::Sqlite => Some(format!("{date} cannot be stored in SQLite: years there are 1 to 9999")),
        Dialect::Mysql(_) => {
            Some(format!("{date} cannot be stored in MySQL and MariaDB: years there are 1 to 9999"))
        }
    }
}

fn time(time: Time) -> Option<String> {
    let leap = time.nanosecond() >= 1_000_000_000;
    leap.then(|| format!("{time} is a leap second, which no database stores"))
}

fn date_time(dialect: Dialect, value: DateTime) -> Option<String> {
    const LAST_YEAR: i32 = 294_276;
    if let Some(reason) = time(value.time).or_else(|| date(dialect, value.date)) {
        return Some(reason);
    }
    let late = dialect == Dialect::Postgres && value.date.civil().0 > LAST_YEAR;
    late.then(|| format!("{value} cannot be stored in PostgreSQL: years there end with {LAST_YEAR}"))
}

/// Whether a JSON text has an escaped NUL in it. A backslash that is escaped itself begins none.
fn has_nul(json: &str) -> bool {
    let escapes = json.match_indices("\\u0000");
    escapes
        .map(|(at, _)| json[..at].bytes().rev().take_while(|byte| *byte == b'\\').count())
        .any(|before| before % 2 == 0)
}

#[cfg(test)]
mod tests {
    use super::has_nul;

    #[test]
    fn an_escaped_nul_is_seen() {
        assert!(has_nul(r#""\u0000""#));
        assert!(has_nul(r#""a\\\u0000""#));
        assert!(!has_nul(r#""\\u0000""#));
        assert!(!has_nul(r#""u0000""#));
    }
}
