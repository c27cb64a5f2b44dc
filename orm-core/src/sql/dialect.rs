//! How the SQL of databases differs.

use super::refusal::{cell_refusal, no_lists, refusal};
use super::{Select, TableName};
use crate::value::{Value, ValueKind, ValueRef};

/// The SQL that one database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// SQLite 3.35 or newer.
    Sqlite,
    /// PostgreSQL 15 or newer.
    Postgres,
    /// MySQL 8 or newer, and MariaDB 10.6 or newer.
    Mysql(MysqlServer),
}

/// How large the values of a column may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// The greatest number of characters of a text.
    pub length: Option<u32>,
    /// The digits of a time behind the second; microseconds where there is no number.
    pub precision: Option<u8>,
}

/// What the servers that speak MySQL's protocol differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// The most bytes of a name that PostgreSQL keeps; MySQL takes one character more.
pub(super) const LONGEST_NAME: usize = 63;

/// The length of text and bytes in columns that MySQL indexes: it takes no unlimited ones into an index.
const INDEXED_LENGTH: u32 = 255;

/// The most characters that MySQL keeps in a row itself, four bytes each.
const LONGEST_VARCHAR: u32 = 16_383;

/// Fits every decimal number that a field can hold: 29 digits before the point and 28 after it.
const MYSQL_DECIMAL: &str = "DECIMAL(57,28)";

impl Dialect {
    /// The most values that one statement may bind.
    pub fn bind_limit(self) -> usize {
        match self {
            Dialect::Sqlite => 32_766,
            Dialect::Postgres | Dialect::Mysql(_) => MOST_BINDS,
        }
    }

    /// The most rows of an INSERT that are written into one text. SQLite reads a long text slowly and runs a short one
    /// again at once; elsewhere each run is a round trip.
    pub fn rows_per_run(self, columns: usize) -> usize {
        let most = (self.bind_limit() / columns.max(1)).max(1);
        match self {
            Dialect::Sqlite => most.min(48),
            Dialect::Postgres | Dialect::Mysql(_) => most,
        }
    }

    /// How an INSERT of this many rows is divided: the rows of each text, and how often it runs. Numbers of rows are
    /// written as digits, so a few texts, which stay prepared, are enough for all of them: 200 rows are 192 and 8, where
    /// each run is a round trip. A text that is prepared for the first time also costs a round trip.
    pub fn insert_runs(self, rows: usize, columns: usize) -> Vec<(usize, usize)> {
        let base: usize = if self == Dialect::Sqlite { 8 } else { 16 };
        let most = self.rows_per_run(columns);
        let mut runs = Vec::new();
        let mut left = rows;
        if left > most {
            runs.push((most, left / most));
            left %= most;
        }
        if left == most {
            runs.push((most, 1));
            left = 0;
        }
        while left > 0 {
            let unit = base.pow(left.ilog(base));
            runs.push((left - left % unit, 1));
            left %= unit;
        }
        runs
    }

    /// Whether two names are one table.
    pub fn is_same_table(self, a: TableName, b: TableName) -> bool {
        let (of, other) = (a.schema.unwrap_or_default(), b.schema.unwrap_or_default());
        self.is_same_name(a.name, b.name) && self.is_same_name(of, other)
    }

    /// Whether two names of tables or aliases are one.
    pub fn is_same_name(self, a: &str, b: &str) -> bool {
        match self {
            // MySQL's behaviour depends on the file system it runs on; names that differ only in case are not portable.
            Dialect::Sqlite | Dialect::Mysql(_) => a.eq_ignore_ascii_case(b),
            Dialect::Postgres => a == b,
        }
    }

    /// Why a name cannot be one of the database's, where it cannot: PostgreSQL cuts long ones without an error, so that two
    /// become one, and MySQL refuses them.
    pub fn refuses_name(self, name: &str) -> Option<String> {
        let (longest, unit, server) = match self {
            Dialect::Sqlite => return None,
            Dialect::Postgres => (LONGEST_NAME, "bytes", "PostgreSQL"),
            Dialect::Mysql(_) => (LONGEST_NAME + 1, "characters", "MySQL and MariaDB"),
        };
        let length = self.name_length(name);
        (length > longest).then(|| {
            format!(
                "the name `{name}` has {length} {unit}, but {server} allows at most {longest}; choose a \
                 shorter one"
            )
        })
    }

    /// As long as the database takes it.
    fn name_length(self, name: &str) -> usize {
        match self {
            Dialect::Mysql(_) => name.chars().count(),
            Dialect::Sqlite | Dialect::Postgres => name.len(),
        }
    }

    /// A name followed by a number, short enough that the database keeps the number.
    pub fn numbered(self, like: &str, number: usize) -> String {
        let tail = format!("_{number}");
        let longest = if self == Dialect::Sqlite { usize::MAX } else { LONGEST_NAME - tail.len() };
        let mut end = like.len();
        while self.name_length(&like[..end]) > longest {
            end = like[..end].char_indices().next_back().map_or(0, |(at, _)| at);
        }
        format!("{}{tail}", &like[..end])
    }

    /// Why a value cannot be stored, where it cannot.
    pub fn refuses(self, value: &Value) -> Option<String> {
        refusal(self, value)
    }

    /// Why the field of an object cannot be stored, where it cannot.
    pub fn refuses_cell(self, cell: ValueRef<'_>) -> Option<String> {
        cell_refusal(self, cell)
    }

    /// Why lists cannot be columns, where they cannot.
    pub fn refuses_lists(self) -> Option<String> {
        (self != Dialect::Postgres).then(|| no_lists(self))
    }

    /// The most keys of this many columns that one statement may name beside other bound values.
    pub fn key_limit(self, columns: usize, others: usize) -> usize {
        match self {
            // An array for each column, however many keys there are.
            Dialect::Postgres => usize::MAX,
            Dialect::Sqlite | Dialect::Mysql(_) => self.bind_limit().saturating_sub(others) / columns.max(1),
        }
    }

    /// Whether rows that are found through an index come in its order, key by key. Sorted by the key first, they then need
    /// not be sorted all at once, or not at all where the index has the rest of the order too.
    pub fn reads_key_by_key(self) -> bool {
        match self {
            Dialect::Sqlite | Dialect::Mysql(_) => true,
            // It finds many keys by a bitmap, and sorts.
            Dialect::Postgres => false,
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

    /// Whether foreign keys are checked after each row of a statement, and not at its end.
    pub fn checks_keys_by_row(self) -> bool {
        matches!(self, Dialect::Mysql(_))
    }

    /// Whether a query behind IN has to be inside another one: MySQL takes no limit there.
    pub(super) fn pages_in_subqueries(self, select: &Select) -> bool {
        matches!(self, Dialect::Mysql(_)) && (select.limit, select.offset) != (None, None)
    }

    /// Whether a condition that asks another table has to be hidden from the optimizer if it is on the right side of an outer
    /// join. MySQL (seen in 9.7) makes it a semi-join there, and forgets the conditions inside it where it fills a temporary
    /// table with their rows.
    pub(super) fn loses_optional_conditions(self) -> bool {
        matches!(self, Dialect::Mysql(server) if !server.mariadb)
    }

    /// Whether an UPDATE or DELETE cannot ask the table that it changes.
    pub(super) fn refuses_its_own_table(self) -> bool {
        matches!(self, Dialect::Mysql(server) if !server.mariadb)
    }

    /// How many tables one SELECT joins at most.
    pub(super) fn most_tables(self) -> Option<usize> {
        match self {
            Dialect::Sqlite => Some(64),
            Dialect::Postgres => None,
            Dialect::Mysql(_) => Some(61),
        }
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

    /// The declared type of a column; `indexed` is true if a key or an index contains it.
    pub fn type_name(self, kind: ValueKind, size: Size, indexed: bool) -> String {
        match self {
            Dialect::Sqlite => sqlite_type(kind).to_owned(),
            Dialect::Postgres => match (kind, size) {
                (ValueKind::Text, Size { length: Some(length), .. }) => format!("VARCHAR({length})"),
                (ValueKind::Array(of), size) => format!("{}[]", self.type_name(*of, size, indexed)),
                (kind, Size { precision: Some(digits), .. }) if kind.is_cut() => {
                    format!("{}({digits})", self.postgres_type(kind))
                }
                (kind, _) => self.postgres_type(kind),
            },
            Dialect::Mysql(server) => mysql_type(kind, size, indexed, server),
        }
    }

    /// What a value is cast to, to become one of a kind.
    pub fn cast_type(self, kind: ValueKind) -> String {
        match self {
            Dialect::Sqlite => sqlite_type(kind).to_owned(),
            Dialect::Postgres => self.postgres_type(kind),
            Dialect::Mysql(_) => mysql_cast(kind).to_owned(),
        }
    }

    /// The type to which a placeholder must be cast, if neither its value nor its column determines it.
    pub fn cast(self, kind: Option<ValueKind>, value: &Value) -> Option<String> {
        match (self, kind, value) {
            // A type of the database's own is known by its name, and a list compares with one of the very same type.
            (Dialect::Postgres, Some(kind @ (ValueKind::Enum(_) | ValueKind::Array(_))), _) => {
                Some(self.type_name(kind, Size::default(), false))
            }
            // Texts would be compared with dates as texts and with decimals as floats, depending on the place.
            (Dialect::Mysql(_), kind, value) => {
                let kind = match value {
                    Value::Date(_) => ValueKind::Date,
                    Value::Time(_) => ValueKind::Time,
                    Value::DateTime(_) | Value::Timestamp(_) => ValueKind::DateTime,
                    Value::Decimal(_) => ValueKind::Decimal,
                    // The text of a statement does not depend on which of its values are NULL.
                    Value::Null => kind?,
                    _ => return None,
                };
                let cast = matches!(
                    kind,
                    ValueKind::Date
                        | ValueKind::Time
                        | ValueKind::DateTime
                        | ValueKind::Timestamp
                        | ValueKind::Decimal
                );
                cast.then(|| self.cast_type(kind))
            }
            _ => None,
        }
    }

    /// Appends a text as SQL, only for declarations: everything else binds its values.
    pub fn literal(self, sql: &mut String, text: &str) {
        sql.push('\'');
        for char in text.chars() {
            match (self, char) {
                (_, '\'') => sql.push_str("''"),
                (Dialect::Mysql(_), '\\') => sql.push_str("\\\\"),
                _ => sql.push(char),
            }
        }
        sql.push('\'');
    }

    fn postgres_type(self, kind: ValueKind) -> String {
        match kind {
            ValueKind::Enum(def) => {
                let mut name = String::new();
                self.quote(&mut name, def.name);
                name
            }
            ValueKind::Array(of) => format!("{}[]", self.postgres_type(*of)),
            plain => postgres_type(plain).to_owned(),
        }
    }

    /// What makes the database generate a key.
    pub fn auto_key(self) -> &'static str {
        match self {
            // `INTEGER PRIMARY KEY` already implies it.
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
        ValueKind::Bytes | ValueKind::Uuid => "BLOB",
        // Texts that sort as the values do. A type with DATE or DECIMAL in its name would make numbers of them.
        ValueKind::Date
        | ValueKind::Time
        | ValueKind::DateTime
        | ValueKind::Timestamp
        | ValueKind::Decimal
        | ValueKind::Json
        | ValueKind::Enum(_)
        | ValueKind::Array(_) => "TEXT",
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
        ValueKind::Date => "DATE",
        ValueKind::Time => "TIME",
        ValueKind::DateTime => "TIMESTAMP",
        ValueKind::Timestamp => "TIMESTAMPTZ",
        ValueKind::Decimal => "NUMERIC",
        ValueKind::Uuid => "UUID",
        ValueKind::Json => "JSONB",
        // Both have names of their own.
        ValueKind::Enum(_) | ValueKind::Array(_) => "TEXT",
    }
}

fn mysql_type(kind: ValueKind, size: Size, indexed: bool, server: MysqlServer) -> String {
    let digits = size.precision.unwrap_or(6);
    let length =
        size.length.filter(|length| *length <= LONGEST_VARCHAR).or(indexed.then_some(INDEXED_LENGTH));
    let (text, bytes) = match length {
        Some(length) => (format!("VARCHAR({length})"), format!("VARBINARY({length})")),
        None => ("LONGTEXT".to_owned(), "LONGBLOB".to_owned()),
    };
    // Text compares byte by byte as on the other databases. The server's own default ignores case, and the plain
    // binary collation trailing blanks: both would make two keys one.
    let collation = match server.mariadb {
        true => " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
        false => " CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin",
    };
    match kind {
        ValueKind::Bool => "BOOLEAN".to_owned(),
        ValueKind::Int16 => "SMALLINT".to_owned(),
        ValueKind::Int32 => "INT".to_owned(),
        ValueKind::Int64 => "BIGINT".to_owned(),
        ValueKind::Float32 => "FLOAT".to_owned(),
        ValueKind::Float64 => "DOUBLE".to_owned(),
        ValueKind::Text => format!("{text}{collation}"),
        ValueKind::Enum(def) => {
            let mut labels = String::new();
            for (at, label) in def.labels.iter().enumerate() {
                labels.push_str(if at == 0 { "" } else { ", " });
                Dialect::Mysql(server).literal(&mut labels, label);
            }
            format!("ENUM({labels}){collation}")
        }
        ValueKind::Bytes => bytes,
        ValueKind::Date => "DATE".to_owned(),
        ValueKind::Time => format!("TIME({digits})"),
        ValueKind::DateTime | ValueKind::Timestamp => format!("DATETIME({digits})"),
        ValueKind::Decimal => MYSQL_DECIMAL.to_owned(),
        ValueKind::Uuid => "BINARY(16)".to_owned(),
        // Lists cannot occur here: `create_all` has refused them.
        ValueKind::Json | ValueKind::Array(_) => "JSON".to_owned(),
    }
}

/// What MySQL's CAST makes of a kind.
fn mysql_cast(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Bool | ValueKind::Int16 | ValueKind::Int32 | ValueKind::Int64 => "SIGNED",
        ValueKind::Float32 | ValueKind::Float64 => "DOUBLE",
        ValueKind::Text | ValueKind::Json | ValueKind::Enum(_) | ValueKind::Array(_) => "CHAR",
        ValueKind::Bytes | ValueKind::Uuid => "BINARY",
        ValueKind::Date => "DATE",
        ValueKind::Time => "TIME(6)",
        ValueKind::DateTime | ValueKind::Timestamp => "DATETIME(6)",
        ValueKind::Decimal => MYSQL_DECIMAL,
    }
}
