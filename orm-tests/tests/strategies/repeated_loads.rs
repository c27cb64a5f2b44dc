//! N+1: a loop of single loads over the objects of one query is noticed, and the notice names both source lines.

use std::fmt;
use std::sync::{Arc, Mutex};

use orm_core::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span;

use crate::fixtures::chunks::{Parent, chunks};
use crate::fixtures::standard::*;
use crate::fixtures::{ids, record};

/// The warnings of this thread.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no panic inside"))
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl tracing::Subscriber for Warnings {
    fn enabled(&self, of: &tracing::Metadata<'_>) -> bool {
        of.target() == "orm::n_plus_one"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        assert_eq!(*event.metadata().level(), tracing::Level::WARN);
        self.0.lock().expect("no panic inside").push(message.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Options with a notice from the third load on.
fn third(action: RepeatedLoads) -> SessionOptions {
    SessionOptions::new().repeated_loads(action).repeated_loads_threshold(3)
}

#[tokio::test]
async fn a_warning_names_both_lines_and_the_fix_once() -> Result<()> {
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let engine = standard().await?;
    let mut session = engine.session_with(third(RepeatedLoads::Warn));
    let log = record(&engine);
    let query_line = line!() + 1;
    let users = session.all(select::<User>().order_by(User::ID)).await?;
    let mut loop_line = 0;
    for (at, user) in users.iter().enumerate() {
        assert_eq!(warnings.take().len(), usize::from(at == 3), "after {at} loads");
        loop_line = line!() + 1;
        let loading = session.load(user, User::ADDRESSES);
        loading.await?;
        if at == 2 {
            let seen = warnings.0.lock().expect("no panic inside").clone();
            assert_eq!(seen.len(), 1, "{seen:?}");
            let file = file!();
            for text in [
                "N+1: `User.addresses`".to_owned(),
                format!("object by object at {file}:{loop_line}:"),
                format!("one query at {file}:{query_line}:"),
                "3 times".to_owned(),
                ".with(User::ADDRESSES.selectin())".to_owned(),
                "session.load_all(objects, User::ADDRESSES.selectin())".to_owned(),
            ] {
                assert!(seen[0].contains(&text), "`{text}` is not in: {}", seen[0]);
            }
        }
    }
    assert!(loop_line > query_line);
    assert_eq!(warnings.take(), Vec::<String>::new(), "once for each query and relationship");
    assert_eq!(log.count(), 5, "a warning changes nothing: {log}");
    Ok(())
}

#[tokio::test]
async fn by_default_the_tenth_load_is_warned_of() -> Result<()> {
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let engine = chunks(12).await?;
    let mut session = engine.session();
    let parents = session.all(select::<Parent>().order_by(Parent::ID)).await?;
    for (at, parent) in (1..).zip(&parents) {
        session.load(parent, Parent::CHILDREN).await?;
        assert_eq!(warnings.take().len(), usize::from(at == 10), "load {at}");
    }
    Ok(())
}

#[tokio::test]
async fn refusing_is_an_error_with_the_same_text() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session_with(third(RepeatedLoads::Refuse));
    let query_line = line!() + 1;
    let users = session.all(select::<User>().order_by(User::ID)).await?;
    let log = record(&engine);
    session.load(&users[0], User::ADDRESSES).await?;
    session.load(&users[1], User::ADDRESSES).await?;
    let loop_line = line!() + 1;
    let refused = session.load(&users[2], User::ADDRESSES);
    let error = refused.await.expect_err("the third");
    assert_eq!(error.kind(), ErrorKind::RepeatedLoad);
    let (text, file) = (error.to_string(), file!());
    assert!(text.contains(&format!("{file}:{loop_line}:")), "{text}");
    assert!(text.contains(&format!("{file}:{query_line}:")), "{text}");
    assert_eq!(log.count(), 2, "{log}");
    assert!(users[2].addresses().is_err(), "nothing was loaded");

    // All at once is what the text asks for.
    let users = session.load_all(users, User::ADDRESSES.selectin()).await?;
    assert_eq!(log.count(), 3, "{log}");
    assert_eq!(ids!(users[1].get(User::ADDRESSES)), [2, 3, 4]);
    Ok(())
}

#[tokio::test]
async fn loading_peers_makes_a_loop_one_statement() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session_with(third(RepeatedLoads::LoadPeers));
    let users = session.all(select::<User>().order_by(User::ID)).await?;
    let log = record(&engine);
    let mut found = Vec::new();
    for user in &users {
        found.push(ids!(session.load(user, User::ADDRESSES).await?));
    }
    assert_eq!(found, [vec![1], vec![2, 3, 4], vec![5], vec![]]);
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(log.keys(0), ["7", "8", "9", "10"], "{log}");
    Ok(())
}

#[tokio::test]
async fn peers_are_those_of_the_same_level_that_wait() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session_with(third(RepeatedLoads::LoadPeers));
    let query = select::<User>().order_by(User::ID).with(User::ORDERS.selectin());
    let users = session.all(query).await?;
    let first = session.one(select::<Order>().filter(Order::ID.eq(3)).with(Order::ITEMS.selectin())).await?;
    let log = record(&engine);
    let jacks = users[0].get(User::ORDERS);
    assert_eq!(ids!(session.load(&jacks.first().expect("order 1"), Order::ITEMS).await?), [1, 2, 3]);
    assert_eq!(
        log.keys(0),
        ["1", "2", "4", "5"],
        "all orders of the query but the one that holds its own: {log}"
    );
    for user in &users {
        for order in user.get(User::ORDERS) {
            session.load(&order, Order::ITEMS).await?;
        }
    }
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(ids!(first.get(Order::ITEMS)), [3, 4, 5]);
    Ok(())
}

#[tokio::test]
async fn only_loads_that_run_a_statement_are_counted() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session_with(third(RepeatedLoads::Refuse));
    session.all(select::<User>()).await?;
    let addresses = session.all(select::<Address>().order_by(Address::ID)).await?;
    let log = record(&engine);
    for address in &addresses {
        session.load(address, Address::USER).await?;
    }
    assert_eq!(log.count(), 0, "the session holds all users: {log}");
    for _ in 0..5 {
        session.load(&addresses[0], Address::DINGALING).await?;
    }
    assert_eq!(log.count(), 1, "the object holds it from the first time on: {log}");
    Ok(())
}

#[tokio::test]
async fn queries_and_relationships_are_counted_apart() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session_with(third(RepeatedLoads::Refuse));
    for id in [7, 8, 9, 10] {
        // A separate query for each object is not a loop over one query's objects.
        let user = session.one(select::<User>().filter(User::ID.eq(id))).await?;
        session.load(&user, User::ADDRESSES).await?;
    }
    let mut session = engine.session_with(third(RepeatedLoads::Refuse));
    let users = session.all(select::<User>().order_by(User::ID)).await?;
    for user in &users[..2] {
        session.load(user, User::ADDRESSES).await?;
        session.load(user, User::ORDERS).await?;
    }
    assert_eq!(
        session.load(&users[2], User::ORDERS).await.expect_err("the third of the orders").kind(),
        ErrorKind::RepeatedLoad
    );
    Ok(())
}

#[tokio::test]
async fn allowed_loops_are_quiet() -> Result<()> {
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let engine = standard().await?;
    let mut session = engine.session_with(third(RepeatedLoads::Allow));
    let log = record(&engine);
    for user in session.all(select::<User>()).await? {
        session.load(&user, User::ORDERS).await?;
    }
    assert_eq!(log.count(), 5, "{log}");
    assert_eq!(warnings.take(), Vec::<String>::new());
    Ok(())
}
