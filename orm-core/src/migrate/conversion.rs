//! Converts the values of a column to another type.

use super::structure::holds_json;
use crate::ddl::{LiveColumn, LiveTable};
use crate::sql::Dialect;
use crate::value::{Date, DateTime, Decimal, Time, Value, ValueKind};

/// What a column holds, as far as converting its values is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    /// Its bytes.
    Int(u8),
    /// Its bytes.
    Float(u8),
    Decimal,
    /// The most characters, if there is a limit.
    Text(Option<u32>),
    Bytes(Option<u32>),
    Date,
    Time(u32),
    /// Fractional digits of the seconds.
    DateTime(u32),
    Timestamp(u32),
    Uuid,
    Json,
    Enum,
    Array,
    Other,
}

/// What becomes of the values of a column whose type changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Conversion {
    /// Every value stays what it is.
    Safe(String),
    /// Some values are cut, rounded or refused.
    Lossy(String),
    /// No value has a counterpart.
    None,
}

impl Conversion {
    /// From one column to another; the expression reads `of`, the quoted name of the column.
    pub(super) fn between(
        dialect: Dialect,
        (before_table, before): (&LiveTable, &LiveColumn),
        (after_table, after): (&LiveTable, &LiveColumn),
        of: &str,
    ) -> Conversion {
        let (from, to) = (kind(dialect, before_table, before), kind(dialect, after_table, after));
        if from == to && from != Kind::Other && from != Kind::Array && from != Kind::Enum {
            return Conversion::Safe(converted(dialect, from, to, after, of));
        }
        if !is_possible(dialect, from, to) {
            return Conversion::None;
        }
        let expression = converted(dialect, from, to, after, of);
        let labels_stay = || match (&before.enumerated, &after.enumerated) {
            (Some(before), Some(after)) => before.labels.iter().all(|label| after.labels.contains(label)),
            _ => labels(&before.type_name)
                .is_some_and(|before| labels(&after.type_name).is_some_and(|after| is_within(before, after))),
        };
        match widens(from, to) || (from == Kind::Enum && to == Kind::Enum && labels_stay()) {
            true => Conversion::Safe(expression),
            false => Conversion::Lossy(expression),
        }
    }
}

/// The value that replaces a missing one: zero, an empty text, the first label. It can be read as what the model declares.
pub(super) fn zero(dialect: Dialect, table: &LiveTable, column: &LiveColumn) -> String {
    // Most values are texts or blobs there, and the type does not tell of what.
    if let (Dialect::Sqlite, Some(kind)) = (dialect, column.kind)
        && affinity(&column.type_name) == if kind == ValueKind::Uuid { "blob" } else { "text" }
        && let Some(zero) = zero_of(kind)
    {
        return zero;
    }
    let text = match kind(dialect, table, column) {
        Kind::Bool if dialect == Dialect::Postgres => "FALSE",
        Kind::Bool | Kind::Int(_) | Kind::Float(_) | Kind::Decimal => "0",
        Kind::Text(_) | Kind::Other => "''",
        Kind::Bytes(_) if dialect == Dialect::Postgres => "'\\x'",
        Kind::Bytes(_) if dialect == Dialect::Sqlite => "x''",
        Kind::Bytes(_) => "''",
        Kind::Date => "'1970-01-01'",
        Kind::Time(_) => "'00:00:00'",
        Kind::DateTime(_) | Kind::Timestamp(_) => "'1970-01-01 00:00:00'",
        Kind::Uuid => "'00000000-0000-0000-0000-000000000000'",
        Kind::Json => "'null'",
        Kind::Array => "'{}'",
        Kind::Enum => {
            let first = match &column.enumerated {
                Some(of) => of.labels.first().cloned(),
                None => labels(&column.type_name).and_then(first_label),
            };
            let mut sql = String::new();
            dialect.literal(&mut sql, &first.unwrap_or_default());
            return sql;
        }
    };
    text.to_owned()
}

/// Zero of a kind that SQLite stores in another one, in the library's own form; `None` if the column's type tells enough.
fn zero_of(kind: ValueKind) -> Option<String> {
    let value = match kind {
        ValueKind::Date => Value::Date(Date::from_days(0)),
        ValueKind::Time => Value::Time(Time::new(0, 0)?),
        ValueKind::DateTime | ValueKind::Timestamp => Value::DateTime(DateTime::from_unix(0, 0)?),
        ValueKind::Decimal => Value::Decimal(Decimal::new(0, 0)?),
        ValueKind::Json => Value::Json("null".to_owned()),
        ValueKind::Enum(def) => Value::Text((*def.labels.first()?).to_owned()),
        ValueKind::Uuid => return Some(format!("x'{}'", "0".repeat(32))),
        _ => return None,
    };
    let Value::Text(text) = value.into_plain() else { return None };
    let mut sql = String::new();
    Dialect::Sqlite.literal(&mut sql, &text);
    Some(sql)
}

/// The name of a type as SQLite compares it: by what it does to values.
pub(super) fn affinity(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    let has = |part: &str| name.contains(part);
    if has("int") {
        "integer"
    } else if has("char") || has("clob") || has("text") {
        "text"
    } else if has("blob") || name.is_empty() {
        "blob"
    } else if has("real") || has("floa") || has("doub") {
        "real"
    } else {
        "numeric"
    }
}

fn kind(dialect: Dialect, table: &LiveTable, column: &LiveColumn) -> Kind {
    let name = column.type_name.to_ascii_lowercase();
    if dialect == Dialect::Sqlite {
        return match affinity(&name) {
            "integer" => Kind::Int(8),
            "text" => Kind::Text(None),
            "real" => Kind::Float(8),
            "blob" => Kind::Bytes(None),
            _ => Kind::Bool,
        };
    }
    if name.ends_with("[]") {
        return Kind::Array;
    }
    if column.enumerated.is_some() {
        return Kind::Enum;
    }
    if matches!(dialect, Dialect::Mysql(_)) && holds_json(table, column) {
        return Kind::Json;
    }
    if name.starts_with("tinyint(1)") {
        return Kind::Bool;
    }
    let number =
        name.split_once('(').and_then(|(_, rest)| rest.split([')', ',']).next()?.trim().parse::<u32>().ok());
    let base = name.split(['(', ' ']).next().unwrap_or_default();
    let places = number.unwrap_or(if dialect == Dialect::Postgres { 6 } else { 0 });
    match base {
        "boolean" => Kind::Bool,
        "tinyint" => Kind::Int(1),
        "smallint" => Kind::Int(2),
        "int" | "integer" | "mediumint" => Kind::Int(4),
        "bigint" => Kind::Int(8),
        "real" if dialect == Dialect::Postgres => Kind::Float(4),
        "float" => Kind::Float(4),
        "double" | "real" => Kind::Float(8),
        "numeric" | "decimal" => Kind::Decimal,
        "character" | "varchar" | "char" => Kind::Text(number),
        "tinytext" => Kind::Text(Some(255)),
        "text" if matches!(dialect, Dialect::Mysql(_)) => Kind::Text(Some(65_535)),
        "text" | "mediumtext" | "longtext" | "citext" => Kind::Text(None),
        "varbinary" | "binary" => Kind::Bytes(number),
        "bytea" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Kind::Bytes(None),
        "date" => Kind::Date,
        "time" => Kind::Time(places),
        "datetime" => Kind::DateTime(places),
        "timestamp" if name.contains("with time zone") => Kind::Timestamp(places),
        "timestamp" => Kind::DateTime(places),
        "uuid" => Kind::Uuid,
        "json" | "jsonb" => Kind::Json,
        "enum" => Kind::Enum,
        _ => Kind::Other,
    }
}

fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Int(_) | Kind::Float(_) | Kind::Decimal)
}

fn is_possible(dialect: Dialect, from: Kind, to: Kind) -> bool {
    if dialect == Dialect::Sqlite {
        return true;
    }
    let is_text = |kind| matches!(kind, Kind::Text(_));
    let is_moment = |kind| matches!(kind, Kind::Date | Kind::DateTime(_) | Kind::Timestamp(_));
    match (from, to) {
        (Kind::Other, _) | (_, Kind::Other) => false,
        (Kind::Array, Kind::Array) | (Kind::Enum, Kind::Enum) => true,
        (Kind::Array, _) | (_, Kind::Array) => false,
        (Kind::Bytes(_), Kind::Bytes(_)) | (Kind::Json, Kind::Json) | (Kind::Time(_), Kind::Time(_)) => true,
        (Kind::Bytes(_), _) | (_, Kind::Bytes(_)) => false,
        (from, to) if is_text(from) || is_text(to) => true,
        (from, to) if is_moment(from) && is_moment(to) => true,
        (Kind::DateTime(_) | Kind::Timestamp(_), Kind::Time(_)) => true,
        (from, to) => (is_number(from) || from == Kind::Bool) && (is_number(to) || to == Kind::Bool),
    }
}

/// Whether every value of one is a value of the other.
fn widens(from: Kind, to: Kind) -> bool {
    match (from, to) {
        (Kind::Int(from), Kind::Int(to)) | (Kind::Float(from), Kind::Float(to)) => from <= to,
        (Kind::Int(from), Kind::Float(to)) => from < to,
        (Kind::Int(_), Kind::Decimal) | (Kind::Bool, Kind::Int(_) | Kind::Float(_) | Kind::Decimal) => true,
        (Kind::Text(from), Kind::Text(to)) | (Kind::Bytes(from), Kind::Bytes(to)) => match (from, to) {
            (_, None) => true,
            (Some(from), Some(to)) => from <= to,
            (None, Some(_)) => false,
        },
        (Kind::Time(from), Kind::Time(to))
        | (Kind::DateTime(from), Kind::DateTime(to))
        | (Kind::Timestamp(from), Kind::Timestamp(to)) => from <= to,
        (Kind::Date, Kind::DateTime(_)) => true,
        (
            Kind::Int(_) | Kind::Decimal | Kind::Uuid | Kind::Date | Kind::Enum | Kind::Json | Kind::Bool,
            Kind::Text(None),
        ) => true,
        _ => false,
    }
}

/// The expression that converts a value, unless the database does so implicitly.
fn converted(dialect: Dialect, from: Kind, to: Kind, after: &LiveColumn, of: &str) -> String {
    let name = &after.type_name;
    match dialect {
        Dialect::Postgres => match (from, to) {
            (Kind::Bool, to) if is_number(to) => format!("{of}::integer::{name}"),
            (from, Kind::Bool) if is_number(from) => format!("{of} <> 0"),
            (Kind::Enum, _) | (_, Kind::Enum) => format!("{of}::text::{name}"),
            (Kind::Array, Kind::Array) => format!("{of}::text[]::{name}"),
            _ => format!("{of}::{name}"),
        },
        // A fraction would stay one, which no integer field reads. Anything else that is not a number stays as it is.
        Dialect::Sqlite if (from, to) == (Kind::Float(8), Kind::Int(8)) => format!("CAST({of} AS INTEGER)"),
        Dialect::Sqlite | Dialect::Mysql(_) => of.to_owned(),
    }
}

/// What stands between the parentheses of `enum('a','b')`.
fn labels(type_name: &str) -> Option<&str> {
    type_name.strip_prefix("enum(")?.strip_suffix(')')
}

fn first_label(labels: &str) -> Option<String> {
    let inside = labels.strip_prefix('\'')?;
    let mut label = String::new();
    let mut chars = inside.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\'' if chars.next_if_eq(&'\'').is_none() => return Some(label),
            char => label.push(char),
        }
    }
    None
}

/// Whether every label of a list of MySQL's is in another one.
fn is_within(before: &str, after: &str) -> bool {
    let after: Vec<&str> = after.split("','").map(|label| label.trim_matches('\'')).collect();
    before.split("','").all(|label| after.contains(&label.trim_matches('\'')))
}
