//! On SQLite, statements of many rows are read on the caller's thread, which other tasks get in between. One that
//! searches too long for its next row continues on the connection's own thread, in the state of the database in which
//! it began.

use std::cell::Cell;
use std::future::poll_fn;
use std::task::Poll;

use orm_core::prelude::*;

use crate::fixtures::nodes::Node;
use crate::fixtures::{SideDoor, record};

/// As many rows are near the beginning as give other tasks a turn, and one is at the end.
const NEAR: i64 = 600;
const LAST: i64 = 60_000;

async fn far_apart() -> Result<SideDoor> {
    let door = SideDoor::new(schema![Node]).await?;
    let mut session = door.engine.session();
    let data = |id: i64| if id <= NEAR || id == LAST { format!("match {id}") } else { format!("node {id}") };
    let drafts = (1..=LAST).map(|id| Node::draft().id(id).data(data(id)));
    session.execute(insert::<Node>().rows(drafts)).await?;
    session.commit().await?;
    Ok(door)
}

fn matches() -> Select<Node> {
    select::<Node>().filter(Node::DATA.like("match%"))
}

fn ids(nodes: &[Entity<Node>]) -> Vec<i64> {
    nodes.iter().map(|node| node.id).collect()
}

#[tokio::test]
async fn rows_that_are_far_apart_are_all_found_once() -> Result<()> {
    let door = far_apart().await?;
    let mut session = door.engine.session();
    let log = record(&door.engine);
    let expected: Vec<i64> = (1..=NEAR).chain([LAST]).collect();
    assert_eq!(ids(&session.all(matches()).await?), expected);
    assert_eq!(log.count(), 1, "{log}");
    // The session continues unchanged.
    assert!(session.get::<Node>(NEAR + 1).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_transaction_goes_on_after_a_statement_that_moved() -> Result<()> {
    let door = far_apart().await?;
    let mut session = door.engine.session();
    session.begin().await?;
    session.insert(Node::draft().id(LAST + 1).data("match of its own")).await?;
    assert_eq!(ids(&session.all(matches()).await?).last(), Some(&(LAST + 1)));
    session.insert(Node::draft().id(LAST + 2).data("another")).await?;
    session.commit().await?;
    let mut other = door.engine.session();
    assert_eq!(other.count(select::<Node>().filter(Node::ID.gt(LAST))).await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_statement_that_moved_sees_what_it_saw_when_it_began() -> Result<()> {
    let door = far_apart().await?;
    // Who reads and who writes are not in each other's way.
    door.run("PRAGMA journal_mode = WAL").await;
    let mut session = door.engine.session();
    // It has the connection on this thread from now on.
    assert!(session.get::<Node>(NEAR + 1).await?.is_some());
    let mut reading = Box::pin(session.all(matches()));
    let first = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await;
    assert!(first.is_pending(), "nobody else had a turn");
    door.run("DELETE FROM nodes WHERE id < 100").await;
    door.run("UPDATE nodes SET data = 'match that came later' WHERE id = 30000").await;
    let expected: Vec<i64> = (1..=NEAR).chain([LAST]).collect();
    assert_eq!(ids(&reading.await?), expected);
    let mut later = door.engine.session();
    let expected: Vec<i64> = (100..=NEAR).chain([30_000, LAST]).collect();
    assert_eq!(ids(&later.all(matches()).await?), expected);
    Ok(())
}

/// One thread for everything: it is held up for some hundreds of rows at most.
#[tokio::test(flavor = "current_thread")]
async fn others_have_their_turns_while_rows_are_read() -> Result<()> {
    let door = far_apart().await?;
    let mut session = door.engine.session();
    let (done, turns) = (Cell::new(false), Cell::new(0_i64));
    let read = async {
        let read = session.all(select::<Node>()).await;
        done.set(true);
        read
    };
    let others = async {
        while !done.get() {
            turns.set(turns.get() + 1);
            tokio::task::yield_now().await;
        }
    };
    let (nodes, ()) = tokio::join!(read, others);
    assert_eq!(i64::try_from(nodes?.len()), Ok(LAST));
    assert!(turns.get() >= LAST / 512, "{} turns", turns.get());
    Ok(())
}
