//! Every strategy loads those that meet the filter, beside others over the same key, and nothing else answers for it.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::shop::{Folder, Item, LARGE, Order, User, ids, shop};

/// What three users have, as numbers of orders.
const OPEN: [&[i64]; 3] = [&[1, 2], &[5], &[]];
const CLOSED: [&[i64]; 3] = [&[3], &[4], &[]];
const AVAILABLE: [&[i64]; 3] = [&[1], &[4], &[]];
const LARGE_ONES: [&[i64]; 3] = [&[2, 3], &[5], &[]];
const ALL: [&[i64]; 3] = [&[1, 2, 3], &[4, 5], &[]];

on_every_backend! {
    async fn every_strategy_loads_several_over_one_key_in_one_query(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let log = engine.record();
        macro_rules! assert_loads {
            ($strategy:ident, $statements:expr) => {{
                log.clear();
                let query = select::<User>()
                    .with(User::ORDERS.$strategy())
                    .with(User::OPEN_ORDERS.$strategy().with(Order::ACTIVE_USER.$strategy()))
                    .with(User::CLOSED_ORDERS.$strategy().with(Order::AVAILABLE_ITEMS.$strategy()))
                    .with(User::AVAILABLE_ORDERS.$strategy())
                    .with(User::LARGE_ORDERS.$strategy())
                    .with(User::URGENT_ORDER.$strategy())
                    .order_by(User::ID);
                let users = engine.session().all(query).await?;
                assert_eq!(log.count(), $statements, "{}: {log}", stringify!($strategy));
                assert_eq!(users.len(), 3, "{}", stringify!($strategy));
                for (at, user) in users.iter().enumerate() {
                    let at_user = format!("{} of {}", stringify!($strategy), user.id);
                    assert_eq!(ids(user.get(User::ORDERS)), ALL[at], "{at_user}");
                    assert_eq!(ids(user.get(User::OPEN_ORDERS)), OPEN[at], "{at_user}");
                    assert_eq!(ids(user.get(User::CLOSED_ORDERS)), CLOSED[at], "{at_user}");
                    assert_eq!(ids(user.get(User::AVAILABLE_ORDERS)), AVAILABLE[at], "{at_user}");
                    assert_eq!(ids(user.get(User::LARGE_ORDERS)), LARGE_ONES[at], "{at_user}");
                    let urgent = user.get(User::URGENT_ORDER).map(|order| order.id);
                    assert_eq!(urgent, (at == 0).then_some(1), "{at_user}");
                    // The objects hold each by itself.
                    assert_eq!(ids(user.orders()?), ALL[at], "{at_user}");
                    assert_eq!(ids(user.open_orders()?), OPEN[at], "{at_user}");
                    assert_eq!(ids(user.closed_orders()?), CLOSED[at], "{at_user}");
                    for order in user.get(User::OPEN_ORDERS) {
                        let active = order.get(Order::ACTIVE_USER).map(|user| user.id);
                        assert_eq!(active, (order.user_id == 1).then_some(1), "{at_user}");
                    }
                    for order in user.get(User::CLOSED_ORDERS) {
                        let items: Vec<i64> = order.get(Order::AVAILABLE_ITEMS).iter().map(|item| item.id).collect();
                        assert_eq!(items, if order.id == 4 { vec![1, 3] } else { vec![] }, "{at_user}");
                    }
                }
            }};
        }
        assert_loads!(selectin, 9);
        assert_loads!(joined, 1);
        assert_loads!(subquery, 9);
        assert_loads!(auto, 9);
        Ok(())
    }

    async fn a_filter_changes_neither_the_list_nor_its_pages(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        macro_rules! assert_page {
            ($strategy:ident) => {{
                let query = select::<User>().with(User::OPEN_ORDERS.$strategy()).order_by(User::ID).limit(2).offset(1);
                let users = engine.session().all(query).await?;
                let found: Vec<_> = users.iter().map(|user| (user.id, ids(user.get(User::OPEN_ORDERS)))).collect();
                assert_eq!(found, [(2, vec![5]), (3, vec![])], "{}", stringify!($strategy));
            }};
        }
        assert_page!(selectin);
        assert_page!(joined);
        assert_page!(subquery);
        assert_page!(auto);
        let inner = select::<User>().with(User::OPEN_ORDERS.joined().inner()).order_by(User::ID);
        let users = engine.session().all(inner.clone()).await?;
        assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), [1, 2], "those with open orders");
        assert_eq!(engine.session().count(inner.clone()).await?, 2);
        let users = engine.session().all(inner.limit(1).offset(1)).await?;
        assert_eq!(users.iter().map(|user| (user.id, ids(user.get(User::OPEN_ORDERS)))).collect::<Vec<_>>(), [(2, vec![5])]);
        Ok(())
    }

    async fn a_load_has_terms_beside_the_filter(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let by_total = User::OPEN_ORDERS.selectin().order_by(Order::TOTAL.desc()).limit(1);
        let users = session.all(select::<User>().with(by_total).order_by(User::ID)).await?;
        assert_eq!(users.iter().map(|user| ids(user.get(User::OPEN_ORDERS))).collect::<Vec<_>>(), [vec![2], vec![5], vec![]]);
        assert_eq!(users[0].open_orders().unwrap_err().kind(), ErrorKind::NotLoaded, "a part of it is in the answer alone");
        macro_rules! assert_filtered {
            ($strategy:ident) => {{
                let small = User::OPEN_ORDERS.$strategy().filter(Order::TOTAL.lt(50));
                let users = engine.session().all(select::<User>().with(small).order_by(User::ID)).await?;
                let found: Vec<_> = users.iter().map(|user| ids(user.get(User::OPEN_ORDERS))).collect();
                assert_eq!(found, [vec![1], vec![], vec![]], "{}", stringify!($strategy));
                let small = Order::AVAILABLE_ITEMS.$strategy().filter(Item::ID.gt(1));
                let orders = engine.session().all(select::<Order>().with(small).order_by(Order::ID)).await?;
                let found: Vec<_> = orders.iter().map(|order| order.get(Order::AVAILABLE_ITEMS).len()).collect();
                assert_eq!(found, [0, 0, 0, 1, 0], "{}", stringify!($strategy));
            }};
        }
        assert_filtered!(selectin);
        assert_filtered!(joined);
        assert_filtered!(subquery);
        assert_filtered!(auto);
        Ok(())
    }

    async fn what_the_session_holds_does_not_answer_for_the_filter(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let users = session.all(select::<User>()).await?;
        assert_eq!(users.len(), 3, "the session holds every target");
        let orders = session.all(select::<Order>().order_by(Order::ID)).await?;
        let log = engine.record();
        let bob = session.load(&orders[3], Order::ACTIVE_USER).await?;
        assert!(bob.is_none(), "user 2 is not active");
        assert_eq!(session.load(&orders[0], Order::ACTIVE_USER).await?.map(|user| user.id), Some(1));
        assert_eq!(session.load(&orders[0], Order::USER).await?.id, 1);
        assert_eq!(log.count(), 2, "the whole to-one alone is answered from the identity map: {log}");
        let orders = session.load_all(orders, Order::ACTIVE_USER.selectin()).await?;
        let found: Vec<_> = orders.iter().map(|order| order.get(Order::ACTIVE_USER).map(|user| user.id)).collect();
        assert_eq!(found, [Some(1), Some(1), Some(1), None, None]);
        assert_eq!(log.count(), 3, "{log}");
        Ok(())
    }

    async fn existing_objects_load_it_later(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let users = session.all(select::<User>().order_by(User::ID)).await?;
        let log = engine.record();
        assert_eq!(ids(session.load(&users[0], User::OPEN_ORDERS).await?), [1, 2]);
        assert_eq!(ids(session.load(&users[0], User::CLOSED_ORDERS).await?), [3]);
        assert_eq!(session.load(&users[0], User::URGENT_ORDER).await?.map(|order| order.id), Some(1));
        assert!(session.load(&users[1], User::URGENT_ORDER).await?.is_none());
        assert_eq!(log.count(), 4, "{log}");
        let users = session.load_all(users, User::AVAILABLE_ORDERS.selectin().with(Order::AVAILABLE_ITEMS.selectin())).await?;
        assert_eq!(log.count(), 6, "{log}");
        let found: Vec<_> = users.iter().map(|user| ids(user.get(User::AVAILABLE_ORDERS))).collect();
        assert_eq!(found, AVAILABLE);
        let items: usize =
            users.iter().flat_map(|user| user.get(User::AVAILABLE_ORDERS)).map(|order| order.get(Order::AVAILABLE_ITEMS).len()).sum();
        assert_eq!(items, 3);
        Ok(())
    }

    async fn recursion_follows_those_that_meet_it(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let root = || select::<Folder>().filter(Folder::ID.eq(1));
        macro_rules! assert_tree {
            ($load:expr) => {{
                let folder = engine.session().one(root().with($load)).await?;
                let first = folder.visible()?;
                assert_eq!(first.iter().map(|folder| folder.id).collect::<Vec<_>>(), [2], "folder 3 is hidden");
                let second = first.first().expect("folder 2").visible()?;
                assert_eq!(second.iter().map(|folder| folder.id).collect::<Vec<_>>(), [4]);
            }};
        }
        assert_tree!(Folder::VISIBLE.selectin().recursive(..));
        assert_tree!(Folder::VISIBLE.selectin().recursive(2));
        assert_tree!(Folder::VISIBLE.subquery().recursive(2));
        assert_tree!(Folder::VISIBLE.joined().recursive(2));
        let query = select::<Folder>().order_by(Folder::ID).with(Folder::VISIBLE_PARENT.joined());
        let folders = engine.session().all(query).await?;
        let parents: Vec<_> = folders.iter().map(|folder| folder.get(Folder::VISIBLE_PARENT).map(|one| one.id)).collect();
        assert_eq!(parents, [None, Some(1), Some(1), Some(2), None]);
        let query = select::<Folder>().order_by(Folder::ID).with(Folder::VISIBLE_PARENT.selectin().recursive(..));
        let folders = engine.session().all(query).await?;
        let top = folders[3].get(Folder::VISIBLE_PARENT).and_then(|two| two.get(Folder::VISIBLE_PARENT).map(|one| one.id));
        assert_eq!(top, Some(1));
        Ok(())
    }

    async fn a_stream_loads_it_for_each_batch(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let query = select::<User>()
            .with(User::OPEN_ORDERS.selectin().with(Order::ACTIVE_USER.joined()))
            .with(User::URGENT_ORDER.selectin())
            .order_by(User::ID)
            .yield_per(2);
        let mut stream = session.stream(query);
        let mut found = Vec::new();
        while let Some(users) = stream.next_batch().await? {
            for user in users {
                let open = user.get(User::OPEN_ORDERS);
                let active = open.iter().filter(|order| order.get(Order::ACTIVE_USER).is_some()).count();
                found.push((ids(open), active, user.get(User::URGENT_ORDER).is_some()));
            }
        }
        assert_eq!(found, [(vec![1, 2], 2, true), (vec![5], 0, false), (vec![], 0, false)]);
        Ok(())
    }

    async fn own_joins_fill_it(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let query = select::<User>().join(User::OPEN_ORDERS).fill(User::OPEN_ORDERS).order_by((User::ID, Order::ID));
        let users = session.all(query).await?;
        assert_eq!(log.count(), 1, "{log}");
        let found: Vec<_> = users.iter().map(|user| (user.id, ids(user.get(User::OPEN_ORDERS)))).collect();
        assert_eq!(found, [(1, vec![1, 2]), (2, vec![5])]);
        let query = select::<User>().left_join(User::CLOSED_ORDERS).fill(User::CLOSED_ORDERS).order_by(User::ID);
        let users = session.all(query).await?;
        let found: Vec<_> = users.iter().map(|user| (user.id, ids(user.get(User::CLOSED_ORDERS)))).collect();
        assert_eq!(found, [(1, vec![3]), (2, vec![4]), (3, vec![])]);
        Ok(())
    }

    async fn the_filter_is_called_for_each_query(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let query = || select::<User>().filter(User::ID.eq(1)).with(User::LARGE_ORDERS.selectin());
        let joined = || select::<User>().filter(User::ID.eq(1)).with(User::LARGE_ORDERS.joined());
        for (least, large) in [(50, vec![2, 3]), (65, vec![3]), (5, vec![1, 2, 3]), (50, vec![2, 3])] {
            LARGE.set(least);
            assert_eq!(ids(engine.session().one(query()).await?.get(User::LARGE_ORDERS)), large, "{least}");
            assert_eq!(ids(engine.session().one(joined()).await?.get(User::LARGE_ORDERS)), large, "{least}");
        }
        Ok(())
    }
}
