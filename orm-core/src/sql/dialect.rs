use crate::value::{Value, ValueKind};

/// The SQL that one database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// SQLite 3.35 or newer.
    Sqlite,
}

impl Dialect {
    /// The most values that one statement may bind.
    pub fn bind_limit(self) -> usize {
        match self {
            Dialect::Sqlite => 32_766,
        }
    }

    /// Whether two names are one table.
    pub fn is_same_table(self, a: &str, b: &str) -> bool {
        match self {
            Dialect::Sqlite => a.eq_ignore_ascii_case(b),
        }
    }

    /// Why a value cannot be stored, where it cannot.
    pub fn refuses(self, value: &Value) -> Option<String> {
        match (self, value) {
            (Dialect::Sqlite, Value::UInt(v)) => {
                Some(format!("{v} does not fit an integer of SQLite, which ends at {}", i64::MAX))
            }
            (Dialect::Sqlite, Value::Float(v)) if v.is_nan() => Some(
                "SQLite cannot store NaN: it would become NULL; use an `Option` and store NULL outright"
                    .into(),
            ),
            _ => None,
        }
    }

    /// The declared type of a column.
    pub fn type_name(self, kind: ValueKind) -> &'static str {
        match (self, kind) {
            (Dialect::Sqlite, ValueKind::Bool) => "BOOLEAN",
            (Dialect::Sqlite, ValueKind::Int16 | ValueKind::Int32 | ValueKind::Int64) => "INTEGER",
            (Dialect::Sqlite, ValueKind::Float32 | ValueKind::Float64) => "REAL",
            (Dialect::Sqlite, ValueKind::Text) => "TEXT",
            (Dialect::Sqlite, ValueKind::Bytes) => "BLOB",
        }
    }
}

/// Appends an identifier, quoted so that no name can end it; two names never give the same text.
pub fn quote(sql: &mut String, name: &str) {
    sql.push('"');
    for char in name.chars() {
        if char == '"' {
            sql.push('"');
        }
        sql.push(char);
    }
    sql.push('"');
}
