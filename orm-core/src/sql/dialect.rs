use crate::value::ValueKind;

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
