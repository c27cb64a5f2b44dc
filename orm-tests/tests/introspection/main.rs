//! Models that are written for tables of other programs: they compile, they equal the files in the repository, and `check`
//! accepts the tables.
//!
//! `ORM_TEST_MODELS=write cargo test -p orm-tests --test introspection` writes the files again.

use std::path::PathBuf;

use orm_core::migrate::Introspection;
use orm_core::prelude::*;
use orm_core::schema::Schema;
use orm_tests::{Backend, TestDatabase};

/// The files as they are written, which `cargo fmt` does not find.
macro_rules! models {
    ($($name:ident)*) => {
        #[deny(warnings)]
        pub mod models {
            $(pub mod $name {
                include!(concat!("models/", stringify!($name), ".rs"));
            })*
        }
    };
}

models!(chinook django odd pagila rails);

use models::{chinook, django, odd, pagila, rails};

async fn create(engine: &Engine, statements: &'static str) -> Result<()> {
    let mut session = engine.session();
    for statement in statements.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
        session.execute(sql(statement)).await?;
    }
    session.commit().await
}

/// The models written for the tables match the file, and the tables match the models.
async fn written(engine: &Engine, file: &str, schema: Schema) -> Result<()> {
    let code = Introspection::new().models(engine).await?;
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/introspection/models/{file}.rs"));
    if std::env::var("ORM_TEST_MODELS").is_ok_and(|value| value == "write") {
        std::fs::write(&path, &code).expect("the file can be written");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(code, known, "{}: run with ORM_TEST_MODELS=write, and read the difference", path.display());
    engine.check(schema).await?.into_result()
}

macro_rules! applications {
    ($($name:ident on $backend:ident;)*) => {$(
        #[tokio::test]
        async fn $name() {
            orm_tests::run(Backend::$backend, async |database: TestDatabase| {
                let engine = database.engine().await?;
                create(&engine, include_str!(concat!("sql/", stringify!($name), ".sql"))).await?;
                written(&engine, stringify!($name), $name::schema()).await
            })
            .await;
        }
    )*};
}

applications! {
    chinook on Sqlite;
    pagila on Postgres;
    django on Postgres;
    rails on Mysql;
    odd on Sqlite;
}

#[tokio::test]
async fn tables_and_columns_are_chosen_by_patterns() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    create(&engine, include_str!("sql/odd.sql")).await?;
    let shown = Introspection::new().table("*h*n").ignore("shown.sec*").models(&engine).await?;
    let expected = "\
// Models of the tables of an SQLite database, as its catalogue describes them.

use orm_core::prelude::*;

// The column `secret` is left out: it is ignored.
// The foreign key (hidden_id) to `hidden` is left out: that table has no model here.
#[derive(Model, Debug)]
pub struct Shown {
    #[key(auto)]
    pub id: i64,
    pub hidden_id: Option<i64>,
}

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![Shown]
}
";
    let without = Introspection::new().table("shown").ignore("*.secret").models(&engine).await?;
    assert_eq!(without, expected);
    assert!(shown.contains("pub struct Shown {") && shown.contains("pub struct Hidden {"), "{shown}");
    assert!(shown.contains("pub hidden: BelongsTo<Option<Hidden>>,"), "{shown}");
    let error = Introspection::new().table("nothing").models(&engine).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no table is called `nothing`; a pattern may have `*` for any part of a name [Configuration]"
    );
    create(&engine, "CREATE TABLE needs (id INTEGER PRIMARY KEY, shape GEOMETRY NOT NULL)").await?;
    let needs = Introspection::new().table("needs").models(&engine).await?;
    let needs = needs.replace("\n// ", " ");
    assert!(needs.contains("it is NOT NULL without a default, so this model inserts no rows."), "{needs}");
    let nothing = Introspection::new().ignore("*").models(&engine).await?;
    assert_eq!(nothing, "// Models of the tables of an SQLite database, as its catalogue describes them.\n");
    Ok(())
}

#[tokio::test]
async fn a_time_has_the_precision_of_its_column() {
    for backend in [Backend::Postgres, Backend::Mysql] {
        orm_tests::run(backend, async |database: TestDatabase| {
            let engine = database.engine().await?;
            let is_postgres = database.backend() == Backend::Postgres;
            let moment = if is_postgres { "TIMESTAMP" } else { "DATETIME" };
            let table = format!(
                "CREATE TABLE events (id BIGINT PRIMARY KEY, day DATE NOT NULL, noon TIME(0) NOT NULL, at {moment}(3) NOT NULL, \
                 since {moment}(6) NOT NULL)"
            );
            create(&engine, Box::leak(table.into_boxed_str())).await?;
            let code = Introspection::new().models(&engine).await?;
            let fields = "    #[key]\n    pub id: i64,\n    pub day: chrono::NaiveDate,\n    #[column(precision = 0)]\n    \
                          pub noon: chrono::NaiveTime,\n    #[column(precision = 3)]\n    pub at: chrono::NaiveDateTime,\n    \
                          pub since: chrono::NaiveDateTime,\n";
            assert!(code.contains(fields), "{code}");
            Ok(())
        })
        .await;
    }
}

#[tokio::test]
async fn no_relationship_is_called_as_a_keyword() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    create(
        &engine,
        "CREATE TABLE crates (id INTEGER PRIMARY KEY);\n\
         CREATE TABLE versions (id INTEGER PRIMARY KEY, crate_id INTEGER NOT NULL REFERENCES crates (id));",
    )
    .await?;
    let code = Introspection::new().models(&engine).await?;
    assert!(
        code.contains("#[belongs_to(key = \"crate_id\")]\n    pub crate_row: BelongsTo<Crate>,"),
        "{code}"
    );
    assert!(code.contains("module = \"crate_model\""), "{code}");
    Ok(())
}

#[tokio::test]
async fn a_link_table_that_others_refer_to_has_a_model() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    create(
        &engine,
        "CREATE TABLE students (id INTEGER PRIMARY KEY);\n\
         CREATE TABLE courses (id INTEGER PRIMARY KEY);\n\
         CREATE TABLE enrolments (id INTEGER PRIMARY KEY, student_id INTEGER NOT NULL REFERENCES students (id),\n\
         course_id INTEGER NOT NULL REFERENCES courses (id), UNIQUE (student_id, course_id));\n\
         CREATE TABLE grades (id INTEGER PRIMARY KEY, enrolment_id INTEGER NOT NULL REFERENCES enrolments (id));",
    )
    .await?;
    let code = Introspection::new().models(&engine).await?;
    assert!(code.contains("pub enrolment: BelongsTo<Enrolment>,"), "{code}");
    assert!(!code.contains("many_to_many"), "{code}");
    Ok(())
}

#[tokio::test]
async fn links_do_not_set_a_generated_key() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    create(
        &engine,
        "CREATE TABLE cities (id INTEGER PRIMARY KEY);\n\
         CREATE TABLE streets (id INTEGER PRIMARY KEY, code INTEGER NOT NULL,\n\
         city_id INTEGER NOT NULL AS (code / 100) STORED REFERENCES cities (id) ON DELETE CASCADE);",
    )
    .await?;
    let code = Introspection::new().models(&engine).await?;
    assert!(code.contains("#[belongs_to(on_delete = \"cascade\", view_only)]"), "{code}");
    assert!(code.contains("#[has_many(view_only)]\n    pub streets: HasMany<Street>,"), "{code}");
    Ok(())
}

#[tokio::test]
async fn a_check_of_a_column_without_a_field_is_a_comment() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    create(&engine, "CREATE TABLE parcels (id INTEGER PRIMARY KEY, weight INTEGER, CHECK (weight > 0))")
        .await?;
    let code = Introspection::new().ignore("parcels.weight").models(&engine).await?;
    assert!(code.contains("// CHECK (weight > 0) is left out: a column of it has no field."), "{code}");
    assert!(!code.contains("check ="), "{code}");
    Ok(())
}

#[tokio::test]
async fn the_command_prints_models() {
    let folder = orm_tests::directory();
    let url = format!("sqlite:{}", folder.path().join("app.db").display());
    let engine = Engine::connect(&url).await.expect("a file");
    create(&engine, include_str!("sql/chinook.sql")).await.expect("tables");
    engine.close().await;
    let ask = async |words: &[&str]| {
        let words: Vec<&str> = words.to_vec();
        orm_core::migrate::command(Schema::new(), "migrations", words).await
            == std::process::ExitCode::SUCCESS
    };
    assert!(ask(&["models", &url, "--table", "Album", "--ignore=Album.Title"]).await);
    assert!(ask(&["models", "--url", &url]).await);
    assert!(!ask(&["models", &url, "--table", "nothing"]).await);
    assert!(!ask(&["models", "nowhere:"]).await);
}
