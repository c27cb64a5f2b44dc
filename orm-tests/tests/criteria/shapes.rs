//! Queries of unusual shapes: conditions that ask about other tables, parts of loads, and terms that combine with criteria.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::shop::{Card, Item, Order, User, everything, ids, shop, tenant};

async fn users(session: &mut Session, query: Select<User>) -> Result<Vec<i64>> {
    Ok(session.all(query.order_by(User::ID)).await?.iter().map(|user| user.id).collect())
}

on_every_backend! {
    async fn a_condition_with_or_is_one_condition(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let either = SessionOptions::new().criteria::<User>(User::TENANT.eq(2) | User::ID.eq(1));
        let mut session = engine.session_with(either.criteria::<User>(User::ID.ne(7) | User::ID.eq(7)));
        assert_eq!(users(&mut session, select::<User>()).await?, [1, 3]);
        assert_eq!(users(&mut session, select::<User>().filter(User::ID.ge(2))).await?, [3]);
        assert_eq!(users(&mut session, select::<User>().filter(User::ID.eq(2) | User::ID.eq(1))).await?, [1]);
        assert_eq!(users(&mut session, select::<User>().filter(!User::ID.eq(3))).await?, [1]);
        Ok(())
    }

    async fn a_condition_that_asks_sees_what_others_see(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let with_orders = SessionOptions::new().criteria::<User>(User::ORDERS.exists());
        let mut session = engine.session_with(with_orders.clone());
        assert_eq!(users(&mut session, select::<User>()).await?, [1, 3], "the only order of user 2 is deleted");
        // Each asks about the other.
        let mut session = engine.session_with(with_orders.criteria::<Order>(Order::USER.has(User::ID.ne(3))));
        assert_eq!(users(&mut session, select::<User>()).await?, [1]);
        assert_eq!(ids(session.all(select::<Order>().order_by(Order::ID)).await?), [1, 3]);
        // A condition about the rows that a row refers to in its own table.
        let parents = SessionOptions::new().criteria::<Item>(Item::PARENT_ID.is_null() | Item::PARENT.has(Item::DELETED.eq(false)));
        let mut session = engine.session_with(parents);
        let found = session.all(select::<Item>().order_by(Item::ID)).await?;
        assert_eq!(found.iter().map(|item| item.id).collect::<Vec<_>>(), [1, 3]);
        assert!(session.get::<Item>(4).await?.is_none());
        assert_eq!(session.execute(update::<Item>().set(Item::DELETED, false)).await?, 2);
        Ok(())
    }

    async fn a_part_of_a_collection_is_a_part_of_what_is_seen(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        for load in [
            User::ORDERS.selectin().order_by(Order::TOTAL).limit(2),
            User::ORDERS.subquery().order_by(Order::TOTAL).limit(2),
            User::ORDERS.selectin().order_by(Order::TOTAL).filter(Order::TOTAL.ne(60)),
            User::ORDERS.joined().order_by(Order::TOTAL).filter(Order::TOTAL.ne(60)),
        ] {
            let users = engine.session_with(tenant()).all(select::<User>().with(load).order_by(User::ID)).await?;
            assert_eq!(ids(users[0].get(User::ORDERS)), [1, 3]);
        }
        let mut session = engine.session_with(tenant());
        let page = select::<User>().with(User::ORDERS.joined()).order_by(User::ID).limit(1).offset(1);
        let page = session.all(page).await?;
        assert_eq!((page[0].id, page[0].get(User::ORDERS).len()), (2, 0));
        let page = session.all(select::<Order>().order_by(Order::ID).limit(2)).await?;
        assert_eq!(ids(page.clone()), [1, 3]);
        let next = select::<Order>().order_by(Order::ID).page_after(Some(&page[1]), 2);
        assert_eq!(ids(session.all(next).await?), [5]);
        let newest = alias::<Order>("newest");
        let newest = select_columns((User::ID, newest.column(Order::ID).optional()))
            .left_join_table(&newest, newest.column(Order::USER_ID).eq(User::ID) & newest.column(Order::ID).gt(1))
            .order_by(User::ID);
        assert_eq!(session.rows(newest).await?, [(1, Some(3)), (2, None)]);
        let without = select::<User>().filter(!User::ORDERS.exists());
        assert_eq!(users(&mut session, without).await?, [2]);
        Ok(())
    }

    async fn rows_of_many_entities_and_windows(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let pairs = select_columns((User::entity(), Order::entity().optional())).left_join(User::ORDERS).order_by((User::ID, Order::ID));
        let pairs = session.rows(pairs).await?;
        let found: Vec<_> = pairs.iter().map(|(user, order)| (user.id, order.as_ref().map(|order| order.id))).collect();
        assert_eq!(found, [(1, Some(1)), (1, Some(3)), (2, None)]);
        let numbered = select_columns((Order::ID, func::row_number().over(window().order_by(Order::ID)))).order_by(Order::ID);
        assert_eq!(session.rows(numbered).await?, [(1, 1), (3, 2), (5, 3)]);
        let grouped = select_columns((Order::USER_ID, func::count_rows())).group_by(Order::USER_ID).order_by(Order::USER_ID);
        assert_eq!(session.count(grouped.clone()).await?, 2);
        assert_eq!(session.rows_and_total(grouped.page(2, 1)).await?, (vec![(3, 1)], 2));
        let except = select_columns(User::ID).except(select_columns(Order::USER_ID));
        assert_eq!(session.rows(except).await?, [2]);
        Ok(())
    }

    async fn values_that_are_computed_from_other_rows(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let orders = update::<User>().set(User::NAME, "busy").filter(User::ORDERS.count().gt(2));
        assert_eq!(session.execute(orders).await?, 0, "user 1 has three orders, and one of them is deleted");
        let latest = select_columns(func::max(Order::TOTAL)).filter(Order::USER_ID.eq(User::ID));
        assert_eq!(
            session.rows(select_columns((User::ID, latest.scalar())).order_by(User::ID)).await?,
            [(1, Some(70)), (2, None)]
        );
        session.execute(delete::<Card>().filter(Card::USER_ID.in_query(select_columns(User::ID)))).await?;
        session.commit().await?;
        assert_eq!(engine.session_with(everything()).count(select::<Card>()).await?, 1, "the deleted card stays");
        Ok(())
    }

    async fn a_lock_is_on_rows_that_are_seen(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let locked = session.all(select::<Order>().for_update().order_by(Order::ID)).await?;
        assert_eq!(ids(locked), [1, 3, 5]);
        assert!(session.get::<Order>(2).for_update().await?.is_none());
        assert!(session.get::<Order>(1).populate_existing().await?.is_some());
        Ok(())
    }

    async fn debug_output_shows_no_values(database: TestDatabase) -> Result<()> {
        let options = SessionOptions::new().criteria::<User>(User::NAME.eq("planted"));
        let builder = database.builder().criteria::<User>(User::NAME.eq("planted"));
        assert!(!format!("{options:?} {builder:?}").contains("planted"));
        let engine = builder.connect().await?;
        let session = engine.session_with(options);
        assert!(!format!("{engine:?} {session:?}").contains("planted"));
        Ok(())
    }
}
