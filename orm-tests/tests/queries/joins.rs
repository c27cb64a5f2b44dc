//! Joins that the query writes.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::grammar::only;
use crate::shop::*;

on_every_backend! {
    async fn a_left_join_gives_options(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let rows: Vec<(String, Option<i64>)> = session
            .rows(
                select_columns((User::NAME, Order::ID.optional()))
                    .left_join(User::ORDERS)
                    .order_by((User::ID, Order::ID)),
            )
            .await?;
        let names: Vec<(&str, Option<i64>)> = rows.iter().map(|(name, id)| (&**name, *id)).collect();
        assert_eq!(names, [
            ("jack", Some(1)), ("jack", Some(3)), ("jack", Some(5)), ("ed", None), ("fred", Some(2)),
            ("fred", Some(4)), ("chuck", None),
        ]);
        Ok(())
    }

    async fn many_to_many_is_joined_by_its_links(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let rows: Vec<(i64, String)> = session
            .rows(
                select_columns((Order::ID, Keyword::NAME))
                    .join(Order::ITEMS)
                    .join(Item::KEYWORDS)
                    .filter(Item::ID.eq(1))
                    .order_by((Order::ID, Keyword::ID))
                    .limit(4),
            )
            .await?;
        assert_eq!(rows, [(1, "red".into()), (1, "big".into()), (1, "round".into()), (2, "red".into())]);
        let sql = only(&log, database.backend());
        assert!(
            sql.contains(
                "FROM \"orders\" JOIN (\"order_items\" AS \"order_items_1\" JOIN \"items\" ON \
                 \"items\".\"id\" = \"order_items_1\".\"item_id\") ON \
                 \"order_items_1\".\"order_id\" = \"orders\".\"id\""
            ),
            "{sql}"
        );
        Ok(())
    }

    async fn a_table_twice_under_two_names(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let other = alias::<Address>("other");
        let log = engine.record();
        let pairs: Vec<(i64, i64)> = session
            .rows(
                select_columns((Address::ID, other.column(Address::ID)))
                    .from::<Address>()
                    .join_table(
                        &other,
                        other.column(Address::USER_ID).eq(Address::USER_ID)
                            & other.column(Address::ID).gt(Address::ID),
                    )
                    .order_by((Address::ID, other.column(Address::ID))),
            )
            .await?;
        assert_eq!(pairs, [(2, 3), (2, 4), (3, 4)]);
        assert!(
            only(&log, database.backend()).contains("FROM \"addresses\" JOIN \"addresses\" AS \"other\" ON"),
            "{log}"
        );
        let buyer = alias::<User>("buyer");
        let rows: Vec<(String, Option<i64>)> = session
            .rows(
                select_columns((buyer.column(User::NAME), Order::ID.optional()))
                    .left_join(User::ORDERS.from_alias(&buyer))
                    .filter(buyer.column(User::ID).ge(9))
                    .order_by((buyer.column(User::ID), Order::ID)),
            )
            .await?;
        assert_eq!(rows, [("fred".into(), Some(2)), ("fred".into(), Some(4)), ("chuck".into(), None)]);
        Ok(())
    }

    async fn from_is_inferred_from_the_columns(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let counted = session.row(select_columns(func::count(Order::ID)).left_join(User::ORDERS)).await?;
        assert_eq!(counted, 5);
        assert!(only(&log, database.backend()).contains("FROM \"users\" LEFT JOIN \"orders\""), "{log}");
        let pairs = session.row(select_columns(func::count_rows()).from::<User>().cross_join::<Item>()).await?;
        assert_eq!(pairs, 20);
        let by_condition: Vec<(String, String)> = session
            .rows(
                select_columns((User::NAME, Address::EMAIL_ADDRESS))
                    .join_on::<Address>(Address::USER_ID.eq(User::ID) & Address::ID.lt(3))
                    .order_by(Address::ID),
            )
            .await?;
        assert_eq!(by_condition, [("jack".into(), "jack@bean.com".into()), ("ed".into(), "ed@wood.com".into())]);
        Ok(())
    }
}
