//! Queries inside queries.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::grammar::{only, parsed};
use crate::shop::*;

const ORDERS: Label<i64> = label("orders");

on_every_backend! {
    async fn a_value_of_another_query(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let latest = select_columns(func::max(Order::ID)).filter(Order::USER_ID.eq(User::ID)).scalar();
        let rows: Vec<(String, Option<i64>)> =
            session.rows(select_columns((User::NAME, latest)).from::<User>().order_by(User::ID)).await?;
        assert_eq!(rows, [("jack".into(), Some(5)), ("ed".into(), None), ("fred".into(), Some(4)), ("chuck".into(), None)]);
        assert!(
            only(&log, database.backend()).contains(
                "(SELECT max(\"orders\".\"id\") FROM \"orders\" WHERE \"orders\".\"user_id\" = \"users\".\"id\")"
            ),
            "{log}"
        );
        let last = select_columns(func::max(Order::ID)).scalar();
        let order = session.one(select::<Order>().filter(Order::ID.eq(last))).await?;
        assert_eq!(order.id, 5);
        Ok(())
    }

    async fn in_and_exists(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let buyers = select_columns(Order::USER_ID).filter(Order::ISOPEN.eq(true));
        let users = session.all(select::<User>().filter(User::ID.in_query(buyers)).order_by(User::ID)).await?;
        assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), [7, 9]);
        let none = !exists(select_columns(Order::ID).filter(Order::USER_ID.eq(User::ID)));
        let users = session.all(select::<User>().filter(none).order_by(User::ID)).await?;
        assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), [8, 10]);
        Ok(())
    }

    async fn columns_of_a_subquery_that_are_called_as_values_are(database: TestDatabase) -> Result<()> {
        const TRUE: Label<i64> = label("True");
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let all = session.rows(select_columns(User::ID.label(TRUE)).order_by(User::ID)).await?;
        assert_eq!(all, [7, 8, 9, 10], "a label of what is returned can be anything");
        let table = || select_columns(User::ID.label(TRUE)).subquery("inner_users");
        let cte = select_columns(User::ID.label(TRUE)).cte("inner_users");
        let of_table = session.rows(select_columns(table().column(TRUE)).order_by(table().column(TRUE))).await;
        let of_cte = session.rows(select_columns(cte.column(TRUE)).order_by(cte.column(TRUE))).await;
        for rows in [of_table, of_cte] {
            match database.backend() {
                Backend::Sqlite => {
                    let refused = rows.unwrap_err();
                    assert_eq!(refused.kind(), ErrorKind::InvalidQuery);
                    assert!(refused.to_string().contains("`True`"), "{refused}");
                }
                _ => assert_eq!(rows?, [7, 8, 9, 10]),
            }
        }
        let same = User::ID.in_query(select_columns(User::ID.label(TRUE)).filter(User::ID.gt(8)));
        assert_eq!(session.rows(select_columns(User::ID).filter(same).order_by(User::ID)).await?, [9, 10]);
        Ok(())
    }

    async fn a_subquery_is_a_table(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let counts = select_columns((Order::USER_ID, func::count(Order::ID).label(ORDERS)))
            .group_by(Order::USER_ID)
            .subquery("counts");
        let rows: Vec<(String, i64)> = session
            .rows(
                select_columns((User::NAME, func::coalesce(counts.column(ORDERS), 0)))
                    .from::<User>()
                    .left_join_table(&counts, counts.column(Order::USER_ID).eq(User::ID))
                    .order_by(User::ID),
            )
            .await?;
        assert_eq!(rows, [("jack".into(), 3), ("ed".into(), 0), ("fred".into(), 2), ("chuck".into(), 0)]);
        assert!(
            only(&log, database.backend()).contains(
                "LEFT JOIN (SELECT \"orders\".\"user_id\", count(\"orders\".\"id\") AS \"orders\" FROM \"orders\" \
                 GROUP BY \"orders\".\"user_id\") AS \"counts\" ON \"counts\".\"user_id\" = \"users\".\"id\""
            ),
            "{log}"
        );
        let ranked = select_columns((
            Order::entity(),
            func::row_number().over(window().partition_by(Order::USER_ID).order_by(Order::ID.desc())).label("n"),
        ))
        .subquery("ranked");
        let newest: Vec<Entity<Order>> = session
            .rows(
                select_columns(ranked.entity::<Order>())
                    .filter(ranked.column(label::<i64>("n")).eq(1))
                    .order_by(ranked.column(Order::ID)),
            )
            .await?;
        assert_eq!(newest.iter().map(|order| order.id).collect::<Vec<_>>(), [4, 5]);
        Ok(())
    }

    async fn common_table_expressions_are_written_once(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let open = select_columns((Order::ID, Order::USER_ID)).filter(Order::ISOPEN.eq(true)).cte("open_orders");
        let per_user = select_columns((open.column(Order::USER_ID), func::count_rows().label(ORDERS)))
            .group_by(open.column(Order::USER_ID))
            .cte("per_user");
        let again = open.alias("again");
        let rows: Vec<(String, i64, i64)> = session
            .rows(
                select_columns((User::NAME, per_user.column(ORDERS), again.column(Order::ID)))
                    .from::<User>()
                    .join_table(&per_user, per_user.column(Order::USER_ID).eq(User::ID))
                    .join_table(&again, again.column(Order::USER_ID).eq(User::ID))
                    .order_by(User::ID),
            )
            .await?;
        assert_eq!(rows, [("jack".into(), 1, 3), ("fred".into(), 1, 4)]);
        let sql = only(&log, database.backend());
        assert!(sql.starts_with("WITH \"open_orders\" AS (SELECT"), "{sql}");
        assert_eq!(sql.matches("\"open_orders\" AS (").count(), 1, "{sql}");
        assert_eq!(sql.matches("WITH").count(), 1, "{sql}");
        let users = session
            .all(select::<User>().filter(User::ID.in_query(select_columns(open.column(Order::USER_ID)))).order_by(User::ID))
            .await?;
        assert_eq!(users.len(), 2);
        parsed(&log, database.backend());
        Ok(())
    }

    async fn lateral_is_the_first_of_each(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let latest = select_columns(Order::ID)
            .filter(Order::USER_ID.eq(User::ID))
            .order_by(Order::ID.desc())
            .limit(1)
            .lateral("latest");
        let log = engine.record();
        let found = session
            .rows(
                select_columns((User::NAME, latest.column(Order::ID).optional()))
                    .from::<User>()
                    .left_join_table(&latest, Predicate::all([]))
                    .order_by(User::ID),
            )
            .await;
        // MySQL has it, and MariaDB has not.
        let may_have = !matches!(database.backend(), Backend::Sqlite | Backend::Postgres) && found.is_ok();
        if database.backend() != Backend::Postgres && !may_have {
            let error = found.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidQuery);
            assert!(error.to_string().contains("row_number"), "{error}");
            assert_eq!(log.count(), 0, "{log}");
            return Ok(());
        }
        assert_eq!(found?, [("jack".into(), Some(5)), ("ed".into(), None), ("fred".into(), Some(4)), ("chuck".into(), None)]);
        let text = only(&log, database.backend());
        assert!(text.contains("LEFT JOIN LATERAL (SELECT"), "{log}");
        Ok(())
    }
}
