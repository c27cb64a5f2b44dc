//! The unit of work: order, batching, dirty tracking, links, rollback.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shop::*;

on_every_backend! {
    async fn a_graph_is_saved_parents_first(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let mary = session.add(User::draft().id(11).name("mary").orders([
            Order::draft().description("first").isopen(true),
            Order::draft().description("second").isopen(false),
        ]));
        session.flush().await?;
        assert_eq!(log.count(), 2, "one INSERT for users, one for both orders: {log}");

        let mary = mary.entity()?;
        let orders = mary.orders()?;
        assert_eq!(orders.iter().map(|o| (o.user_id, o.description.clone())).collect::<Vec<_>>(), [
            (11, "first".to_string()),
            (11, "second".to_string())
        ]);
        assert!(orders.iter().all(|order| order.id > 5), "keys come from the database");
        session.commit().await
    }

    async fn only_what_changed_is_written(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let jack = session.get::<User>(7).await?.expect("jack is there");
        let log = engine.record();
        session.edit(&jack, |user| user.name = "jack".into())?;
        session.flush().await?;
        assert_eq!(log.count(), 0, "the same value is no change: {log}");
        session.edit(&jack, |user| user.name.push('!'))?;
        assert!(session.is_modified(&jack));
        session.commit().await?;
        assert_eq!(log.count(), 1, "{log}");
        assert!(log.statements()[0].sql.starts_with("UPDATE"), "{log}");
        Ok(())
    }

    async fn links_follow_the_objects(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let order = session.one(select::<Order>().filter(Order::ID.eq(5)).with(Order::ITEMS.selectin())).await?;
        let address = session.get::<Address>(1).await?.expect("the address is there");
        session.assign(&order, Order::ADDRESS, &address)?;
        let item = session.get::<Item>(1).await?.expect("the item is there");
        session.append(&order, Order::ITEMS, &item)?;
        session.commit().await?;

        let mut other = engine.session();
        let order =
            other.one(select::<Order>().filter(Order::ID.eq(5)).with(Order::ITEMS.selectin()).with(Order::ADDRESS.joined())).await?;
        assert_eq!(order.address_id, Some(1));
        assert_eq!(order.get(Order::ADDRESS).map(|a| a.id), Some(1));
        assert_eq!(order.get(Order::ITEMS).iter().map(|i| i.id).collect::<Vec<_>>(), [1, 5]);
        Ok(())
    }

    async fn a_query_keeps_its_word_and_the_object_moves_on(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let orders = session
            .all(select::<Order>().order_by(Order::ID).with(Order::ADDRESS.selectin().with(Address::USER.selectin())))
            .await?;
        let second = session.get::<Address>(2).await?.expect("the address is there");
        session.assign(&orders[0], Order::ADDRESS, &second)?;
        assert_eq!(orders[0].address()?.map(|address| address.id), Some(2), "the object holds the new address at once");
        let found = orders[0].get(Order::ADDRESS).expect("the query found one");
        assert_eq!((found.id, found.get(Address::USER).name.as_str()), (1, "jack"), "and what the query proved stays readable");
        session.edit(found.get(Address::USER), |user| user.name = "jacques".into())?;
        assert_eq!(orders[2].get(Order::ADDRESS).expect("the same address").get(Address::USER).name, "jacques");
        Ok(())
    }

    async fn an_error_rolls_everything_back(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let failed: Result<()> = session
            .transaction(async |session| {
                session.add(User::draft().id(12).name("nobody"));
                session.flush().await?;
                session.add(User::draft().id(7).name("a second jack"));
                session.flush().await
            })
            .await;
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::UniqueViolation);
        assert_eq!(session.count(select::<User>()).await?, 4, "the session works again, and nothing was kept");
        Ok(())
    }

    async fn deleting_a_parent_needs_a_rule(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let chuck = session.get::<User>(10).await?.expect("chuck is there");
        session.delete(&chuck)?;
        session.commit().await?;
        assert!(session.get::<User>(10).await?.is_none());

        let jack = session.get::<User>(7).await?.expect("jack is there");
        session.delete(&jack)?;
        let error = session.commit().await.unwrap_err(); // orders.user_id is NOT NULL and no cascade says what to do
        assert!(error.to_string().contains("User.addresses") || error.to_string().contains("User.orders"), "{error}");
        session.rollback().await?;
        assert_eq!(session.count(select::<User>()).await?, 3);
        Ok(())
    }
}
