//! Queries that are refused before they run.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shop::*;

#[derive(FromRow, Debug)]
struct Named {
    #[allow(dead_code)]
    name: String,
}

#[derive(FromRow, Debug)]
struct Counted {
    #[allow(dead_code)]
    id: String,
}

macro_rules! refused {
    ($session:ident, $query:expr, $($part:expr),+) => {{
        let error = $session.rows($query).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}");
        $(assert!(error.to_string().contains($part), "no {:?} in: {error}", $part);)+
    }};
}

on_every_backend! {
    async fn wrong_queries_are_refused_before_sql(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();

        refused!(session, select_columns((User::NAME, Order::ID)), "`users`", "`orders`", "nothing joins them");
        refused!(session, select_columns(User::NAME).filter(Order::ID.eq(1)), "`orders.id`", "not in it", "`users`");
        refused!(session, select_columns(User::NAME).from::<User>().join(Order::USER), "`users` is in the query twice");
        refused!(session, select_columns(User::NAME).join(User::ORDERS).join(User::ORDERS), "`orders` is in the query twice", "alias");
        refused!(session, select_columns((User::NAME, func::count(Order::ID))).join(User::ORDERS), "`users.name`", "group_by");
        refused!(
            session,
            select_columns((User::entity(), func::count(Order::ID))).join(User::ORDERS).group_by(User::NAME),
            "`User`", "id"
        );
        refused!(session, select_columns(User::NAME).filter(func::count(User::ID).gt(1)), "having");
        refused!(session, select_columns((User::NAME, Order::ID)).left_join(User::ORDERS), "`orders.id`", "optional");
        refused!(session, select_columns((User::NAME, Order::entity())).left_join(User::ORDERS), "`Order`", "optional");
        refused!(session, select_columns(User::NAME).distinct().order_by(User::ID), "DISTINCT");
        refused!(session, select_columns(User::NAME).union(select_columns(Item::DESCRIPTION)).order_by(User::ID), "union");
        refused!(session, select_columns(User::ID).into_struct::<Named>(), "`Named.name`", "is not selected", "`id`");
        refused!(session, select_columns(User::ID).into_struct::<Counted>(), "`Counted.id`", "Text", "Int64");
        refused!(session, select_columns((User::ID, User::ID)).into_struct::<Counted>(), "two values");
        refused!(session, select_columns(func::custom::<i64>("f(); DROP TABLE users", User::ID)), "no name of a function");
        refused!(session, select_columns(func::value(1i64)).join_on::<User>(User::ID.eq(1)), "from");
        let unnamed = select_columns(func::count(Order::ID)).subquery("counts");
        refused!(session, select_columns(func::count_rows()).from_table(&unnamed), "no name", "label");
        let counts = select_columns(Order::USER_ID).subquery("counts");
        refused!(session, select_columns(counts.column(User::NAME)), "`counts` has no column `name`", "`user_id`");
        let joined = select_columns(User::entity().with(User::ADDRESSES.joined()));
        refused!(session, joined, "`User.addresses`", "selectin");
        assert_eq!(log.count(), 0, "{log}");
        assert_eq!(session.rows(select_columns(User::ID)).await?.len(), 4, "the session goes on");
        Ok(())
    }

    async fn a_null_that_is_no_option_is_an_error(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let query = select_columns((Order::ID, Order::ADDRESS_ID.eq(1))).filter(Order::ID.eq(5));
        let error = session.rows(query).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        assert!(error.to_string().contains("optional"), "{error}");
        Ok(())
    }
}
