//! Conditions on relationships.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::grammar::only;
use crate::shop::*;

fn ids<L>(users: &[Entity<User, L>]) -> Vec<i64> {
    users.iter().map(|user| user.id).collect()
}

on_every_backend! {
    async fn any_and_has_are_exists(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let users = session
            .all(select::<User>().filter(User::ORDERS.any(Order::ISOPEN.eq(true))).order_by(User::ID))
            .await?;
        assert_eq!(ids(&users), [7, 9]);
        let sql = only(&log, database.backend());
        assert!(
            sql.contains(
                "WHERE EXISTS (SELECT 1 FROM \"orders\" WHERE \"orders\".\"user_id\" = \"users\".\"id\" AND \
                 (\"orders\".\"isopen\" = ?)"
            ) || sql.contains("(\"orders\".\"user_id\" = \"users\".\"id\") AND (\"orders\".\"isopen\" = ?)"),
            "{sql}"
        );
        let orders = session
            .all(select::<Order>().filter(Order::USER.has(User::NAME.eq("fred"))).order_by(Order::ID))
            .await?;
        assert_eq!(orders.iter().map(|order| order.id).collect::<Vec<_>>(), [2, 4]);
        let without = session.all(select::<Order>().filter(!Order::ADDRESS.exists())).await?;
        assert_eq!(without.iter().map(|order| order.id).collect::<Vec<_>>(), [5]);
        Ok(())
    }

    async fn conditions_nest_and_return(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let blue = User::ORDERS.any(Order::ITEMS.any(Item::KEYWORDS.any(Keyword::NAME.eq("green"))));
        let users = session.all(select::<User>().filter(blue).order_by(User::ID)).await?;
        assert_eq!(ids(&users), [7, 9]);
        let with_itself = User::ORDERS.any(Order::USER.has(User::NAME.eq("jack")));
        let users = session.all(select::<User>().filter(with_itself)).await?;
        assert_eq!(ids(&users), [7]);
        let items = session
            .all(
                select::<User>()
                    .with(User::ORDERS.selectin().filter(Order::ITEMS.any(Item::ID.eq(1))))
                    .order_by(User::ID),
            )
            .await?;
        let found: Vec<usize> = items.iter().map(|user| user.get(User::ORDERS).len()).collect();
        assert_eq!(found, [1, 0, 2, 0]);
        let joined = session
            .all(
                select::<User>()
                    .with(User::ORDERS.joined().filter(Order::ITEMS.any(Item::ID.eq(1))))
                    .order_by(User::ID),
            )
            .await?;
        let found: Vec<usize> = joined.iter().map(|user| user.get(User::ORDERS).len()).collect();
        assert_eq!(found, [1, 0, 2, 0]);
        Ok(())
    }

    async fn counts_stand_beside_rows(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let rows = session
            .rows(
                select::<User>()
                    .order_by(User::ID)
                    .page(1, 3)
                    .with_count(User::ORDERS)
                    .with_count(User::ADDRESSES),
            )
            .await?;
        let counts: Vec<(i64, i64, i64)> = rows.iter().map(|(user, orders, addresses)| (user.id, *orders, *addresses)).collect();
        assert_eq!(counts, [(7, 3, 1), (8, 0, 3), (9, 2, 1)]);
        assert_eq!(log.count(), 1, "{log}");
        let busy = session
            .all(
                select::<User>()
                    .filter(User::ORDERS.count_of(Order::ISOPEN.eq(false)).ge(1))
                    .order_by(User::ORDERS.count().desc()),
            )
            .await?;
        assert_eq!(ids(&busy), [7, 9]);
        let items: Vec<(i64, i64)> =
            session.rows(select_columns((Order::ID, Order::ITEMS.count())).order_by(Order::ID)).await?;
        assert_eq!(items, [(1, 3), (2, 3), (3, 3), (4, 2), (5, 1)]);
        Ok(())
    }
}
