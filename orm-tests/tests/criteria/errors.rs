//! What criteria cannot be, and a required to-one whose row they hide.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::shop::{Order, User, ids, shop, tenant};

on_every_backend! {
    async fn they_are_about_their_own_model(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().criteria::<User>(Order::TOTAL.gt(1)));
        let log = engine.record();
        for error in [
            session.all(select::<User>()).await.unwrap_err(),
            session.all(select::<Order>().with(Order::USER.selectin())).await.unwrap_err(),
            session.execute(delete::<User>()).await.unwrap_err(),
        ] {
            assert!(error.to_string().contains("the criteria of `User` name a column of `criteria_orders`"), "{error}");
        }
        assert!(log.statements().iter().all(|statement| !statement.sql.contains("DELETE")), "{log}");
        Ok(())
    }

    async fn a_required_target_that_is_hidden_is_an_error(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        for query in [
            select::<Order>().with(Order::USER.selectin()).dynamic(),
            select::<Order>().with(Order::USER.joined()).dynamic(),
            select::<Order>().with(Order::USER.subquery()).dynamic(),
        ] {
            let error = engine.session_with(tenant()).all(query).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DanglingKey);
            assert!(error.to_string().contains("criteria hide the `User` with the key 3"), "{error}");
        }
        let mut session = engine.session_with(tenant());
        let seen = select::<Order>().with(Order::USER.joined().inner()).order_by(Order::ID);
        assert_eq!(ids(session.all(seen.clone()).await?), [1, 3], "an inner join leaves those out");
        assert_eq!(session.count(seen).await?, 2);
        let orders = session.all(select::<Order>().with(Order::USER.selectin()).without_criteria().order_by(Order::ID)).await?;
        assert_eq!(orders.iter().map(|order| order.get(Order::USER).id).collect::<Vec<_>>(), [1, 1, 1, 2, 3]);
        Ok(())
    }
}
