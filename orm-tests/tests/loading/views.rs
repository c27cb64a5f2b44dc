//! Loads with a filter, an order or a limit: read with `get`, and never stored in the object's slot.

use orm_core::prelude::*;

use crate::fixtures::composite::{Member, Pair, composite};
use crate::fixtures::links::{Post, Tag, links};
use crate::fixtures::nodes::{Node, nodes};
use crate::fixtures::standard::*;
use crate::fixtures::{ids, record};

fn orders<L>(users: &[Entity<User, L>]) -> Vec<Vec<i64>>
where
    user::Orders: LoadedIn<L>,
{
    users.iter().map(|user| ids!(user.get(User::ORDERS))).collect()
}

#[tokio::test]
async fn a_filter_is_in_the_second_statement() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let users = session
        .all(select::<User>().order_by(User::ID).with(User::ORDERS.selectin().filter(Order::ISOPEN.eq(true))))
        .await?;
    assert_eq!(log.count(), 2, "{log}");
    assert!(log.sql(1).contains(r#""orders"."isopen" = ?"#), "{log}");
    assert_eq!(log.keys(1), ["true", "7", "8", "9", "10"], "{log}");
    assert_eq!(orders(&users), [vec![3], vec![], vec![4], vec![]]);
    for user in &users {
        assert_eq!(
            user.orders().unwrap_err().kind(),
            ErrorKind::NotLoaded,
            "part of it is not the collection"
        );
    }
    Ok(())
}

#[tokio::test]
async fn several_filters_all_hold() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let load = User::ORDERS
        .selectin()
        .filter(Order::ID.gt(1).or(Order::ID.eq(0)))
        .filter(Order::ADDRESS_ID.is_not_null());
    let users = session.all(select::<User>().order_by(User::ID).with(load)).await?;
    assert_eq!(orders(&users), [vec![3], vec![], vec![2, 4], vec![]], "{log}");
    Ok(())
}

#[tokio::test]
async fn a_filter_has_the_value_of_each_run() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    for (isopen, expected) in [
        (true, [vec![3], vec![], vec![4], vec![]]),
        (false, [vec![1, 5], vec![], vec![2], vec![]]),
        (true, [vec![3], vec![], vec![4], vec![]]),
    ] {
        let load = User::ORDERS.selectin().filter(Order::ISOPEN.eq(isopen));
        let users = session.all(select::<User>().order_by(User::ID).with(load)).await?;
        assert_eq!(orders(&users), expected, "isopen = {isopen}");
    }
    Ok(())
}

#[tokio::test]
async fn a_filter_on_the_target_of_a_link_table() -> Result<()> {
    let engine = links().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let posts = session
        .all(select::<Post>().order_by(Post::ID).with(Post::TAGS.selectin().filter(Tag::ACTIVE.eq(true))))
        .await?;
    assert_eq!(log.count(), 2, "{log}");
    assert!(!log.sql(1).contains(r#""posts""#), "{log}");
    let tags: Vec<_> = posts.iter().map(|post| ids!(post.get(Post::TAGS))).collect();
    assert_eq!(tags, [vec![1], vec![1], vec![]]);
    Ok(())
}

#[tokio::test]
async fn a_joins_filter_drops_no_parents() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let users = session
        .all(select::<User>().order_by(User::ID).with(User::ORDERS.joined().filter(Order::ISOPEN.eq(true))))
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(orders(&users), [vec![3], vec![], vec![4], vec![]]);
    assert_eq!(users[0].orders().unwrap_err().kind(), ErrorKind::NotLoaded);

    let engine = links().await?;
    let mut session = engine.session();
    let posts = session
        .all(select::<Post>().order_by(Post::ID).with(Post::TAGS.joined().filter(Tag::ACTIVE.eq(false))))
        .await?;
    let tags: Vec<_> = posts.iter().map(|post| ids!(post.get(Post::TAGS))).collect();
    assert_eq!(tags, [vec![2], vec![], vec![]]);
    Ok(())
}

#[tokio::test]
async fn an_order_replaces_the_declared_one() -> Result<()> {
    let engine = standard().await?;
    for joined in [false, true] {
        let mut session = engine.session();
        let query = select::<User>().order_by(User::ID);
        let order = (Order::ISOPEN.desc(), Order::ID.desc());
        let users = match joined {
            false => session.all(query.with(User::ORDERS.selectin().order_by(order))).await?,
            true => session.all(query.with(User::ORDERS.joined().order_by(order))).await?,
        };
        assert_eq!(orders(&users), [vec![3, 5, 1], vec![], vec![4, 2], vec![]], "joined: {joined}");
        assert_eq!(users[0].orders().unwrap_err().kind(), ErrorKind::NotLoaded);
    }
    Ok(())
}

#[tokio::test]
async fn an_order_on_the_target_of_a_link_table() -> Result<()> {
    let engine = standard().await?;
    for joined in [false, true] {
        let mut session = engine.session();
        let query = select::<Item>().order_by(Item::ID);
        let items = match joined {
            false => session.all(query.with(Item::KEYWORDS.selectin().order_by(Keyword::NAME))).await?,
            true => session.all(query.with(Item::KEYWORDS.joined().order_by(Keyword::NAME))).await?,
        };
        let names = |item: usize| -> Vec<String> {
            items[item].get(Item::KEYWORDS).iter().map(|keyword| keyword.name.clone()).collect()
        };
        assert_eq!(names(0), ["big", "red", "round"], "joined: {joined}");
        assert_eq!(names(1), ["red", "small", "square"], "joined: {joined}");
        assert_eq!(names(2), ["big", "green", "round"], "joined: {joined}");
    }
    Ok(())
}

#[tokio::test]
async fn a_limit_is_each_parents_own() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let users =
        session.all(select::<User>().order_by(User::ID).with(User::ORDERS.selectin().limit(2))).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert!(log.sql(1).contains("row_number() OVER (PARTITION BY"), "{log}");
    assert_eq!(log.statements()[1].rows, 4, "rows beyond the limit do not travel: {log}");
    assert_eq!(orders(&users), [vec![1, 3], vec![], vec![2, 4], vec![]], "the first of the declared order");
    assert_eq!(users[2].orders().unwrap_err().kind(), ErrorKind::NotLoaded, "not even where it took all");
    Ok(())
}

#[tokio::test]
async fn a_limit_with_filter_and_order() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let load = User::ORDERS.selectin().filter(Order::ISOPEN.eq(false)).order_by(Order::ID.desc()).limit(1);
    let users = session.all(select::<User>().order_by(User::ID).with(load)).await?;
    assert_eq!(orders(&users), [vec![5], vec![], vec![2], vec![]]);
    Ok(())
}

#[tokio::test]
async fn a_limit_of_nothing_and_of_more_than_there_are() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let none =
        session.all(select::<User>().order_by(User::ID).with(User::ORDERS.selectin().limit(0))).await?;
    assert_eq!(orders(&none), vec![Vec::<i64>::new(); 4]);
    let all = session
        .all(select::<User>().order_by(User::ID).with(User::ORDERS.selectin().limit(u64::MAX)))
        .await?;
    assert_eq!(orders(&all), [vec![1, 3, 5], vec![], vec![2, 4], vec![]]);
    Ok(())
}

#[tokio::test]
async fn a_limit_over_a_link_table() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let items = session
        .all(
            select::<Item>()
                .order_by(Item::ID)
                .with(Item::KEYWORDS.selectin().order_by(Keyword::ID.desc()).limit(2)),
        )
        .await?;
    assert_eq!(log.count(), 2, "{log}");
    let keywords: Vec<_> = items.iter().map(|item| ids!(item.get(Item::KEYWORDS))).collect();
    assert_eq!(keywords, [vec![6, 4], vec![7, 5], vec![6, 4], vec![], vec![]]);
    Ok(())
}

#[tokio::test]
async fn a_limit_over_composite_keys() -> Result<()> {
    let engine = composite().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let pairs = session
        .all(
            select::<Pair>()
                .order_by(Pair::ID1)
                .with(Pair::MEMBERS.selectin().order_by(Member::ID.desc()).limit(2).batch_size(10)),
        )
        .await?;
    assert_eq!(log.count(), 1 + 2, "{log}");
    assert_eq!(ids!(pairs[0].get(Pair::MEMBERS)), [6, 5]);
    assert_eq!(ids!(pairs[18].get(Pair::MEMBERS)), [114, 113]);
    assert!(pairs.iter().all(|pair| pair.get(Pair::MEMBERS).len() == 2));

    let rooms = session
        .all(select::<Pair>().order_by(Pair::ID1).limit(2).with(Pair::ROOMS.selectin().limit(1)))
        .await?;
    assert_eq!(ids!(rooms[0].get(Pair::ROOMS)), [1]);
    assert_eq!(ids!(rooms[1].get(Pair::ROOMS)), [2]);
    Ok(())
}

#[tokio::test]
async fn what_is_below_a_limit_is_loaded_for_the_chosen_alone() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let load = User::ORDERS
        .selectin()
        .order_by(Order::ID.desc())
        .limit(1)
        .with(Order::ITEMS.selectin())
        .with(Order::ADDRESS.joined());
    let users = session.all(select::<User>().order_by(User::ID).with(load)).await?;
    assert_eq!(log.count(), 3, "{log}");
    assert_eq!(log.keys(2), ["5", "4"], "{log}");
    let last = users[0].get(User::ORDERS).first().expect("jack's last order");
    assert_eq!((last.id, ids!(last.get(Order::ITEMS))), (5, vec![5]));
    assert!(last.get(Order::ADDRESS).is_none());
    let last = users[2].get(User::ORDERS).first().expect("fred's last order");
    assert_eq!((last.id, ids!(last.get(Order::ITEMS))), (4, vec![1, 5]));
    assert_eq!(last.get(Order::ADDRESS).map(|address| address.id), Some(4));
    assert_eq!(ids!(last.items()?), [1, 5], "below a view, whole relationships are whole");
    Ok(())
}

#[tokio::test]
async fn a_view_below_another_relationship() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let load = User::ORDERS
        .selectin()
        .with(Order::ITEMS.selectin().filter(Item::ID.gt(1)).order_by(Item::ID.desc()).limit(2));
    let users = session.all(select::<User>().order_by(User::ID).with(load)).await?;
    let items: Vec<_> =
        users[0].get(User::ORDERS).iter().map(|order| ids!(order.get(Order::ITEMS))).collect();
    assert_eq!(items, [vec![3, 2], vec![5, 4], vec![5]]);
    let order = users[0].orders()?.first().expect("the orders are whole");
    assert_eq!(order.items().unwrap_err().kind(), ErrorKind::NotLoaded, "their items are not");
    Ok(())
}

#[tokio::test]
async fn a_view_of_a_tree() -> Result<()> {
    let engine = nodes().await?;
    for joined in [false, true] {
        let mut session = engine.session();
        let query = select::<Node>().filter(Node::PARENT_ID.eq(1)).order_by(Node::ID);
        let condition = Node::DATA.like("%2");
        let found = match joined {
            false => session.all(query.with(Node::CHILDREN.selectin().filter(condition))).await?,
            true => session.all(query.with(Node::CHILDREN.joined().filter(condition))).await?,
        };
        let children: Vec<_> = found.iter().map(|node| (node.id, ids!(node.get(Node::CHILDREN)))).collect();
        assert_eq!(children, [(11, vec![112]), (12, vec![122]), (13, vec![])], "joined: {joined}");
    }
    Ok(())
}

#[tokio::test]
async fn what_an_object_holds_is_not_replaced_by_a_view() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    session.all(select::<User>().with(User::ORDERS.selectin())).await?;
    let load = User::ORDERS.selectin().filter(Order::ISOPEN.eq(true));
    let users = session.all(select::<User>().order_by(User::ID).with(load).populate_existing()).await?;
    assert_eq!(ids!(users[0].get(User::ORDERS)), [3]);
    assert_eq!(ids!(users[0].orders()?), [1, 3, 5], "not even by a query that overwrites");
    Ok(())
}

#[tokio::test]
async fn two_views_are_two_queries() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let view = |isopen: bool| User::ORDERS.selectin().filter(Order::ISOPEN.eq(isopen));
    let refused = session.all(select::<User>().with(view(true)).with(view(false))).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidQuery);
    let text = refused.to_string();
    assert!(text.contains("`User.orders`") && text.contains("load_all"), "{text}");
    assert_eq!(log.count(), 0, "{log}");

    let open = session.all(select::<User>().order_by(User::ID).with(view(true))).await?;
    let closed = session.load_all(open.clone(), view(false)).await?;
    assert_eq!(orders(&open), [vec![3], vec![], vec![4], vec![]]);
    assert_eq!(orders(&closed), [vec![1, 5], vec![], vec![2], vec![]]);
    Ok(())
}
