//! LIMIT and OFFSET with joined relationships: a page is of parents, exact and complete.

use orm_core::prelude::*;

use crate::fixtures::links::{Post, links};
use crate::fixtures::nodes::{Node, nodes};
use crate::fixtures::standard::*;
use crate::fixtures::tickets::{Ticket, tickets};
use crate::fixtures::{ids, record};

#[tokio::test]
async fn a_page_has_its_parents_with_all_their_members() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query = select::<User>().with(User::ADDRESSES.joined()).order_by(User::ID).limit(2);
    let page = session.all(query).await?;
    assert_eq!(log.count(), 1, "{log}");
    let found: Vec<_> = page.iter().map(|user| (user.id, ids!(user.get(User::ADDRESSES)))).collect();
    assert_eq!(found, [(7, vec![1]), (8, vec![2, 3, 4])]);
    assert_eq!(ids!(page[1].addresses()?), [2, 3, 4], "they are whole, so the objects hold them");
    Ok(())
}

#[tokio::test]
async fn the_parents_are_chosen_inside_and_sorted_outside() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query = select::<User>()
        .filter(User::ID.ge(8))
        .with(User::ADDRESSES.joined())
        .order_by((User::NAME.desc(), User::ID))
        .limit(2)
        .offset(1);
    let page = session.all(query).await?;
    let sql = log.sql(0);
    let (inner, outer) = sql.split_once(r#") AS "users""#).expect("a subquery of the parents");
    assert!(
        inner.contains("WHERE") && inner.contains("LIMIT ? + 0 OFFSET ?") && !inner.contains("JOIN"),
        "{log}"
    );
    assert!(inner.contains(r#"ORDER BY "users"."name" DESC, "users"."id""#), "{log}");
    assert!(outer.contains("LEFT JOIN") && !outer.contains("LIMIT") && !outer.contains("WHERE"), "{log}");
    let order = outer.split_once("ORDER BY").expect("an order outside").1;
    assert!(order.trim_start().starts_with(r#""users"."name" DESC, "users"."id""#), "{log}");
    assert!(order.find("addresses").is_some(), "then the relationship's order: {log}");
    let found: Vec<_> =
        page.iter().map(|user| (user.name.as_str(), ids!(user.get(User::ADDRESSES)))).collect();
    assert_eq!(found, [("ed", vec![2, 3, 4]), ("chuck", vec![])]);
    Ok(())
}

#[tokio::test]
async fn every_page_of_every_size_is_exact() -> Result<()> {
    let engine = standard().await?;
    let all = [(7, vec![1]), (8, vec![2, 3, 4]), (9, vec![5]), (10, vec![])];
    for descending in [false, true] {
        let mut sorted = all.to_vec();
        if descending {
            sorted.reverse();
        }
        for limit in 0..=5 {
            for offset in 0..=5 {
                let order = if descending { User::ID.desc() } else { User::ID.asc() };
                let query = select::<User>().with(User::ADDRESSES.joined()).order_by(order);
                let page = engine.session().all(query.limit(limit as u64).offset(offset as u64)).await?;
                let found: Vec<_> =
                    page.iter().map(|user| (user.id, ids!(user.get(User::ADDRESSES)))).collect();
                let expected: Vec<_> = sorted.iter().skip(offset).take(limit).cloned().collect();
                assert_eq!(found, expected, "limit {limit}, offset {offset}, descending: {descending}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_offset_alone_is_a_page_too() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let page =
        session.all(select::<User>().with(User::ADDRESSES.joined()).order_by(User::ID).offset(1)).await?;
    assert_eq!(log.count(), 1, "{log}");
    let found: Vec<_> = page.iter().map(|user| (user.id, ids!(user.get(User::ADDRESSES)))).collect();
    assert_eq!(found, [(8, vec![2, 3, 4]), (9, vec![5]), (10, vec![])]);
    Ok(())
}

#[tokio::test]
async fn a_page_without_an_order_is_a_page_of_parents() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let page = session.all(select::<User>().with(User::ADDRESSES.joined()).limit(3)).await?;
    assert_eq!(page.len(), 3);
    for user in &page {
        let expected = match user.id {
            7 => vec![1],
            8 => vec![2, 3, 4],
            9 => vec![5],
            _ => vec![],
        };
        assert_eq!(ids!(user.get(User::ADDRESSES)), expected);
    }
    Ok(())
}

#[tokio::test]
async fn parents_that_sort_alike_keep_their_members_apart() -> Result<()> {
    let engine = standard().await?;
    // Orders 1, 2 and 5 are closed and 3 and 4 open; one of them has a NULL address.
    for (limit, expected) in [
        (3, vec![(5, vec![5]), (1, vec![1, 2, 3]), (3, vec![3, 4, 5])]),
        (5, vec![(5, vec![5]), (1, vec![1, 2, 3]), (3, vec![3, 4, 5]), (2, vec![1, 2, 3]), (4, vec![1, 5])]),
    ] {
        let mut session = engine.session();
        let query = select::<Order>().with(Order::ITEMS.joined()).order_by((Order::ADDRESS_ID, Order::ID));
        let page = session.all(query.limit(limit)).await?;
        let found: Vec<_> = page.iter().map(|order| (order.id, ids!(order.get(Order::ITEMS)))).collect();
        assert_eq!(found, expected, "NULL sorts first, ties by id");
    }

    // A tie that the order leaves open is still one parent after the other.
    let page = engine
        .session()
        .all(select::<Order>().with(Order::ITEMS.joined()).order_by(Order::ISOPEN).limit(3))
        .await?;
    let mut found: Vec<_> = page.iter().map(|order| (order.id, ids!(order.get(Order::ITEMS)))).collect();
    found.sort();
    assert_eq!(found, [(1, vec![1, 2, 3]), (2, vec![1, 2, 3]), (5, vec![5])]);
    Ok(())
}

#[tokio::test]
async fn to_one_joins_are_not_wrapped() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let page = session
        .all(
            select::<Order>()
                .with(Order::ADDRESS.joined().with(Address::USER.joined()))
                .with(Order::USER.joined())
                .order_by(Order::ID.desc())
                .limit(2),
        )
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(log.sql(0).matches("SELECT").count(), 1, "{log}");
    assert!(log.sql(0).ends_with("LIMIT ? + 0"), "{log}");
    assert_eq!(ids!(page), [5, 4]);
    assert!(page[0].get(Order::ADDRESS).is_none());
    assert_eq!(page[1].get(Order::ADDRESS).map(|address| address.get(Address::USER).id), Some(8));
    Ok(())
}

#[tokio::test]
async fn an_inner_to_one_join_is_plain_and_pages_what_it_keeps() -> Result<()> {
    let engine = tickets().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let page = session
        .all(select::<Ticket>().with(Ticket::OWNER.joined().inner()).order_by(Ticket::ID.desc()).limit(2))
        .await?;
    assert_eq!(log.sql(0).matches("SELECT").count(), 1, "{log}");
    assert!(log.sql(0).contains(r#" JOIN "owners" AS "#) && !log.sql(0).contains("LEFT"), "{log}");
    assert_eq!(ids!(page), [5, 3], "ticket 4 has no owner and takes no place on the page");
    Ok(())
}

#[tokio::test]
async fn a_has_one_whose_key_is_not_unique_is_wrapped() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let page = session
        .all(select::<Address>().with(Address::DINGALING.joined()).order_by(Address::ID).limit(2))
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(log.sql(0).matches("SELECT").count(), 2, "a page counts no row twice: {log}");
    let found: Vec<_> = page.iter().map(|a| (a.id, a.get(Address::DINGALING).map(|d| d.id))).collect();
    assert_eq!(found, [(1, None), (2, Some(1))]);
    Ok(())
}

#[tokio::test]
async fn a_collection_below_a_to_one_is_wrapped() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let page = session
        .all(
            select::<Address>()
                .with(Address::USER.joined().with(User::ORDERS.joined()))
                .order_by(Address::ID)
                .limit(2),
        )
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(log.sql(0).matches("SELECT").count(), 2, "{log}");
    let found: Vec<_> = page.iter().map(|a| (a.id, ids!(a.get(Address::USER).get(User::ORDERS)))).collect();
    assert_eq!(found, [(1, vec![1, 3, 5]), (2, vec![])]);
    Ok(())
}

#[tokio::test]
async fn several_levels_and_siblings_on_a_page() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let page = session
        .all(
            select::<User>()
                .with(User::ORDERS.joined().with(Order::ITEMS.joined()).with(Order::ADDRESS.joined()))
                .with(User::ADDRESSES.joined())
                .order_by(User::ID.desc())
                .limit(3),
        )
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(ids!(page), [10, 9, 8]);
    let fred = &page[1];
    assert_eq!(ids!(fred.get(User::ADDRESSES)), [5]);
    let orders: Vec<_> = fred
        .get(User::ORDERS)
        .iter()
        .map(|order| (order.id, ids!(order.get(Order::ITEMS)), order.get(Order::ADDRESS).map(|a| a.id)))
        .collect();
    assert_eq!(orders, [(2, vec![1, 2, 3], Some(4)), (4, vec![1, 5], Some(4))]);
    assert_eq!(ids!(page[2].get(User::ADDRESSES)), [2, 3, 4]);
    Ok(())
}

#[tokio::test]
async fn a_link_table_on_a_page() -> Result<()> {
    let engine = links().await?;
    for (limit, offset, expected) in [
        (1, 0, vec![(1, vec![1, 2])]),
        (2, 1, vec![(2, vec![1]), (3, vec![])]),
        (2, 0, vec![(1, vec![1, 2]), (2, vec![1])]),
    ] {
        let query = select::<Post>().with(Post::TAGS.joined()).order_by(Post::ID).limit(limit).offset(offset);
        let page = engine.session().all(query).await?;
        let found: Vec<_> = page.iter().map(|post| (post.id, ids!(post.get(Post::TAGS)))).collect();
        assert_eq!(found, expected);
    }
    Ok(())
}

#[tokio::test]
async fn a_tree_on_a_page() -> Result<()> {
    let engine = nodes().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let page = session
        .all(
            select::<Node>()
                .filter(Node::PARENT_ID.is_not_null())
                .with(Node::CHILDREN.joined())
                .with(Node::PARENT.joined())
                .order_by(Node::DATA)
                .limit(3)
                .offset(3),
        )
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    // By name: n11, n111, n112, n12, n121, n122, ..
    let found: Vec<_> = page
        .iter()
        .map(|node| (node.id, node.get(Node::PARENT).map(|p| p.id), ids!(node.get(Node::CHILDREN))))
        .collect();
    assert_eq!(found, [(12, Some(1), vec![121, 122, 123]), (121, Some(12), vec![]), (122, Some(12), vec![])]);
    Ok(())
}

#[tokio::test]
async fn a_filtered_join_on_a_page() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let load = User::ORDERS.joined().filter(Order::ISOPEN.eq(false)).order_by(Order::ID.desc());
    let page =
        session.all(select::<User>().filter(User::ID.lt(10)).with(load).order_by(User::ID).limit(3)).await?;
    assert_eq!(log.count(), 1, "{log}");
    let found: Vec<_> = page.iter().map(|user| (user.id, ids!(user.get(User::ORDERS)))).collect();
    assert_eq!(found, [(7, vec![5, 1]), (8, vec![]), (9, vec![2])]);
    Ok(())
}

#[tokio::test]
async fn second_statements_of_a_page_are_for_the_page() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let page = session
        .all(
            select::<User>()
                .with(User::ADDRESSES.joined())
                .with(User::ORDERS.selectin())
                .order_by(User::ID)
                .limit(2)
                .offset(1),
        )
        .await?;
    assert_eq!(log.count(), 2, "{log}");
    assert_eq!(log.keys(1), ["8", "9"], "{log}");
    let found: Vec<_> =
        page.iter().map(|user| (ids!(user.get(User::ADDRESSES)), ids!(user.get(User::ORDERS)))).collect();
    assert_eq!(found, [(vec![2, 3, 4], vec![]), (vec![5], vec![2, 4])]);
    Ok(())
}

#[tokio::test]
async fn first_takes_one_parent_with_all_its_members() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let query = || select::<User>().with(User::ADDRESSES.joined()).order_by(User::ID);
    let first = session.first(query().filter(User::ID.gt(7))).await?.expect("ed is first");
    assert_eq!((first.id, ids!(first.get(User::ADDRESSES))), (8, vec![2, 3, 4]));
    assert!(session.first(query().limit(0)).await?.is_none(), "a limit of its own holds");
    assert!(session.first(query().filter(User::ID.gt(100))).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn one_is_one_parent_however_many_rows_it_is() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let query = |id: i64| select::<User>().filter(User::ID.ge(id)).with(User::ADDRESSES.joined());
    let ed = session.one(query(8).filter(User::ID.le(8))).await?;
    assert_eq!(ids!(ed.get(User::ADDRESSES)), [2, 3, 4]);
    assert_eq!(session.one(query(9)).await.unwrap_err().kind(), ErrorKind::MultipleRows);
    assert_eq!(session.one(query(11)).await.unwrap_err().kind(), ErrorKind::NoRows);
    Ok(())
}

#[tokio::test]
async fn a_page_of_an_inner_join_is_a_page_of_what_it_keeps() -> Result<()> {
    let engine = standard().await?;
    let query = || select::<User>().with(User::ADDRESSES.joined().inner()).order_by(User::ID.desc());
    let all = engine.session().all(query()).await?;
    assert_eq!(ids!(all), [9, 8, 7], "chuck has no address");
    for limit in 1..=3 {
        for offset in 0..3 {
            let log = record(&engine);
            let page = engine.session().all(query().limit(limit as u64).offset(offset as u64)).await?;
            let expected: Vec<_> = ids!(all).into_iter().skip(offset).take(limit).collect();
            assert_eq!(ids!(page), expected, "limit {limit}, offset {offset}: {log}");
        }
    }
    assert_eq!(engine.session().first(query()).await?.map(|user| user.id), Some(9), "the first of them all");
    Ok(())
}

#[tokio::test]
async fn an_inner_to_one_beside_a_collection_takes_no_place_on_the_page() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query = select::<Order>()
        .with(Order::ADDRESS.joined().inner())
        .with(Order::ITEMS.joined())
        .order_by(Order::ID.desc())
        .limit(2);
    let page = session.all(query).await?;
    let found: Vec<_> = page.iter().map(|order| (order.id, ids!(order.get(Order::ITEMS)))).collect();
    assert_eq!(found, [(4, vec![1, 5]), (3, vec![3, 4, 5])], "order 5 has no address: {log}");
    Ok(())
}

#[tokio::test]
async fn count_counts_parents() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query = || select::<User>().with(User::ADDRESSES.joined()).order_by(User::ID);
    assert_eq!(session.count(query()).await?, 4);
    assert_eq!(session.count(query().limit(3).offset(2)).await?, 2);
    assert_eq!(session.count(query().filter(User::NAME.like("%ed"))).await?, 2);
    assert_eq!(log.count(), 3, "{log}");
    Ok(())
}

#[tokio::test]
async fn count_is_how_many_all_returns() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let query = || select::<User>().with(User::ADDRESSES.joined().inner());
    let all = session.all(query()).await?;
    assert_eq!(session.count(query()).await?, all.len() as u64, "an inner join drops chuck");
    Ok(())
}
