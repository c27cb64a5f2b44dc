//! A database with the zoo's tables, and a way to its rows that checks no keys.

use orm_core::prelude::*;
use orm_core::{ModelDef, Schema};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};
use tempfile::TempDir;

use super::data::data;
use super::member::{Member, with_model};
use super::oracle::Data;
use super::tables::{LINK_TABLES, TABLES};
use super::zoo::*;

pub struct World {
    pub engine: Engine,
    pub data: Data,
    side_door: SqliteConnection,
    _directory: TempDir,
}

impl World {
    pub async fn new() -> Result<World> {
        let directory = orm_tests::directory();
        let path = directory.path().join("zoo.db");
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true).foreign_keys(false);
        // The rows need not outlive the test.
        let options = options.pragma("synchronous", "OFF").pragma("journal_mode", "MEMORY");
        let mut side_door = options.connect().await.expect("the file can be opened");
        // Without a primary key a link may be there twice.
        run(&mut side_door, "CREATE TABLE author_tag (author_id INTEGER NOT NULL, tag_name TEXT NOT NULL)")
            .await;
        let engine = Engine::connect(&format!("sqlite:{}", path.to_str().expect("a path of text"))).await?;
        engine.create_all(zoo()).await?;
        Ok(World { engine, data: Data::default(), side_door, _directory: directory })
    }

    /// Replaces all rows by those of a seed.
    pub async fn fill(&mut self, seed: u64) {
        self.data = data(seed);
        let mut sql = String::from("BEGIN;");
        for (kind, rows) in self.data.tables.iter().enumerate() {
            let def = with_model!(kind, def_of());
            let columns: Vec<&str> = def.columns.iter().map(|column| column.name).collect();
            replace(&mut sql, &def.table.to_string(), &columns, rows);
        }
        for (table, rows) in LINK_TABLES.iter().zip(&self.data.links) {
            replace(&mut sql, table.name, table.columns, rows);
        }
        sql.push_str("COMMIT");
        run(&mut self.side_door, &sql).await;
    }
}

fn zoo() -> Schema {
    schema![Author, Country, Book, Chapter, Note, Shelf, Category, Tag, Profile, Loan, Seal]
}

fn def_of<M: Member>() -> &'static ModelDef {
    M::def()
}

fn replace(sql: &mut String, table: &str, columns: &[&str], rows: &[Vec<super::cell::Cell>]) {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    sql.push_str(&format!("DELETE FROM {};", quoted(table)));
    if rows.is_empty() {
        return;
    }
    let columns: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
    let row = |row: &Vec<super::cell::Cell>| {
        format!("({})", row.iter().map(super::cell::Cell::sql).collect::<Vec<_>>().join(", "))
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    sql.push_str(&format!(
        "INSERT INTO {} ({}) VALUES {};",
        quoted(table),
        columns.join(", "),
        rows.join(", ")
    ));
}

pub async fn run(connection: &mut SqliteConnection, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await;
    done.unwrap_or_else(|error| panic!("{error}: {sql}"));
}

/// The oracle's tables say of names and columns what the models say.
#[test]
fn the_tables_are_written_twice_alike() {
    for (kind, table) in TABLES.iter().enumerate() {
        let def = with_model!(kind, def_of());
        assert_eq!(def.name, table.model);
        assert!(
            def.columns.iter().map(|column| column.field).eq(table.columns.iter().copied()),
            "{}",
            def.name
        );
        let names = def.relations.iter().map(|relation| relation.name);
        assert!(names.eq(table.relations.iter().map(|link| link.name)), "{}", def.name);
        assert_eq!(def.key.len(), table.key, "{}", def.name);
    }
}
