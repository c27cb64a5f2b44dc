//! Values that a database cannot store.

use super::Dialect;
use crate::value::{Date, DateTime, Time, Value, ValueRef};

/// Why a database cannot store a value as it is, where it cannot.
pub(super) fn refusal(dialect: Dialect, value: &Value) -> Option<String> {
    match value {
        // Most values are one of these.
        Value::Null | Value::Bool(_) | Value::Int(_) => None,
        Value::Text(_) if dialect != Dialect::Postgres => None,
        Value::Array(values) if dialect == Dialect::Postgres => {
            values.iter().find_map(|value| refusal(dialect, value))
        }
        Value::Array(_) => Some(no_lists(dialect)),
        other => cell_refusal(dialect, other.as_ref()),
    }
}

/// The same, of the field of an object.
pub(super) fn cell_refusal(dialect: Dialect, cell: ValueRef<'_>) -> Option<String> {
    match (dialect, cell) {
        (_, ValueRef::Composite(field)) => refusal(dialect, &field.to_value()),
        (_, ValueRef::Unfit(why)) => Some(why.to_owned()),
        (_, ValueRef::NotLoaded) => Some("it is a deferred column that is not loaded".into()),
        (Dialect::Sqlite, ValueRef::UInt(v)) => {
            Some(format!("{v} does not fit an integer of SQLite, whose maximum is {}", i64::MAX))
        }
        (Dialect::Sqlite, ValueRef::Float(v)) if v.is_nan() => Some(
            "SQLite cannot store NaN: it would become NULL; use an `Option` and store NULL outright".into(),
        ),
        (Dialect::Postgres, ValueRef::UInt(v)) => {
            Some(format!("{v} does not fit an integer of PostgreSQL, whose maximum is {}", i64::MAX))
        }
        (Dialect::Postgres, ValueRef::Text(v)) if v.contains('\0') => {
            Some("PostgreSQL cannot store the character NUL in a text".into())
        }
        (Dialect::Mysql(_), ValueRef::Float(v)) if !v.is_finite() => Some(
            "MySQL and MariaDB cannot store NaN and infinities; use an `Option` and store NULL outright"
                .into(),
        ),
        (_, ValueRef::Date(v)) => date(dialect, v),
        (_, ValueRef::Time(v)) => time(v),
        (_, ValueRef::DateTime(v)) => date_time(dialect, v),
        (_, ValueRef::Timestamp(v)) => date_time(dialect, v.0),
        (Dialect::Postgres, ValueRef::Json(v)) if has_nul(v) => {
            Some("PostgreSQL cannot store the character NUL in a text of JSON".into())
        }
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
