//! Entities in queries with explicit joins, and beside columns.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::grammar::parsed;
use crate::shop::*;

on_every_backend! {
    async fn rows_that_a_join_repeats_stay(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let open = || select::<User>().join(User::ORDERS).order_by((User::ID, Order::ID));
        let ids = |users: Vec<Entity<User>>| users.iter().map(|user| user.id).collect::<Vec<_>>();
        assert_eq!(ids(session.all(open()).await?), [7, 7, 7, 9, 9]);
        assert_eq!(ids(session.all(open().unique()).await?), [7, 9]);
        let distinct = select::<User>().join(User::ORDERS).distinct().order_by(User::ID);
        assert_eq!(ids(session.all(distinct).await?), [7, 9]);
        assert_eq!(session.count(open()).await?, 5);
        assert_eq!(session.count(open().unique()).await?, 2);
        assert_eq!(ids(session.all(open().limit(4).offset(2)).await?), [7, 9, 9]);
        parsed(&log, database.backend());
        Ok(())
    }

    async fn loads_go_with_joins(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let users = session
            .all(
                select::<User>()
                    .join(User::ORDERS)
                    .filter(Order::ISOPEN.eq(true))
                    .with(User::ORDERS.selectin().with(Order::ADDRESS.joined()))
                    .with(User::ADDRESSES.subquery())
                    .order_by(User::ID),
            )
            .await?;
        assert_eq!(log.count(), 3, "{log}");
        let found: Vec<(i64, usize, usize)> =
            users.iter().map(|user| (user.id, user.get(User::ORDERS).len(), user.get(User::ADDRESSES).len())).collect();
        assert_eq!(found, [(7, 3, 1), (9, 2, 1)]);
        parsed(&log, database.backend());
        let repeated = select::<User>().join(User::ORDERS).with(User::ADDRESSES.joined()).order_by((User::ID, Order::ID));
        let users = session.all(repeated).await?;
        assert_eq!(
            users.iter().map(|user| (user.id, user.get(User::ADDRESSES).len())).collect::<Vec<_>>(),
            [(7, 1), (7, 1), (7, 1), (9, 1), (9, 1)]
        );
        let unique = select::<User>().join(User::ORDERS).with(User::ADDRESSES.joined()).unique().order_by(User::ID);
        let users = session.all(unique).await?;
        assert_eq!(users.iter().map(|user| user.get(User::ADDRESSES).len()).collect::<Vec<_>>(), [1, 1]);
        Ok(())
    }

    async fn a_join_fills_a_relationship(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let users = session
            .all(
                select::<User>()
                    .join(User::ADDRESSES)
                    .filter(Address::EMAIL_ADDRESS.ne("ed@wood.com"))
                    .fill(User::ADDRESSES)
                    .order_by((User::ID, Address::ID)),
            )
            .await?;
        assert_eq!(log.count(), 1, "{log}");
        let found: Vec<(i64, Vec<i64>)> = users
            .iter()
            .map(|user| (user.id, user.get(User::ADDRESSES).iter().map(|address| address.id).collect()))
            .collect();
        assert_eq!(found, [(7, vec![1]), (8, vec![3, 4]), (9, vec![5])]);
        assert_eq!(users[1].addresses().unwrap_err().kind(), ErrorKind::NotLoaded, "a part is not the whole");
        let chopped = select::<User>().join(User::ADDRESSES).fill(User::ADDRESSES).limit(2);
        assert_eq!(session.all(chopped).await.unwrap_err().kind(), ErrorKind::InvalidQuery);

        let home = alias::<Address>("home");
        let orders = session
            .all(
                select::<Order>()
                    .join(Order::ADDRESS.to_alias(&home))
                    .fill(Order::ADDRESS.filled_by(&home).with(Address::USER.selectin()))
                    .order_by(Order::ID),
            )
            .await?;
        let names: Vec<&str> = orders
            .iter()
            .map(|order| order.get(Order::ADDRESS).unwrap().get(Address::USER))
            .map(|user| if user.id == 7 { "jack" } else { "other" })
            .collect();
        assert_eq!(names, ["jack", "other", "jack", "other"]);
        Ok(())
    }

    async fn entities_beside_entities(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let rows = session
            .rows(
                select_columns((
                    User::entity().with(User::ADDRESSES.selectin()),
                    Order::entity().with(Order::ADDRESS.joined()).optional(),
                    func::length(User::NAME),
                ))
                .left_join(User::ORDERS)
                .order_by((User::ID, Order::ID)),
            )
            .await?;
        assert_eq!(log.count(), 2, "{log}");
        let found: Vec<(i64, usize, Option<(i64, bool)>, i64)> = rows
            .iter()
            .map(|(user, order, length)| {
                let order = order.as_ref().map(|order| (order.id, order.get(Order::ADDRESS).is_some()));
                (user.id, user.get(User::ADDRESSES).len(), order, *length)
            })
            .collect();
        assert_eq!(found, [
            (7, 1, Some((1, true)), 4), (7, 1, Some((3, true)), 4), (7, 1, Some((5, false)), 4), (8, 3, None, 2),
            (9, 1, Some((2, true)), 4), (9, 1, Some((4, true)), 4), (10, 0, None, 5),
        ]);
        assert!(Entity::same(&rows[0].0, &rows[1].0), "one row is one object");
        let log = engine.record();
        assert!(Entity::same(&session.get::<User>(7).await?.unwrap(), &rows[0].0));
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }

    async fn a_session_without_identity_map_keeps_no_rows(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().identity_map(false));
        let query = || select_columns((User::entity().with(User::ORDERS.selectin()), User::NAME)).order_by(User::ID);
        let (first, second) = (session.rows(query()).await?, session.rows(query()).await?);
        assert!(!Entity::same(&first[0].0, &second[0].0), "each query has objects of its own");
        assert_eq!(first[0].0.get(User::ORDERS).len(), 3);
        let raw = session.rows(sql("SELECT * FROM users").entities::<User>()).await?;
        assert_eq!(raw.len(), 4);
        assert!(session.stats().objects.is_empty());
        Ok(())
    }
}
