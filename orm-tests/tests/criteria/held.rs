//! What the session holds already is shown if it meets the criteria, as far as its values tell, and as the database says.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::shop::{Item, Order, User, shop, tenant};

on_every_backend! {
    async fn get_returns_what_the_criteria_show(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        assert!(session.get::<Order>(2).await?.is_none());
        assert!(session.get::<User>(3).await?.is_none());
        assert!(session.get::<Order>(1).await?.is_some());
        let log = engine.record();
        assert!(session.get::<Order>(1).await?.is_some());
        assert_eq!(log.count(), 0, "its values tell: {log}");
        let hidden = session.get::<Order>(2).without_criteria().await?.expect("a deleted order");
        assert!(hidden.deleted);
        assert!(session.get::<Order>(2).await?.is_none(), "the session holds it, and does not show it");
        assert_eq!(log.count(), 1, "{log}");
        assert!(session.get::<Order>(2).without_criteria().await?.is_some());
        let found = session.get_many::<Order>([1, 2, 3, 4]).await?;
        assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true, false]);
        let found = session.get_many::<Order>([1, 2, 3, 4]).without_criteria().await?;
        assert!(found.iter().all(Option::is_some));
        let found = session.get_many::<Order>([2, 1]).with(Order::ITEMS.selectin()).await?;
        assert_eq!(found.into_iter().map(|order| order.map(|order| order.get(Order::ITEMS).len())).collect::<Vec<_>>(), [None, Some(2)]);
        Ok(())
    }

    async fn an_edit_hides_an_object_and_shows_it_again(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let order = session.get::<Order>(1).await?.expect("an order");
        session.edit(&order, |order| order.deleted = true)?;
        assert!(session.get::<Order>(1).await?.is_none());
        session.flush().await?;
        assert_eq!(session.count(select::<Order>()).await?, 2);
        assert!(session.get_many::<Order>([1]).await?[0].is_none());
        session.edit(&order, |order| order.deleted = false)?;
        assert!(session.get::<Order>(1).await?.is_some());
        session.edit(&order, |order| order.deleted = true)?;
        session.commit().await?;
        session.expire(&order)?;
        assert!(session.get::<Order>(1).await?.is_none());
        session.refresh(&order).await?;
        assert_eq!(session.count(select::<Order>()).await?, 2);
        Ok(())
    }

    async fn a_held_target_that_is_hidden_is_not_the_answer(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let items = session.all(select::<Item>().without_criteria().order_by(Item::ID)).await?;
        assert_eq!(items.len(), 5);
        assert!(session.load(&items[3], Item::PARENT).await?.is_none(), "item 2 is deleted");
        assert_eq!(session.load(&items[2], Item::PARENT).await?.map(|item| item.id), Some(1));
        let items = session.all(select::<Item>().with(Item::PARENT.selectin()).order_by(Item::ID)).await?;
        let parents: Vec<_> = items.iter().map(|item| item.get(Item::PARENT).map(|parent| parent.id)).collect();
        assert_eq!(parents, [None, Some(1), None]);
        Ok(())
    }

    async fn what_only_the_database_can_tell_it_is_asked(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let options = SessionOptions::new().criteria::<User>(User::ORDERS.any(Order::TOTAL.gt(60)));
        let mut session = engine.session_with(options);
        let users = session.all(select::<User>().without_criteria().order_by(User::ID)).await?;
        assert_eq!(users.len(), 3);
        let log = engine.record();
        assert!(session.get::<User>(1).await?.is_some());
        assert!(session.get::<User>(2).await?.is_none(), "its only order of more than 60 is deleted");
        assert_eq!(log.count(), 2, "{log}");
        assert_eq!(session.count(select::<User>()).await?, 2);
        Ok(())
    }
}
