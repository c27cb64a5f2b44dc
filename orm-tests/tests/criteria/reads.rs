//! Every way to read, beside what the criteria leave.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::shop::{Card, Item, Order, User, everything, ids, shop, tenant};

on_every_backend! {
    async fn queries_see_what_the_engine_and_the_session_show(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        assert_eq!(session.all(select::<User>().order_by(User::ID)).await?.iter().map(|user| user.id).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(ids(session.all(select::<Order>().order_by(Order::ID)).await?), [1, 3, 5]);
        assert_eq!(session.count(select::<Order>()).await?, 3);
        let (page, total) = session.all_and_total(select::<Order>().order_by(Order::ID).page(2, 2)).await?;
        assert_eq!((ids(page), total), (vec![5], 3));
        assert_eq!(session.rows(select_columns(Order::ID).order_by(Order::ID)).await?, [1, 3, 5]);
        assert_eq!(session.row(select_columns(func::sum(Order::TOTAL))).await?, Some(170));
        assert!(session.one_or_none(select::<Order>().filter(Order::ID.eq(2))).await?.is_none());
        assert_eq!(session.first(select::<Order>().order_by(Order::TOTAL.desc())).await?.map(|order| order.id), Some(5));
        let mut all = engine.session_with(everything());
        assert_eq!(all.count(select::<Order>()).await?, 5);
        assert_eq!(all.count(select::<User>()).await?, 3);
        Ok(())
    }

    async fn joins_keep_their_rows(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let totals = select_columns((User::ID, func::sum(Order::TOTAL))).left_join(User::ORDERS).group_by(User::ID).order_by(User::ID);
        assert_eq!(session.rows(totals).await?, [(1, Some(80)), (2, None)], "a user without orders stays");
        let inner = select_columns((Order::ID, User::ID)).join(Order::USER).order_by(Order::ID);
        assert_eq!(session.rows(inner).await?, [(1, 1), (3, 1)], "orders of another tenant's user are left out");
        let other = alias::<Order>("other");
        let pairs = select_columns((Order::ID, other.column(Order::ID)))
            .join_table(&other, other.column(Order::ID).gt(Order::ID))
            .order_by((Order::ID, other.column(Order::ID)));
        assert_eq!(session.rows(pairs).await?, [(1, 3), (1, 5), (3, 5)]);
        let crossed = select_columns((User::ID, Order::ID)).from::<User>().cross_join::<Order>().order_by((User::ID, Order::ID));
        assert_eq!(session.rows(crossed).await?.len(), 6);
        let items = select_columns((Order::ID, Item::ID.optional())).left_join(Order::ITEMS).order_by((Order::ID, Item::ID));
        assert_eq!(session.rows(items).await?, [(1, Some(1)), (1, Some(3)), (3, None), (5, Some(1))]);
        Ok(())
    }

    async fn conditions_and_subqueries_see_no_more(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let users = async |session: &mut Session, condition: Predicate| -> Result<Vec<i64>> {
            let users = session.all(select::<User>().filter(condition).order_by(User::ID)).await?;
            Ok(users.iter().map(|user| user.id).collect())
        };
        assert_eq!(users(&mut session, User::ORDERS.exists()).await?, [1]);
        assert_eq!(users(&mut session, User::ORDERS.any(Order::TOTAL.eq(60))).await?, [] as [i64; 0]);
        assert_eq!(users(&mut session, User::ORDERS.count().eq(2)).await?, [1]);
        assert_eq!(users(&mut session, User::LARGE_ORDERS.count().eq(1)).await?, [1]);
        assert_eq!(users(&mut session, User::CARD.exists()).await?, [2]);
        assert_eq!(users(&mut session, User::ORDERS.any(Order::ITEMS.count().eq(2))).await?, [1]);
        let with_orders = User::ID.in_query(select_columns(Order::USER_ID));
        assert_eq!(users(&mut session, with_orders).await?, [1]);
        const ORDERS: Label<i64> = label("orders");
        let busy = select_columns((Order::USER_ID, func::count_rows().label(ORDERS))).group_by(Order::USER_ID).cte("busy");
        let joined = select_columns(User::ID).join_table(&busy, busy.column(Order::USER_ID).eq(User::ID)).order_by(User::ID);
        assert_eq!(session.rows(joined).await?, [1]);
        let derived = select_columns((Order::ID, Order::USER_ID)).subquery("some");
        let joined = select_columns((User::ID, derived.column(Order::ID).optional()))
            .left_join_table(&derived, derived.column(Order::USER_ID).eq(User::ID) & derived.column(Order::ID).gt(1))
            .filter(derived.column(Order::ID).is_not_null());
        assert_eq!(session.rows(joined.without_criteria()).await?.len(), 4);
        let union = select_columns(Order::ID).union(select_columns(Item::ID));
        let mut union = session.rows(union).await?;
        union.sort_unstable();
        assert_eq!(union, [1, 3, 4, 5]);
        assert_eq!(session.rows(select::<User>().order_by(User::ID).with_count(User::ORDERS)).await?.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [2, 0]);
        assert_eq!(session.count(select::<Item>().filter(Item::PARTS.count().eq(1))).await?, 1, "item 1 has part 3, and 5 is deleted");
        assert_eq!(session.count(select::<Item>().filter(Item::PARENT.exists())).await?, 1, "the parent of 4 is deleted");
        Ok(())
    }

    async fn loads_find_no_more(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let log = engine.record();
        macro_rules! assert_loads {
            ($strategy:ident, $statements:expr) => {{
                log.clear();
                let orders = User::ORDERS.$strategy().with(Order::ITEMS.$strategy());
                let query = select::<User>().with(orders).with(User::CARD.$strategy()).with(User::LARGE_ORDERS.$strategy());
                let users = engine.session_with(tenant()).all(query.order_by(User::ID)).await?;
                assert_eq!(log.count(), $statements, "{log}");
                let found: Vec<_> = users.iter().map(|user| ids(user.get(User::ORDERS))).collect();
                assert_eq!(found, [vec![1, 3], vec![]], "{}", stringify!($strategy));
                let items: Vec<Vec<i64>> = users[0].get(User::ORDERS).iter()
                    .map(|order| order.get(Order::ITEMS).iter().map(|item| item.id).collect())
                    .collect();
                assert_eq!(items, [vec![1, 3], vec![]], "{}", stringify!($strategy));
                assert_eq!(users.iter().map(|user| user.get(User::CARD).is_some()).collect::<Vec<_>>(), [false, true]);
                assert_eq!(ids(users[0].get(User::LARGE_ORDERS)), [3]);
                assert_eq!(ids(users[0].orders()?), [1, 3], "the object holds what the session sees");
            }};
        }
        assert_loads!(selectin, 5);
        assert_loads!(joined, 1);
        assert_loads!(subquery, 5);
        assert_loads!(auto, 5);
        let mut session = engine.session_with(tenant());
        let users = session.all(select::<User>().order_by(User::ID)).await?;
        assert_eq!(ids(session.load(&users[0], User::ORDERS).await?), [1, 3]);
        let users = session.load_all(users, User::ORDERS.selectin().with(Order::USER.selectin())).await?;
        assert_eq!(users[0].get(User::ORDERS).first().map(|order| order.get(Order::USER).id), Some(1));
        let parts = session.one(select::<Item>().filter(Item::ID.eq(1)).with(Item::PARTS.selectin().recursive(..))).await?;
        assert_eq!(parts.get(Item::PARTS).iter().map(|item| item.id).collect::<Vec<_>>(), [3]);
        let filled = select::<User>().join(User::ORDERS).fill(User::ORDERS).order_by((User::ID, Order::ID));
        assert_eq!(session.all(filled).await?.iter().map(|user| ids(user.get(User::ORDERS))).collect::<Vec<_>>(), [vec![1, 3]]);
        Ok(())
    }

    async fn streams_see_no_more(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let mut stream = session.stream(select::<User>().with(User::ORDERS.selectin()).order_by(User::ID).yield_per(1));
        let mut found = Vec::new();
        while let Some(users) = stream.next_batch().await? {
            found.extend(users.into_iter().map(|user| (user.id, ids(user.get(User::ORDERS)))));
        }
        assert_eq!(found, [(1, vec![1, 3]), (2, vec![])]);
        drop(stream);
        let mut stream = session.stream(select_columns(Order::ID).order_by(Order::ID).yield_per(2));
        let mut found = Vec::new();
        while let Some(rows) = stream.next_batch().await? {
            found.extend(rows);
        }
        assert_eq!(found, [1, 3, 5]);
        drop(stream);
        let mut stream = session.stream(select::<Order>().without_criteria().order_by(Order::ID).yield_per(2));
        let mut found = Vec::new();
        while let Some(orders) = stream.next_batch().await? {
            found.extend(ids(orders));
        }
        assert_eq!(found, [1, 2, 3, 4, 5]);
        Ok(())
    }

    async fn sql_of_the_user_is_as_it_is_and_its_loads_are_not(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let text = "SELECT id, tenant, name FROM criteria_users ORDER BY id";
        let users = session.rows(sql(text).entities::<User>().with(User::ORDERS.selectin())).await?;
        let found: Vec<_> = users.iter().map(|user| (user.id, ids(user.get(User::ORDERS)))).collect();
        assert_eq!(found, [(1, vec![1, 3]), (2, vec![]), (3, vec![5])]);
        Ok(())
    }

    async fn one_query_may_see_all_rows(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        assert_eq!(session.count(select::<Order>().without_criteria()).await?, 5);
        assert_eq!(session.rows(select_columns(Order::ID).without_criteria()).await?.len(), 5);
        let query = select::<User>().filter(User::ORDERS.any(Order::ID.eq(4))).without_criteria().with(User::ORDERS.selectin());
        let user = session.one(query).await?;
        assert_eq!((user.id, ids(user.get(User::ORDERS))), (2, vec![4]));
        assert_eq!(user.orders().unwrap_err().kind(), ErrorKind::NotLoaded, "the object holds what the session sees");
        assert_eq!(ids(session.load(&user, User::ORDERS).await?), [] as [i64; 0]);
        let card = select::<User>().filter(User::ID.eq(1)).without_criteria().with(User::CARD.joined());
        assert_eq!(session.one(card).await?.get(User::CARD).map(|card: Entity<Card>| card.id), Some(1));
        Ok(())
    }
}
