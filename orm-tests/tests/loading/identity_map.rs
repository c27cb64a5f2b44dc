//! A row is one object in a session: where it is found without a statement, and what a query does not change.

use orm_core::prelude::*;

use crate::fixtures::standard::*;
use crate::fixtures::{SideDoor, ids, record};

#[tokio::test]
async fn get_asks_once() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let first = session.get::<User>(7).await?.expect("jack is there");
    let second = session.get::<User>(7).await?.expect("jack is there");
    assert_eq!(log.count(), 1, "{log}");
    assert!(Entity::same(&first, &second));
    assert_eq!(first, second);
    Ok(())
}

#[tokio::test]
async fn get_of_a_missing_row_is_none_and_is_not_remembered() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    assert!(session.get::<User>(11).await?.is_none());
    assert_eq!(log.count(), 1, "{log}");

    let mut other = engine.session();
    other.insert(User::draft().id(11).name("mary")).await?;
    other.commit().await?;
    assert_eq!(session.get::<User>(11).await?.expect("mary is there now").name, "mary");
    Ok(())
}

#[tokio::test]
async fn two_queries_return_one_object() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let all = session.all(select::<User>().order_by(User::ID)).await?;
    let again = session.all(select::<User>().filter(User::NAME.like("%ed")).order_by(User::ID)).await?;
    assert_eq!(ids!(again), [8, 9]);
    assert!(Entity::same(&all[1], &again[0]));
    assert!(Entity::same(&all[2], &again[1]));
    assert!(!Entity::same(&all[1], &again[1]));
    Ok(())
}

#[tokio::test]
async fn a_row_reached_by_a_join_is_the_object_of_get() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let addresses =
        session.all(select::<Address>().with(Address::USER.joined()).order_by(Address::ID)).await?;
    assert_eq!(log.count(), 1, "{log}");
    for address in &addresses {
        let user = session.get::<User>(address.user_id).await?.expect("every address has its user");
        assert!(Entity::same(&user, &address.get(Address::USER)));
    }
    assert_eq!(log.count(), 1, "the join brought the users: {log}");
    Ok(())
}

#[tokio::test]
async fn a_row_reached_by_a_second_statement_is_the_object_of_get() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let orders = session.all(select::<Order>().with(Order::ITEMS.selectin()).order_by(Order::ID)).await?;
    let log = record(&engine);
    for order in &orders {
        for item in order.get(Order::ITEMS) {
            let same = session.get::<Item>(item.id).await?.expect("every item is there");
            assert!(Entity::same(&item, &same));
        }
    }
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_to_one_asks_only_for_targets_that_are_not_held() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let ed = session.get::<User>(8).await?.expect("ed is there");
    let log = record(&engine);
    let query = || select::<Address>().with(Address::USER.selectin()).order_by(Address::ID);
    let addresses = session.all(query()).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert_eq!(log.keys(1), ["7", "9"], "8 is held: {log}");
    assert!(Entity::same(&ed, &addresses[1].get(Address::USER)));

    log.restart();
    session.all(query()).await?;
    assert_eq!(log.count(), 1, "all of them are held: {log}");

    log.restart();
    session.all(query().populate_existing()).await?;
    assert_eq!(log.count(), 2, "to overwrite them they must be asked for: {log}");
    assert_eq!(log.keys(1), ["7", "8", "9"], "{log}");
    Ok(())
}

#[tokio::test]
async fn a_query_does_not_overwrite_what_the_session_holds() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let jack = session.get::<User>(7).await?.expect("jack is there");

    let mut other = engine.session();
    let same_row = other.get::<User>(7).await?.expect("jack is there");
    other.edit(&same_row, |user| user.name = "changed".into())?;
    other.commit().await?;
    assert_eq!(jack.name, "jack", "sessions share no objects");

    let log = record(&engine);
    let again = session.one(select::<User>().filter(User::ID.eq(7))).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(again.name, "jack");

    let fresh = session.one(select::<User>().filter(User::ID.eq(7)).populate_existing()).await?;
    assert_eq!((fresh.name.as_str(), jack.name.as_str()), ("changed", "changed"));
    assert!(Entity::same(&fresh, &jack));
    assert!(!session.is_modified(&jack), "what came from the database is no change");
    Ok(())
}

#[tokio::test]
async fn populate_existing_discards_unsaved_changes() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    let jack = session.get::<User>(7).await?.expect("jack is there");
    session.edit(&jack, |user| user.name = "unsaved".into())?;
    session.all(select::<User>()).await?;
    assert_eq!(jack.name, "unsaved", "an ordinary query leaves it alone");

    session.all(select::<User>().populate_existing()).await?;
    assert_eq!(jack.name, "jack");
    assert!(!session.is_modified(&jack));
    let log = record(&engine);
    session.commit().await?;
    assert_eq!(log.count(), 0, "nothing is left to write: {log}");
    Ok(())
}

#[tokio::test]
async fn populate_existing_makes_the_database_the_base_of_later_changes() -> Result<()> {
    let door = SideDoor::new(schema()).await?;
    fill(&door.engine).await?;
    let mut session = door.engine.session_with(SessionOptions::new().autoflush(false));
    let jack = session.get::<User>(7).await?.expect("jack is there");
    session.edit(&jack, |user| user.name = "unsaved".into())?;
    door.run("UPDATE users SET name = 'theirs' WHERE id = 7").await;

    session.all(select::<User>().populate_existing()).await?;
    assert_eq!(jack.name, "theirs");
    assert!(!session.is_modified(&jack), "it equals its row");
    let log = record(&door.engine);
    session.commit().await?;
    assert_eq!(log.count(), 0, "so there is nothing to write: {log}");
    Ok(())
}

#[tokio::test]
async fn a_change_is_seen_through_every_handle() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let addresses =
        session.all(select::<Address>().with(Address::USER.selectin()).order_by(Address::ID)).await?;
    let ed = session.get::<User>(8).await?.expect("ed is there");
    let before: &str = &ed.name;
    session.edit(&ed, |user| user.name = "edward".into())?;
    for address in &addresses[1..4] {
        assert_eq!(address.get(Address::USER).name, "edward");
    }
    assert_eq!(before, "ed", "a text that was borrowed earlier stays what it was");
    assert_eq!(ed.clone().name, "edward");
    Ok(())
}

#[tokio::test]
async fn sessions_share_no_objects() -> Result<()> {
    let engine = standard().await?;
    let (mut one, mut two) = (engine.session(), engine.session());
    let a = one.get::<User>(7).await?.expect("jack is there");
    let b = two.get::<User>(7).await?.expect("jack is there");
    assert!(!Entity::same(&a, &b));
    one.edit(&a, |user| user.name = "mine".into())?;
    assert_eq!(b.name, "jack");
    Ok(())
}

#[tokio::test]
async fn a_member_of_two_collections_is_one_object() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let orders = session.all(select::<Order>().with(Order::ITEMS.selectin()).order_by(Order::ID)).await?;
    let third_of = |order: usize| orders[order].get(Order::ITEMS).iter().find(|item| item.id == 3);
    let (first, second, third) = (third_of(0), third_of(1), third_of(2));
    let first = first.expect("item 3 is in order 1");
    assert!(Entity::same(&first, &second.expect("item 3 is in order 2")));
    assert!(Entity::same(&first, &third.expect("item 3 is in order 3")));
    Ok(())
}

#[tokio::test]
async fn a_query_that_failed_leaves_nothing_behind() -> Result<()> {
    let door = SideDoor::new(schema()).await?;
    fill(&door.engine).await?;
    door.run("INSERT INTO addresses (id, user_id, email_address) VALUES (6, 99, 'nobody@here.com')").await;
    let mut session = door.engine.session();
    let failed = session.all(select::<Address>().with(Address::USER.selectin()).order_by(Address::ID)).await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::DanglingKey);

    let log = record(&door.engine);
    session.get::<Address>(1).await?.expect("the row is there");
    session.get::<User>(7).await?.expect("the row is there");
    assert_eq!(log.count(), 2, "neither is held: {log}");
    Ok(())
}

#[tokio::test]
async fn a_query_that_failed_leaves_what_was_held_before() -> Result<()> {
    let door = SideDoor::new(schema()).await?;
    fill(&door.engine).await?;
    door.run("INSERT INTO addresses (id, user_id, email_address) VALUES (6, 99, 'nobody@here.com')").await;
    let mut session = door.engine.session();
    let jack = session.get::<User>(7).await?.expect("jack is there");
    let first = session.get::<Address>(1).await?.expect("the row is there");
    session.all(select::<Address>().with(Address::USER.selectin())).await.unwrap_err();

    let log = record(&door.engine);
    assert!(Entity::same(&jack, &session.get::<User>(7).await?.expect("jack is held")));
    assert!(Entity::same(&first, &session.get::<Address>(1).await?.expect("the address is held")));
    assert_eq!(log.count(), 0, "{log}");
    assert_eq!(first.user().unwrap_err().kind(), ErrorKind::NotLoaded, "and it holds nothing new");
    Ok(())
}

#[tokio::test]
async fn a_flushed_draft_is_the_object_that_queries_return() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let mary = session.add(User::draft().id(11).name("mary"));
    assert_eq!(mary.entity().unwrap_err().kind(), ErrorKind::NotFlushed);
    let log = record(&engine);
    let found = session.one(select::<User>().filter(User::NAME.eq("mary"))).await?;
    assert_eq!(log.count(), 2, "the query flushed first: {log}");
    assert!(log.sql(0).starts_with("INSERT"), "{log}");
    assert!(Entity::same(&found, &mary.entity()?));
    session.get::<User>(11).await?.expect("mary is held");
    assert_eq!(log.count(), 2, "{log}");
    Ok(())
}

#[tokio::test]
async fn an_object_in_the_session_needs_no_query_and_no_flush() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let jack = session.one(select::<User>().filter(User::ID.eq(7)).with(User::ORDERS.selectin())).await?;
    session.edit(&jack, |user| user.name = "unsaved".into())?;
    let log = record(&engine);
    assert_eq!(session.get::<User>(7).await?.expect("jack is held").name, "unsaved");
    assert_eq!(session.load(&jack, User::ORDERS).await?.len(), 3);
    assert_eq!(log.count(), 0, "{log}");
    assert!(session.is_modified(&jack));

    session.get::<User>(8).await?.expect("ed is there");
    assert_eq!(log.count(), 2, "a query flushes first: {log}");
    assert!(log.sql(0).starts_with("UPDATE") && !session.is_modified(&jack), "{log}");
    Ok(())
}

#[tokio::test]
async fn without_autoflush_a_query_does_not_see_what_is_pending() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    session.add(User::draft().id(11).name("mary"));
    let log = record(&engine);
    assert_eq!(session.count(select::<User>()).await?, 4);
    assert_eq!(log.count(), 1, "{log}");
    session.flush().await?;
    assert_eq!(session.count(select::<User>()).await?, 5);
    Ok(())
}

#[tokio::test]
async fn a_rollback_takes_new_objects_out_of_the_map() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let mary = session.insert(User::draft().id(11).name("mary")).await?;
    let jack = session.get::<User>(7).await?.expect("jack is there");
    session.edit(&jack, |user| user.name = "unsaved".into())?;
    session.rollback().await?;
    assert_eq!(mary.name, "mary", "the handle stays readable");
    assert_eq!(jack.name, "jack", "the edit is taken back");

    let log = record(&engine);
    assert!(session.get::<User>(11).await?.is_none());
    assert_eq!(log.count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_changed_key_moves_the_object() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let chuck = session.get::<User>(10).await?.expect("chuck is there");
    session.edit(&chuck, |user| user.id = 20)?;
    session.flush().await?;
    let log = record(&engine);
    assert!(Entity::same(&chuck, &session.get::<User>(20).await?.expect("chuck moved")));
    assert_eq!(log.count(), 0, "{log}");
    assert!(session.get::<User>(10).await?.is_none());
    assert_eq!(log.count(), 1, "{log}");

    session.rollback().await?;
    assert!(Entity::same(&chuck, &session.get::<User>(10).await?.expect("chuck is back")));
    assert_eq!((log.count(), chuck.id), (1, 10), "{log}");
    Ok(())
}

/// Nothing is looked for while a list is read into an empty session: all that comes after it has to find its rows.
#[tokio::test]
async fn a_list_is_found_by_all_that_looks_for_its_rows() -> Result<()> {
    let engine = standard().await?;
    let query = || select::<User>().order_by(User::ID);
    let log = record(&engine);
    for step in 0..6 {
        let mut session = engine.session();
        let users = session.all(query()).await?;
        assert_eq!(session.stats().objects, [("User", 4)]);
        log.restart();
        match step {
            0 => assert!(Entity::same(&users[1], &session.get::<User>(8).await?.expect("ed is held"))),
            1 => {
                let again = session.all(query()).await?;
                assert!(users.iter().zip(&again).all(|(user, same)| Entity::same(user, same)));
                assert_eq!((again.len(), log.count()), (4, 1), "{log}");
                continue;
            }
            2 => {
                session.edit(&users[3], |user| user.id = 20)?;
                session.flush().await?;
                assert!(Entity::same(&users[3], &session.get::<User>(20).await?.expect("chuck moved")));
                assert!(session.get::<User>(10).await?.is_none());
                session.rollback().await?;
                assert!(Entity::same(&users[3], &session.get::<User>(10).await?.expect("chuck is back")));
                assert_eq!(log.count(), 2, "an UPDATE, and what nobody held: {log}");
                continue;
            }
            3 => {
                session.expunge(&users[0])?;
                assert_eq!(session.stats().objects, [("User", 3)]);
                assert!(Entity::same(&users[2], &session.get::<User>(9).await?.expect("fred is held")));
            }
            4 => {
                session.delete(&users[3])?;
                session.flush().await?;
                assert_eq!(session.stats().objects, [("User", 3)]);
                session.rollback().await?;
                assert!(Entity::same(&users[3], &session.get::<User>(10).await?.expect("chuck is back")));
                continue;
            }
            _ => {
                let mary = session.insert(User::draft().id(11).name("mary")).await?;
                assert!(Entity::same(&mary, &session.get::<User>(11).await?.expect("mary is held")));
                assert!(Entity::same(&users[0], &session.get::<User>(7).await?.expect("jack is held")));
                assert_eq!(log.count(), 1, "the INSERT alone: {log}");
                continue;
            }
        }
        assert_eq!(log.count(), 0, "{log}");
    }
    Ok(())
}

/// A user's own join repeats rows, so they are looked for from the first one on.
#[tokio::test]
async fn rows_that_a_join_repeats_are_one_object() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session.all(select::<User>().join(User::ADDRESSES).order_by((User::ID, Address::ID))).await?;
    assert_eq!(ids!(users), [7, 8, 8, 8, 9]);
    assert!(Entity::same(&users[1], &users[2]) && Entity::same(&users[2], &users[3]));
    assert_eq!(session.stats().objects, [("User", 3)]);
    Ok(())
}

#[tokio::test]
async fn objects_stay_without_handles() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    drop(session.all(select::<User>().with(User::ORDERS.selectin())).await?);
    let log = record(&engine);
    let jack = session.get::<User>(7).await?.expect("jack is held");
    assert_eq!(ids!(jack.orders()?), [1, 3, 5]);
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_commit_unloads_nothing() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session.all(select::<User>().order_by(User::ID).with(User::ORDERS.selectin())).await?;
    session.edit(&users[0], |user| user.name = "jacques".into())?;
    session.commit().await?;
    let log = record(&engine);
    let jack = session.get::<User>(7).await?.expect("jack is held");
    assert_eq!((jack.name.as_str(), ids!(jack.orders()?)), ("jacques", vec![1, 3, 5]));
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn loads_of_a_query_do_not_stick_to_its_objects() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    session.all(select::<User>().with(User::ORDERS.selectin().with(Order::ITEMS.selectin()))).await?;
    let log = record(&engine);
    session.insert(Order::draft().id(6).user_id(8).description("late").isopen(true)).await?;
    let orders = session.all(select::<Order>().filter(Order::ID.eq(6)).populate_existing()).await?;
    assert_eq!(log.count(), 2, "one INSERT and one SELECT: {log}");
    assert_eq!(orders[0].items().unwrap_err().kind(), ErrorKind::NotLoaded);
    Ok(())
}

#[tokio::test]
async fn a_handle_is_hashed_by_identity() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let addresses = session.all(select::<Address>().with(Address::USER.selectin())).await?;
    #[expect(clippy::mutable_key_type, reason = "what is hashed is the place of the object")]
    let owners: std::collections::HashSet<_> =
        addresses.iter().map(|address| address.get(Address::USER)).collect();
    assert_eq!(owners.len(), 3);
    Ok(())
}
