//! `Engine::check`: models beside the tables that a database has.

use orm_core::prelude::*;
use orm_core::{SchemaFinding, SchemaFindingKind as Kind};
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
        _ => "new",
    };
    let place = |finding: &SchemaFinding| format!("{}.{}", finding.table, finding.columns.join("+"));
    findings.iter().map(|finding| (place(finding), kind(finding))).collect()
}

on_every_backend! {
    async fn what_create_all_made_is_what_the_models_say(database: TestDatabase) -> Result<()> {
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
                "addresses.user_id", "orders.user_id", "orders.address_id", "order_items.item_id",
                "item_keywords.keyword_id",
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
        assert!(text.contains("  `Person.tags`: there is no table `person_tags`"), "{text}");
        let error = report.into_result().unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::SchemaMismatch, text));
        Ok(())
    }

    async fn an_empty_database_has_no_tables(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let report = engine.check(schema![EveryType]).await?;
        assert_eq!(report.to_string().lines().nth(1), Some("  `EveryType`: there is no table `every_type`"));
        assert!(engine.check(schema![]).await?.is_empty());
        Ok(())
    }

    async fn a_view_has_no_keys_to_miss(database: TestDatabase) -> Result<()> {
        // Nobody else can connect to SQLite in memory, and only migrations make views.
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
