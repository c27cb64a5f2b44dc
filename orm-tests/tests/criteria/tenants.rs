//! One engine and sessions of several tenants in turns: none of them ever sees a row of another one.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::shop::{Order, User, ids, shop};

fn of(tenant: i64) -> SessionOptions {
    SessionOptions::new().criteria::<User>(User::TENANT.eq(tenant)).criteria::<Order>(Order::USER.exists())
}

/// The users of a tenant, and the orders of each that are not deleted.
fn rows_of(tenant: i64) -> Vec<(i64, Vec<i64>)> {
    match tenant {
        1 => vec![(1, vec![1, 3]), (2, vec![])],
        2 => vec![(3, vec![5])],
        _ => Vec::new(),
    }
}

fn shown(users: &[loaded!(User { orders })]) -> Vec<(i64, Vec<i64>)> {
    users.iter().map(|user| (user.id, ids(user.get(User::ORDERS)))).collect()
}

on_every_backend! {
    async fn sessions_in_turns_see_their_own_rows(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        for tenant in [1, 2, 3, 2, 1, 1, 3, 2] {
            let rows = rows_of(tenant);
            let users: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
            let orders: Vec<i64> = rows.iter().flat_map(|(_, orders)| orders.clone()).collect();
            let mut session = engine.session_with(of(tenant));
            // The tenant's number is a value of the query too.
            let alike = session.all(select::<User>().filter(User::ID.eq(tenant)).order_by(User::ID)).await?;
            assert_eq!(alike.len(), usize::from(tenant == 1), "tenant {tenant}");
            assert_eq!(session.rows(select_columns(User::ID).order_by(User::ID)).await?, users, "tenant {tenant}");
            for query in [
                select::<User>().with(User::ORDERS.selectin()),
                select::<User>().with(User::ORDERS.joined()),
                select::<User>().with(User::ORDERS.subquery()),
                select::<User>().with(User::ORDERS.auto()),
            ] {
                let query = query.order_by(User::ID);
                assert_eq!(shown(&engine.session_with(of(tenant)).all(query.clone()).await?), rows, "tenant {tenant}");
                assert_eq!(shown(&session.all(query.limit(5)).await?), rows, "tenant {tenant}");
            }
            assert_eq!(ids(session.all(select::<Order>().order_by(Order::ID)).await?), orders, "tenant {tenant}");
            assert_eq!(session.count(select::<Order>()).await?, orders.len() as u64, "tenant {tenant}");
            for (id, owner) in [(1, 1), (2, 1), (3, 2)] {
                assert_eq!(session.get::<User>(id).await?.is_some(), owner == tenant, "tenant {tenant}");
                let many = engine.session_with(of(tenant)).get_many::<User>([id]).await?;
                assert_eq!(many[0].is_some(), owner == tenant, "tenant {tenant}");
            }
        }
        Ok(())
    }

    async fn lists_of_any_length_are_their_own(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        for tenants in [vec![1], vec![1, 2], vec![], vec![2], vec![3, 2, 1], vec![1]] {
            let options = || SessionOptions::new().criteria::<User>(User::TENANT.is_in(tenants.clone()));
            let expected: Vec<i64> = [(1, 1), (2, 1), (3, 2)]
                .into_iter()
                .filter(|(_, tenant)| tenants.contains(tenant))
                .map(|(id, _)| id)
                .collect();
            let users = engine.session_with(options()).all(select::<User>().order_by(User::ID)).await?;
            assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), expected, "{tenants:?}");
            assert_eq!(engine.session_with(options()).get::<User>(3).await?.is_some(), tenants.contains(&2), "{tenants:?}");
        }
        Ok(())
    }

    async fn the_target_of_a_to_one_is_of_the_tenant(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        for tenant in [1, 2, 1] {
            let query = select::<Order>().with(Order::USER.selectin()).order_by(Order::ID);
            let found = engine.session_with(of(tenant)).all(query.clone()).await?;
            let users: Vec<i64> = found.iter().map(|order| order.get(Order::USER).id).collect();
            assert_eq!(users, if tenant == 1 { vec![1, 1] } else { vec![3] });
            let joined = engine.session_with(of(tenant)).all(select::<Order>().with(Order::USER.joined()).order_by(Order::ID)).await?;
            assert_eq!(ids(joined), ids(found));
        }
        Ok(())
    }

    async fn a_stream_is_of_its_tenant(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        for tenant in [1, 2, 3, 1] {
            let mut session = engine.session_with(of(tenant));
            let mut stream = session.stream(select::<User>().with(User::ORDERS.selectin()).order_by(User::ID).yield_per(1));
            let mut found = Vec::new();
            while let Some(users) = stream.next_batch().await? {
                found.extend(shown(&users));
            }
            assert_eq!(found, rows_of(tenant));
        }
        Ok(())
    }
}
