//! Objects and transactions in a state in which something cannot be done.

use std::task::Poll;

use orm_core::prelude::*;

use super::says;
use crate::fixtures::chunks::{Child, Parent};
use crate::fixtures::standard::*;
use crate::fixtures::tickets::{self, Ticket};
use crate::fixtures::{SideDoor, ids, record};

#[tokio::test]
async fn an_object_of_another_session() -> Result<()> {
    let engine = standard().await?;
    let (mut mine, mut other) = (engine.session(), engine.session());
    let jack = mine.get::<User>(7).await?.expect("jack is there");
    let address = mine.get::<Address>(1).await?.expect("the address is there");
    let theirs = other.get::<User>(8).await?.expect("ed is there");
    let pending = other.add(User::draft().id(11).name("mary"));
    let log = record(&engine);
    let foreign = |result: Result<()>| says(result, ErrorKind::InvalidState, &["another session"]);

    foreign(mine.edit(&theirs, |user| user.name = "mine".into()));
    foreign(mine.append(&theirs, User::ADDRESSES, &address));
    foreign(mine.assign(&address, Address::USER, &theirs));
    foreign(mine.assign(&address, Address::USER, &pending));
    foreign(mine.load(&theirs, User::ADDRESSES).await.map(drop));
    foreign(mine.load_all(vec![jack.clone(), theirs.clone()], User::ADDRESSES.selectin()).await.map(drop));
    assert!(!mine.is_modified(&theirs) && !mine.is_modified(&address));
    assert_eq!((theirs.name.as_str(), address.user_id), ("ed", 7));
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_draft_that_leads_to_another_session() -> Result<()> {
    let engine = standard().await?;
    let (mut mine, mut other) = (engine.session(), engine.session());
    let theirs = other.get::<User>(8).await?.expect("ed is there");
    let refused = mine.add(Address::draft().id(6).email_address("a").user(&theirs));
    mine.add(User::draft().id(11).name("mary"));
    says(mine.flush().await, ErrorKind::InvalidState, &["another session"]);
    assert_eq!(refused.entity().unwrap_err().kind(), ErrorKind::InvalidState);
    mine.rollback().await?;
    assert_eq!(mine.count(select::<Address>()).await?, 5);
    assert_eq!(mine.count(select::<User>()).await?, 4);
    Ok(())
}

#[tokio::test]
async fn an_object_whose_session_has_gone() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let gone = engine.session().get::<User>(8).await?.expect("ed is there");
    says(session.edit(&gone, |user| user.name = "x".into()), ErrorKind::InvalidState, &["another session"]);
    says(session.load(&gone, User::ORDERS).await, ErrorKind::InvalidState, &["another session"]);
    assert_eq!(gone.name, "ed");
    Ok(())
}

#[tokio::test]
async fn after_a_refused_row_the_session_waits_for_a_rollback() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let jack = session.get::<User>(7).await?.expect("jack is there");
    session.add(User::draft().id(7).name("a second jack"));
    says(session.flush().await, ErrorKind::UniqueViolation, &["users.id"]);

    let log = record(&engine);
    let parts = ["rollback", "users.id"];
    says(session.all(select::<User>()).await, ErrorKind::PendingRollback, &parts);
    says(session.get::<User>(7).await, ErrorKind::PendingRollback, &parts);
    says(session.count(select::<User>()).await, ErrorKind::PendingRollback, &parts);
    says(session.load(&jack, User::ORDERS).await, ErrorKind::PendingRollback, &parts);
    says(session.edit(&jack, |user| user.name = "x".into()), ErrorKind::PendingRollback, &parts);
    says(session.commit().await, ErrorKind::PendingRollback, &parts);
    assert_eq!(log.count(), 0, "{log}");

    session.rollback().await?;
    assert_eq!(session.count(select::<User>()).await?, 4);
    assert_eq!(ids!(session.load(&jack, User::ORDERS).await?), [1, 3, 5], "what it held is usable again");
    Ok(())
}

#[tokio::test]
async fn a_query_that_was_refused_before_it_was_sent_leaves_the_transaction_alone() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    session.insert(User::draft().id(11).name("mary")).await?;
    session.all(select::<User>().with(User::ORDERS.selectin().batch_size(0))).await.unwrap_err();
    session.one(select::<User>()).await.unwrap_err();
    session.commit().await?;
    assert_eq!(engine.session().count(select::<User>()).await?, 5);
    Ok(())
}

#[tokio::test]
async fn a_transaction_in_a_transaction() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    session.begin().await?;
    says(session.begin().await, ErrorKind::InvalidState, &["open already", "nested"]);
    let inner = session.transaction(async |_| Ok(())).await;
    says(inner, ErrorKind::InvalidState, &["open already"]);
    assert!(session.in_transaction());
    session.rollback().await?;
    assert!(!session.in_transaction());
    Ok(())
}

#[tokio::test]
async fn a_row_that_went_away_behind_the_session() -> Result<()> {
    let door = SideDoor::new(tickets::schema()).await?;
    tickets::fill(&door.engine).await?;
    let mut session = door.engine.session();
    let ticket = session.get::<Ticket>(4).await?.expect("it is there");
    door.run("DELETE FROM tickets WHERE id = 4").await;
    session.edit(&ticket, |ticket| ticket.owner_id = Some(1))?;
    says(session.commit().await, ErrorKind::Stale, &["`Ticket`", "4"]);
    session.rollback().await?;
    assert_eq!(ticket.owner_id, None, "the edit is taken back");
    Ok(())
}

/// One parent with enough children that reading them takes a while.
async fn crowd() -> Result<SideDoor> {
    let door = SideDoor::new(schema![Parent, Child]).await?;
    door.run(
        "INSERT INTO parents VALUES (1);
         INSERT INTO children WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000)
         SELECT x, 1 FROM n",
    )
    .await;
    Ok(door)
}

/// Polls a query once, in the midst of its rows, and drops it.
async fn abandon(session: &mut Session) {
    let mut query = Box::pin(session.all(select::<Child>()));
    let first = std::future::poll_fn(|context| Poll::Ready(query.as_mut().poll(context))).await;
    assert!(first.is_pending(), "five thousand rows do not come at once");
}

#[tokio::test]
async fn a_query_that_is_dropped_half_way() -> Result<()> {
    let door = crowd().await?;
    let mut session = door.engine.session();
    let parent = session.get::<Parent>(1).await?.expect("parent 1 is there");
    let log = record(&door.engine);
    abandon(&mut session).await;
    assert_eq!(log.statements().iter().map(|statement| statement.failed).collect::<Vec<_>>(), [true]);

    assert!(session.get::<Parent>(2).await?.is_none(), "there was no transaction, so none has failed");
    assert_eq!(session.load(&parent, Parent::CHILDREN).await?.len(), 5_000);
    assert_eq!(
        session.all(select::<Child>()).await?.len(),
        5_000,
        "what came before it was dropped is no answer"
    );
    Ok(())
}

#[tokio::test]
async fn a_session_that_is_dropped_with_it_leaves_a_clean_connection() -> Result<()> {
    let door = crowd().await?;
    let engine = Engine::builder(&door.url()).pool_size(1).connect().await?;
    for written in 0..5 {
        let mut session = engine.session();
        session.insert(Parent::draft().id(100 + written)).await?;
        abandon(&mut session).await;
        drop(session);
        let mut next = engine.session();
        assert_eq!(next.count(select::<Parent>()).await?, 1, "the row was never committed");
        assert!(!next.in_transaction());
    }
    Ok(())
}

#[tokio::test]
async fn a_pending_object_has_no_row() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let mary = session.add(User::draft().id(11).name("mary"));
    says(mary.entity(), ErrorKind::NotFlushed, &["`User`", "flush"]);
    session.rollback().await?;
    says(mary.entity(), ErrorKind::InvalidState, &["`User`", "rollback"]);
    let jacks = session.get::<Address>(1).await?.expect("the address is there");
    says(session.assign(&jacks, Address::USER, &mary), ErrorKind::InvalidState, &["rollback"]);
    assert_eq!(jacks.user_id, 7);
    Ok(())
}

#[tokio::test]
async fn a_draft_without_its_required_key() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    session.add(Address::draft().id(6).email_address("nobodys"));
    says(session.flush().await, ErrorKind::NotNullViolation, &["`Address.user_id`", "required"]);
    assert_eq!(log.count(), 0, "before any SQL: {log}");
    Ok(())
}
