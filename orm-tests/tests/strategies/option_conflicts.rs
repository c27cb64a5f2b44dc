//! One relationship named twice: merged if both loads agree, otherwise an error that names both.

use orm_core::Select;
use orm_core::prelude::*;

use crate::fixtures::nodes::{Node, nodes};
use crate::fixtures::standard::*;
use crate::fixtures::{ids, record};

#[tokio::test]
async fn the_same_twice_is_merged_at_every_depth() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let query = select::<User>()
        .order_by(User::ID)
        .with(User::ORDERS.selectin())
        .with(User::ORDERS.selectin().with(Order::ADDRESS.joined()))
        .with(User::ORDERS.selectin().with(Order::ITEMS.selectin()))
        .with(User::ORDERS.selectin().with(Order::ITEMS.selectin().with(Item::KEYWORDS.selectin())));
    let users = engine.session().all(query).await?;
    assert_eq!(log.count(), 4, "{log}");
    let order = users[0].orders()?.first().expect("jack has orders");
    assert_eq!(order.address()?.map(|address| address.id), Some(1));
    let keywords: Vec<_> = order.items()?.iter().map(|item| item.keywords().map(|all| ids!(all))).collect();
    let keywords = keywords.into_iter().collect::<Result<Vec<_>>>()?;
    assert_eq!(keywords, [[2, 4, 6], [2, 5, 7], [3, 4, 6]]);
    Ok(())
}

#[tokio::test]
async fn a_relationship_named_twice_is_proven_with_both_loads() -> Result<()> {
    let engine = standard().await?;
    macro_rules! both {
        ($strategy:ident) => {{
            let orders = || User::ORDERS.$strategy();
            let items = || Order::ITEMS.$strategy();
            let query = select::<User>()
                .order_by(User::ID)
                .with(orders().with(items()))
                .with(User::ADDRESSES.$strategy())
                .with(orders().with(Order::ADDRESS.$strategy()))
                .with(orders().with(items().with(Item::KEYWORDS.$strategy())))
                .with(orders());
            let users = engine.session().all(query).await?;
            let order = users[0].get(User::ORDERS).first().expect("jack has orders");
            assert_eq!(order.get(Order::ADDRESS).map(|address| address.id), Some(1));
            let keywords: Vec<_> =
                order.get(Order::ITEMS).iter().map(|item| ids!(item.get(Item::KEYWORDS))).collect();
            assert_eq!(keywords, [[2, 4, 6], [2, 5, 7], [3, 4, 6]]);
            assert_eq!(ids!(users[0].get(User::ADDRESSES)), [1]);
        }};
    }
    both!(selectin);
    both!(joined);
    both!(subquery);
    both!(auto);

    // In either order, and below a recursion.
    let tree = || Node::CHILDREN.selectin().recursive(..);
    let query = select::<Node>().filter(Node::ID.eq(1)).with(tree()).with(tree());
    let root = nodes().await?.session().one(query).await?;
    let deep = root.get(Node::CHILDREN).first().map(|child| ids!(child.get(Node::CHILDREN)));
    assert_eq!(deep, Some(vec![111, 112]));
    Ok(())
}

#[tokio::test]
async fn joins_are_merged_into_one_join() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let query = select::<Order>()
        .order_by(Order::ID)
        .with(Order::USER.joined().with(User::ADDRESSES.joined()))
        .with(Order::USER.joined());
    let orders = engine.session().all(query).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(log.sql(0).matches(r#"JOIN "users""#).count(), 1, "{log}");
    assert_eq!(ids!(orders[0].user()?.addresses()?), [1]);
    Ok(())
}

/// The query is refused before any statement, with a message that holds all of the texts.
async fn assert_conflict<M: orm_core::Model, L>(engine: &Engine, query: Select<M, L>, texts: &[&str]) {
    let log = record(engine);
    let planned = engine.plan(&query).expect_err("a plan of a conflict");
    let error = engine.session().all(query).await.expect_err("a conflict");
    assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}");
    assert_eq!(error.to_string(), planned.to_string());
    for text in texts {
        assert!(error.to_string().contains(text), "`{text}` is not in: {error}");
    }
    assert_eq!(log.count(), 0, "{log}");
}

#[tokio::test]
async fn different_loads_are_an_error_that_names_both() -> Result<()> {
    let engine = standard().await?;
    let path = "`User.orders`";
    let with = |query: Select<User>| query;
    let orders = || User::ORDERS.selectin();
    let query = with(select()).with(orders()).with(User::ORDERS.joined());
    assert_conflict(&engine, query, &[path, "`.selectin()`", "`.joined()`"]).await;
    let query = with(select()).with(orders()).with(User::ORDERS.subquery());
    assert_conflict(&engine, query, &[path, "`.selectin()`", "`.subquery()`"]).await;
    let query = with(select()).with(orders()).with(User::ORDERS.auto());
    assert_conflict(&engine, query, &[path, "`.selectin()`", "`.auto()`"]).await;
    let query = with(select()).with(User::ORDERS.joined()).with(User::ORDERS.joined().inner());
    assert_conflict(&engine, query, &[path, "`.joined()`", "`.joined().inner()`"]).await;
    let query = with(select()).with(orders().batch_size(5)).with(orders().batch_size(6));
    assert_conflict(&engine, query, &[path, "`.selectin().batch_size(5)`", "`.selectin().batch_size(6)`"])
        .await;
    let query = with(select()).with(orders()).with(orders().batch_size(6));
    assert_conflict(&engine, query, &[path, "`.selectin()`", "`.selectin().batch_size(6)`"]).await;
    Ok(())
}

#[tokio::test]
async fn conflicts_are_found_below_and_among_merged_loads() -> Result<()> {
    let engine = standard().await?;
    let query = select::<User>()
        .with(User::ORDERS.selectin().with(Order::ITEMS.selectin()))
        .with(User::ORDERS.selectin().with(Order::ITEMS.joined()));
    assert_conflict(&engine, query, &["`Order.items`", "`.selectin()`", "`.joined()`"]).await;
    let query = select::<Order>()
        .with(Order::USER.joined().with(User::ADDRESSES.joined()))
        .with(Order::USER.joined().with(User::ADDRESSES.joined().inner()));
    assert_conflict(&engine, query, &["`User.addresses`", "`.joined()`", "`.joined().inner()`"]).await;
    Ok(())
}

#[tokio::test]
async fn depths_of_a_recursion_differ_too() -> Result<()> {
    let engine = nodes().await?;
    let children = || Node::CHILDREN.selectin();
    let query = select::<Node>().with(children().recursive(2)).with(children().recursive(3));
    assert_conflict(&engine, query, &["`Node.children`", ".recursive(2)", ".recursive(3)"]).await;
    let query = select::<Node>().with(children().recursive(2)).with(children().recursive(..));
    assert_conflict(&engine, query, &["`Node.children`", ".recursive(2)", ".recursive(..)"]).await;
    Ok(())
}

#[tokio::test]
async fn one_query_reads_a_relationship_one_way() -> Result<()> {
    let engine = standard().await?;
    let open = || User::ORDERS.selectin().filter(Order::ISOPEN.eq(true));
    let text = ["`User.orders`", "session.load_all(..)"];
    assert_conflict(&engine, select::<User>().with(open()).with(User::ORDERS.selectin()), &text).await;
    assert_conflict(&engine, select::<User>().with(User::ORDERS.selectin()).with(open()), &text).await;
    assert_conflict(&engine, select::<User>().with(open()).with(open()), &text).await;
    let two = select::<User>().with(User::ORDERS.selectin().limit(1)).with(User::ORDERS.selectin().limit(2));
    assert_conflict(&engine, two, &text).await;
    Ok(())
}

#[tokio::test]
async fn the_same_relationship_on_two_paths_is_not_a_conflict() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let query = select::<Order>()
        .order_by(Order::ID)
        .with(Order::USER.selectin().with(User::ADDRESSES.selectin()))
        .with(Order::ADDRESS.selectin().with(Address::USER.joined().with(User::ADDRESSES.joined())));
    let orders = engine.session().all(query).await?;
    assert_eq!(log.count(), 4, "{log}");
    assert_eq!(ids!(orders[0].get(Order::USER).get(User::ADDRESSES)), [1]);
    let of_address = orders[1].get(Order::ADDRESS).expect("order 2 has one");
    assert_eq!(ids!(of_address.get(Address::USER).get(User::ADDRESSES)), [2, 3, 4]);
    Ok(())
}
