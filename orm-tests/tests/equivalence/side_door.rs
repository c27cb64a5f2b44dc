//! A way to the tables that checks no keys.

use orm_core::model::{ModelDef, TableName};
use orm_core::value::ValueKind;
use orm_tests::{Backend, TestDatabase};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, MySqlConnection, PgConnection};
use tempfile::TempDir;

use super::cell::Cell;

pub enum SideDoor {
    Sqlite { connection: SqliteConnection, _directory: TempDir },
    Postgres(PgConnection),
    Mysql(MySqlConnection, &'static str),
}

impl SideDoor {
    /// A new SQLite file, and how an engine connects to it.
    pub async fn new_file() -> (SideDoor, String) {
        let directory = orm_tests::directory();
        let path = directory.path().join("zoo.db");
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true).foreign_keys(false);
        // The rows need not outlive the test.
        let options = options.pragma("synchronous", "OFF").pragma("journal_mode", "MEMORY");
        let connection = options.connect().await.expect("the file can be opened");
        let url = format!("sqlite:{}", path.to_str().expect("a path of text"));
        (SideDoor::Sqlite { connection, _directory: directory }, url)
    }

    /// A connection to a server's database.
    pub async fn to(database: &TestDatabase) -> SideDoor {
        let server = "the server is there";
        match database.backend() {
            Backend::Sqlite => unreachable!("SQLite in memory has no second connection"),
            Backend::Postgres => {
                SideDoor::Postgres(PgConnection::connect(database.url()).await.expect(server))
            }
            Backend::Mysql | Backend::MysqlWithoutReturning => {
                let mut connection = MySqlConnection::connect(database.url()).await.expect(server);
                let version = sqlx::query_scalar::<_, String>("SELECT VERSION()").fetch_one(&mut connection);
                let is_mariadb = version.await.expect(server).contains("MariaDB");
                let collation = if is_mariadb { "utf8mb4_nopad_bin" } else { "utf8mb4_0900_bin" };
                SideDoor::Mysql(connection, collation)
            }
        }
    }

    /// Whether NULL sorts after every value if an order does not specify it.
    pub fn nulls_are_high(&self) -> bool {
        matches!(self, SideDoor::Postgres(_))
    }

    /// Makes the table of a model without any foreign key, so that keys may lead nowhere.
    pub async fn create(&mut self, def: &ModelDef) {
        let column = |column: &orm_core::model::ColumnDef| {
            let null = if column.nullable() { "" } else { " NOT NULL" };
            let unique = if column.unique() { " UNIQUE" } else { "" };
            format!("{} {}{null}{unique}", self.quoted(column.name()), self.type_name(column.kind()))
        };
        let mut parts: Vec<String> = def.columns().iter().map(column).collect();
        let key: Vec<String> = def.key().iter().map(|at| self.quoted(def.columns()[*at].name())).collect();
        parts.push(format!("PRIMARY KEY ({})", key.join(", ")));
        self.run(&format!("CREATE TABLE {} ({})", self.quoted(def.table().name), parts.join(", "))).await;
    }

    /// Makes a link table; without a primary key a link may occur twice.
    pub async fn create_link(&mut self, name: &str, columns: &[(&str, ValueKind)], key: bool) {
        let column = |(name, kind): &(&str, ValueKind)| {
            format!("{} {} NOT NULL", self.quoted(name), self.type_name(*kind))
        };
        let mut parts: Vec<String> = columns.iter().map(column).collect();
        if key {
            let names: Vec<String> = columns.iter().map(|(name, _)| self.quoted(name)).collect();
            parts.push(format!("PRIMARY KEY ({})", names.join(", ")));
        }
        self.run(&format!("CREATE TABLE {} ({})", self.quoted(name), parts.join(", "))).await;
    }

    /// Replaces the rows of some tables; the kinds of columns are those of the cells.
    pub async fn replace(&mut self, tables: &[Table<'_>]) {
        let mut sql = vec!["BEGIN".to_owned()];
        for table in tables {
            let name = self.quoted(table.name.name);
            sql.push(format!("DELETE FROM {name}"));
            if table.rows.is_empty() {
                continue;
            }
            let columns: Vec<String> = table.columns.iter().map(|(name, _)| self.quoted(name)).collect();
            let row = |row: &Vec<Cell>| {
                let cells = row.iter().zip(&table.columns);
                let cells: Vec<String> = cells.map(|(cell, (_, kind))| self.literal(cell, *kind)).collect();
                format!("({})", cells.join(", "))
            };
            let rows: Vec<String> = table.rows.iter().map(row).collect();
            sql.push(format!("INSERT INTO {name} ({}) VALUES {}", columns.join(", "), rows.join(", ")));
        }
        sql.push("COMMIT".to_owned());
        match self {
            SideDoor::Mysql(..) => {
                for statement in sql {
                    self.run(&statement).await;
                }
            }
            _ => self.run(&sql.join(";")).await,
        }
    }

    fn quoted(&self, name: &str) -> String {
        match self {
            SideDoor::Mysql(..) => format!("`{}`", name.replace('`', "``")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    fn type_name(&self, kind: ValueKind) -> String {
        let (text, bytes) = match self {
            SideDoor::Sqlite { .. } => ("TEXT".to_owned(), "BLOB"),
            SideDoor::Postgres(_) => ("TEXT".to_owned(), "BYTEA"),
            SideDoor::Mysql(_, collation) => {
                (format!("VARCHAR(64) CHARACTER SET utf8mb4 COLLATE {collation}"), "VARBINARY(64)")
            }
        };
        match kind {
            ValueKind::Bool => "BOOLEAN".to_owned(),
            ValueKind::Int16 => "SMALLINT".to_owned(),
            ValueKind::Int32 => "INTEGER".to_owned(),
            ValueKind::Int64 => "BIGINT".to_owned(),
            ValueKind::Text => text,
            ValueKind::DateTime => match self {
                SideDoor::Sqlite { .. } => "TEXT".to_owned(),
                SideDoor::Postgres(_) => "TIMESTAMP".to_owned(),
                SideDoor::Mysql(..) => "DATETIME(6)".to_owned(),
            },
            ValueKind::Bytes => bytes.to_owned(),
            other => unreachable!("the zoo has no {other:?}"),
        }
    }

    fn literal(&self, cell: &Cell, kind: ValueKind) -> String {
        match (self, cell) {
            (SideDoor::Postgres(_), Cell::Int(value)) if kind == ValueKind::Bool => (*value != 0).to_string(),
            (SideDoor::Postgres(_), Cell::Bytes(value)) => {
                let digits: String = value.iter().map(|byte| format!("{byte:02X}")).collect();
                format!("'\\x{digits}'")
            }
            (SideDoor::Mysql(..), Cell::Text(value)) => {
                format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
            }
            _ => cell.sql(),
        }
    }

    pub async fn run(&mut self, sql: &str) {
        let text = AssertSqlSafe(sql.to_owned());
        let done = match self {
            SideDoor::Sqlite { connection, .. } => sqlx::raw_sql(text).execute(connection).await.map(|_| ()),
            SideDoor::Postgres(connection) => sqlx::raw_sql(text).execute(connection).await.map(|_| ()),
            SideDoor::Mysql(connection, _) => sqlx::raw_sql(text).execute(connection).await.map(|_| ()),
        };
        done.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
}

/// The rows of a table.
pub struct Table<'r> {
    pub name: TableName,
    pub columns: Vec<(&'r str, ValueKind)>,
    pub rows: &'r [Vec<Cell>],
}
