//! `Engine::check`: models beside the tables that a database has.

use orm_core::prelude::*;
use orm_core::schema::{SchemaFinding, SchemaFindingKind as Kind};
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::shop;

/// Tables as an earlier version of the program made them.
mod before {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    #[model(table = "people")]
    pub struct Person {
        #[key]
        pub id: i64,
        pub name: Option<String>,
        pub title: String,
        pub age: String,
        pub code: String,
        pub nick: String,
        #[column(default = "'none'")]
        pub mood: String,
        pub note: Option<String>,
    }

    #[derive(Model, Debug)]
    #[model(table = "pets")]
    pub struct Pet {
        #[key]
        pub id: i64,
        #[key]
        pub number: i64,
        pub person_id: i64,
        #[column(length = 20)]
        pub name: String,
    }
}

mod now {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    #[model(table = "people")]
    pub struct Person {
        #[key]
        pub id: i64,
        pub name: String,
        pub title: Option<String>,
        pub age: i64,
        #[column(unique)]
        pub code: String,
        pub email: Option<String>,
        #[many_to_many(through = "person_tags", key = "person_id", target_key = "tag_id")]
        pub tags: HasMany<Tag>,
    }

    #[derive(Model, Debug)]
    #[model(table = "pets")]
    pub struct Pet {
        #[key]
        pub id: i64,
        pub number: i64,
        pub person_id: i64,
        #[column(index, length = 80)]
        pub name: String,
        #[belongs_to]
        pub person: BelongsTo<Person>,
    }

    #[derive(Model, Debug)]
    #[model(table = "tags")]
    pub struct Tag {
        #[key]
        pub id: i64,
    }
}

/// A column of each type.
#[derive(Model, Debug)]
#[model(table = "every_type")]
pub struct EveryType {
    #[key(auto)]
    pub id: i32,
    pub a: i8,
    pub b: i16,
    pub c: u8,
    pub d: u16,
    pub e: u32,
    pub f: u64,
    pub g: f32,
    pub h: f64,
    pub i: bool,
    #[column(unique)]
    pub j: String,
    #[column(length = 40)]
    pub k: Option<String>,
    pub l: Vec<u8>,
}

#[derive(Model, Debug)]
#[model(table = "adults")]
pub struct Adult {
    #[key]
    pub id: i64,
    pub name: String,
}

/// Kinds by `table.column`, without what a database calls its types.
fn found(findings: &[SchemaFinding]) -> Vec<(String, &'static str)> {
    let kind = |finding: &SchemaFinding| match finding.kind {
        Kind::MissingTable => "table",
        Kind::MissingColumn => "column",
        Kind::Type { .. } => "type",
        Kind::MayBeNull => "may be NULL",
        Kind::NotNull => "NOT NULL",
        Kind::UnknownRequiredColumn => "required",
        Kind::PrimaryKey => "primary key",
        Kind::MissingUnique => "unique",
        Kind::MissingForeignKey { .. } => "foreign key",
        Kind::MissingIndex => "index",
        Kind::Labels { .. } => "labels",
        Kind::NotFilledIn => "not filled in",
        Kind::Generated { .. } => "generated",
        _ => "new",
    };
    let place = |finding: &SchemaFinding| format!("{}.{}", finding.table, finding.columns.join("+"));
    findings.iter().map(|finding| (place(finding), kind(finding))).collect()
}

#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[db_enum(native = "Check \"mood\"")]
pub enum Mood {
    Sad,
    Glad,
}

#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[db_enum(native = "Check \"mood\"")]
pub enum OtherMood {
    Sad,
    Happy,
}

#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[db_enum(native = "plain")]
pub enum Plain {
    One,
}

#[derive(Model, Debug)]
#[model(table = "moody")]
pub struct Moody {
    #[key(auto)]
    pub id: i64,
    pub mood: Mood,
    pub second: Option<Mood>,
    pub plain: Plain,
}

/// [`Moody`] in another version of the program.
#[derive(Model, Debug)]
#[model(table = "moody")]
pub struct OtherMoody {
    #[key(auto)]
    pub id: i64,
    pub mood: OtherMood,
    pub second: Option<Plain>,
    pub plain: Plain,
}

#[derive(Model, Debug)]
#[model(table = "given")]
pub struct Given {
    #[key(auto)]
    pub id: i64,
    #[column(default)]
    pub number: i64,
    #[column(default)]
    pub note: Option<String>,
}

/// [`Given`] for a program that gives every value itself.
#[derive(Model, Debug)]
#[model(table = "given")]
pub struct Writing {
    #[key(auto)]
    pub id: i64,
    pub number: i64,
    pub note: Option<String>,
}

#[derive(Model, Debug)]
#[model(table = "timed")]
pub struct Timed {
    #[key]
    pub id: i64,
    pub instant: chrono::DateTime<chrono::Utc>,
    pub at: Option<chrono::NaiveDateTime>,
    pub time: Option<chrono::NaiveTime>,
    pub document: Option<serde_json::Value>,
}

/// Runs statements that make tables as another program would.
async fn made(engine: &Engine, statements: &[&'static str]) -> Result<()> {
    let mut session = engine.session();
    for statement in statements {
        session.execute(sql(statement)).await?;
    }
    session.commit().await
}

fn places(report: &orm_core::schema::SchemaReport) -> Vec<(String, &'static str)> {
    let mut found = found(report.findings());
    found.sort();
    found
}

on_every_backend! {
    async fn an_enum_of_the_databases_own_is_its_name_and_labels(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Moody]).await?;
        let report = engine.check(schema![Moody]).await?;
        assert!(report.is_empty(), "{report}");
        let report = engine.check(schema![OtherMoody]).await?;
        let expected = match database.backend() {
            Backend::Postgres => vec![("moody.mood".to_owned(), "labels"), ("moody.second".to_owned(), "type")],
            // SQLite has a text.
            Backend::Sqlite => Vec::new(),
            _ => vec![("moody.mood".to_owned(), "labels"), ("moody.second".to_owned(), "labels")],
        };
        assert_eq!(places(&report), expected, "{report}");
        Ok(())
    }

    async fn what_is_left_to_the_database_has_a_default_there(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        made(&engine, &["CREATE TABLE given (id BIGINT NOT NULL PRIMARY KEY, number BIGINT NOT NULL, note VARCHAR(20))"]).await?;
        let report = engine.check(schema![Given]).await?;
        let expected = ["given.id", "given.number"].map(|place| (place.to_owned(), "not filled in"));
        let seen: Vec<_> = places(&report).into_iter().filter(|(_, kind)| *kind != "type").collect();
        assert_eq!(seen, expected, "{report}");
        assert!(report.into_result().is_err());
        let filled = match database.backend() {
            Backend::Sqlite => "CREATE TABLE given (id INTEGER PRIMARY KEY NOT NULL, number BIGINT NOT NULL DEFAULT 5, note VARCHAR(20))",
            Backend::Postgres => "CREATE TABLE given (id BIGSERIAL PRIMARY KEY, number BIGINT NOT NULL DEFAULT 5, note TEXT)",
            _ => "CREATE TABLE given (id BIGINT PRIMARY KEY AUTO_INCREMENT, number BIGINT NOT NULL DEFAULT 5, note VARCHAR(20))",
        };
        made(&engine, &["DROP TABLE given", filled]).await?;
        let report = engine.check(schema![Given]).await?;
        let seen: Vec<_> = places(&report).into_iter().filter(|(_, kind)| *kind == "not filled in").collect();
        assert!(seen.is_empty(), "{report}");
        Ok(())
    }

    async fn a_trigger_may_fill_a_column_in(database: TestDatabase) -> Result<()> {
        let trigger: &[&str] = match database.backend() {
            Backend::Sqlite => return Ok(()),
            Backend::Postgres => &[
                "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id := 7; NEW.number := 1; RETURN NEW; END $$",
                "CREATE TRIGGER fill BEFORE INSERT ON given FOR EACH ROW EXECUTE FUNCTION fill()",
            ],
            _ => &["CREATE TRIGGER fill BEFORE INSERT ON given FOR EACH ROW SET NEW.id = 7, NEW.number = 1"],
        };
        let engine = database.engine().await?;
        made(&engine, &["CREATE TABLE given (id BIGINT NOT NULL PRIMARY KEY, number BIGINT NOT NULL, note TEXT)"]).await?;
        for statement in trigger {
            database.run(statement).await;
        }
        let report = engine.check(schema![Given]).await?;
        let seen: Vec<_> = places(&report).into_iter().filter(|(_, kind)| *kind == "not filled in").collect();
        assert!(seen.is_empty(), "{report}");
        Ok(())
    }

    async fn generated_columns_are_there(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let stored = match database.backend() {
            Backend::Sqlite => "CREATE TABLE given (id INTEGER NOT NULL PRIMARY KEY, number BIGINT NOT NULL GENERATED ALWAYS AS (2 * id) STORED, note TEXT GENERATED ALWAYS AS ('n') VIRTUAL)",
            Backend::Postgres => "CREATE TABLE given (id BIGSERIAL PRIMARY KEY, number BIGINT NOT NULL GENERATED ALWAYS AS (2 * 3) STORED, note TEXT GENERATED ALWAYS AS ('n') STORED)",
            _ => "CREATE TABLE given (id BIGINT PRIMARY KEY AUTO_INCREMENT, number BIGINT GENERATED ALWAYS AS (2 * 3) STORED, note VARCHAR(20) GENERATED ALWAYS AS ('n') STORED)",
        };
        made(&engine, &[stored]).await?;
        let report = engine.check(schema![Given]).await?;
        let missing = |(_, kind): &(String, &str)| ["column", "not filled in", "generated"].contains(kind);
        assert!(!places(&report).iter().any(missing), "{report}");
        // A model that writes them cannot insert a row.
        let report = engine.check(schema![Writing]).await?;
        let generated: Vec<String> =
            places(&report).into_iter().filter(|(_, kind)| *kind == "generated").map(|(place, _)| place).collect();
        assert_eq!(generated, ["given.note", "given.number"], "{report}");
        assert!(report.to_string().contains("`given.number` is a generated column, which no statement can set"), "{report}");
        assert!(report.into_result().is_err());
        Ok(())
    }

    async fn a_time_that_is_rounded_is_another_type(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Timed]).await?;
        let report = engine.check(schema![Timed]).await?;
        assert!(report.is_empty(), "{report}");
        let (rounded, expected) = match database.backend() {
            Backend::Sqlite => return Ok(()),
            Backend::Postgres => (
                "CREATE TABLE timed (id BIGINT PRIMARY KEY, instant TIMESTAMPTZ(3) NOT NULL, at TIMESTAMP(0), time TIME(5), document JSON)",
                vec!["timed.at", "timed.document", "timed.instant", "timed.time"],
            ),
            _ => (
                "CREATE TABLE timed (id BIGINT PRIMARY KEY, instant DATETIME(3) NOT NULL, at DATETIME, time TIME(5), document LONGTEXT)",
                vec!["timed.at", "timed.instant", "timed.time"],
            ),
        };
        made(&engine, &["DROP TABLE timed", rounded]).await?;
        let report = engine.check(schema![Timed]).await?;
        let seen: Vec<String> = places(&report).into_iter().filter(|(_, kind)| *kind == "type").map(|(place, _)| place).collect();
        assert_eq!(seen, expected, "{report}");
        Ok(())
    }

    async fn a_link_table_has_the_types_of_its_keys(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![now::Person, now::Pet, now::Tag]).await?;
        let wrong = match database.is_mysql() {
            true => "VARCHAR(20)",
            false => "TEXT",
        };
        let create: &'static str = format!("CREATE TABLE person_tags (person_id {wrong} NOT NULL, tag_id {wrong} NOT NULL, PRIMARY KEY (person_id, tag_id))").leak();
        made(&engine, &["DROP TABLE person_tags", create]).await?;
        let report = engine.check(schema![now::Person, now::Pet, now::Tag]).await?;
        let types: Vec<String> =
            places(&report).into_iter().filter(|(_, kind)| *kind == "type").map(|(place, _)| place).collect();
        assert_eq!(types, ["person_tags.person_id", "person_tags.tag_id"], "{report}");
        Ok(())
    }

    async fn a_link_table_is_found_from_both_sides(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![now::Person, now::Tag]).await?;
        let report = engine.check(schema![now::Person, now::Tag]).await?;
        assert!(report.is_empty(), "{report}");
        engine.create_all(schema![now::Person, now::Tag]).await
    }

    async fn tables_of_create_all_match_the_models(database: TestDatabase) -> Result<()> {
        let engine = shop::shop(&database).await?;
        engine.create_all(schema![EveryType]).await?;
        let log = engine.record();
        let schema = schema![shop::User, shop::Address, shop::Order, shop::Item, shop::Keyword, EveryType];
        let report = engine.check(schema).await?;
        assert_statements!(log, 3);
        let advice: Vec<(String, &str)> = match database.is_mysql() {
            // It makes an index for each foreign key.
            true => Vec::new(),
            false => [
                "addresses.user_id", "orders.user_id", "orders.address_id",
            ].map(|place| (place.to_owned(), "index")).into(),
        };
        let mut seen = found(report.findings());
        let mut expected = advice;
        seen.sort();
        expected.sort();
        assert_eq!(seen, expected, "{report}");
        assert_eq!(report.is_empty(), database.is_mysql());
        report.into_result()
    }

    async fn everything_that_differs_is_reported_at_once(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![before::Person, before::Pet]).await?;
        let report = engine.check(schema![now::Person, now::Pet, now::Tag]).await?;
        let mut seen = found(report.findings());
        let mut expected = vec![
            ("people.name", "may be NULL"),
            ("people.title", "NOT NULL"),
            ("people.age", "type"),
            ("people.email", "column"),
            ("people.nick", "required"),
            ("people.code", "unique"),
            ("pets.id", "primary key"),
            ("pets.person_id", "foreign key"),
            ("pets.person_id", "index"),
            ("pets.name", "index"),
            ("tags.", "table"),
            ("person_tags.", "table"),
        ];
        if database.backend() != Backend::Sqlite {
            // SQLite keeps no length.
            expected.push(("pets.name", "type"));
        }
        let mut expected: Vec<_> = expected.into_iter().map(|(place, kind)| (place.to_owned(), kind)).collect();
        seen.sort();
        expected.sort();
        assert_eq!(seen, expected, "{report}");

        let text = report.to_string();
        assert_eq!(text.lines().count(), expected.len() + 1, "{text}");
        assert!(text.contains("  `Person`: `people.age` is "), "{text}");
        assert!(text.contains("  `Person.tags`: the table `person_tags` does not exist"), "{text}");
        let error = report.into_result().unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::SchemaMismatch, format!("{text}\n[SchemaMismatch]")));
        Ok(())
    }

    async fn an_empty_database_has_no_tables(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let report = engine.check(schema![EveryType]).await?;
        assert_eq!(report.to_string().lines().nth(1), Some("  `EveryType`: the table `every_type` does not exist"));
        assert!(engine.check(schema![]).await?.is_empty());
        Ok(())
    }

    async fn a_view_has_no_keys_to_miss(database: TestDatabase) -> Result<()> {
        // No other program can connect to SQLite in memory, and only migrations make views.
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        let engine = database.engine().await?;
        engine.create_all(schema![before::Person]).await?;
        database.run("CREATE VIEW adults AS SELECT id, name FROM people").await;
        let report = engine.check(schema![Adult]).await?;
        assert!(report.is_empty(), "{report}");
        Ok(())
    }
}
