//! Conditions, counts and joins of a query see what the relationship leads to, and no more.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::shop::{Folder, Item, Order, User, shop};

async fn users(session: &mut Session, condition: Predicate) -> Result<Vec<i64>> {
    let users = session.all(select::<User>().filter(condition).order_by(User::ID)).await?;
    Ok(users.iter().map(|user| user.id).collect())
}

on_every_backend! {
    async fn conditions_are_about_those_that_meet_the_filter(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let session = &mut session;
        assert_eq!(users(session, User::OPEN_ORDERS.exists()).await?, [1, 2]);
        assert_eq!(users(session, !User::OPEN_ORDERS.exists()).await?, [3]);
        assert_eq!(users(session, User::OPEN_ORDERS.any(Order::TOTAL.gt(80))).await?, [2]);
        assert_eq!(users(session, User::CLOSED_ORDERS.any(Order::TOTAL.gt(80))).await?, [] as [i64; 0]);
        assert_eq!(users(session, User::OPEN_ORDERS.count().eq(2)).await?, [1]);
        assert_eq!(users(session, User::ORDERS.count().gt(User::OPEN_ORDERS.count())).await?, [1, 2]);
        assert_eq!(users(session, User::OPEN_ORDERS.count_of(Order::TOTAL.lt(50)).eq(1)).await?, [1]);
        assert_eq!(users(session, User::URGENT_ORDER.has(Order::TOTAL.eq(10))).await?, [1]);
        assert_eq!(users(session, User::AVAILABLE_ORDERS.any(Order::AVAILABLE_ITEMS.count().eq(2))).await?, [2]);
        let other = alias::<Order>("other");
        let aliased = User::OPEN_ORDERS.to_alias(&other).any(other.column(Order::TOTAL).gt(80));
        assert_eq!(users(session, aliased).await?, [2]);
        let orders = select::<Order>().filter(Order::ACTIVE_USER.exists()).order_by(Order::ID);
        assert_eq!(session.all(orders).await?.iter().map(|order| order.id).collect::<Vec<_>>(), [1, 2, 3]);
        let orders = select::<Order>().filter(Order::AVAILABLE_ITEMS.count().eq(2));
        assert_eq!(session.one(orders).await?.id, 4);
        Ok(())
    }

    async fn conditions_of_a_model_on_itself_keep_the_rows_apart(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let ids = async |session: &mut Session, condition: Predicate| -> Result<Vec<i64>> {
            let folders = session.all(select::<Folder>().filter(condition).order_by(Folder::ID)).await?;
            Ok(folders.iter().map(|folder| folder.id).collect())
        };
        assert_eq!(ids(&mut session, Folder::VISIBLE.exists()).await?, [1, 2, 3], "of a hidden folder too");
        assert_eq!(ids(&mut session, Folder::VISIBLE.any(Folder::VISIBLE.exists())).await?, [1]);
        assert_eq!(ids(&mut session, Folder::CHILDREN.count().gt(Folder::VISIBLE.count())).await?, [1]);
        assert_eq!(ids(&mut session, Folder::VISIBLE_PARENT.exists()).await?, [2, 3, 4]);
        assert_eq!(ids(&mut session, Folder::VISIBLE_PARENT.has(Folder::ID.eq(1))).await?, [2, 3]);
        Ok(())
    }

    async fn joins_of_a_query_have_the_filter_in_their_condition(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let totals = select_columns((User::ID, func::sum(Order::TOTAL)))
            .left_join(User::OPEN_ORDERS)
            .group_by(User::ID)
            .order_by(User::ID);
        let totals: Vec<(i64, Option<i64>)> = session.rows(totals).await?;
        assert_eq!(totals, [(1, Some(70)), (2, Some(90)), (3, None)], "a user without open orders stays");
        let both = {
            let (open, closed) = (alias::<Order>("open"), alias::<Order>("closed"));
            select_columns((User::ID, open.column(Order::ID), closed.column(Order::ID)))
                .join(User::OPEN_ORDERS.to_alias(&open))
                .join(User::CLOSED_ORDERS.to_alias(&closed))
                .order_by((User::ID, open.column(Order::ID)))
        };
        let both: Vec<(i64, i64, i64)> = session.rows(both).await?;
        assert_eq!(both, [(1, 1, 3), (1, 2, 3), (2, 5, 4)]);
        let items = select_columns((Order::ID, Item::ID.optional()))
            .left_join(Order::AVAILABLE_ITEMS)
            .order_by((Order::ID, Item::ID));
        let items: Vec<(i64, Option<i64>)> = session.rows(items).await?;
        assert_eq!(items, [(1, Some(1)), (2, None), (3, None), (4, Some(1)), (4, Some(3)), (5, None)]);
        Ok(())
    }

    async fn bulk_statements_ask_about_it(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let lazy = update::<User>().set(User::ACTIVE, false).filter(!User::OPEN_ORDERS.exists());
        assert_eq!(session.execute(lazy).await?, 1);
        assert_eq!(session.execute(delete::<Item>().filter(Item::AVAILABLE.eq(false) & Item::ID.eq(9))).await?, 0);
        let of_inactive = update::<Order>().set(Order::TOTAL, 0).filter(!Order::ACTIVE_USER.exists());
        assert_eq!(session.execute(of_inactive).await?, 2);
        assert_eq!(session.count(select::<Order>().filter(Order::TOTAL.eq(0))).await?, 2);
        Ok(())
    }

    async fn the_plan_shows_it(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let query = select::<User>().with(User::OPEN_ORDERS.selectin()).with(User::URGENT_ORDER.joined());
        let plan = engine.plan(&query)?;
        assert_eq!(plan.steps().len(), 2, "{plan}");
        assert!(plan.steps()[0].sql.contains("urgent"), "{plan}");
        assert!(plan.steps()[1].sql.contains("status"), "{plan}");
        assert_eq!(&*plan.steps()[1].path, "User.open_orders");
        let mut session = engine.session();
        let log = engine.record();
        session.all(query).await?;
        let run: Vec<_> = log.statements().into_iter().map(|statement| statement.sql).collect();
        assert_eq!(run[0], plan.steps()[0].sql, "{log}");
        Ok(())
    }
}
