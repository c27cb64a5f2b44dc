//! Compares a column's type with the declared one.

use crate::sql::Dialect;

/// Whether a column of the type that the database has holds what one of the declared type would: names, lengths and
/// precisions aside.
pub(super) fn fits(dialect: Dialect, declared: &str, live: &str) -> bool {
    let (declared, live) = (declared.to_ascii_lowercase(), live.to_ascii_lowercase());
    match dialect {
        Dialect::Sqlite => fits_sqlite(&declared, &live),
        Dialect::Postgres => postgres_class(&declared) == postgres_class(&live),
        Dialect::Mysql(_) => fits_mysql(mysql_class(&declared), mysql_class(&live)),
    }
}

/// The most characters of a type that has a length.
pub(super) fn length(live: &str) -> Option<u32> {
    let (name, rest) = live.split_once('(')?;
    let is_text = name.to_ascii_lowercase().contains("char");
    is_text.then(|| rest.split(')').next()?.trim().parse().ok()).flatten()
}

/// Whether a time in a column would lose fractional digits that the declared type keeps.
pub(super) fn rounds(dialect: Dialect, declared: &str, live: &str) -> bool {
    let places = |name: &str| {
        let name = name.trim_end_matches("[]").to_ascii_lowercase();
        let digits =
            name.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(digits, _)| digits);
        let said = digits.and_then(|digits| digits.trim().parse::<u32>().ok());
        let is_time = ["time", "timetz", "timestamp", "timestamptz", "datetime"]
            .contains(&base(&name).split(' ').next().unwrap_or_default());
        // Without a number PostgreSQL keeps all that it has, and MySQL none.
        let all = if dialect == Dialect::Postgres { 6 } else { 0 };
        is_time.then(|| said.unwrap_or(all))
    };
    match (places(declared), places(live)) {
        (Some(declared), Some(live)) => dialect != Dialect::Sqlite && live < declared,
        _ => false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

/// SQLite stores any type anywhere and converts by the affinity of the column, which it reads out of the type's name.
fn fits_sqlite(declared: &str, live: &str) -> bool {
    let affinity = |name: &str| {
        let has = |part: &str| name.contains(part);
        if has("int") {
            Affinity::Integer
        } else if has("char") || has("clob") || has("text") {
            Affinity::Text
        } else if has("blob") || name.is_empty() {
            Affinity::Blob
        } else if has("real") || has("floa") || has("doub") {
            Affinity::Real
        } else {
            Affinity::Numeric
        }
    };
    // A column without a type converts nothing, and a date is a text that no number is made of.
    if live.is_empty() || declared == live || live.contains("date") || live.contains("time") {
        return true;
    }
    match (affinity(declared), affinity(live)) {
        (Affinity::Integer | Affinity::Real, Affinity::Numeric) | (Affinity::Numeric, Affinity::Integer) => {
            true
        }
        (declared, live) => declared == live,
    }
}

/// A type's name without what is in parentheses.
fn base(name: &str) -> String {
    match (name.split_once('('), name.split_once(')')) {
        (Some((before, _)), Some((_, after))) => format!("{}{after}", before.trim_end()),
        _ => name.to_owned(),
    }
}

fn postgres_class(name: &str) -> String {
    if let Some(of) = name.strip_suffix("[]") {
        return format!("{}[]", postgres_class(of));
    }
    let base = base(name);
    let class = match base.as_str() {
        "character varying" | "varchar" | "character" | "char" | "bpchar" | "citext" | "name" => "text",
        "int2" => "smallint",
        "int4" | "int" => "integer",
        "int8" => "bigint",
        "float4" => "real",
        "float8" => "double precision",
        "bool" => "boolean",
        "decimal" => "numeric",
        "timestamp without time zone" => "timestamp",
        "timestamp with time zone" => "timestamptz",
        "time without time zone" => "time",
        "time with time zone" => "timetz",
        other => other,
    };
    class.to_owned()
}

fn mysql_class(name: &str) -> String {
    if name == "boolean" || name == "bool" || name.starts_with("tinyint(1)") || name.starts_with("bit") {
        return "boolean".to_owned();
    }
    let base = base(name);
    let unsigned = if base.contains("unsigned") { " unsigned" } else { "" };
    let class = match base.split(' ').next().unwrap_or_default() {
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" | "json" => {
            "text"
        }
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => "bytes",
        "integer" | "mediumint" => "int",
        "double" | "real" => "double",
        "decimal" | "numeric" => "decimal",
        "datetime" | "timestamp" => "datetime",
        other => other,
    };
    match class {
        "tinyint" | "smallint" | "int" | "bigint" => format!("{class}{unsigned}"),
        _ => class.to_owned(),
    }
}

/// A field of 32 bits without a sign is declared as 64 bits with one, and both columns hold it.
fn fits_mysql(declared: String, live: String) -> bool {
    match (declared.as_str(), live.as_str()) {
        ("smallint", "tinyint" | "tinyint unsigned" | "boolean") => true,
        ("int", "smallint unsigned") | ("bigint", "int unsigned" | "bigint unsigned") => true,
        ("boolean", "tinyint" | "tinyint unsigned") => true,
        (declared, live) => declared == live,
    }
}

#[cfg(test)]
mod tests {
    use super::{fits, length, rounds};
    use crate::sql::{Dialect, MysqlServer};

    #[test]
    fn types_are_compared_by_what_they_hold() {
        let mysql = Dialect::Mysql(MysqlServer { mariadb: true, returning: true, key_step: 1 });
        for (dialect, declared, live, expected) in [
            (Dialect::Sqlite, "INTEGER", "BIGINT", true),
            (Dialect::Sqlite, "INTEGER", "", true),
            (Dialect::Sqlite, "INTEGER", "TEXT", false),
            (Dialect::Sqlite, "BOOLEAN", "INTEGER", true),
            (Dialect::Sqlite, "REAL", "DECIMAL(10, 2)", true),
            (Dialect::Sqlite, "INTEGER", "REAL", false),
            (Dialect::Sqlite, "TEXT", "VARCHAR(80)", true),
            (Dialect::Sqlite, "TEXT", "DATETIME", true),
            (Dialect::Sqlite, "TEXT", "NUMERIC", false),
            (Dialect::Postgres, "VARCHAR(80)", "character varying(80)", true),
            (Dialect::Postgres, "TEXT", "character varying(80)", true),
            (Dialect::Postgres, "BIGINT", "integer", false),
            (Dialect::Postgres, "INTEGER", "bigint", false),
            (Dialect::Postgres, "DOUBLE PRECISION", "double precision", true),
            (Dialect::Postgres, "TIMESTAMPTZ", "timestamp(6) with time zone", true),
            (Dialect::Postgres, "TIMESTAMPTZ", "timestamp without time zone", false),
            (Dialect::Postgres, "TIMESTAMPTZ(3)[]", "timestamp(3) with time zone[]", true),
            (Dialect::Postgres, "TIMESTAMPTZ[]", "timestamp with time zone", false),
            (Dialect::Postgres, "BYTEA", "uuid", false),
            // Expressions that look into a document accept only the other type.
            (Dialect::Postgres, "JSONB", "json", false),
            (mysql, "BIGINT", "bigint(20)", true),
            (mysql, "BIGINT", "bigint(20) unsigned", true),
            (mysql, "BIGINT", "int(11)", false),
            (mysql, "BOOLEAN", "tinyint(1)", true),
            (mysql, "SMALLINT", "int(11)", false),
            (mysql, "VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin", "varchar(80)", true),
            (mysql, "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin", "longblob", false),
            (mysql, "DOUBLE", "float", false),
        ] {
            assert_eq!(fits(dialect, declared, live), expected, "{dialect:?}: {declared} and {live}");
        }
    }

    #[test]
    fn a_time_keeps_its_places() {
        let mysql = Dialect::Mysql(MysqlServer { mariadb: true, returning: true, key_step: 1 });
        for (dialect, declared, live, expected) in [
            (Dialect::Postgres, "TIMESTAMPTZ", "timestamp with time zone", false),
            (Dialect::Postgres, "TIMESTAMPTZ", "timestamp(6) with time zone", false),
            (Dialect::Postgres, "TIMESTAMPTZ", "timestamp(3) with time zone", true),
            (Dialect::Postgres, "TIMESTAMPTZ(3)", "timestamp(3) with time zone", false),
            (Dialect::Postgres, "TIMESTAMPTZ(3)", "timestamp(0) with time zone", true),
            (Dialect::Postgres, "TIMESTAMPTZ[]", "timestamp(3) with time zone[]", true),
            (Dialect::Postgres, "TIME", "time(0) without time zone", true),
            (Dialect::Postgres, "VARCHAR(80)", "character varying(3)", false),
            (mysql, "DATETIME(6)", "datetime(6)", false),
            (mysql, "DATETIME(6)", "datetime", true),
            (mysql, "DATETIME(6)", "timestamp(3)", true),
            (mysql, "TIME(6)", "time", true),
            (mysql, "DATE", "date", false),
            (Dialect::Sqlite, "TEXT", "TIMESTAMP(3)", false),
        ] {
            assert_eq!(rounds(dialect, declared, live), expected, "{dialect:?}: {declared} and {live}");
        }
    }

    #[test]
    fn a_text_may_have_a_length() {
        assert_eq!(length("character varying(80)"), Some(80));
        assert_eq!(length("VARCHAR ( 40 )"), Some(40));
        assert_eq!(length("int(11)"), None);
        assert_eq!(length("text"), None);
    }
}
