//! Statements that find a few rows run on the caller's thread on SQLite, and on the connection's own where they would
//! hold it up.

use std::time::Duration;

use orm_core::prelude::*;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};

use crate::fixtures::nodes::Node;
use crate::fixtures::{SideDoor, record};

async fn nodes(count: i64) -> Result<SideDoor> {
    let door = SideDoor::new(schema![Node]).await?;
    let mut session = door.engine.session();
    let drafts = (1..=count).map(|id| Node::draft().id(id).data(format!("node {id}")));
    session.execute(insert::<Node>().rows(drafts)).await?;
    session.commit().await?;
    Ok(door)
}

#[tokio::test]
async fn short_and_long_statements_take_turns_on_one_connection() -> Result<()> {
    let door = nodes(200).await?;
    let engine = Engine::builder(&door.url()).pool_size(1).connect().await?;
    let log = record(&engine);
    for _ in 0..3 {
        let mut session = engine.session();
        for id in 1..=60 {
            assert!(session.get::<Node>(id).await?.is_some_and(|node| node.data == format!("node {id}")));
            let around = session.all(select::<Node>().filter(Node::ID.between(id, id + 1))).await?;
            assert_eq!(around.len(), 2);
        }
    }
    // What the query around it found costs a get no statement but for the first.
    assert_eq!(log.count(), 3 * (60 + 1), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_few_rows_that_take_long_to_find_are_found() -> Result<()> {
    let door = nodes(30_000).await?;
    let mut session = door.engine.session();
    let log = record(&door.engine);
    let last = session.first(select::<Node>().filter(Node::DATA.eq("node 29999"))).await?;
    assert_eq!(last.map(|node| node.id), Some(29_999));
    assert!(session.first(select::<Node>().filter(Node::DATA.eq("nobody"))).await?.is_none());
    assert_eq!(session.count(select::<Node>().filter(Node::DATA.like("%9"))).await?, 3_000);
    assert_eq!(log.count(), 3, "{log}");
    Ok(())
}

/// One thread for everything: if the get blocked it, the lock that it waits for could not be released.
#[tokio::test(flavor = "current_thread")]
async fn waiting_for_a_lock_does_not_block_other_tasks() -> Result<()> {
    let door = nodes(10).await?;
    let file = door.url().trim_start_matches("sqlite:").to_owned();
    let mut other = SqliteConnectOptions::new().filename(file).connect().await.expect("the file");
    let mut session = door.engine.session();
    assert!(session.get::<Node>(1).await?.is_some());
    other.execute("BEGIN EXCLUSIVE").await.expect("a lock");
    let (found, ()) = tokio::join!(session.get::<Node>(2).into_future(), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        other.execute("COMMIT").await.expect("an end");
    });
    assert!(found?.is_some());
    other.close().await.expect("closed");
    Ok(())
}

#[tokio::test]
async fn a_short_statement_sees_what_its_transaction_wrote() -> Result<()> {
    let door = nodes(3).await?;
    let mut session = door.engine.session();
    session.begin().await?;
    assert!(session.get::<Node>(4).await?.is_none());
    session.insert(Node::draft().id(4).data("new")).await?;
    session.expunge_all();
    assert!(session.get::<Node>(4).await?.is_some_and(|node| node.data == "new"));
    session.rollback().await?;
    assert!(session.get::<Node>(4).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn tables_change_between_two_gets() -> Result<()> {
    let door = nodes(3).await?;
    let mut session = door.engine.session();
    assert!(session.get::<Node>(1).await?.is_some());
    door.run("ALTER TABLE nodes ADD COLUMN more TEXT").await;
    assert!(session.get::<Node>(2).await?.is_some());
    door.run("DROP TABLE nodes").await;
    let gone = session.get::<Node>(3).await;
    assert_eq!(gone.map(|_| ()).map_err(|error| error.kind()), Err(ErrorKind::Database));
    Ok(())
}

#[tokio::test]
async fn engines_end_with_statements_that_are_kept() -> Result<()> {
    let door = nodes(3).await?;
    let engine = Engine::connect(&door.url()).await?;
    let mut session = engine.session();
    assert!(session.get::<Node>(1).await?.is_some());
    drop(session);
    engine.close().await;
    let engine = Engine::connect(&door.url()).await?;
    let kept = engine.session().get::<Node>(3).await?;
    drop(engine);
    assert!(kept.is_some());
    Ok(())
}

#[test]
fn a_session_may_end_outside_a_runtime() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (door, session) = runtime.block_on(async {
        let door = nodes(3).await?;
        let mut session = door.engine.session();
        assert!(session.get::<Node>(1).await?.is_some());
        Ok::<_, Error>((door, session))
    })?;
    drop(session);
    let found = runtime.block_on(async { door.engine.session().get::<Node>(2).await })?;
    assert!(found.is_some());
    Ok(())
}
