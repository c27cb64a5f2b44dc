//! Loading one relationship of one object, when it is asked for: what it costs and what it finds.

use orm_core::prelude::*;

use crate::fixtures::chain::chain;
use crate::fixtures::chunks::{Parent, chunks};
use crate::fixtures::composite::{Guest, Member, Pair, composite};
use crate::fixtures::links::{Post, links};
use crate::fixtures::nodes::{Node, nodes};
use crate::fixtures::standard::*;
use crate::fixtures::tickets::{Ticket, tickets};
use crate::fixtures::{ids, record};

#[tokio::test]
async fn a_collection_costs_one_statement_once() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let jack = session.get::<User>(7).await?.expect("jack is there");
    let log = record(&engine);
    let addresses = session.load(&jack, User::ADDRESSES).await?;
    assert_eq!(ids!(addresses), [1]);
    assert_eq!(log.count(), 1, "{log}");
    assert!(log.sql(0).contains(r#"WHERE "addresses"."user_id""#), "{log}");
    assert!(!log.sql(0).contains(r#""users""#), "{log}");
    assert_eq!(log.keys(0), ["7"], "{log}");

    assert_eq!(ids!(jack.addresses()?), [1]);
    assert_eq!(ids!(session.load(&jack, User::ADDRESSES).await?), [1]);
    assert_eq!(log.count(), 1, "what is held is not asked for again: {log}");
    Ok(())
}

#[tokio::test]
async fn a_loop_is_a_statement_an_object() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let mut found = Vec::new();
    for user in session.all(select::<User>().order_by(User::ID)).await? {
        found.push((user.id, ids!(session.load(&user, User::ADDRESSES).await?)));
    }
    assert_eq!(found, [(7, vec![1]), (8, vec![2, 3, 4]), (9, vec![5]), (10, vec![])]);
    assert_eq!(log.count(), 1 + 4, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_loop_over_a_hundred_is_a_hundred_and_one() -> Result<()> {
    let engine = chunks(100).await?;
    let mut session = engine.session();
    let log = record(&engine);
    for parent in session.all(select::<Parent>()).await? {
        assert_eq!(session.load(&parent, Parent::CHILDREN).await?.len(), 5);
    }
    assert_eq!(log.count(), 101);
    Ok(())
}

#[tokio::test]
async fn a_null_key_is_none_without_a_statement() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let order = session.get::<Order>(5).await?.expect("order 5 is there");
    let log = record(&engine);
    assert!(session.load(&order, Order::ADDRESS).await?.is_none());
    assert!(order.address()?.is_none(), "and it is loaded from now on");
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_to_one_that_the_session_holds_costs_nothing() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let users = session.all(select::<User>().order_by(User::ID)).await?;
    let addresses = session.all(select::<Address>().order_by(Address::ID)).await?;
    let log = record(&engine);
    for (address, user) in addresses.iter().zip([0, 1, 1, 1, 2]) {
        let found = session.load(address, Address::USER).await?;
        assert!(Entity::same(&found, &users[user]));
        assert!(Entity::same(&address.user()?, &users[user]));
    }
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_to_one_that_is_not_held_is_asked_for_once() -> Result<()> {
    let engine = tickets().await?;
    let mut session = engine.session();
    let tickets = session.all(select::<Ticket>().order_by(Ticket::ID)).await?;
    let log = record(&engine);
    let mut owners = Vec::new();
    for ticket in &tickets {
        owners.push(session.load(ticket, Ticket::OWNER).await?.map(|owner| owner.id));
    }
    assert_eq!(owners, [Some(1), Some(2), Some(2), None, Some(1)]);
    assert_eq!(log.count(), 2, "one statement an owner: {log}");
    Ok(())
}

mod natural {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Country {
        #[key]
        pub id: i64,
        #[column(unique)]
        pub code: String,
    }

    #[derive(Model, Debug)]
    pub struct City {
        #[key]
        pub id: i64,
        pub country_code: String,
        #[belongs_to(key = "country_code", target_key = "code")]
        pub country: BelongsTo<Country>,
    }

    #[tokio::test]
    async fn a_key_to_another_column_than_the_primary_key_is_always_asked_for() -> Result<()> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Country, City]).await?;
        let mut session = engine.session();
        session.add(Country::draft().id(1).code("de"));
        for id in 1..=2 {
            session.add(City::draft().id(id).country_code("de"));
        }
        session.commit().await?;

        let mut session = engine.session();
        let germany = session.get::<Country>(1).await?.expect("the country is there");
        let cities = session.all(select::<City>().order_by(City::ID)).await?;
        let log = record(&engine);
        for city in &cities {
            assert!(Entity::same(&germany, &session.load(city, City::COUNTRY).await?));
        }
        assert_eq!(log.count(), 2, "the identity map knows primary keys alone: {log}");
        assert_eq!(log.keys(0), [r#""de""#], "{log}");
        Ok(())
    }
}

#[tokio::test]
async fn a_composite_key_finds_what_the_session_holds() -> Result<()> {
    let engine = composite().await?;
    let mut session = engine.session();
    let pairs = session.all(select::<Pair>().order_by(Pair::ID1)).await?;
    let member = session.get::<Member>(7).await?.expect("member 7 is there");
    let log = record(&engine);
    assert!(Entity::same(&pairs[1], &session.load(&member, Member::PAIR).await?));
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_composite_key_finds_it_whatever_the_order_of_its_columns() -> Result<()> {
    let engine = composite().await?;
    let mut session = engine.session();
    let pairs = session.all(select::<Pair>().order_by(Pair::ID1)).await?;
    let guest = session.get::<Guest>(3).await?.expect("guest 3 is there");
    let log = record(&engine);
    let turned = session.load(&guest, Guest::TURNED).await?.expect("the guest belongs to a pair");
    assert!(Entity::same(&pairs[1], &turned));
    assert_eq!(log.count(), 0, "both columns of the primary key are there: {log}");
    Ok(())
}

#[tokio::test]
async fn a_partly_null_composite_key_is_none_without_a_statement() -> Result<()> {
    let engine = composite().await?;
    let mut session = engine.session();
    let guests = session.all(select::<Guest>().filter(Guest::ID.gt(3)).order_by(Guest::ID)).await?;
    assert_eq!(ids!(guests), [4, 5, 6]);
    let log = record(&engine);
    for guest in &guests {
        assert!(session.load(guest, Guest::PAIR).await?.is_none());
        assert!(guest.pair()?.is_none());
    }
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_link_table_is_joined_to_the_target_alone() -> Result<()> {
    let engine = links().await?;
    let mut session = engine.session();
    let post = session.get::<Post>(1).await?.expect("post 1 is there");
    let log = record(&engine);
    assert_eq!(ids!(session.load(&post, Post::TAGS).await?), [1, 2]);
    assert_eq!(log.count(), 1, "{log}");
    assert!(!log.sql(0).contains(r#""posts""#), "{log}");
    Ok(())
}

mod sorted {
    use super::*;

    #[derive(Model, Debug)]
    #[model(table = "users")]
    pub struct Reader {
        #[key]
        pub id: i64,
        #[has_many(key = "user_id", order_by = "email_address")]
        pub mailboxes: HasMany<Mailbox>,
        #[has_many(key = "user_id", order_by = "isopen desc, id desc")]
        pub bills: HasMany<Bill>,
    }

    #[derive(Model, Debug)]
    #[model(table = "addresses")]
    pub struct Mailbox {
        #[key]
        pub id: i64,
        pub user_id: i64,
        pub email_address: String,
    }

    #[derive(Model, Debug)]
    #[model(table = "orders")]
    pub struct Bill {
        #[key]
        pub id: i64,
        pub user_id: i64,
        pub isopen: bool,
    }

    #[tokio::test]
    async fn the_declared_order_is_the_collections() -> Result<()> {
        let engine = standard().await?;
        let mut session = engine.session();
        let ed = session.get::<Reader>(8).await?.expect("ed is there");
        assert_eq!(ids!(session.load(&ed, Reader::MAILBOXES).await?), [3, 4, 2]);
        let jack = session.get::<Reader>(7).await?.expect("jack is there");
        assert_eq!(
            ids!(session.load(&jack, Reader::BILLS).await?),
            [3, 5, 1],
            "open ones first, newest first"
        );
        Ok(())
    }

    #[tokio::test]
    async fn every_way_of_loading_keeps_it() -> Result<()> {
        let engine = standard().await?;
        for joined in [false, true] {
            let mut session = engine.session();
            let query = select::<Reader>().order_by(Reader::ID.desc());
            let readers = match joined {
                false => {
                    session
                        .all(query.with(Reader::MAILBOXES.selectin()).with(Reader::BILLS.selectin()))
                        .await?
                }
                true => {
                    session.all(query.with(Reader::MAILBOXES.joined()).with(Reader::BILLS.joined())).await?
                }
            };
            let found: Vec<_> = readers
                .iter()
                .map(|reader| {
                    (reader.id, ids!(reader.get(Reader::MAILBOXES)), ids!(reader.get(Reader::BILLS)))
                })
                .collect();
            let expected = [
                (10, vec![], vec![]),
                (9, vec![5], vec![4, 2]),
                (8, vec![3, 4, 2], vec![]),
                (7, vec![1], vec![3, 5, 1]),
            ];
            assert_eq!(found, expected, "joined: {joined}");
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_has_one_is_the_row_or_none() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let addresses = session.all(select::<Address>().order_by(Address::ID)).await?;
    let log = record(&engine);
    let mut found = Vec::new();
    for address in &addresses {
        found.push(session.load(address, Address::DINGALING).await?.map(|dingaling| dingaling.id));
    }
    assert_eq!(found, [None, Some(1), None, None, Some(2)]);
    assert_eq!(log.count(), 5, "the key is on the other side, so nobody is known only by asking: {log}");
    assert!(addresses[0].dingaling()?.is_none());
    Ok(())
}

#[tokio::test]
async fn only_the_pages_parents_are_loaded() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let page = session.all(select::<User>().order_by(User::ID).limit(2).offset(1)).await?;
    let mut found = Vec::new();
    for user in &page {
        found.push((user.id, ids!(session.load(user, User::ADDRESSES).await?)));
    }
    assert_eq!(found, [(8, vec![2, 3, 4]), (9, vec![5])]);
    assert_eq!(log.count(), 3, "{log}");
    Ok(())
}

#[tokio::test]
async fn pending_children_are_flushed_first() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let jack = session.get::<User>(7).await?.expect("jack is there");
    let log = record(&engine);
    session.append(&jack, User::ADDRESSES, Address::draft().id(6).email_address("new@bean.com"))?;
    assert_eq!(log.count(), 0, "{log}");
    assert_eq!(jack.addresses().unwrap_err().kind(), ErrorKind::NotLoaded, "appending loads nothing");
    let addresses = session.load(&jack, User::ADDRESSES).await?;
    assert_eq!(ids!(addresses), [1, 6]);
    assert_eq!(log.count(), 2, "{log}");
    assert!(log.sql(0).starts_with("INSERT"), "{log}");
    assert_eq!(addresses.get(1).expect("the new one").user_id, 7);
    Ok(())
}

#[tokio::test]
async fn a_child_linked_from_its_own_side_is_in_the_parents_collection() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let jack = session.get::<User>(7).await?.expect("jack is there");
    let log = record(&engine);
    session.add(Address::draft().id(6).email_address("new@bean.com").user(&jack));
    assert_eq!(log.count(), 0, "{log}");
    assert_eq!(ids!(session.load(&jack, User::ADDRESSES).await?), [1, 6]);
    assert_eq!(log.count(), 2, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_child_linked_before_its_flush_joins_the_collection_that_is_loaded() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    let jack = session.get::<User>(7).await?.expect("jack is there");
    session.load(&jack, User::ADDRESSES).await?;
    session.add(Address::draft().id(6).email_address("new@bean.com").user(&jack));
    assert_eq!(ids!(jack.addresses()?), [1], "it has no row yet");
    session.flush().await?;
    assert_eq!(ids!(jack.addresses()?), [1, 6]);
    Ok(())
}

#[tokio::test]
async fn what_a_load_finds_is_not_loaded_any_further() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let jack = session.get::<User>(7).await?.expect("jack is there");
    let orders = session.load(&jack, User::ORDERS).await?;
    assert_eq!(orders.len(), 3);
    for order in &orders {
        assert_eq!(order.items().unwrap_err().kind(), ErrorKind::NotLoaded);
        assert_eq!(order.user().unwrap_err().kind(), ErrorKind::NotLoaded);
    }
    Ok(())
}

#[tokio::test]
async fn a_load_leaves_unsaved_changes_of_what_it_finds() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    let address = session.get::<Address>(3).await?.expect("the address is there");
    session.edit(&address, |address| address.email_address = "unsaved".into())?;
    let ed = session.get::<User>(8).await?.expect("ed is there");
    let addresses = session.load(&ed, User::ADDRESSES).await?;
    assert_eq!(addresses.get(1).expect("the second").email_address, "unsaved");
    assert!(session.is_modified(&address));
    Ok(())
}

#[tokio::test]
async fn a_loaded_collection_does_not_notice_rows_written_behind_it() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let jack = session.get::<User>(7).await?.expect("jack is there");
    session.load(&jack, User::ADDRESSES).await?;

    let mut other = engine.session();
    other.add(Address::draft().id(6).user_id(7).email_address("behind@bean.com"));
    other.commit().await?;
    assert_eq!(ids!(session.load(&jack, User::ADDRESSES).await?), [1]);

    let fresh = session.all(select::<User>().with(User::ADDRESSES.selectin()).populate_existing()).await?;
    assert_eq!(ids!(fresh[0].get(User::ADDRESSES)), [1, 6]);
    assert_eq!(ids!(jack.addresses()?), [1, 6]);
    Ok(())
}

#[tokio::test]
async fn the_current_key_counts() -> Result<()> {
    let engine = tickets().await?;
    let mut session = engine.session();
    let ticket = session.get::<Ticket>(1).await?.expect("ticket 1 is there");
    assert_eq!(session.load(&ticket, Ticket::OWNER).await?.map(|owner| owner.id), Some(1));

    session.edit(&ticket, |ticket| ticket.owner_id = Some(2))?;
    assert_eq!(ticket.owner().unwrap_err().kind(), ErrorKind::NotLoaded, "what it held is another's");
    assert_eq!(session.load(&ticket, Ticket::OWNER).await?.map(|owner| owner.id), Some(2));

    session.edit(&ticket, |ticket| ticket.owner_id = None)?;
    assert!(session.load(&ticket, Ticket::OWNER).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_tree_is_walked_a_statement_a_node() -> Result<()> {
    let engine = nodes().await?;
    let mut session = engine.session();
    let root = session.get::<Node>(1).await?.expect("the root is there");
    let log = record(&engine);
    let mut names = Vec::new();
    let mut left = vec![root];
    while let Some(node) = left.pop() {
        names.push(node.data.clone());
        left.extend(session.load(&node, Node::CHILDREN).await?.into_iter().rev());
    }
    assert_eq!(names, ["n1", "n11", "n111", "n112", "n12", "n121", "n122", "n123", "n13"]);
    assert_eq!(log.count(), names.len(), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_chain_that_the_session_holds_is_climbed_without_a_statement() -> Result<()> {
    let engine = chain(200).await?;
    let mut session = engine.session();
    let all = session.all(select::<Node>().order_by(Node::ID.desc())).await?;
    let log = record(&engine);
    let mut at = all[0].clone();
    let mut steps = 0;
    while let Some(parent) = session.load(&at, Node::PARENT).await? {
        at = parent;
        steps += 1;
    }
    assert_eq!((steps, at.id), (199, 1));
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn load_gives_the_objects_own_collection_and_not_an_earlier_view() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let ed = session
        .one(
            select::<User>()
                .filter(User::ID.eq(8))
                .with(User::ADDRESSES.selectin().filter(Address::ID.ne(2))),
        )
        .await?;
    assert_eq!(ids!(ed.get(User::ADDRESSES)), [3, 4]);
    let log = record(&engine);
    assert_eq!(ids!(session.load(&ed, User::ADDRESSES).await?), [2, 3, 4]);
    assert_eq!(log.count(), 1, "the view was not the collection: {log}");
    assert_eq!(ids!(ed.get(User::ADDRESSES)), [3, 4], "and the query's answer stays what it was");
    Ok(())
}
