//! Types of fields in written models.

use crate::ddl::{LiveColumn, LiveTable, enum_labels};
use crate::migrate::structure::holds_json;
use crate::sql::Dialect;

/// What compares with what: a key and what it refers to are of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Bool,
    Integer,
    Float,
    Text,
    Bytes,
    Time,
    Decimal,
    Uuid,
    Json,
    Enum,
    List,
}

/// The type of a field.
#[derive(Debug, Clone)]
pub(super) struct RustType {
    /// As code has it, without `Option`; of an enum nothing, since it is named later.
    pub(super) name: String,
    pub(super) family: Family,
    /// The most characters of a text.
    pub(super) length: Option<u32>,
    /// The digits of a time behind the second, if they are fewer than a model's times have otherwise.
    pub(super) precision: Option<u32>,
    pub(super) labels: Option<Labels>,
    /// What a reader should know.
    pub(super) note: Option<String>,
}

/// The labels of an enum of the database's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Labels {
    /// The type's name, on PostgreSQL.
    pub(super) type_name: Option<String>,
    pub(super) labels: Vec<String>,
    /// Whether the column is a list of them.
    pub(super) list: bool,
}

impl RustType {
    fn new(name: &str, family: Family) -> RustType {
        RustType { name: name.to_owned(), family, length: None, precision: None, labels: None, note: None }
    }

    fn text(length: Option<u32>) -> RustType {
        RustType { length, ..RustType::new("String", Family::Text) }
    }

    fn of_labels(type_name: Option<String>, labels: Vec<String>, list: bool) -> RustType {
        let family = if list { Family::List } else { Family::Enum };
        let labels = Some(Labels { type_name, labels, list });
        RustType { labels, ..RustType::new("", family) }
    }

    /// The type of the field for a column, or why there is none.
    pub(super) fn of(
        dialect: Dialect,
        table: &LiveTable,
        column: &LiveColumn,
    ) -> std::result::Result<RustType, String> {
        let mut found = match dialect {
            Dialect::Sqlite => sqlite(column),
            Dialect::Postgres => postgres(column),
            Dialect::Mysql(_) => mysql(table, column),
        }?;
        let places = match (parts(&column.type_name).1, dialect) {
            (Some(places), _) => places,
            (None, Dialect::Mysql(_)) => 0,
            (None, _) => 6,
        };
        if found.family == Family::Time && dialect != Dialect::Sqlite && places < 6 && !is_date(column) {
            found.precision = Some(places);
        }
        Ok(found)
    }
}

type Found = std::result::Result<RustType, String>;

/// A type of one of the crates whose types columns can have.
struct Offered {
    chrono: &'static str,
    time: &'static str,
    jiff: &'static str,
}

const DATE: Offered = Offered { chrono: "chrono::NaiveDate", time: "time::Date", jiff: "jiff::civil::Date" };
const TIME: Offered = Offered { chrono: "chrono::NaiveTime", time: "time::Time", jiff: "jiff::civil::Time" };
const DATE_TIME: Offered = Offered {
    chrono: "chrono::NaiveDateTime",
    time: "time::PrimitiveDateTime",
    jiff: "jiff::civil::DateTime",
};
const INSTANT: Offered = Offered {
    chrono: "chrono::DateTime<chrono::Utc>",
    time: "time::OffsetDateTime",
    jiff: "jiff::Timestamp",
};

/// The type of whichever crate is enabled.
fn moment(offered: &Offered) -> Found {
    let name = if cfg!(feature = "chrono") {
        offered.chrono
    } else if cfg!(feature = "time") {
        offered.time
    } else if cfg!(feature = "jiff") {
        offered.jiff
    } else {
        return Err("its type needs the feature `chrono`, `time` or `jiff` of orm-core".to_owned());
    };
    Ok(RustType::new(name, Family::Time))
}

fn decimal() -> Found {
    match cfg!(feature = "decimal") {
        true => Ok(RustType::new("rust_decimal::Decimal", Family::Decimal)),
        false => Err("its type needs the feature `decimal` of orm-core".to_owned()),
    }
}

fn uuid() -> Found {
    match cfg!(feature = "uuid") {
        true => Ok(RustType::new("uuid::Uuid", Family::Uuid)),
        false => Err("its type needs the feature `uuid` of orm-core".to_owned()),
    }
}

fn json() -> Found {
    match cfg!(feature = "json") {
        true => Ok(RustType::new("serde_json::Value", Family::Json)),
        false => Err("its type needs the feature `json` of orm-core".to_owned()),
    }
}

fn is_date(column: &LiveColumn) -> bool {
    column.type_name.eq_ignore_ascii_case("date")
}

/// A type's name without what is in parentheses, and the first number of that.
fn parts(name: &str) -> (String, Option<u32>) {
    let name = name.to_ascii_lowercase();
    let Some((before, rest)) = name.split_once('(') else { return (name.trim().to_owned(), None) };
    let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
    let number = inside.split(',').next().and_then(|number| number.trim().parse().ok());
    (format!("{}{after}", before.trim_end()), number)
}

/// SQLite declares what it likes, and converts by a few words in the name.
fn sqlite(column: &LiveColumn) -> Found {
    let (name, length) = parts(&column.type_name);
    let has = |part: &str| name.contains(part);
    if name.is_empty() {
        return Err("it is declared without a type, so it may hold anything".to_owned());
    }
    if has("bool") || (name == "tinyint" && length == Some(1)) {
        return Ok(RustType::new("bool", Family::Bool));
    }
    if has("date") || has("time") {
        let offered = match name.as_str() {
            _ if has("timestamptz") || has("with time zone") => &INSTANT,
            _ if has("datetime") || has("timestamp") => &DATE_TIME,
            _ if has("date") => &DATE,
            _ => &TIME,
        };
        return moment(offered).or_else(|why| Ok(RustType { note: Some(why), ..RustType::text(None) }));
    }
    if has("int") {
        return Ok(RustType::new("i64", Family::Integer));
    }
    if has("char") || has("clob") || has("text") {
        return Ok(RustType::text(length));
    }
    if has("blob") {
        return Ok(RustType::new("Vec<u8>", Family::Bytes));
    }
    if has("real") || has("floa") || has("doub") {
        return Ok(RustType::new("f64", Family::Float));
    }
    match name.split(' ').next().unwrap_or_default() {
        "decimal" | "numeric" | "number" | "dec" | "money" | "currency" => {
            let note = "SQLite stores these numbers as floats".to_owned();
            Ok(RustType { note: Some(note), ..RustType::new("f64", Family::Float) })
        }
        _ => Err(format!(
            "SQLite turns what it can of a {} into numbers; declare it as TEXT, INTEGER, REAL or BLOB",
            column.type_name
        )),
    }
}

fn postgres(column: &LiveColumn) -> Found {
    let (name, length) = parts(&column.type_name);
    if let Some(of) = &column.enumerated {
        if let Some(label) = of.labels.iter().find(|label| *label == "NULL") {
            return Err(format!(
                "its enum has the label {label:?}, which PostgreSQL's driver reads as no label"
            ));
        }
        let list = name.ends_with("[]");
        return Ok(RustType::of_labels(Some(of.name.clone()), of.labels.clone(), list));
    }
    if let Some(of) = name.strip_suffix("[]") {
        let of = postgres_plain(of, None).map_err(|why| format!("of its elements: {why}"))?;
        return match of.family {
            Family::Json => Err("lists of JSON are not columns of a model".to_owned()),
            _ => Ok(RustType::new(&format!("Vec<{}>", of.name), Family::List)),
        };
    }
    postgres_plain(&name, length)
}

fn postgres_plain(name: &str, length: Option<u32>) -> Found {
    Ok(match name {
        "boolean" => RustType::new("bool", Family::Bool),
        "smallint" => RustType::new("i16", Family::Integer),
        "integer" => RustType::new("i32", Family::Integer),
        "bigint" => RustType::new("i64", Family::Integer),
        "real" => RustType::new("f32", Family::Float),
        "double precision" => RustType::new("f64", Family::Float),
        "character varying" => RustType::text(length),
        "character" | "text" | "citext" | "name" => RustType::text(None),
        "bytea" => RustType::new("Vec<u8>", Family::Bytes),
        "numeric" => return decimal(),
        "date" => return moment(&DATE),
        "time without time zone" | "time" => return moment(&TIME),
        "timestamp without time zone" | "timestamp" => return moment(&DATE_TIME),
        "timestamp with time zone" => return moment(&INSTANT),
        "uuid" => return uuid(),
        "jsonb" => return json(),
        "json" => {
            return Err("a model's JSON is jsonb; `ALTER COLUMN .. TYPE jsonb` converts it".to_owned());
        }
        other => return Err(format!("no Rust type of a column is a {other}")),
    })
}

fn mysql(table: &LiveTable, column: &LiveColumn) -> Found {
    let (name, length) = parts(&column.type_name);
    let unsigned = name.contains("unsigned");
    let integer = |signed: &str, without_sign: &str| {
        RustType::new(if unsigned { without_sign } else { signed }, Family::Integer)
    };
    if holds_json(table, column) {
        return json();
    }
    Ok(match name.split(' ').next().unwrap_or_default() {
        "tinyint" if length == Some(1) && !unsigned => RustType::new("bool", Family::Bool),
        "bit" if matches!(length, None | Some(1)) => RustType::new("bool", Family::Bool),
        "tinyint" => integer("i8", "u8"),
        "smallint" => integer("i16", "u16"),
        "mediumint" | "int" => integer("i32", "u32"),
        "bigint" => integer("i64", "u64"),
        "float" => RustType::new("f32", Family::Float),
        "double" => RustType::new("f64", Family::Float),
        "decimal" => return decimal(),
        "char" | "varchar" => RustType::text(length),
        "tinytext" | "text" | "mediumtext" | "longtext" | "set" => RustType::text(None),
        "enum" => match enum_labels(&column.type_name) {
            Some(labels) if labels.iter().all(|label| (1..=63).contains(&label.len())) => {
                RustType::of_labels(None, labels, false)
            }
            _ => RustType::text(None),
        },
        "binary" if length == Some(16) && cfg!(feature = "uuid") => return uuid(),
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
            RustType::new("Vec<u8>", Family::Bytes)
        }
        "json" => return json(),
        "date" => return moment(&DATE),
        "time" => return moment(&TIME),
        "datetime" => return moment(&DATE_TIME),
        "timestamp" => return moment(&INSTANT),
        _ => return Err(format!("no Rust type of a column is a {}", column.type_name)),
    })
}
