//! Objects that the session holds: what a later query fills in, what it leaves, and what `populate_existing` replaces.

use orm_core::prelude::*;

use crate::fixtures::standard::{self, *};
use crate::fixtures::{SideDoor, ids, record};

#[tokio::test]
async fn a_second_level_is_filled_in_below_what_is_held() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let ed = session.one(select::<User>().filter(User::ID.eq(8)).with(User::ADDRESSES.selectin())).await?;
    let second = ed.addresses()?.first().expect("address 2");
    session.edit(&second, |address| address.email_address.push_str(".uk"))?;
    session.append(&ed, User::ADDRESSES, Address::draft().id(9).email_address("ed@new.com"))?;

    let log = record(&engine);
    let query = select::<User>()
        .filter(User::ID.eq(8))
        .with(User::ADDRESSES.selectin().with(Address::DINGALING.selectin()));
    let again = session.one(query).await?;
    let statements = log.statements().iter().filter(|statement| statement.sql.starts_with("SELECT")).count();
    assert_eq!(statements, 3, "{log}");
    assert!(Entity::same(&ed, &again));
    let held = ed.addresses()?;
    assert_eq!(ids!(held), [2, 3, 4, 9], "the link stays, flushed by the query");
    assert_eq!(held.first().expect("address 2").email_address, "ed@wood.com.uk");
    assert_eq!(held.first().expect("address 2").dingaling()?.map(|dingaling| dingaling.id), Some(1));
    assert!(held.get(1).expect("address 3").dingaling()?.is_none(), "loaded, and nobody");
    Ok(())
}

#[tokio::test]
async fn unsaved_changes_survive_a_load_that_reaches_them() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    let ed = session.one(select::<User>().filter(User::ID.eq(8)).with(User::ADDRESSES.selectin())).await?;
    let address = ed.addresses()?.get(1).expect("address 3");
    session.edit(&address, |address| address.email_address = "mine".into())?;
    session.append(&ed, User::ADDRESSES, Address::draft().id(9).email_address("new"))?;

    let log = record(&engine);
    let query = select::<User>()
        .filter(User::ID.eq(8))
        .with(User::ADDRESSES.selectin().with(Address::DINGALING.selectin()));
    let again = session.one(query).await?;
    assert_eq!(log.count(), 3, "{log}");
    assert_eq!(ids!(again.get(User::ADDRESSES)), [2, 3, 4], "what the query found");
    assert_eq!(again.get(User::ADDRESSES).get(1).expect("address 3").email_address, "mine");
    assert!(session.is_modified(&address));
    assert!(address.dingaling()?.is_none(), "filled in: nobody");
    session.commit().await?;
    assert_eq!(engine.session().count(select::<Address>().filter(Address::USER_ID.eq(8))).await?, 4);
    Ok(())
}

#[tokio::test]
async fn what_is_held_is_not_replaced_and_the_query_reads_its_own() -> Result<()> {
    let door = SideDoor::new(standard::schema()).await?;
    standard::fill(&door.engine).await?;
    let mut session = door.engine.session();
    let query = || select::<User>().filter(User::ID.eq(7)).with(User::ADDRESSES.selectin());
    let jack = session.one(query()).await?;
    door.run("INSERT INTO addresses (id, user_id, email_address) VALUES (6, 7, 'jack@new.com')").await;
    door.run("UPDATE addresses SET email_address = 'changed' WHERE id = 1").await;

    let log = record(&door.engine);
    let again = session.one(query()).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert_eq!(ids!(again.get(User::ADDRESSES)), [1, 6], "the query's own answer");
    assert_eq!(ids!(jack.addresses()?), [1], "the object's own collection");
    assert_eq!(ids!(jack.get(User::ADDRESSES)), [1], "the earlier answer stays what it was");
    assert_eq!(jack.addresses()?.first().expect("address 1").email_address, "jack@bean.com");

    log.restart();
    let fresh = session.one(query().populate_existing()).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert!(Entity::same(&fresh, &jack));
    assert_eq!(ids!(jack.addresses()?), [1, 6]);
    assert_eq!(jack.addresses()?.first().expect("address 1").email_address, "changed");
    assert_eq!(ids!(jack.get(User::ADDRESSES)), [1], "an answer never changes");
    Ok(())
}

#[tokio::test]
async fn populate_existing_restores_every_level_it_names() -> Result<()> {
    let engine = standard().await?;
    for strategy in 0..3 {
        let mut session = engine.session_with(SessionOptions::new().autoflush(false));
        let ed =
            session.one(select::<User>().filter(User::ID.eq(8)).with(User::ADDRESSES.selectin())).await?;
        let first = ed.addresses()?.first().expect("address 2");
        session.edit(&first, |address| address.email_address = "mine".into())?;
        session.edit(&ed, |user| user.name = "edward".into())?;
        session.append(&ed, User::ADDRESSES, Address::draft().id(9).email_address("unsaved"))?;

        let query = select::<User>().filter(User::ID.eq(8)).populate_existing();
        let log = record(&engine);
        let statements = match strategy {
            0 => {
                session.all(query.with(User::ADDRESSES.selectin())).await?;
                2
            }
            1 => {
                session.all(query.with(User::ADDRESSES.joined())).await?;
                1
            }
            _ => {
                session.all(query.with(User::ADDRESSES.subquery())).await?;
                2
            }
        };
        assert_eq!(log.count(), statements, "{log}");
        assert_eq!(ed.name, "ed");
        assert_eq!(first.email_address, "ed@wood.com");
        assert_eq!(ids!(ed.addresses()?), [2, 3, 4]);
        assert!(!session.is_modified(&ed) && !session.is_modified(&first));
    }
    Ok(())
}

#[tokio::test]
async fn populate_existing_asks_for_targets_that_are_held() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    session.all(select::<User>()).await?;
    for (query, statements) in [
        (select::<Address>().with(Address::USER.selectin()), 1),
        (select::<Address>().with(Address::USER.selectin()).populate_existing(), 2),
    ] {
        let log = record(&engine);
        let addresses = session.all(query.order_by(Address::ID)).await?;
        assert_eq!(log.count(), statements, "{log}");
        let users: Vec<i64> = addresses.iter().map(|address| address.get(Address::USER).id).collect();
        assert_eq!(users, [7, 8, 8, 8, 9]);
    }
    Ok(())
}

#[tokio::test]
async fn an_object_reached_on_two_paths_is_filled_from_both() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let query = select::<Order>()
        .order_by(Order::ID)
        .with(Order::USER.joined())
        .with(Order::ADDRESS.joined().with(Address::USER.joined().with(User::ADDRESSES.selectin())));
    let orders = session.all(query).await?;
    // fred ordered to an address of ed: of the two only ed has addresses loaded.
    let (fred, ed) = (orders[1].user()?, orders[1].address()?.expect("address 4").user()?);
    assert_eq!((fred.id, ed.id), (9, 8));
    assert_eq!(ids!(ed.addresses()?), [2, 3, 4]);
    assert_eq!(fred.addresses().expect_err("no path loads them").kind(), ErrorKind::NotLoaded);
    // jack is on both paths.
    assert!(Entity::same(&orders[0].user()?, &orders[0].address()?.expect("address 1").user()?));
    assert_eq!(ids!(orders[0].user()?.addresses()?), [1]);
    Ok(())
}
