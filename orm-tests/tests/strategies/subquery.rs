//! `.subquery()`: a second statement around the parents' own, which sends no keys.

use orm_core::prelude::*;

use crate::fixtures::standard::*;
use crate::fixtures::{ids, record};

#[tokio::test]
async fn a_level_is_one_statement_around_the_first() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let query = select::<User>()
        .filter(User::ID.is_in([7, 8]))
        .order_by(User::ID)
        .with(User::ADDRESSES.subquery().with(Address::DINGALING.subquery()))
        .with(User::ORDERS.subquery().with(Order::ITEMS.subquery().with(Item::KEYWORDS.subquery())));
    let users = engine.session().all(query).await?;
    assert_eq!(log.count(), 6, "{log}");
    for at in 1..6 {
        assert!(log.sql(at).contains(r#"WHERE "users"."id" IN (?, ?)"#), "{}", log.sql(at));
        assert_eq!(log.keys(at), ["7", "8"], "the parents' filter and no keys: {}", log.sql(at));
    }
    assert!(!log.sql(1).contains(r#"ORDER BY "users""#), "an order without a page decides nothing: {log}");
    assert!(log.sql(1).ends_with(r#" ORDER BY "addresses"."id""#), "{log}");

    let addresses: Vec<_> = users.iter().map(|user| ids!(user.get(User::ADDRESSES))).collect();
    assert_eq!(addresses, [vec![1], vec![2, 3, 4]]);
    let dingalings: Vec<_> = users[1]
        .get(User::ADDRESSES)
        .iter()
        .map(|address| address.get(Address::DINGALING).map(|dingaling| dingaling.id))
        .collect();
    assert_eq!(dingalings, [Some(1), None, None]);
    let orders: Vec<_> = users.iter().map(|user| ids!(user.get(User::ORDERS))).collect();
    assert_eq!(orders, [vec![1, 3, 5], vec![]]);
    let first = users[0].get(User::ORDERS).first().expect("jack has orders");
    let keywords: Vec<_> =
        first.get(Order::ITEMS).iter().map(|item| ids!(item.get(Item::KEYWORDS))).collect();
    assert_eq!(keywords, [[2, 4, 6], [2, 5, 7], [3, 4, 6]]);
    Ok(())
}

#[tokio::test]
async fn values_of_the_first_statement_are_those_of_each_run() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    for (id, expected) in [(7, vec![1]), (8, vec![2, 3, 4]), (10, vec![])] {
        let log = record(&engine);
        let query = select::<User>().filter(User::ID.eq(id)).with(User::ADDRESSES.subquery());
        let user = session.one(query).await?;
        assert_eq!(log.count(), 2, "{log}");
        assert_eq!(log.keys(1), [id.to_string()], "{log}");
        assert_eq!(ids!(user.get(User::ADDRESSES)), expected);
    }
    Ok(())
}

#[tokio::test]
async fn a_page_is_repeated_with_its_order() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let query =
        select::<User>().order_by(User::NAME.desc()).limit(2).offset(1).with(User::ADDRESSES.subquery());
    let users = engine.session().all(query).await?;
    assert_eq!(log.count(), 2, "{log}");
    let inside = log.sql(1);
    let page = r#"ORDER BY "users"."name" DESC, "users"."id" LIMIT ? + 0 OFFSET ?"#;
    assert!(inside.contains(page), "the page decides who the parents are: {inside}");
    assert!(log.sql(0).contains(page), "and is the same in both: {log}");
    assert_eq!(ids!(users), [9, 8], "jack, fred, ed, chuck");
    assert_eq!(ids!(users[0].get(User::ADDRESSES)), [5]);
    assert_eq!(ids!(users[1].get(User::ADDRESSES)), [2, 3, 4]);
    Ok(())
}

#[tokio::test]
async fn parents_that_sort_alike_are_the_same_on_both_pages() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    for offset in 0..5 {
        let log = record(&engine);
        let query =
            select::<Order>().order_by(Order::ISOPEN).limit(1).offset(offset).with(Order::ITEMS.subquery());
        let orders = session.all(query).await?;
        assert_eq!(log.count(), 2, "{log}");
        let items = ids!(orders[0].get(Order::ITEMS));
        let expected: &[i64] = match orders[0].id {
            1 | 2 => &[1, 2, 3],
            3 => &[3, 4, 5],
            4 => &[1, 5],
            _ => &[5],
        };
        assert_eq!(items, expected, "order {}", orders[0].id);
    }
    Ok(())
}

#[tokio::test]
async fn a_to_one_is_asked_for_once_however_many_refer_to_it() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let query = select::<Order>().order_by(Order::ID).with(Order::ADDRESS.subquery());
    let orders = engine.session().all(query).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert!(log.sql(1).contains("SELECT DISTINCT"), "the key is not the parents' primary key: {log}");
    assert_eq!(log.statements()[1].rows, 2, "two targets for four orders: {log}");
    let found: Vec<_> =
        orders.iter().map(|order| order.get(Order::ADDRESS).map(|address| address.id)).collect();
    assert_eq!(found, [Some(1), Some(4), Some(1), Some(4), None]);
    Ok(())
}

#[tokio::test]
async fn without_parents_or_keys_there_is_no_second_statement() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let mut session = engine.session();
    let nobody = select::<User>().filter(User::ID.gt(100)).with(User::ADDRESSES.subquery());
    assert!(session.all(nobody).await?.is_empty());
    assert_eq!(log.count(), 1, "{log}");

    log.restart();
    let query = select::<Order>().filter(Order::ID.eq(5)).with(Order::ADDRESS.subquery());
    assert!(session.one(query).await?.get(Order::ADDRESS).is_none());
    assert_eq!(log.count(), 1, "its key is NULL: {log}");
    Ok(())
}

#[tokio::test]
async fn below_a_join_the_joined_statement_is_repeated() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let query = select::<Order>()
        .filter(Order::ISOPEN.eq(true))
        .order_by(Order::ID)
        .with(Order::USER.joined().with(User::ADDRESSES.subquery()));
    let orders = engine.session().all(query).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert!(log.sql(1).contains("JOIN") && log.sql(1).contains(r#""orders"."isopen" = ?"#), "{log}");
    let found: Vec<_> =
        orders.iter().map(|order| (order.id, ids!(order.get(Order::USER).get(User::ADDRESSES)))).collect();
    assert_eq!(found, [(3, vec![1]), (4, vec![5])]);
    Ok(())
}

#[tokio::test]
async fn below_keys_the_keys_are_used() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let query =
        select::<User>().order_by(User::ID).with(User::ORDERS.selectin().with(Order::ITEMS.subquery()));
    let users = engine.session().all(query).await?;
    assert_eq!(log.count(), 3, "{log}");
    assert_eq!(log.keys(2), ["1", "2", "3", "4", "5"], "{log}");
    assert_eq!(
        ids!(users[2].get(User::ORDERS).first().expect("fred has orders").get(Order::ITEMS)),
        [1, 2, 3]
    );

    let mut session = engine.session();
    let users = session.all(select::<User>().order_by(User::ID)).await?;
    log.restart();
    let users = session.load_all(users, User::ADDRESSES.subquery()).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(log.keys(0), ["7", "8", "9", "10"], "{log}");
    assert_eq!(ids!(users[1].get(User::ADDRESSES)), [2, 3, 4]);
    Ok(())
}

#[tokio::test]
async fn targets_of_distinct_keys_are_not_sorted_out_again() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let query =
        select::<Order>().order_by(Order::ID).with(Order::USER.subquery().with(User::ADDRESSES.subquery()));
    let orders = engine.session().all(query).await?;
    assert_eq!(log.count(), 3, "{log}");
    let distinct = |at: usize| log.sql(at).matches("SELECT DISTINCT").count();
    assert_eq!(
        (distinct(1), distinct(2)),
        (1, 1),
        "users repeat among orders, and are not repeated by them: {log}"
    );
    let found: Vec<_> =
        orders.iter().map(|order| ids!(order.get(Order::USER).get(User::ADDRESSES))).collect();
    assert_eq!(found, [vec![1], vec![5], vec![1], vec![5], vec![1]]);
    Ok(())
}
