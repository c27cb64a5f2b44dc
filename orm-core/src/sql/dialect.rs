use super::TableName;
use crate::value::{Value, ValueKind};

/// The SQL that one database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// SQLite 3.35 or newer.
    Sqlite,
    /// PostgreSQL 15 or newer.
    Postgres,
    /// MySQL 8 or newer, and MariaDB 10.6 or newer.
    Mysql(MysqlServer),
}

/// What the servers that speak MySQL's protocol differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MysqlServer {
    /// Whether it is MariaDB.
    pub mariadb: bool,
    /// Whether an INSERT gives back what the database filled in.
    pub returning: bool,
    /// How far apart the keys are that one statement generates: `auto_increment_increment`, which clusters raise.
    pub key_step: i64,
}

/// The most values that PostgreSQL and MySQL bind: their protocols count them in 16 bits.
pub const MOST_BINDS: usize = 65_535;

/// The length of text and bytes in columns that MySQL indexes: it takes no unlimited ones into an index.
const INDEXED_LENGTH: u32 = 255;

/// The most characters that MySQL keeps in a row itself, four bytes each.
const LONGEST_VARCHAR: u32 = 16_383;

impl Dialect {
    /// The most values that one statement may bind.
    pub fn bind_limit(self) -> usize {
        match self {
            Dialect::Sqlite => 32_766,
            Dialect::Postgres | Dialect::Mysql(_) => MOST_BINDS,
        }
    }

    /// Whether two names are one table.
    pub fn is_same_table(self, a: TableName, b: TableName) -> bool {
        let (of, other) = (a.schema.unwrap_or_default(), b.schema.unwrap_or_default());
        self.is_same_name(a.name, b.name) && self.is_same_name(of, other)
    }

    /// Whether two names of tables or aliases are one.
    pub fn is_same_name(self, a: &str, b: &str) -> bool {
        match self {
            // MySQL's depends on the file system it runs on; names that differ in case alone are not portable.
            Dialect::Sqlite | Dialect::Mysql(_) => a.eq_ignore_ascii_case(b),
            Dialect::Postgres => a == b,
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
            (Dialect::Postgres, Value::UInt(v)) => {
                Some(format!("{v} does not fit an integer of PostgreSQL, which ends at {}", i64::MAX))
            }
            (Dialect::Postgres, Value::Text(v)) if v.contains('\0') => {
                Some("PostgreSQL cannot store the character NUL in a text".into())
            }
            (Dialect::Mysql(_), Value::Float(v)) if !v.is_finite() => Some(
                "MySQL and MariaDB cannot store NaN and infinities; use an `Option` and store NULL outright"
                    .into(),
            ),
            _ => None,
        }
    }

    /// The most keys of so many columns that one statement may name beside other bound values.
    pub fn key_limit(self, columns: usize, others: usize) -> usize {
        match self {
            // An array for each column, however many keys there are.
            Dialect::Postgres => usize::MAX,
            Dialect::Sqlite | Dialect::Mysql(_) => self.bind_limit().saturating_sub(others) / columns.max(1),
        }
    }

    /// Whether an INSERT can give back what the database filled in.
    pub fn returning(self) -> bool {
        match self {
            Dialect::Sqlite | Dialect::Postgres => true,
            Dialect::Mysql(server) => server.returning,
        }
    }

    /// Whether an UPDATE can give back what it changed.
    pub fn update_returning(self) -> bool {
        !matches!(self, Dialect::Mysql(_))
    }

    /// Whether a subquery of FROM can see the tables before it.
    pub fn lateral(self) -> bool {
        match self {
            Dialect::Sqlite => false,
            Dialect::Postgres => true,
            Dialect::Mysql(server) => !server.mariadb,
        }
    }

    /// How far apart the keys are that one statement generates.
    pub fn key_step(self) -> i64 {
        match self {
            Dialect::Sqlite | Dialect::Postgres => 1,
            Dialect::Mysql(server) => server.key_step,
        }
    }

    /// Begins a transaction that may write.
    pub fn begin(self) -> &'static str {
        match self {
            // A transaction that reads first and writes later would fail as soon as two of them do.
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres | Dialect::Mysql(_) => "BEGIN",
        }
    }

    /// The declared type of a column: `length` is the most characters of a text, and `indexed` says that a key or an
    /// index is on it.
    pub fn type_name(self, kind: ValueKind, length: Option<u32>, indexed: bool) -> String {
        match (self, length) {
            (Dialect::Sqlite, _) => sqlite_type(kind).to_owned(),
            (Dialect::Postgres, Some(length)) if kind == ValueKind::Text => format!("VARCHAR({length})"),
            (Dialect::Postgres, _) => postgres_type(kind).to_owned(),
            (Dialect::Mysql(server), _) => mysql_type(kind, length, indexed, server),
        }
    }

    /// What a value is cast to, to become one of a kind.
    pub fn cast_type(self, kind: ValueKind) -> &'static str {
        match self {
            Dialect::Sqlite => sqlite_type(kind),
            Dialect::Postgres => postgres_type(kind),
            Dialect::Mysql(_) => match kind {
                ValueKind::Bool | ValueKind::Int16 | ValueKind::Int32 | ValueKind::Int64 => "SIGNED",
                ValueKind::Float32 | ValueKind::Float64 => "DOUBLE",
                ValueKind::Text => "CHAR",
                ValueKind::Bytes => "BINARY",
            },
        }
    }

    /// What makes the database generate a key.
    pub fn auto_key(self) -> &'static str {
        match self {
            // `INTEGER PRIMARY KEY` says it already.
            Dialect::Sqlite => "",
            Dialect::Postgres => " GENERATED BY DEFAULT AS IDENTITY",
            Dialect::Mysql(_) => " AUTO_INCREMENT",
        }
    }

    /// Appends the name of a table with its schema.
    pub fn name(self, sql: &mut String, table: TableName) {
        if let Some(schema) = table.schema {
            self.quote(sql, schema);
            sql.push('.');
        }
        self.quote(sql, table.name);
    }

    /// Appends an identifier, quoted so that no name can end it; two names never give the same text.
    pub fn quote(self, sql: &mut String, name: &str) {
        let mark = match self {
            Dialect::Sqlite | Dialect::Postgres => '"',
            Dialect::Mysql(_) => '`',
        };
        sql.push(mark);
        for char in name.chars() {
            if char == mark {
                sql.push(mark);
            }
            sql.push(char);
        }
        sql.push(mark);
    }
}

fn sqlite_type(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Bool => "BOOLEAN",
        ValueKind::Int16 | ValueKind::Int32 | ValueKind::Int64 => "INTEGER",
        ValueKind::Float32 | ValueKind::Float64 => "REAL",
        ValueKind::Text => "TEXT",
        ValueKind::Bytes => "BLOB",
    }
}

fn postgres_type(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Bool => "BOOLEAN",
        ValueKind::Int16 => "SMALLINT",
        ValueKind::Int32 => "INTEGER",
        ValueKind::Int64 => "BIGINT",
        ValueKind::Float32 => "REAL",
        ValueKind::Float64 => "DOUBLE PRECISION",
        ValueKind::Text => "TEXT",
        ValueKind::Bytes => "BYTEA",
    }
}

fn mysql_type(kind: ValueKind, length: Option<u32>, indexed: bool, server: MysqlServer) -> String {
    let length = length.filter(|length| *length <= LONGEST_VARCHAR).or(indexed.then_some(INDEXED_LENGTH));
    let (text, bytes) = match length {
        Some(length) => (format!("VARCHAR({length})"), format!("VARBINARY({length})")),
        None => ("LONGTEXT".to_owned(), "LONGBLOB".to_owned()),
    };
    match kind {
        ValueKind::Bool => "BOOLEAN".to_owned(),
        ValueKind::Int16 => "SMALLINT".to_owned(),
        ValueKind::Int32 => "INT".to_owned(),
        ValueKind::Int64 => "BIGINT".to_owned(),
        ValueKind::Float32 => "FLOAT".to_owned(),
        ValueKind::Float64 => "DOUBLE".to_owned(),
        // Text compares byte by byte as on the other databases. The server's own default ignores case, and the plain
        // binary collation trailing blanks: both would make two keys one.
        ValueKind::Text if server.mariadb => {
            format!("{text} CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin")
        }
        ValueKind::Text => format!("{text} CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin"),
        ValueKind::Bytes => bytes,
    }
}
