//! The loaded set as a type: what `get` reads, and how code asks for what it needs.

use std::collections::BTreeMap;

use orm_core::prelude::*;

use crate::fixtures::standard::*;
use crate::fixtures::{ids, record};

#[tokio::test]
async fn get_is_what_the_query_found_whatever_happens_later() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session
        .all(
            select::<User>()
                .order_by(User::ID)
                .with(User::ADDRESSES.selectin().with(Address::USER.selectin())),
        )
        .await?;
    let (jack, ed) = (&users[0], &users[1]);
    let first = jack.get(User::ADDRESSES).first().expect("jack's address");
    let unchanged = || {
        assert_eq!(ids!(jack.get(User::ADDRESSES)), [1]);
        assert_eq!(ids!(ed.get(User::ADDRESSES)), [2, 3, 4]);
        assert_eq!(first.get(Address::USER).id, 7);
    };

    session.append(ed, User::ADDRESSES, &first)?;
    assert_eq!(ids!(ed.addresses()?), [2, 3, 4, 1], "the object moves on");
    unchanged();
    session.assign(&first, Address::USER, &users[2])?;
    assert_eq!(first.user()?.id, 9);
    unchanged();
    session.edit(jack, |user| user.name = "jacques".into())?;
    assert_eq!(first.get(Address::USER).name, "jacques", "columns are those of now");
    session.flush().await?;
    unchanged();
    session.rollback().await?;
    unchanged();
    assert_eq!(first.get(Address::USER).name, "jack");
    session.all(select::<User>().populate_existing()).await?;
    unchanged();
    drop(session);
    unchanged();
    Ok(())
}

#[tokio::test]
async fn get_and_the_accessor_agree_where_nothing_changed() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session
        .all(select::<User>().order_by(User::ID).with(User::ORDERS.selectin().with(Order::ADDRESS.joined())))
        .await?;
    for user in &users {
        let (proven, held) = (user.get(User::ORDERS), user.orders()?);
        assert_eq!(proven.len(), held.len());
        for (proven, held) in proven.iter().zip(&held) {
            assert!(Entity::same(&proven, &held));
            let (proven, held) = (proven.get(Order::ADDRESS), held.address()?);
            assert_eq!(proven.map(|address| address.id), held.map(|address| address.id));
        }
    }
    Ok(())
}

/// Asks for a collection, and for what was loaded below it.
fn receipt<L, N>(user: &Entity<User, L>) -> Vec<String>
where
    user::Orders: LoadedIn<L, Nested = N>,
    order::Items: LoadedIn<N>,
    order::Address: LoadedIn<N>,
{
    let line = |order: Entity<Order, N>| {
        let to = order.get(Order::ADDRESS).map_or("nowhere".to_owned(), |to| to.email_address.clone());
        format!("{} x{} to {to}", order.description, order.get(Order::ITEMS).len())
    };
    user.get(User::ORDERS).into_iter().map(line).collect()
}

#[tokio::test]
async fn a_function_asks_for_what_it_needs_and_takes_what_has_more() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let jacks = || select::<User>().filter(User::ID.eq(7));
    let orders = || User::ORDERS.selectin().with(Order::ITEMS.selectin()).with(Order::ADDRESS.joined());
    let expected = ["order 1 x3 to jack@bean.com", "order 3 x3 to jack@bean.com", "order 5 x1 to nowhere"];

    let jack = session.one(jacks().with(orders())).await?;
    assert_eq!(receipt(&jack), expected);
    let jack =
        session.one(jacks().with(User::ADDRESSES.joined()).with(orders().with(Order::USER.joined()))).await?;
    assert_eq!(receipt(&jack), expected);
    let user = session.get::<User>(7).await?.expect("jack is there");
    let loaded = session.load_all(vec![user], orders()).await?;
    assert_eq!(receipt(&loaded[0]), expected);
    let address = session
        .one(select::<Address>().filter(Address::ID.eq(1)).with(Address::USER.joined().with(orders())))
        .await?;
    assert_eq!(receipt(&address.get(Address::USER)), expected);
    Ok(())
}

/// A loaded set can be written down, for a struct that keeps entities.
struct Page {
    users: Vec<Entity<User, user::UserLoads<Loaded<address::AddressLoads>, NotLoaded>>>,
}

#[tokio::test]
async fn a_loaded_set_is_a_type_that_can_be_named() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let query = select::<User>().order_by(User::ID).with(User::ADDRESSES.selectin());
    let page = Page { users: session.all(query).await? };
    drop(session);
    let addresses: usize = page.users.iter().map(|user| user.get(User::ADDRESSES).len()).sum();
    assert_eq!(addresses, 5);
    Ok(())
}

fn name_of(user: &Entity<User>) -> &str {
    &user.name
}

#[tokio::test]
async fn an_erased_handle_is_the_same_object_with_nothing_proven() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let jack = session.one(select::<User>().filter(User::ID.eq(7)).with(User::ADDRESSES.selectin())).await?;
    let erased = jack.dynamic();
    assert_eq!(name_of(&erased), "jack");
    assert!(Entity::same(&jack, &erased));
    assert!(jack == erased, "handles compare by object, whatever is proven");
    assert_eq!(ids!(erased.addresses()?), [1]);
    let mut mixed = vec![session.get::<User>(8).await?.expect("ed is there")];
    mixed.push(erased);
    assert_eq!(ids!(mixed), [8, 7]);
    Ok(())
}

#[tokio::test]
async fn every_way_to_run_a_query_keeps_its_type() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let query = |id: i64| select::<User>().filter(User::ID.eq(id)).with(User::ADDRESSES.selectin());
    let found = [
        session.all(query(8)).await?.remove(0),
        session.one(query(8)).await?,
        session.one_or_none(query(8)).await?.expect("ed is there"),
        session.first(query(8)).await?.expect("ed is there"),
    ];
    for ed in &found {
        assert_eq!(ids!(ed.get(User::ADDRESSES)), [2, 3, 4]);
        assert!(Entity::same(ed, &found[0]));
    }
    assert!(session.one_or_none(query(99)).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_collection_is_read_like_a_slice() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session.all(select::<User>().order_by(User::ID).with(User::ADDRESSES.selectin())).await?;
    let log = record(&engine);
    let addresses = users[1].get(User::ADDRESSES);
    assert_eq!((addresses.len(), addresses.is_empty()), (3, false));
    assert_eq!(addresses.get(1).map(|address| address.id), Some(3));
    assert!(addresses.get(3).is_none());
    assert_eq!((addresses.first().map(|a| a.id), addresses.last().map(|a| a.id)), (Some(2), Some(4)));
    assert_eq!(addresses.iter().rev().map(|address| address.id).collect::<Vec<_>>(), [4, 3, 2]);
    assert_eq!(addresses.iter().len(), 3);
    let mut ends = addresses.iter();
    assert_eq!((ends.next().map(|a| a.id), ends.next_back().map(|a| a.id)), (Some(2), Some(4)));
    assert_eq!((ends.len(), ends.next().map(|a| a.id)), (1, Some(3)));
    assert!(ends.next().is_none() && ends.next_back().is_none());
    assert_eq!(ids!(addresses.clone().to_vec()), [2, 3, 4]);
    let mut seen = Vec::new();
    for address in &addresses {
        seen.push(address.id);
    }
    for address in addresses {
        seen.push(address.id);
    }
    assert_eq!(seen, [2, 3, 4, 2, 3, 4]);

    let none = users[3].get(User::ADDRESSES);
    assert_eq!(
        (none.len(), none.is_empty(), none.first().is_some(), none.last().is_some()),
        (0, true, false, false)
    );
    assert_eq!(format!("{none:?}"), "[]");
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn members_outlive_their_collection_their_parent_and_their_session() -> Result<()> {
    let engine = standard().await?;
    let member = {
        let mut session = engine.session();
        let load = User::ORDERS.selectin().with(Order::ITEMS.selectin());
        let mut users = session.all(select::<User>().order_by(User::ID).with(load)).await?;
        users.swap_remove(0).get(User::ORDERS).first().expect("order 1")
    };
    assert_eq!((member.id, ids!(member.get(Order::ITEMS))), (1, vec![1, 2, 3]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handles_and_queries_cross_threads() -> Result<()> {
    let engine = standard().await?;
    let task = tokio::spawn({
        let engine = engine.clone();
        async move {
            let mut session = engine.session();
            let load = User::ORDERS.selectin().with(Order::ITEMS.joined());
            let users = session.all(select::<User>().order_by(User::ID).with(load)).await?;
            let users = session.load_all(users, User::ADDRESSES.selectin()).await?;
            session
                .load(&users[0].get(User::ADDRESSES).first().expect("an address"), Address::DINGALING)
                .await?;
            session.transaction(async |session| session.count(select::<User>()).await).await?;
            Ok::<_, Error>(users)
        }
    });
    let users = task.await.expect("the task ends")?;
    let threads: Vec<_> = users
        .iter()
        .cloned()
        .map(|user| {
            std::thread::spawn(move || {
                let orders = user.get(User::ORDERS);
                let items = orders.iter().map(|order| order.get(Order::ITEMS).len()).sum::<usize>();
                (user.id, (orders.len(), items, user.get(User::ADDRESSES).len()))
            })
        })
        .collect();
    let found: BTreeMap<_, _> = threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
    assert_eq!(found, BTreeMap::from([(7, (3, 7, 1)), (8, (0, 0, 3)), (9, (2, 5, 1)), (10, (0, 0, 0))]));
    Ok(())
}

#[tokio::test]
async fn naming_a_relationship_again_gives_the_later_type() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let query = select::<User>()
        .order_by(User::ID)
        .with(User::ORDERS.selectin().with(Order::ITEMS.selectin()))
        .with(User::ORDERS.selectin().with(Order::ADDRESS.selectin()));
    let users = session.all(query).await?;
    let addresses: Vec<_> =
        users[0].get(User::ORDERS).iter().map(|order| order.get(Order::ADDRESS).map(|a| a.id)).collect();
    assert_eq!(addresses, [Some(1), Some(1), None]);
    assert_eq!(
        ids!(users[0].orders()?.first().expect("order 1").items()?),
        [1, 2, 3],
        "the first is loaded too"
    );
    Ok(())
}
