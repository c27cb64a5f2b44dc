//! Window functions.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::grammar::only;
use crate::shop::*;

on_every_backend! {
    async fn an_entity_stands_beside_its_rank(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let by_user = window().partition_by(Order::USER_ID).order_by(Order::ID.desc());
        let rows: Vec<(Entity<Order>, i64)> = session
            .rows(select_columns((Order::entity(), func::row_number().over(by_user))).order_by(Order::ID))
            .await?;
        let ranks: Vec<(i64, i64)> = rows.iter().map(|(order, rank)| (order.id, *rank)).collect();
        assert_eq!(ranks, [(1, 3), (2, 2), (3, 2), (4, 1), (5, 1)]);
        assert!(
            only(&log, database.backend()).starts_with(
                "SELECT row_number() OVER (PARTITION BY \"orders\".\"user_id\" ORDER BY \"orders\".\"id\" DESC), \
                 \"orders\".\"id\", "
            ),
            "{log}"
        );
        Ok(())
    }

    async fn frames_and_neighbours(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let by_id = || window().order_by(Order::ID);
        let rows: Vec<(i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>)> = session
            .rows(
                select_columns((
                    Order::ID,
                    func::sum(Order::ID).over(by_id().rows(..=0)),
                    func::sum(Order::ID).over(by_id().rows(-1..=1)),
                    func::lag(Order::ID, 1).over(by_id()),
                    func::last_value(Order::ID).over(by_id().rows(..)),
                ))
                .order_by(Order::ID),
            )
            .await?;
        assert_eq!(rows, [
            (1, Some(1), Some(3), None, Some(5)),
            (2, Some(3), Some(6), Some(1), Some(5)),
            (3, Some(6), Some(9), Some(2), Some(5)),
            (4, Some(10), Some(12), Some(3), Some(5)),
            (5, Some(15), Some(9), Some(4), Some(5)),
        ]);
        let ranks: Vec<(i64, i64, i64, i64)> = session
            .rows(
                select_columns((
                    Order::ID,
                    func::rank().over(window().order_by(Order::USER_ID)),
                    func::dense_rank().over(window().order_by(Order::USER_ID)),
                    func::ntile(2).over(by_id()),
                ))
                .order_by(Order::ID),
            )
            .await?;
        assert_eq!(ranks, [(1, 1, 1, 1), (2, 4, 2, 1), (3, 1, 1, 1), (4, 4, 2, 2), (5, 1, 1, 2)]);
        Ok(())
    }

    async fn windows_of_groups(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let most = window().order_by(func::count(Order::ID).desc());
        let rows: Vec<(i64, i64)> = session
            .rows(
                select_columns((Order::USER_ID, func::rank().over(most)))
                    .group_by(Order::USER_ID)
                    .order_by(Order::USER_ID),
            )
            .await?;
        assert_eq!(rows, [(7, 1), (9, 2)]);
        Ok(())
    }
}
