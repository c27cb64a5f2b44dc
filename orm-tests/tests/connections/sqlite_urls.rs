//! The settings in the URL of a SQLite database, and those of every connection to one.

use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(table = "stones")]
pub struct Stone {
    #[key]
    pub id: i64,
}

async fn count(url: &str) -> Result<u64> {
    let engine = Engine::connect(url).await?;
    let counted = engine.session().count(select::<Stone>()).await;
    engine.close().await;
    counted
}

async fn add(url: &str, id: i64) -> Result<()> {
    let engine = Engine::connect(url).await?;
    let mut session = engine.session();
    session.add(Stone::draft().id(id));
    session.commit().await?;
    drop(session);
    engine.close().await;
    Ok(())
}

#[tokio::test]
async fn a_file_is_opened_as_the_url_specifies() -> Result<()> {
    let directory = orm_tests::directory();
    let folder = directory.path().display();
    let url = format!("sqlite:{folder}/what%3F #1.db");
    let missing = Engine::connect(&format!("{url}?mode=rw")).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Connection, "{missing}");
    assert!(missing.to_string().contains("unable to open"), "{missing}");

    let engine = Engine::connect(&url).await?;
    engine.create_all(schema![Stone]).await?;
    engine.close().await;
    assert!(directory.path().join("what? #1.db").exists());
    add(&url, 1).await?;
    add(&format!("sqlite://{folder}/what%3f #1.db?mode=rw"), 2).await?;
    add(&format!("sqlite:file:{folder}/what%3f #1.db?cache=shared"), 3).await?;
    for settings in
        ["mode=ro", "mode=ro&cache=private", "immutable=true", "mode=ro&immutable=1", "mode=ro&vfs=unix-none"]
    {
        let url = format!("{url}?{settings}");
        assert_eq!(count(&url).await?, 3, "{settings}");
        let refused = add(&url, 9).await.unwrap_err();
        assert!(refused.to_string().contains("readonly"), "{settings}: {refused}");
    }
    let unknown = count(&format!("{url}?vfs=none%20such")).await.unwrap_err();
    assert!(unknown.to_string().contains("no such vfs: none such"), "{unknown}");
    Ok(())
}

/// A path with a typo in it is a new and empty database.
#[tokio::test]
async fn a_missing_table_names_the_file_that_the_engine_made() -> Result<()> {
    let directory = orm_tests::directory();
    let url = format!("sqlite:{}", directory.path().join("stnoes.db").display());
    let missing = count(&url).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Database, "{missing}");
    let text = missing.to_string();
    assert!(
        text.contains("no such table: stones") && text.contains("stnoes.db`; if its path is right"),
        "{text}"
    );
    let engine = Engine::connect(&url).await?;
    let mut session = engine.session();
    session.add(Stone::draft().id(1));
    let missing = session.flush().await.unwrap_err().to_string();
    assert!(missing.contains("no such table: stones") && !missing.contains("stnoes.db"), "{missing}");
    session.rollback().await?;
    drop(session);
    engine.create_all(schema![Stone]).await?;
    engine.close().await;
    add(&url, 1).await?;
    assert_eq!(count(&url).await?, 1);

    let engine = Engine::connect("sqlite::memory:").await?;
    let missing = engine.session().count(select::<Stone>()).await.unwrap_err().to_string();
    assert!(
        missing.contains("no such table: stones") && !missing.contains("this engine created"),
        "{missing}"
    );
    Ok(())
}

#[tokio::test]
async fn every_connection_is_set_alike() -> Result<()> {
    let directory = orm_tests::directory();
    let file = format!("sqlite:{}", directory.path().join("stones.db").display());
    for (url, journal, synchronous) in [(&*file, "delete", 2), ("sqlite::memory:", "wal", 0)] {
        let engine = Engine::builder(url).pool_size(2).attach("more", ":memory:").connect().await?;
        let (mut first, mut second) = (engine.session(), engine.session());
        for session in [&mut first, &mut second] {
            for (pragma, value) in [
                ("PRAGMA foreign_keys", 1),
                ("PRAGMA synchronous", synchronous),
                ("PRAGMA busy_timeout", 0),
                ("PRAGMA more.synchronous", 0),
            ] {
                let set = session.row(sql(pragma).rows::<i64>()).await?;
                assert_eq!(set, value, "{url}: {pragma}");
            }
            for (pragma, value) in [("PRAGMA journal_mode", journal), ("PRAGMA more.journal_mode", "wal")] {
                let set = session.row(sql(pragma).rows::<String>()).await?;
                assert_eq!(set, value, "{url}: {pragma}");
            }
            let text = session.row(sql("SELECT \"no column\"").rows::<String>()).await.unwrap_err();
            assert!(text.to_string().contains("no such column"), "{text}");
        }
    }
    Ok(())
}
