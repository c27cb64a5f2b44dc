//! Relationships by a second statement: what it asks for, who gets which rows, and what it does not touch.

use orm_core::prelude::*;

use crate::fixtures::links::{Post, Tag, links};
use crate::fixtures::nodes::{Node, nodes};
use crate::fixtures::standard::*;
use crate::fixtures::tickets::{self, Ticket};
use crate::fixtures::{SideDoor, ids, record};

/// Objects by id with the ids of what one of their collections holds.
type Members = Vec<(i64, Vec<i64>)>;

#[tokio::test]
async fn a_collection_is_one_more_statement() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let users = session.all(select::<User>().with(User::ADDRESSES.selectin()).order_by(User::ID)).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert!(log.sql(1).contains(r#""addresses"."user_id" IN ("#), "{log}");
    assert!(log.sql(1).ends_with(r#" ORDER BY "addresses"."id""#), "{log}");
    assert!(!log.sql(1).contains("JOIN") && !log.sql(1).contains(r#""users""#), "{log}");
    assert_eq!(log.keys(1), ["7", "8", "9", "10"], "{log}");
    let found: Vec<_> = users.iter().map(|user| ids!(user.get(User::ADDRESSES))).collect();
    assert_eq!(found, [vec![1], vec![2, 3, 4], vec![5], vec![]]);
    Ok(())
}

#[tokio::test]
async fn one_parent_is_asked_for_alone() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query = select::<User>().filter(User::ID.eq(7)).with(User::ADDRESSES.selectin());
    let jack = session.one(query).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert_eq!(log.keys(1), ["7"], "{log}");
    assert_eq!(ids!(jack.get(User::ADDRESSES)), [1]);
    Ok(())
}

#[tokio::test]
async fn without_parents_there_is_no_second_statement() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query = select::<User>()
        .filter(User::ID.gt(100))
        .with(User::ADDRESSES.selectin().with(Address::DINGALING.selectin()))
        .with(User::ORDERS.selectin());
    assert!(session.all(query).await?.is_empty());
    assert_eq!(log.count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn without_children_there_is_no_third_statement() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query = select::<User>()
        .filter(User::ID.eq(10))
        .with(User::ORDERS.selectin().with(Order::ITEMS.selectin().with(Item::KEYWORDS.selectin())));
    let chuck = session.one(query).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert!(chuck.get(User::ORDERS).is_empty());
    Ok(())
}

#[tokio::test]
async fn each_level_is_one_statement() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let users = session
        .all(select::<User>().order_by(User::ID).with(User::ORDERS.selectin().with(Order::ITEMS.selectin())))
        .await?;
    assert_eq!(log.count(), 3, "{log}");
    let items_of = |user: usize| -> Vec<(i64, Vec<i64>)> {
        users[user].get(User::ORDERS).iter().map(|order| (order.id, ids!(order.get(Order::ITEMS)))).collect()
    };
    assert_eq!(items_of(0), [(1, vec![1, 2, 3]), (3, vec![3, 4, 5]), (5, vec![5])]);
    assert_eq!(items_of(1), []);
    assert_eq!(items_of(2), [(2, vec![1, 2, 3]), (4, vec![1, 5])]);
    assert_eq!(items_of(3), []);

    let mut session = engine.session();
    log.restart();
    let users = session
        .all(
            select::<User>()
                .order_by(User::ID)
                .with(User::ORDERS.selectin().with(Order::ITEMS.selectin().with(Item::KEYWORDS.selectin()))),
        )
        .await?;
    assert_eq!(log.count(), 4, "{log}");
    let first = users[0].get(User::ORDERS).first().expect("jack's first order");
    let keywords: Vec<_> =
        first.get(Order::ITEMS).iter().map(|item| ids!(item.get(Item::KEYWORDS))).collect();
    assert_eq!(keywords, [[2, 4, 6], [2, 5, 7], [3, 4, 6]]);
    assert_eq!(log.keys(3), ["1", "2", "3", "4", "5"], "each item once, however many orders it is in: {log}");
    Ok(())
}

#[tokio::test]
async fn siblings_are_one_statement_each() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let users = session
        .all(
            select::<User>()
                .order_by(User::ID)
                .with(User::ADDRESSES.selectin())
                .with(User::ORDERS.selectin().with(Order::ITEMS.selectin()).with(Order::ADDRESS.selectin())),
        )
        .await?;
    // The addresses of the orders are among those of the users, so the last level asks for nothing.
    assert_eq!(log.count(), 4, "{log}");
    let jack = &users[0];
    assert_eq!(ids!(jack.get(User::ADDRESSES)), [1]);
    let order = jack.get(User::ORDERS).first().expect("jack's first order");
    let address = order.get(Order::ADDRESS).expect("the order has an address");
    assert!(Entity::same(&address, &jack.get(User::ADDRESSES).first().expect("jack's address")));
    Ok(())
}

#[tokio::test]
async fn statements_run_breadth_first() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query = select::<User>()
        .with(User::ORDERS.selectin().with(Order::ITEMS.selectin().with(Item::KEYWORDS.selectin())))
        .with(User::ADDRESSES.selectin().with(Address::DINGALING.selectin()));
    session.all(query).await?;
    let paths: Vec<_> =
        log.statements().iter().map(|s| s.path.as_deref().unwrap_or("-").to_owned()).collect();
    let expected = [
        "User",
        "User.orders",
        "User.addresses",
        "User.orders.items",
        "User.addresses.dingaling",
        "User.orders.items.keywords",
    ];
    assert_eq!(paths, expected);
    Ok(())
}

#[tokio::test]
async fn a_to_one_asks_for_the_distinct_keys() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let addresses =
        session.all(select::<Address>().with(Address::USER.selectin()).order_by(Address::ID)).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert!(log.sql(1).contains(r#"FROM "users" WHERE "users"."id" IN ("#), "{log}");
    assert!(!log.sql(1).contains("JOIN"), "{log}");
    assert_eq!(log.keys(1), ["7", "8", "9"], "{log}");
    let names: Vec<_> = addresses.iter().map(|address| address.get(Address::USER).name.clone()).collect();
    assert_eq!(names, ["jack", "ed", "ed", "ed", "fred"]);
    assert!(Entity::same(&addresses[1].get(Address::USER), &addresses[3].get(Address::USER)));
    Ok(())
}

#[tokio::test]
async fn a_shared_target_is_set_on_each_owner() -> Result<()> {
    let engine = tickets::tickets().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let tickets = session.all(select::<Ticket>().with(Ticket::OWNER.selectin()).order_by(Ticket::ID)).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert_eq!(log.keys(1), ["1", "2"], "{log}");
    let owners: Vec<_> = tickets.iter().map(|t| t.get(Ticket::OWNER).map(|owner| owner.id)).collect();
    assert_eq!(owners, [Some(1), Some(2), Some(2), None, Some(1)]);
    Ok(())
}

#[tokio::test]
async fn only_null_keys_need_no_second_statement() -> Result<()> {
    let engine = tickets::tickets().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let ticket =
        session.one(select::<Ticket>().filter(Ticket::ID.eq(4)).with(Ticket::OWNER.selectin())).await?;
    assert_eq!(log.count(), 1, "{log}");
    assert!(ticket.get(Ticket::OWNER).is_none());
    assert!(ticket.owner()?.is_none(), "loaded, and nobody");
    Ok(())
}

#[tokio::test]
async fn an_optional_key_to_a_missing_row_is_none() -> Result<()> {
    let door = SideDoor::new(tickets::schema()).await?;
    tickets::fill(&door.engine).await?;
    door.run("UPDATE tickets SET owner_id = 5 WHERE id = 5").await;
    let mut session = door.engine.session();
    let log = record(&door.engine);
    let tickets = session.all(select::<Ticket>().with(Ticket::OWNER.selectin()).order_by(Ticket::ID)).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert_eq!(log.keys(1), ["1", "2", "5"], "{log}");
    assert!(tickets[4].get(Ticket::OWNER).is_none());
    assert!(tickets[4].owner()?.is_none());
    assert_eq!(tickets[4].owner_id, Some(5), "the key is what the row says");
    assert_eq!(tickets[0].get(Ticket::OWNER).map(|owner| owner.id), Some(1));
    Ok(())
}

#[tokio::test]
async fn a_link_table_is_read_with_the_target_alone() -> Result<()> {
    let engine = links().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let posts = session.all(select::<Post>().with(Post::TAGS.selectin()).order_by(Post::ID)).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert!(log.sql(1).contains(r#""post_tags" JOIN "tags" ON"#), "{log}");
    assert!(log.sql(1).contains(r#""post_tags"."post_id" IN ("#), "{log}");
    assert!(!log.sql(1).contains(r#""posts""#), "{log}");
    let tags: Vec<_> = posts.iter().map(|post| ids!(post.get(Post::TAGS))).collect();
    assert_eq!(tags, [vec![1, 2], vec![1], vec![]]);
    let shared = (posts[0].get(Post::TAGS).first(), posts[1].get(Post::TAGS).first());
    assert!(Entity::same(&shared.0.expect("tag 1"), &shared.1.expect("tag 1")));
    Ok(())
}

#[tokio::test]
async fn a_link_table_is_read_from_both_sides() -> Result<()> {
    let engine = links().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let posts = session
        .all(select::<Post>().order_by(Post::ID).with(Post::TAGS.selectin().with(Tag::POSTS.selectin())))
        .await?;
    assert_eq!(log.count(), 3, "{log}");
    let back: Vec<Vec<Vec<i64>>> = posts
        .iter()
        .map(|post| post.get(Post::TAGS).iter().map(|tag| ids!(tag.get(Tag::POSTS))).collect())
        .collect();
    assert_eq!(
        back,
        [vec![vec![2, 1], vec![1]], vec![vec![2, 1]], vec![]],
        "descending, as the tag declares"
    );
    let same = posts[1].get(Post::TAGS).first().and_then(|tag| tag.get(Tag::POSTS).first());
    assert!(Entity::same(&posts[1], &same.expect("post 2 is first of its tag's")));
    Ok(())
}

#[tokio::test]
async fn the_same_link_twice_is_one_member() -> Result<()> {
    let door = SideDoor::new(schema![]).await?;
    // A link table as others make them: without a key that would refuse the second row.
    door.run(
        "CREATE TABLE posts (id INTEGER PRIMARY KEY);
         CREATE TABLE tags (id INTEGER PRIMARY KEY, active BOOLEAN NOT NULL);
         CREATE TABLE post_tags (post_id INTEGER, tag_id INTEGER);
         INSERT INTO posts VALUES (1);
         INSERT INTO tags VALUES (1, TRUE), (2, TRUE);
         INSERT INTO post_tags VALUES (1, 2), (1, 1), (1, 2), (1, NULL), (NULL, 1)",
    )
    .await;
    for joined in [false, true] {
        let mut session = door.engine.session();
        let log = record(&door.engine);
        let post = match joined {
            false => ids!(session.one(select::<Post>().with(Post::TAGS.selectin())).await?.get(Post::TAGS)),
            true => ids!(session.one(select::<Post>().with(Post::TAGS.joined())).await?.get(Post::TAGS)),
        };
        assert_eq!(post, [1, 2], "{log}");
    }
    Ok(())
}

#[tokio::test]
async fn pages_load_for_their_own_rows() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let page = async |query: Select<User>| -> Result<Vec<(i64, Vec<i64>)>> {
        log.restart();
        let mut session = engine.session();
        let users = session.all(query.with(User::ADDRESSES.selectin())).await?;
        assert_eq!(log.count(), 2, "{log}");
        Ok(users.iter().map(|user| (user.id, ids!(user.get(User::ADDRESSES)))).collect())
    };
    let found = page(select::<User>().order_by(User::ID).limit(2).offset(1)).await?;
    assert_eq!(found, [(8, vec![2, 3, 4]), (9, vec![5])]);
    assert_eq!(log.keys(1), ["8", "9"], "{log}");

    let found = page(select::<User>().order_by(User::ID.desc()).limit(2).offset(2)).await?;
    assert_eq!(found, [(8, vec![2, 3, 4]), (7, vec![1])]);
    assert_eq!(log.keys(1), ["8", "7"], "{log}");
    Ok(())
}

#[tokio::test]
async fn the_parents_condition_is_not_repeated() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query = select::<User>().filter(User::NAME.like("%ed")).with(User::ADDRESSES.selectin());
    assert_eq!(session.all(query.order_by(User::ID)).await?.len(), 2);
    assert!(log.statements()[0].params.contains(&r#""%ed""#.to_owned()), "{log}");
    assert_eq!(log.keys(1), ["8", "9"], "keys alone: {log}");
    Ok(())
}

#[tokio::test]
async fn one_query_runs_again_with_the_rows_of_now() -> Result<()> {
    let engine = standard().await?;
    let load = async |id: i64| -> Result<Vec<i64>> {
        let mut session = engine.session();
        let query = select::<User>().filter(User::ID.eq(id)).with(User::ADDRESSES.selectin());
        Ok(ids!(session.one(query).await?.get(User::ADDRESSES)))
    };
    assert_eq!(load(7).await?, [1]);
    assert_eq!(load(8).await?, [2, 3, 4]);
    let mut session = engine.session();
    session.insert(Address::draft().id(6).user_id(7).email_address("new@bean.com")).await?;
    session.commit().await?;
    assert_eq!(load(7).await?, [1, 6]);
    Ok(())
}

#[tokio::test]
async fn what_is_below_a_target_that_is_held_is_loaded_for_it() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    session.all(select::<User>()).await?;
    let log = record(&engine);
    let load = Address::USER.selectin().with(User::ORDERS.selectin().with(Order::ITEMS.selectin()));
    let addresses = session.all(select::<Address>().order_by(Address::ID).with(load)).await?;
    assert_eq!(log.count(), 3, "nobody asks for the users: {log}");
    assert_eq!(log.keys(1), ["7", "8", "9"], "{log}");
    let orders = addresses[4].get(Address::USER).get(User::ORDERS);
    let found: Vec<_> = orders.iter().map(|order| (order.id, ids!(order.get(Order::ITEMS)))).collect();
    assert_eq!(found, [(2, vec![1, 2, 3]), (4, vec![1, 5])]);
    Ok(())
}

#[tokio::test]
async fn loading_there_and_back_ends() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let users = session
        .all(
            select::<User>()
                .order_by(User::ID)
                .with(User::ADDRESSES.selectin().with(Address::USER.selectin())),
        )
        .await?;
    assert_eq!(log.count(), 2, "the users are held when the addresses look for them: {log}");
    for user in &users {
        for address in user.get(User::ADDRESSES) {
            assert!(Entity::same(user, &address.get(Address::USER)));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_tree_is_loaded_a_level_a_statement() -> Result<()> {
    let engine = nodes().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let roots = session
        .all(
            select::<Node>()
                .filter(Node::PARENT_ID.is_null())
                .order_by(Node::ID)
                .with(Node::CHILDREN.selectin().with(Node::CHILDREN.selectin())),
        )
        .await?;
    assert_eq!(log.count(), 3, "{log}");
    let tree: Vec<(i64, Members)> = roots
        .iter()
        .map(|root| {
            let below = root.get(Node::CHILDREN);
            (root.id, below.iter().map(|child| (child.id, ids!(child.get(Node::CHILDREN)))).collect())
        })
        .collect();
    let expected = [
        (1, vec![(11, vec![111, 112]), (12, vec![121, 122, 123]), (13, vec![])]),
        (2, vec![(21, vec![211, 212])]),
    ];
    assert_eq!(tree, expected);
    let leaf = roots[0].get(Node::CHILDREN).first().and_then(|child| child.get(Node::CHILDREN).first());
    let leaf = leaf.expect("n111 is there");
    assert_eq!(leaf.children().unwrap_err().kind(), ErrorKind::NotLoaded, "what was not named is not loaded");
    Ok(())
}

#[tokio::test]
async fn every_node_of_a_tree_gets_its_children_and_its_parent() -> Result<()> {
    let engine = nodes().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let all = session
        .all(
            select::<Node>().order_by(Node::ID).with(Node::CHILDREN.selectin()).with(Node::PARENT.selectin()),
        )
        .await?;
    assert_eq!(log.count(), 2, "all parents are held: {log}");
    assert_eq!(all.len(), 13);
    for node in &all {
        for child in node.get(Node::CHILDREN) {
            assert_eq!(child.parent_id, Some(node.id));
        }
        assert_eq!(node.get(Node::PARENT).map(|parent| parent.id), node.parent_id);
    }
    let links: usize = all.iter().map(|node| node.get(Node::CHILDREN).len()).sum();
    assert_eq!(links, 11, "all but the two roots are somebody's child");
    Ok(())
}

#[tokio::test]
async fn naming_a_relationship_twice_joins_what_is_below() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query = select::<Order>()
        .filter(Order::ID.eq(1))
        .with(Order::ITEMS.selectin())
        .with(Order::ITEMS.selectin().with(Item::KEYWORDS.selectin()));
    let order = session.one(query).await?;
    assert_eq!(log.count(), 3, "{log}");
    let keywords: Vec<_> =
        order.get(Order::ITEMS).iter().map(|item| item.get(Item::KEYWORDS).len()).collect();
    assert_eq!(keywords, [3, 3, 3]);
    Ok(())
}

#[tokio::test]
async fn a_join_below_a_second_statement_is_in_it() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let users =
        session
            .all(select::<User>().order_by(User::ID).with(
                User::ORDERS.selectin().with(Order::ADDRESS.joined().with(Address::DINGALING.selectin())),
            ))
            .await?;
    assert_eq!(log.count(), 3, "{log}");
    assert!(log.sql(1).contains("LEFT JOIN"), "{log}");
    let addresses: Vec<_> = users
        .iter()
        .flat_map(|user| user.get(User::ORDERS))
        .map(|order| order.get(Order::ADDRESS).map(|a| (a.id, a.get(Address::DINGALING).is_some())))
        .collect();
    assert_eq!(addresses, [Some((1, false)), Some((1, false)), None, Some((4, false)), Some((4, false))]);
    Ok(())
}

#[tokio::test]
async fn a_collection_joined_below_a_link_table_keeps_every_member_once() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let orders = session
        .all(
            select::<Order>().order_by(Order::ID).with(Order::ITEMS.selectin().with(Item::KEYWORDS.joined())),
        )
        .await?;
    assert_eq!(log.count(), 2, "{log}");
    let items: Vec<_> = orders.iter().map(|order| ids!(order.get(Order::ITEMS))).collect();
    assert_eq!(items, [vec![1, 2, 3], vec![1, 2, 3], vec![3, 4, 5], vec![1, 5], vec![5]]);
    let keywords: Vec<_> =
        orders[2].get(Order::ITEMS).iter().map(|item| ids!(item.get(Item::KEYWORDS))).collect();
    assert_eq!(keywords, [vec![3, 4, 6], vec![], vec![]]);
    Ok(())
}

#[tokio::test]
async fn a_second_level_fills_existing_objects_and_keeps_their_changes() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    let ed = session.get::<User>(8).await?.expect("ed is there");
    session.load(&ed, User::ADDRESSES).await?;
    let first = ed.addresses()?.first().expect("ed has addresses");
    session.edit(&first, |address| address.email_address = "unsaved".into())?;
    let new = session.add(Address::draft().id(6).email_address("new@lala.com").user(&ed));

    let log = record(&engine);
    let query = select::<User>()
        .filter(User::ID.eq(8))
        .with(User::ADDRESSES.selectin().with(Address::DINGALING.selectin()));
    session.all(query).await?;
    assert_eq!(log.count(), 3, "{log}");
    let dingalings: Vec<_> = ed.addresses()?.iter().map(|a| a.dingaling().map(|d| d.map(|d| d.id))).collect();
    assert_eq!(dingalings.into_iter().collect::<Result<Vec<_>>>()?, [Some(1), None, None]);
    assert_eq!(first.email_address, "unsaved");

    session.flush().await?;
    let new = new.entity()?;
    assert_eq!(ids!(ed.addresses()?), [2, 3, 4, 6], "the new one joined");
    assert_eq!(new.dingaling().unwrap_err().kind(), ErrorKind::NotLoaded, "and nothing was loaded for it");
    Ok(())
}

#[tokio::test]
async fn a_loaded_collection_is_not_replaced_and_the_answer_is_what_was_found() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    let ed = session.get::<User>(8).await?.expect("ed is there");
    session.load(&ed, User::ADDRESSES).await?;
    let jacks = session.get::<Address>(1).await?.expect("jack's address");
    session.append(&ed, User::ADDRESSES, &jacks)?;
    assert_eq!(ids!(ed.addresses()?), [2, 3, 4, 1]);

    let query = || select::<User>().filter(User::ID.eq(8)).with(User::ADDRESSES.selectin());
    let found = session.one(query()).await?;
    assert_eq!(ids!(found.get(User::ADDRESSES)), [2, 3, 4], "the query reads the database");
    assert_eq!(ids!(ed.addresses()?), [2, 3, 4, 1], "the object keeps its unsaved member");

    let found = session.one(query().populate_existing()).await?;
    assert_eq!(ids!(found.get(User::ADDRESSES)), [2, 3, 4]);
    assert_eq!(ids!(ed.addresses()?), [2, 3, 4], "unless the query overwrites it");
    Ok(())
}

#[tokio::test]
async fn populate_existing_reaches_every_level() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    let query = || {
        select::<User>()
            .filter(User::ID.eq(8))
            .with(User::ADDRESSES.selectin().with(Address::DINGALING.selectin()))
    };
    let ed = session.one(query()).await?;
    let address = ed.get(User::ADDRESSES).first().expect("address 2");
    let dingaling = address.get(Address::DINGALING).expect("dingaling 1");
    session.edit(&address, |address| address.email_address = "unsaved".into())?;
    session.edit(&dingaling, |dingaling| dingaling.data = "unsaved".into())?;

    session.all(query()).await?;
    assert_eq!((address.email_address.as_str(), dingaling.data.as_str()), ("unsaved", "unsaved"));
    let log = record(&engine);
    session.all(query().populate_existing()).await?;
    assert_eq!(log.count(), 3, "{log}");
    assert_eq!((address.email_address.as_str(), dingaling.data.as_str()), ("ed@wood.com", "ding 1/2"));
    Ok(())
}

#[tokio::test]
async fn empty_is_loaded() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    session.all(select::<User>().with(User::ORDERS.selectin())).await?;
    let log = record(&engine);
    let chuck = session.get::<User>(10).await?.expect("chuck is held");
    assert!(chuck.orders()?.is_empty());
    assert!(session.load(&chuck, User::ORDERS).await?.is_empty());
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn parents_without_children_are_not_lost() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let items = session.all(select::<Item>().with(Item::KEYWORDS.selectin()).order_by(Item::ID)).await?;
    let keywords: Vec<_> = items.iter().map(|item| (item.id, item.get(Item::KEYWORDS).len())).collect();
    assert_eq!(keywords, [(1, 3), (2, 3), (3, 3), (4, 0), (5, 0)]);
    Ok(())
}

#[tokio::test]
async fn a_has_one_is_loaded_for_all_at_once() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let addresses =
        session.all(select::<Address>().with(Address::DINGALING.selectin()).order_by(Address::ID)).await?;
    assert_eq!(log.count(), 2, "{log}");
    let found: Vec<_> = addresses.iter().map(|a| a.get(Address::DINGALING).map(|d| d.data.clone())).collect();
    assert_eq!(found, [None, Some("ding 1/2".into()), None, None, Some("ding 2/5".into())]);
    assert!(addresses[0].dingaling()?.is_none(), "nobody is loaded too");
    Ok(())
}

#[tokio::test]
async fn a_session_loads_the_same_relationship_of_different_queries() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query =
        |id: i64| select::<User>().filter(User::ID.le(id)).with(User::ORDERS.selectin()).order_by(User::ID);
    let few = session.all(query(7)).await?;
    let more = session.all(query(9)).await?;
    assert_eq!(log.keys(3), ["7", "8", "9"], "a query asks for all of its parents: {log}");
    assert_eq!(ids!(few[0].get(User::ORDERS)), [1, 3, 5]);
    let found: Vec<_> = more.iter().map(|user| ids!(user.get(User::ORDERS))).collect();
    assert_eq!(found, [vec![1, 3, 5], vec![], vec![2, 4]]);
    Ok(())
}

#[tokio::test]
async fn rows_come_in_the_queries_order_whatever_is_held() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    session.get::<User>(9).await?.expect("fred is there");
    let users = session
        .all(select::<User>().order_by((User::NAME.desc(), User::ID)).with(User::ADDRESSES.selectin()))
        .await?;
    assert_eq!(ids!(users), [7, 9, 8, 10]);
    let found: Vec<_> = users.iter().map(|user| user.get(User::ADDRESSES).len()).collect();
    assert_eq!(found, [1, 1, 3, 0]);
    Ok(())
}
