//! Plans show criteria, and are kept by them.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::shop::{Order, User, ids, shop, tenant};

on_every_backend! {
    async fn each_tenant_has_its_own_values_in_one_text(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let log = engine.record();
        for (tenant, users) in [(1, vec![1, 2]), (2, vec![3]), (3, vec![]), (1, vec![1, 2])] {
            let options = SessionOptions::new().criteria::<User>(User::TENANT.eq(tenant));
            let mut session = engine.session_with(options);
            let found = session.all(select::<User>().filter(User::ID.gt(0)).order_by(User::ID)).await?;
            assert_eq!(found.iter().map(|user| user.id).collect::<Vec<_>>(), users, "tenant {tenant}");
            assert_eq!(session.get::<User>(3).await?.is_some(), tenant == 2);
        }
        let texts: Vec<_> = log.statements().into_iter().map(|statement| statement.sql).collect();
        let lists: Vec<_> = texts.iter().filter(|text| text.contains(" > ")).collect();
        assert_eq!(lists.len(), 4, "{log}");
        assert!(lists.iter().all(|text| *text == lists[0]), "{log}");
        assert_eq!(engine.session().count(select::<User>()).await?, 3, "a session without them sees all");
        Ok(())
    }

    async fn plans_and_explanations_show_them(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let query = select::<User>().with(User::ORDERS.selectin());
        let plan = engine.plan(&query)?;
        assert!(plan.steps()[1].sql.contains("deleted"), "{plan}");
        let plain = engine.plan(&query.clone().without_criteria())?;
        assert!(!plain.steps()[1].sql.contains("WHERE") || !plain.steps()[1].sql.split("WHERE").nth(1).is_some_and(|part| part.contains("deleted")), "{plain}");
        let log = engine.record();
        let mut session = engine.session_with(tenant());
        session.explain(&select::<Order>().filter(Order::ID.eq(1))).await?;
        assert!(log.statements()[0].sql.matches("deleted").count() > 1, "{log}");
        let users = session.all(query.order_by(User::ID)).await?;
        assert_eq!(ids(users[0].get(User::ORDERS)), [1, 3]);
        Ok(())
    }

    async fn secret_values_are_not_shown(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let log = engine.record();
        let mut session = engine.session_with(SessionOptions::new().criteria::<User>(User::NAME.eq("user 2")));
        assert_eq!(session.one(select::<User>()).await?.id, 2);
        session.all(select::<Order>().filter(Order::USER.exists()).without_criteria()).await?;
        session.all(select::<Order>().filter(Order::USER.exists())).await?;
        assert!(!log.to_string().contains("user 2"), "{log}");
        Ok(())
    }
}
