//! Relationships in the statement of their parents: one statement, whatever the rows multiply to.

use orm_core::prelude::*;

use crate::fixtures::links::{Post, Tag, links};
use crate::fixtures::nodes::{Node, nodes};
use crate::fixtures::standard::*;
use crate::fixtures::tickets::{Ticket, tickets};
use crate::fixtures::{SideDoor, ids, record};

/// Objects by id with the ids of what one of their collections holds.
type Members = Vec<(i64, Vec<i64>)>;

#[tokio::test]
async fn a_to_one_is_an_outer_join() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let addresses =
        session.all(select::<Address>().with(Address::USER.joined()).order_by(Address::ID)).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert!(log.sql(0).contains(r#" LEFT JOIN "users" AS "#), "{log}");
    let names: Vec<_> = addresses.iter().map(|address| address.get(Address::USER).name.clone()).collect();
    assert_eq!(names, ["jack", "ed", "ed", "ed", "fred"]);
    assert_eq!(addresses[0].user()?.name, "jack", "the object holds it too");
    Ok(())
}

#[tokio::test]
async fn a_null_key_is_none() -> Result<()> {
    let engine = tickets().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let tickets = session.all(select::<Ticket>().with(Ticket::OWNER.joined()).order_by(Ticket::ID)).await?;
    let owners: Vec<_> = tickets.iter().map(|t| t.get(Ticket::OWNER).map(|owner| owner.id)).collect();
    assert_eq!(owners, [Some(1), Some(2), Some(2), None, Some(1)]);
    assert!(tickets[3].owner()?.is_none(), "loaded, and nobody");
    assert!(session.load(&tickets[3], Ticket::OWNER).await?.is_none());
    assert_eq!(log.count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_collection_multiplies_rows_and_not_parents() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let users = session.all(select::<User>().with(User::ADDRESSES.joined()).order_by(User::ID)).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(log.statements()[0].rows, 6, "{log}");
    let found: Vec<_> = users.iter().map(|user| (user.id, ids!(user.get(User::ADDRESSES)))).collect();
    assert_eq!(found, [(7, vec![1]), (8, vec![2, 3, 4]), (9, vec![5]), (10, vec![])]);
    assert!(users[3].addresses()?.is_empty(), "chuck's is loaded and empty");
    Ok(())
}

#[tokio::test]
async fn two_collections_do_not_multiply_each_other() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let users = session
        .all(select::<User>().order_by(User::ID).with(User::ADDRESSES.joined()).with(User::ORDERS.joined()))
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    let found: Vec<_> =
        users.iter().map(|user| (ids!(user.get(User::ADDRESSES)), ids!(user.get(User::ORDERS)))).collect();
    assert_eq!(
        found,
        [(vec![1], vec![1, 3, 5]), (vec![2, 3, 4], vec![]), (vec![5], vec![2, 4]), (vec![], vec![])]
    );
    Ok(())
}

#[tokio::test]
async fn a_collection_beside_a_to_one_does_not_multiply_it() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let orders = session
        .all(
            select::<Order>()
                .order_by(Order::ID)
                .with(Order::ADDRESS.joined())
                .with(Order::ITEMS.joined())
                .with(Order::USER.joined()),
        )
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    let found: Vec<_> = orders
        .iter()
        .map(|order| {
            let address = order.get(Order::ADDRESS).map(|address| address.id);
            (order.id, order.get(Order::USER).id, address, ids!(order.get(Order::ITEMS)))
        })
        .collect();
    assert_eq!(
        found,
        [
            (1, 7, Some(1), vec![1, 2, 3]),
            (2, 9, Some(4), vec![1, 2, 3]),
            (3, 7, Some(1), vec![3, 4, 5]),
            (4, 9, Some(4), vec![1, 5]),
            (5, 7, None, vec![5])
        ]
    );
    Ok(())
}

#[tokio::test]
async fn a_has_one_beside_a_collection_of_its_parent() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    // Every user of an address comes with all addresses, so the address itself is repeated by row.
    let addresses = session
        .all(
            select::<Address>()
                .order_by(Address::ID)
                .with(Address::DINGALING.joined())
                .with(Address::USER.joined().with(User::ADDRESSES.joined())),
        )
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    let found: Vec<_> = addresses
        .iter()
        .map(|address| {
            let dingaling = address.get(Address::DINGALING).map(|dingaling| dingaling.id);
            (address.id, dingaling, ids!(address.get(Address::USER).get(User::ADDRESSES)))
        })
        .collect();
    assert_eq!(
        found,
        [
            (1, None, vec![1]),
            (2, Some(1), vec![2, 3, 4]),
            (3, None, vec![2, 3, 4]),
            (4, None, vec![2, 3, 4]),
            (5, Some(2), vec![5])
        ]
    );
    Ok(())
}

#[tokio::test]
async fn four_levels_are_one_statement() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let load = User::ORDERS.joined().with(Order::ITEMS.joined().with(Item::KEYWORDS.joined()));
    let users = session.all(select::<User>().order_by(User::ID).with(load)).await?;
    assert_eq!(log.count(), 1, "{log}");
    let graph = |user: usize| -> Vec<(i64, Members)> {
        let items = |order: &Entity<Order, _>| {
            let items = order.get(Order::ITEMS);
            items.iter().map(|item| (item.id, ids!(item.get(Item::KEYWORDS)))).collect()
        };
        users[user].get(User::ORDERS).iter().map(|order| (order.id, items(&order))).collect()
    };
    let (one, two, three) = ((1, vec![2, 4, 6]), (2, vec![2, 5, 7]), (3, vec![3, 4, 6]));
    assert_eq!(
        graph(0),
        [
            (1, vec![one.clone(), two.clone(), three.clone()]),
            (3, vec![three.clone(), (4, vec![]), (5, vec![])]),
            (5, vec![(5, vec![])])
        ]
    );
    assert_eq!(graph(1), []);
    assert_eq!(graph(2), [(2, vec![one.clone(), two, three]), (4, vec![one, (5, vec![])])]);
    assert_eq!(graph(3), []);
    Ok(())
}

#[tokio::test]
async fn a_link_table_is_an_outer_join_so_that_parents_without_links_stay() -> Result<()> {
    let engine = links().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let posts = session.all(select::<Post>().with(Post::TAGS.joined()).order_by(Post::ID)).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert!(log.sql(0).contains(r#" LEFT JOIN "post_tags" AS "#), "{log}");
    assert!(log.sql(0).contains(r#" LEFT JOIN "tags" AS "#), "{log}");
    let tags: Vec<_> = posts.iter().map(|post| ids!(post.get(Post::TAGS))).collect();
    assert_eq!(tags, [vec![1, 2], vec![1], vec![]]);
    assert!(Entity::same(
        &posts[0].get(Post::TAGS).first().expect("tag 1"),
        &posts[1].get(Post::TAGS).first().expect("tag 1"),
    ));
    Ok(())
}

#[tokio::test]
async fn a_link_table_is_joined_there_and_back() -> Result<()> {
    let engine = links().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let posts = session
        .all(select::<Post>().order_by(Post::ID).with(Post::TAGS.joined().with(Tag::POSTS.joined())))
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    let back: Vec<Vec<Vec<i64>>> = posts
        .iter()
        .map(|post| post.get(Post::TAGS).iter().map(|tag| ids!(tag.get(Tag::POSTS))).collect())
        .collect();
    assert_eq!(back, [vec![vec![2, 1], vec![1]], vec![vec![2, 1]], vec![]]);
    Ok(())
}

#[tokio::test]
async fn an_inner_join_of_a_to_one_drops_rows_without_it() -> Result<()> {
    let engine = tickets().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let tickets =
        session.all(select::<Ticket>().with(Ticket::OWNER.joined().inner()).order_by(Ticket::ID)).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert!(log.sql(0).contains(r#" JOIN "owners" AS "#) && !log.sql(0).contains("LEFT"), "{log}");
    let owners: Vec<_> = tickets.iter().map(|t| (t.id, t.get(Ticket::OWNER).map(|o| o.id))).collect();
    assert_eq!(owners, [(1, Some(1)), (2, Some(2)), (3, Some(2)), (5, Some(1))]);
    assert_eq!(tickets[0].owner()?.map(|owner| owner.id), Some(1), "what it kept is whole");
    Ok(())
}

#[tokio::test]
async fn an_inner_join_of_a_collection_drops_parents_without_members() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let users =
        session.all(select::<User>().with(User::ADDRESSES.joined().inner()).order_by(User::ID)).await?;
    assert_eq!(log.count(), 1, "{log}");
    let found: Vec<_> = users.iter().map(|user| (user.id, ids!(user.get(User::ADDRESSES)))).collect();
    assert_eq!(found, [(7, vec![1]), (8, vec![2, 3, 4]), (9, vec![5])]);
    assert_eq!(ids!(users[1].addresses()?), [2, 3, 4], "those that it keeps are whole");
    Ok(())
}

#[tokio::test]
async fn an_inner_join_leaves_its_siblings_alone() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let users = session
        .all(
            select::<User>()
                .order_by(User::ID)
                .with(User::ADDRESSES.joined().inner())
                .with(User::ORDERS.joined().with(Order::ITEMS.joined())),
        )
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    let found: Vec<_> = users.iter().map(|user| (user.id, ids!(user.get(User::ORDERS)))).collect();
    assert_eq!(found, [(7, vec![1, 3, 5]), (8, vec![]), (9, vec![2, 4])], "ed has no order and stays");
    Ok(())
}

#[tokio::test]
async fn an_inner_join_below_an_outer_one_drops_no_parents() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let load = User::ORDERS.joined().with(Order::ADDRESS.joined().inner());
    let users = session.all(select::<User>().order_by(User::ID).with(load)).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(
        log.sql(0).matches(" LEFT JOIN ").count(),
        2,
        "SQLite would compute a nested join whole: {log}"
    );
    let found: Vec<_> = users.iter().map(|user| (user.id, ids!(user.get(User::ORDERS)))).collect();
    let expected = [(7, vec![1, 3]), (8, vec![]), (9, vec![2, 4]), (10, vec![])];
    assert_eq!(found, expected, "all users stay; of their orders those with an address");
    assert_eq!(
        users[0].orders().unwrap_err().kind(),
        ErrorKind::NotLoaded,
        "an inner join below took an order away, so it is not the whole collection"
    );
    Ok(())
}

#[tokio::test]
async fn an_inner_join_below_a_link_table() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let orders = session
        .all(
            select::<Order>()
                .order_by(Order::ID)
                .with(Order::ITEMS.joined().with(Item::KEYWORDS.joined().inner())),
        )
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    let items: Vec<_> = orders.iter().map(|order| (order.id, ids!(order.get(Order::ITEMS)))).collect();
    let expected = [(1, vec![1, 2, 3]), (2, vec![1, 2, 3]), (3, vec![3]), (4, vec![1]), (5, vec![])];
    assert_eq!(items, expected, "items without keywords are left out, orders are not");
    Ok(())
}

#[tokio::test]
async fn inner_joins_all_the_way_down() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let load = User::ORDERS
        .joined()
        .inner()
        .with(Order::ADDRESS.joined().inner().with(Address::USER.joined().inner()));
    let users = session.all(select::<User>().order_by(User::ID).with(load)).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert!(!log.sql(0).contains("LEFT"), "{log}");
    let found: Vec<_> = users
        .iter()
        .map(|user| {
            let orders = user.get(User::ORDERS);
            let owners = orders.iter().filter_map(|o| o.get(Order::ADDRESS)).map(|a| a.get(Address::USER).id);
            (user.id, ids!(orders), owners.collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(found, [(7, vec![1, 3], vec![7, 7]), (9, vec![2, 4], vec![8, 8])]);
    Ok(())
}

#[tokio::test]
async fn an_outer_join_below_an_inner_one() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let load = User::ORDERS.joined().inner().with(Order::ADDRESS.joined());
    let users = session.all(select::<User>().order_by(User::ID).with(load)).await?;
    assert_eq!(log.count(), 1, "{log}");
    let found: Vec<_> = users.iter().map(|user| (user.id, ids!(user.get(User::ORDERS)))).collect();
    assert_eq!(found, [(7, vec![1, 3, 5]), (9, vec![2, 4])]);
    assert!(users[0].get(User::ORDERS).last().expect("order 5").get(Order::ADDRESS).is_none());
    Ok(())
}

#[tokio::test]
async fn a_tree_is_joined_to_itself() -> Result<()> {
    let engine = nodes().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let roots = session
        .all(
            select::<Node>()
                .filter(Node::PARENT_ID.is_null())
                .order_by(Node::ID)
                .with(Node::CHILDREN.joined().with(Node::CHILDREN.joined().with(Node::CHILDREN.joined()))),
        )
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    let tree: Vec<(i64, Members)> = roots
        .iter()
        .map(|root| {
            let below = root.get(Node::CHILDREN);
            (root.id, below.iter().map(|child| (child.id, ids!(child.get(Node::CHILDREN)))).collect())
        })
        .collect();
    assert_eq!(
        tree,
        [
            (1, vec![(11, vec![111, 112]), (12, vec![121, 122, 123]), (13, vec![])]),
            (2, vec![(21, vec![211, 212])])
        ]
    );
    let leaf = roots[1].get(Node::CHILDREN).first().and_then(|child| child.get(Node::CHILDREN).first());
    assert!(leaf.expect("n211 is there").get(Node::CHILDREN).is_empty());
    Ok(())
}

#[tokio::test]
async fn one_level_of_a_tree_is_one_level() -> Result<()> {
    let engine = nodes().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let root = session.one(select::<Node>().filter(Node::ID.eq(1)).with(Node::CHILDREN.joined())).await?;
    assert_eq!(ids!(root.get(Node::CHILDREN)), [11, 12, 13]);
    let child = root.get(Node::CHILDREN).first().expect("n11 is there");
    assert_eq!(child.children().unwrap_err().kind(), ErrorKind::NotLoaded);
    assert_eq!(ids!(session.load(&child, Node::CHILDREN).await?), [111, 112]);
    assert_eq!(log.count(), 2, "{log}");
    Ok(())
}

#[tokio::test]
async fn joining_there_and_back_ends() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let users = session
        .all(select::<User>().order_by(User::ID).with(User::ADDRESSES.joined().with(Address::USER.joined())))
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    for user in &users {
        for address in user.get(User::ADDRESSES) {
            assert!(Entity::same(user, &address.get(Address::USER)));
        }
    }
    assert_eq!(users.iter().map(|user| user.get(User::ADDRESSES).len()).collect::<Vec<_>>(), [1, 3, 1, 0]);
    Ok(())
}

#[tokio::test]
async fn no_parents_are_one_statement() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query = select::<User>()
        .filter(User::ID.gt(100))
        .with(User::ADDRESSES.joined().with(Address::DINGALING.selectin()));
    assert!(session.all(query).await?.is_empty());
    assert_eq!(log.count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_second_statement_below_a_join() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let orders =
        session
            .all(select::<Order>().order_by(Order::ID).with(
                Order::USER.joined().with(User::ADDRESSES.selectin().with(Address::DINGALING.joined())),
            ))
            .await?;
    assert_eq!(log.count(), 2, "{log}");
    assert_eq!(log.keys(1), ["7", "9"], "{log}");
    let found: Vec<_> = orders
        .iter()
        .map(|order| {
            let addresses = order.get(Order::USER).get(User::ADDRESSES);
            addresses.iter().map(|a| (a.id, a.get(Address::DINGALING).map(|d| d.id))).collect::<Vec<_>>()
        })
        .collect();
    let (jacks, freds) = (vec![(1, None)], vec![(5, Some(2))]);
    assert_eq!(found, [jacks.clone(), freds.clone(), jacks.clone(), freds, jacks]);
    assert_eq!(ids!(orders[0].user()?.addresses()?), [1], "the objects hold it too");
    Ok(())
}

#[tokio::test]
async fn second_statements_below_several_joins() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let load = User::ORDERS
        .joined()
        .with(Order::ITEMS.joined().with(Item::KEYWORDS.selectin()))
        .with(Order::ADDRESS.joined().with(Address::DINGALING.selectin()));
    let users = session.all(select::<User>().order_by(User::ID).with(load)).await?;
    assert_eq!(log.count(), 3, "{log}");
    let keywords = |user: usize| -> Vec<Vec<usize>> {
        let orders = users[user].get(User::ORDERS);
        let of_order = |order: Entity<Order, _>| {
            order.get(Order::ITEMS).iter().map(|item| item.get(Item::KEYWORDS).len()).collect()
        };
        orders.iter().map(of_order).collect()
    };
    assert_eq!(keywords(0), [vec![3, 3, 3], vec![3, 0, 0], vec![0]]);
    assert_eq!(keywords(2), [vec![3, 3, 3], vec![3, 0]]);
    Ok(())
}

#[tokio::test]
async fn the_query_sorts_first_then_the_relationships() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let load = User::ORDERS.joined().with(Order::ITEMS.joined());
    let users = session.all(select::<User>().order_by(User::NAME.desc()).with(load)).await?;
    assert_eq!(ids!(users), [7, 9, 8, 10], "{log}");
    let items: Vec<_> =
        users[1].get(User::ORDERS).iter().map(|order| ids!(order.get(Order::ITEMS))).collect();
    assert_eq!(items, [vec![1, 2, 3], vec![1, 5]], "{log}");

    // Without an order for the children, the parents' order must not become theirs.
    let users = engine.session().all(select::<User>().with(User::ADDRESSES.joined())).await?;
    assert_eq!(ids!(users), [7, 8, 9, 10], "{log}");
    Ok(())
}

#[tokio::test]
async fn a_condition_of_the_query_is_about_its_own_table() -> Result<()> {
    let engine = nodes().await?;
    let mut session = engine.session();
    let log = record(&engine);
    // Parent and child have the same columns, and only the parent's is meant.
    let found = session
        .all(
            select::<Node>()
                .filter(Node::DATA.eq("n11"))
                .with(Node::CHILDREN.joined())
                .with(Node::PARENT.joined()),
        )
        .await?;
    assert_eq!(log.count(), 1, "{log}");
    assert_eq!(ids!(found), [11]);
    assert_eq!(ids!(found[0].get(Node::CHILDREN)), [111, 112]);
    assert_eq!(found[0].get(Node::PARENT).map(|parent| parent.id), Some(1));
    Ok(())
}

#[tokio::test]
async fn an_object_that_is_held_gets_what_the_join_found() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    let ed = session.get::<User>(8).await?.expect("ed is there");
    session.edit(&ed, |user| user.name = "unsaved".into())?;
    let log = record(&engine);
    session.all(select::<Address>().with(Address::USER.joined().with(User::ORDERS.joined()))).await?;
    assert_eq!(ed.name, "unsaved", "columns are left alone");
    assert!(ed.orders()?.is_empty(), "what was not loaded is filled");
    assert_eq!(ed.addresses().unwrap_err().kind(), ErrorKind::NotLoaded, "and nothing else");
    assert_eq!(log.count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn an_object_reached_on_two_ways_has_what_each_loaded() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let order = session
        .one(
            select::<Order>()
                .filter(Order::ID.eq(1))
                .with(Order::USER.joined().with(User::ORDERS.selectin()))
                .with(Order::ADDRESS.joined().with(Address::USER.joined().with(User::ADDRESSES.selectin()))),
        )
        .await?;
    assert_eq!(log.count(), 3, "{log}");
    let (one, other) =
        (order.get(Order::USER), order.get(Order::ADDRESS).expect("an address").get(Address::USER));
    assert!(Entity::same(&one, &other));
    assert_eq!(ids!(one.get(User::ORDERS)), [1, 3, 5]);
    assert_eq!(ids!(other.get(User::ADDRESSES)), [1]);
    assert_eq!(
        (ids!(other.orders()?), ids!(one.addresses()?)),
        (vec![1, 3, 5], vec![1]),
        "the object holds both"
    );
    Ok(())
}

#[tokio::test]
async fn an_optional_key_to_a_missing_row_is_none() -> Result<()> {
    let door = SideDoor::new(schema()).await?;
    fill(&door.engine).await?;
    door.run("UPDATE orders SET address_id = 99 WHERE id = 5").await;
    let mut session = door.engine.session();
    let orders = session.all(select::<Order>().with(Order::ADDRESS.joined()).order_by(Order::ID)).await?;
    assert!(orders[4].get(Order::ADDRESS).is_none());
    assert_eq!(orders[4].address_id, Some(99));
    Ok(())
}

mod narrow {
    use super::*;

    /// A model with only its key, so its rows consist of the key.
    #[derive(Model, Debug)]
    pub struct Left {
        #[key]
        pub id: i64,
        #[has_many(order_by = "id")]
        pub middles: HasMany<Middle>,
    }

    #[derive(Model, Debug)]
    pub struct Middle {
        #[key]
        pub id: i64,
        pub left_id: i64,
        pub right_id: Option<i64>,
        #[belongs_to]
        pub left: BelongsTo<Left>,
        #[belongs_to]
        pub right: BelongsTo<Option<Right>>,
    }

    #[derive(Model, Debug)]
    pub struct Right {
        #[key]
        pub id: i64,
        /// NULL in an existing row.
        pub note: Option<String>,
    }

    #[tokio::test]
    async fn a_row_of_nulls_is_a_row_when_its_key_is_there() -> Result<()> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Left, Middle, Right]).await?;
        let mut session = engine.session();
        for id in 1..=3 {
            session.add(Left::draft().id(id));
        }
        session.add(Right::draft().id(0));
        session.flush().await?;
        session.add(Middle::draft().id(1).left_id(1).right_id(0));
        session.add(Middle::draft().id(2).left_id(1));
        session.add(Middle::draft().id(3).left_id(3));
        session.commit().await?;
        let left = engine
            .session()
            .all(
                select::<Left>().order_by(Left::ID).with(Left::MIDDLES.joined().with(Middle::RIGHT.joined())),
            )
            .await?;
        let found: Vec<Vec<(i64, Option<i64>)>> = left
            .iter()
            .map(|left| {
                let middles = left.get(Left::MIDDLES);
                middles.iter().map(|m| (m.id, m.get(Middle::RIGHT).map(|right| right.id))).collect()
            })
            .collect();
        assert_eq!(found, [vec![(1, Some(0)), (2, None)], vec![], vec![(3, None)]]);
        Ok(())
    }
}

#[tokio::test]
async fn an_order_names_each_column_once() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let query = || select::<User>().order_by(User::ID).with(User::ADDRESSES.joined());
    engine.session().all(query()).await?;
    engine.session().all(query().limit(2)).await?;
    engine
        .session()
        .all(select::<User>().order_by(User::ID).limit(2).with(User::ADDRESSES.subquery()))
        .await?;
    let twice = r#""users"."id", "users"."id""#;
    for statement in log.statements() {
        let order = statement.sql.rsplit("ORDER BY ").next().unwrap_or_default();
        assert!(!order.contains(twice) && !order.contains(r#""id", "id""#), "{log}");
    }
    assert!(log.sql(0).ends_with(r#" ORDER BY "users"."id", "addresses_1"."id""#), "{log}");
    Ok(())
}
