//! Models that are written for random schemas compile, and `check` accepts the tables.
//!
//! `ORM_TEST_MODELS=write` writes the files again.

use std::path::PathBuf;

use orm_core::migrate::Introspection;
use orm_core::prelude::*;
use orm_core::schema::Schema;
use orm_tests::{Backend, TestDatabase};

use crate::dice::Dice;
use crate::{details, mutation};

/// The models of some seeds, which `cargo fmt` does not find.
macro_rules! seeds {
    ($module:ident: $($seed:ident)*) => {
        #[deny(warnings)]
        mod $module {
            include!(concat!("generated/", stringify!($module), ".rs"));

            pub fn schemas() -> Vec<super::Schema> {
                vec![$($seed::schema()),*]
            }
        }
    };
}

seeds!(sqlite: seed_0 seed_1 seed_2 seed_3 seed_4 seed_5);
seeds!(postgres: seed_0 seed_1 seed_2 seed_3);
seeds!(mysql: seed_0 seed_1 seed_2 seed_3);

async fn written(backend: Backend, name: &'static str, schemas: fn() -> Vec<Schema>) {
    orm_tests::run(backend, move |database: TestDatabase| async move {
        let (url, server) = (database.url().to_owned(), database.engine().await?);
        // The slots of the models belong to a thread.
        let done = tokio::task::spawn_blocking(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(compare(backend, &url, &server, name, schemas()))
        });
        done.await.expect("what is written is known, and accepted")
    })
    .await;
}

async fn compare(
    backend: Backend,
    url: &str,
    server: &Engine,
    name: &str,
    schemas: Vec<Schema>,
) -> Result<()> {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/migrations/generated/{name}.rs"));
    let mut code = String::new();
    for (seed, schema) in schemas.into_iter().enumerate() {
        let mut dice = Dice::new(seed as u64);
        let mut made = mutation::blueprint(&mut dice);
        made.without_partial = matches!(backend, Backend::Mysql | Backend::MysqlWithoutReturning);
        for _ in 0..3 {
            made = mutation::mutated(&made, &mut dice);
        }
        details::change(&mut made, &mut dice);
        made.comments = true;
        let engine = match backend {
            Backend::Sqlite => Engine::connect(url).await?,
            _ => server.clone(),
        };
        engine.create_all(made.schema(0)).await?;
        let models = Introspection::new().models(&engine).await?;
        code.push_str(&format!("pub mod seed_{seed} {{\n{models}}}\n\n"));
        if std::env::var("ORM_TEST_MODELS").is_err() {
            engine.check(schema).await?.into_result()?;
        }
        if backend != Backend::Sqlite {
            engine.drop_all(made.schema(0)).await?;
        }
    }
    if std::env::var("ORM_TEST_MODELS").is_ok_and(|value| value == "write") {
        std::fs::write(&path, &code).expect("the file can be written");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(code, known, "{}: run with ORM_TEST_MODELS=write, and read the difference", path.display());
    Ok(())
}

#[tokio::test]
async fn models_of_generated_schemas_sqlite() {
    written(Backend::Sqlite, "sqlite", sqlite::schemas).await;
}

#[tokio::test]
async fn models_of_generated_schemas_postgres() {
    written(Backend::Postgres, "postgres", postgres::schemas).await;
}

#[tokio::test]
async fn models_of_generated_schemas_mysql() {
    written(Backend::Mysql, "mysql", mysql::schemas).await;
}
