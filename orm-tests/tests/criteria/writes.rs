//! Bulk statements change the rows that the session sees; a flush writes all rows that it was given, seen or not.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::shop::{Item, Order, User, everything, shop, tenant};

async fn totals(engine: &Engine) -> Result<Vec<i64>> {
    engine.session_with(everything()).rows(select_columns(Order::TOTAL).order_by(Order::ID)).await
}

on_every_backend! {
    async fn bulk_statements_are_about_rows_that_are_seen(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        assert_eq!(session.execute(update::<Order>().set(Order::TOTAL, 0)).await?, 3);
        let of_tenant = update::<Order>().set(Order::TOTAL, 1).filter(Order::USER.exists());
        assert_eq!(session.execute(of_tenant).await?, 2, "the user of the other tenant is not seen in the condition");
        let returned = session.execute(update::<Order>().set(Order::TOTAL, 2).filter(Order::ID.le(2)).returning()).await?;
        assert_eq!(returned.iter().map(|order| order.id).collect::<Vec<_>>(), [1]);
        assert_eq!(session.execute(update::<Order>().set(Order::TOTAL, 3).filter(Order::ID.eq(4)).without_criteria()).await?, 1);
        session.commit().await?;
        assert_eq!(totals(&engine).await?, [2, 60, 1, 3, 0]);
        assert_eq!(session.execute(delete::<Order>().filter(Order::ID.eq(2))).await?, 0);
        Ok(())
    }

    async fn rows_that_are_not_seen_are_not_copied(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let orders = select_columns((Order::TOTAL, Order::DELETED));
        assert_eq!(session.execute(insert_from((Item::ID, Item::DELETED), orders)).await?, 3);
        let orders = select_columns((Order::ID, Order::DELETED)).filter(Order::ID.eq(4)).without_criteria();
        assert_eq!(session.execute(delete::<Item>().filter(Item::ID.eq(4))).await?, 1);
        assert_eq!(session.execute(insert_from((Item::ID, Item::DELETED), orders)).await?, 1);
        Ok(())
    }

    async fn new_rows_and_edits_are_as_they_are(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let other = session.insert(User::draft().id(9).tenant(7).name("user 9")).await?;
        assert!(session.get::<User>(9).await?.is_none(), "of a tenant that the session does not see");
        session.edit(&other, |user| user.name = "user nine".to_owned())?;
        session.commit().await?;
        session.delete(&other)?;
        session.commit().await?;
        assert_eq!(engine.session().count(select::<User>()).await?, 3);
        session.merge_draft(Order::draft().id(2).user_id(1).total(61).deleted(true)).await?;
        session.commit().await?;
        assert_eq!(totals(&engine).await?[1], 61, "the row exists, whether it is seen or not");
        Ok(())
    }

    async fn a_deletion_follows_rows_that_are_not_seen(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let user = session.get::<User>(1).with(User::ORDERS.selectin()).await?.expect("a user");
        assert_eq!(user.get(User::ORDERS).len(), 2);
        session.delete(&user)?;
        session.commit().await?;
        let mut all = engine.session_with(everything());
        assert_eq!(all.count(select::<Order>().filter(Order::USER_ID.eq(1))).await?, 0, "the deleted one too");
        assert_eq!(all.count(select::<Order>()).await?, 2);
        Ok(())
    }

    async fn a_link_that_is_not_seen_is_not_made_twice(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let order = session.get::<Order>(1).with(Order::ITEMS.selectin()).await?.expect("an order");
        let hidden = session.get::<Item>(2).without_criteria().await?.expect("an item");
        session.append(&order, Order::ITEMS, &hidden)?;
        session.commit().await?;
        let mut all = engine.session_with(everything());
        let order = all.get::<Order>(1).with(Order::ITEMS.selectin()).await?.expect("an order");
        assert_eq!(order.get(Order::ITEMS).len(), 3);
        Ok(())
    }
}
