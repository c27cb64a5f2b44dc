//! `load_all`: a relationship of existing objects, for all of them at once.

use orm_core::prelude::*;

use crate::fixtures::standard::*;
use crate::fixtures::tickets::{Ticket, tickets};
use crate::fixtures::{ids, record};

#[tokio::test]
async fn all_objects_cost_one_statement() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session.all(select::<User>().order_by(User::ID)).await?;
    let log = record(&engine);
    let users = session.load_all(users, User::ORDERS.selectin()).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(log.keys(0), ["7", "8", "9", "10"], "{log}");
    let found: Vec<_> = users.iter().map(|user| (user.id, ids!(user.get(User::ORDERS)))).collect();
    assert_eq!(found, [(7, vec![1, 3, 5]), (8, vec![]), (9, vec![2, 4]), (10, vec![])]);
    assert_eq!(ids!(users[2].orders()?), [2, 4], "and the objects hold it");
    Ok(())
}

#[tokio::test]
async fn no_objects_cost_nothing() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let none: Vec<Entity<User>> = Vec::new();
    assert!(session.load_all(none, User::ORDERS.selectin().with(Order::ITEMS.selectin())).await?.is_empty());
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn levels_below_cost_one_each() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session.all(select::<User>().order_by(User::ID)).await?;
    let log = record(&engine);
    let load = User::ORDERS
        .selectin()
        .with(Order::ITEMS.selectin().with(Item::KEYWORDS.selectin()))
        .with(Order::ADDRESS.joined());
    let users = session.load_all(users, load).await?;
    assert_eq!(log.count(), 3, "{log}");
    assert!(log.sql(0).contains("LEFT JOIN"), "{log}");
    let order = users[0].get(User::ORDERS).last().expect("jack's last order");
    assert_eq!(order.id, 5);
    assert!(order.get(Order::ADDRESS).is_none());
    assert_eq!(order.get(Order::ITEMS).first().map(|item| item.get(Item::KEYWORDS).len()), Some(0));
    Ok(())
}

#[tokio::test]
async fn what_was_proven_before_stays_proven() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let query = select::<User>()
        .order_by(User::ID)
        .with(User::ADDRESSES.selectin().with(Address::DINGALING.selectin()));
    let users = session.all(query).await?;
    let log = record(&engine);
    let users = session.load_all(users, User::ORDERS.selectin()).await?;
    let users = session.load_all(users, User::ORDERS.selectin().with(Order::ITEMS.selectin())).await?;
    assert_eq!(log.count(), 3, "{log}");
    let ed = &users[1];
    let dingalings: Vec<_> =
        ed.get(User::ADDRESSES).iter().map(|a| a.get(Address::DINGALING).map(|d| d.id)).collect();
    assert_eq!(dingalings, [Some(1), None, None]);
    let items: Vec<_> =
        users[2].get(User::ORDERS).iter().map(|order| order.get(Order::ITEMS).len()).collect();
    assert_eq!(items, [3, 2]);
    Ok(())
}

#[tokio::test]
async fn objects_keep_their_order_and_repetitions() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session.all(select::<User>().order_by(User::ID)).await?;
    let chosen: Vec<_> = [2, 0, 2, 1].iter().map(|at: &usize| users[*at].clone()).collect();
    let log = record(&engine);
    let loaded = session.load_all(chosen, User::ADDRESSES.selectin()).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(log.keys(0), ["9", "7", "8"], "each key once: {log}");
    let found: Vec<_> = loaded.iter().map(|user| (user.id, ids!(user.get(User::ADDRESSES)))).collect();
    assert_eq!(found, [(9, vec![5]), (7, vec![1]), (9, vec![5]), (8, vec![2, 3, 4])]);
    Ok(())
}

#[tokio::test]
async fn objects_of_several_queries_are_loaded_together() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let mut users = session.all(select::<User>().filter(User::ID.eq(9))).await?;
    users.extend(session.all(select::<User>().filter(User::ID.lt(9)).order_by(User::ID)).await?);
    users.push(session.get::<User>(10).await?.expect("chuck is there"));
    let log = record(&engine);
    let users = session.load_all(users, User::ADDRESSES.selectin()).await?;
    assert_eq!(log.count(), 1, "{log}");
    let found: Vec<_> = users.iter().map(|user| (user.id, ids!(user.get(User::ADDRESSES)))).collect();
    assert_eq!(found, [(9, vec![5]), (7, vec![1]), (8, vec![2, 3, 4]), (10, vec![])]);
    Ok(())
}

#[tokio::test]
async fn objects_from_inside_an_answer_can_be_loaded_further() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let orders = session
        .all(select::<Order>().order_by(Order::ID).with(Order::ITEMS.selectin()).with(Order::USER.joined()))
        .await?;
    let items: Vec<_> = orders.iter().flat_map(|order| order.get(Order::ITEMS)).collect();
    assert_eq!(items.len(), 12);
    let log = record(&engine);
    let items = session.load_all(items, Item::KEYWORDS.selectin()).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(log.keys(0), ["1", "2", "3", "4", "5"], "{log}");
    let found: Vec<_> = items[..3].iter().map(|item| ids!(item.get(Item::KEYWORDS))).collect();
    assert_eq!(found, [[2, 4, 6], [2, 5, 7], [3, 4, 6]]);

    let users: Vec<_> = orders.iter().map(|order| order.get(Order::USER)).collect();
    let users = session.load_all(users, User::ADDRESSES.selectin()).await?;
    assert_eq!(ids!(users), [7, 9, 7, 9, 7]);
    assert_eq!(ids!(users[4].get(User::ADDRESSES)), [1]);
    assert_eq!(ids!(orders[0].get(Order::ITEMS)), [1, 2, 3], "the first answer is as it was");
    Ok(())
}

#[tokio::test]
async fn a_to_one_that_is_held_costs_nothing() -> Result<()> {
    let engine = tickets().await?;
    let mut session = engine.session();
    let tickets = session.all(select::<Ticket>().order_by(Ticket::ID)).await?;
    let log = record(&engine);
    let tickets = session.load_all(tickets, Ticket::OWNER.selectin()).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(log.keys(0), ["1", "2"], "{log}");
    let tickets = session.load_all(tickets, Ticket::OWNER.selectin()).await?;
    assert_eq!(log.count(), 1, "{log}");
    let owners: Vec<_> = tickets.iter().map(|t| t.get(Ticket::OWNER).map(|owner| owner.id)).collect();
    assert_eq!(owners, [Some(1), Some(2), Some(2), None, Some(1)]);
    Ok(())
}

#[tokio::test]
async fn a_view_is_proven_and_not_held() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session.all(select::<User>().order_by(User::ID)).await?;
    let open = session.load_all(users, User::ORDERS.selectin().filter(Order::ISOPEN.eq(true))).await?;
    let found: Vec<_> = open.iter().map(|user| ids!(user.get(User::ORDERS))).collect();
    assert_eq!(found, [vec![3], vec![], vec![4], vec![]]);
    assert_eq!(open[0].orders().unwrap_err().kind(), ErrorKind::NotLoaded);
    Ok(())
}

#[tokio::test]
async fn pending_changes_are_flushed_first() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session.all(select::<User>().order_by(User::ID)).await?;
    session.append(&users[3], User::ADDRESSES, Address::draft().id(6).email_address("chuck@here.com"))?;
    let log = record(&engine);
    let users = session.load_all(users, User::ADDRESSES.selectin()).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert_eq!(ids!(users[3].get(User::ADDRESSES)), [6]);
    Ok(())
}

#[tokio::test]
async fn a_new_object_is_loaded_like_any_other() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let mary = session.insert(User::draft().id(11).name("mary")).await?;
    session.insert(Address::draft().id(6).user_id(11).email_address("mary@here.com")).await?;
    let loaded = session.load_all(vec![mary], User::ADDRESSES.selectin()).await?;
    assert_eq!(ids!(loaded[0].get(User::ADDRESSES)), [6]);
    Ok(())
}

#[tokio::test]
async fn batches_and_pages_of_keys_are_the_loads_own() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let items = session.all(select::<Item>().order_by(Item::ID)).await?;
    let log = record(&engine);
    let items = session.load_all(items, Item::KEYWORDS.selectin().batch_size(2)).await?;
    assert_eq!(log.key_counts(), [2, 2, 1], "{log}");
    let found: Vec<_> = items.iter().map(|item| item.get(Item::KEYWORDS).len()).collect();
    assert_eq!(found, [3, 3, 3, 0, 0]);
    Ok(())
}

#[tokio::test]
async fn an_inner_join_cannot_drop_existing_objects() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session.all(select::<User>().order_by(User::ID)).await?;
    let log = record(&engine);
    let refused = session.load_all(users, User::ORDERS.joined().inner()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidQuery);
    assert!(refused.to_string().contains("`User.orders`"), "{refused}");
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn what_failed_leaves_the_objects_as_they_were() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session.all(select::<User>().order_by(User::ID)).await?;
    let log = record(&engine);
    let failed = session.load_all(users.clone(), User::ADDRESSES.selectin().batch_size(0)).await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::InvalidQuery);
    assert_eq!(log.count(), 0, "{log}");
    assert_eq!(users[0].addresses().unwrap_err().kind(), ErrorKind::NotLoaded);
    assert_eq!(session.load_all(users, User::ADDRESSES.selectin()).await?.len(), 4, "and it works again");
    Ok(())
}
