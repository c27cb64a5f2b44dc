//! Databases that cannot be reached.

use std::time::Duration;

use orm_core::prelude::*;

use super::says;
use crate::fixtures::standard::*;

#[tokio::test]
async fn a_url_that_names_no_database() {
    says(Engine::connect("mongodb://localhost").await, ErrorKind::Configuration, &["mongodb", "sqlite:"]);
    says(Engine::connect("").await, ErrorKind::Configuration, &["sqlite:"]);
    says(Engine::connect("sqlite:").await, ErrorKind::Configuration, &["file", "sqlite::memory:"]);
    says(Engine::connect("sqlite://").await, ErrorKind::Configuration, &["file"]);
}

#[tokio::test]
async fn a_file_that_cannot_be_opened() {
    let directory = orm_tests::directory();
    let missing = format!("sqlite:{}", directory.path().join("nowhere").join("test.db").display());
    says(Engine::connect(&missing).await, ErrorKind::Connection, &["nowhere"]);
    let read_only = format!("sqlite:{}?mode=ro", directory.path().join("test.db").display());
    says(Engine::connect(&read_only).await, ErrorKind::Connection, &["test.db"]);
    let text = directory.path().join("text.db");
    std::fs::write(&text, "this is no database, and it is long enough to be seen as none".repeat(20))
        .expect("a file");
    let engine = Engine::connect(&format!("sqlite:{}", text.display())).await;
    let refused = match engine {
        Ok(engine) => engine.session().count(select::<User>()).await.map(drop),
        Err(error) => Err(error),
    };
    assert!(refused.unwrap_err().to_string().contains("not a database"));
}

#[tokio::test]
async fn a_connection_that_does_not_become_free() -> Result<()> {
    let engine = Engine::builder("sqlite::memory:")
        .pool_size(1)
        .pool_timeout(Duration::from_millis(50))
        .connect()
        .await?;
    engine.create_all(schema()).await?;
    let idle = engine.session();
    let mut first = engine.session();
    assert_eq!(first.count(select::<User>()).await?, 0, "a session takes none before its first statement");
    drop(idle);
    let mut second = engine.session();
    says(second.count(select::<User>()).await, ErrorKind::PoolTimeout, &["1", "session"]);
    first.commit().await?;
    assert_eq!(second.count(select::<User>()).await?, 0, "a commit gave it back");
    second.close().await?;
    assert_eq!(first.count(select::<User>()).await?, 0, "and so does close");
    drop(first);
    assert_eq!(engine.session().count(select::<User>()).await?, 0, "and a drop");
    Ok(())
}

#[tokio::test]
async fn an_engine_that_was_closed() -> Result<()> {
    let engine = standard().await?;
    engine.close().await;
    let refused = engine.session().count(select::<User>()).await;
    says(refused, ErrorKind::Connection, &[]);
    Ok(())
}

#[tokio::test]
async fn an_error_has_its_source() -> Result<()> {
    let engine = standard().await?;
    let error = engine.session().insert(User::draft().id(7).name("again")).await.unwrap_err();
    let source = std::error::Error::source(&error).expect("what the driver said");
    assert!(source.to_string().contains("UNIQUE"), "{source}");
    assert!(format!("{error:?}").starts_with("UniqueViolation: "), "{error:?}");
    Ok(())
}
