//! Queries that are refused before they run.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

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

        refused!(session, select_columns((User::NAME, Order::ID)), "`users`", "`orders`", "without joining them");
        refused!(session, select_columns(User::NAME).filter(Order::ID.eq(1)), "`orders.id`", "not part of it", "`users`");
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
        refused!(session, select_columns(func::custom::<i64>("f(); DROP TABLE users", User::ID)), "not a valid function name");
        refused!(session, select_columns(func::value(1i64)).join_on::<User>(User::ID.eq(1)), "from");
        let unnamed = select_columns(func::count(Order::ID)).subquery("counts");
        refused!(session, select_columns(func::count_rows()).from_table(&unnamed), "no name", "label");
        let counts = select_columns(Order::USER_ID).subquery("counts");
        refused!(session, select_columns(counts.column(User::NAME)), "`counts` has no column `name`", "`user_id`");
        let joined = select_columns(User::entity().with(User::ADDRESSES.joined()));
        refused!(session, joined, "`User.addresses`", "selectin");
        let by_loaded = select::<User>().with(User::ADDRESSES.joined()).order_by(Address::ID);
        let refused = session.all(by_loaded).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidQuery);
        let refused = refused.to_string();
        assert!(refused.contains("`.join(..)`") && refused.contains("sort what a load reads in the load"), "{refused}");
        refused!(session, select::<User>().join(User::ORDERS).unique().with_count(User::ORDERS), "with_count", ".distinct()");
        refused!(session, select_columns(User::NAME).from_table(&alias::<User>("")), "empty name");
        refused!(session, select_columns(User::NAME.label("")), "empty name");
        let nameless = select_columns(User::ID).cte("");
        refused!(session, select_columns(nameless.column(User::ID)), "empty name");
        let nul = select_columns(User::ID).subquery("a\0b");
        refused!(session, select_columns(nul.column(User::ID)), "NUL");
        assert_eq!(log.count(), 0, "{log}");
        assert_eq!(session.rows(select_columns(User::ID)).await?.len(), 4, "the session goes on");
        Ok(())
    }

    async fn a_window_function_is_not_a_condition(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let number = || func::row_number().over(window().order_by(User::ID));
        let (said, remedy) = ("a window function is computed after", ".subquery(");
        refused!(session, select_columns(User::ID).filter(number().eq(1)), said, remedy);
        refused!(session, select_columns(User::ID).join_on::<Order>(number().eq(Order::ID)), said);
        refused!(session, select_columns(func::count_rows()).group_by(User::NAME).having(number().gt(1)), said);
        refused!(session, select_columns(User::ID).filter(User::ID.in_query(select_columns(User::ID).filter(number().eq(1)))), said);
        let error = session.all(select::<User>().filter(number().eq(1))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery);
        assert!(error.to_string().contains(remedy), "{error}");
        let orders = User::ORDERS.selectin().filter(func::row_number().over(window().order_by(Order::ID)).eq(1));
        let error = session.all(select::<User>().with(orders)).await.unwrap_err();
        assert!(error.to_string().contains(remedy), "{error}");
        let error = session.execute(update::<User>().set(User::NAME, "x").filter(number().eq(1))).await.unwrap_err();
        assert!(error.to_string().contains(remedy), "{error}");
        assert_eq!(log.count(), 0, "{log}");
        let ids: Vec<i64> = session.rows(select_columns(User::ID).order_by(number().desc())).await?;
        assert_eq!(ids, [10, 9, 8, 7], "an order comes behind it");
        Ok(())
    }

    async fn a_query_behind_in_may_be_a_page(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let first = select_columns(User::ID).order_by(User::ID).limit(2);
        let query = select_columns(User::ID).filter(User::ID.in_query(first)).order_by(User::ID);
        assert_eq!(session.rows(query).await?, [7, 8]);
        let rest = select_columns(User::ID).order_by(User::ID).offset(2);
        let query = select::<User>().filter(!User::ID.in_query(rest)).order_by(User::ID).with(User::ORDERS.joined());
        let found: Vec<i64> = session.all(query).await?.iter().map(|user| user.id).collect();
        assert_eq!(found, [7, 8]);
        let correlated = select_columns(Order::USER_ID).from::<Order>().filter(Order::USER_ID.eq(User::ID)).order_by(Order::ID).limit(1);
        let query = select_columns(User::ID).filter(User::ID.in_query(correlated)).order_by(User::ID);
        match database.is_mysql() {
            true => refused!(session, query, "limit", "exists"),
            false => assert_eq!(session.rows(query).await?, [7, 9]),
        }
        Ok(())
    }

    async fn a_union_takes_an_order_and_a_page_alone(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let ids = || select_columns(User::ID);
        let paged = || ids().order_by(User::ID).limit(1);
        refused!(session, ids().union(ids()).filter(User::ID.gt(8)), "`filter`", "union", ".subquery(");
        refused!(session, paged().union(ids()).filter(User::ID.gt(8)), "`filter`");
        refused!(session, ids().union_all(ids()).distinct(), "`distinct`");
        refused!(session, ids().union(ids()).group_by(User::ID), "`group_by`");
        refused!(session, ids().union(ids()).join(User::ORDERS), "a table");
        let tuple = || select_columns((User::ID,));
        refused!(session, tuple().union(tuple()).with_count(User::ORDERS), "`with_count`");
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }

    async fn locks_are_of_the_query_itself(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let ids = || select_columns(User::ID);
        let paged = || ids().order_by(User::ID).limit(1);
        refused!(session, ids().union(ids().for_update()), "union", "lock");
        refused!(session, ids().for_share().union(ids()), "lock");
        refused!(session, paged().for_update().union(ids()), "union", "lock");
        refused!(session, paged().union(ids()).for_update(), "UNION", "lock");
        let inside = ids().for_update().subquery("inside");
        refused!(session, select_columns(inside.column(User::ID)), "subquery", "lock");
        let inside = ids().for_update().cte("inside");
        refused!(session, select_columns(inside.column(User::ID)), "subquery", "lock");
        refused!(session, ids().filter(User::ID.in_query(ids().for_update())), "subquery", "lock");
        if database.backend() == Backend::Postgres {
            refused!(session, select_columns(func::max(User::ID)).for_update(), "aggregate");
        }
        assert_eq!(log.count(), 0, "{log}");
        session.rollback().await?;

        // A change is in a transaction anyway: how workers take jobs off a table.
        let free = select_columns(User::ID).filter(User::NAME.eq("chuck")).for_update().skip_locked();
        let change = update::<User>().set(User::NAME, "taken").filter(User::ID.in_query(free));
        if !matches!(database.backend(), Backend::Sqlite | Backend::Postgres) {
            // MySQL reads no table that it changes.
            return Ok(());
        }
        assert_eq!(session.execute(change).await?, 1);
        session.commit().await
    }

    async fn wrong_conditions_change_nothing(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let wrong = || exists(select_columns((User::NAME, Order::ID)));
        let error = session.execute(delete::<Keyword>().filter(wrong())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery);
        assert!(error.to_string().contains("without joining them"), "{error}");
        let error = session.execute(update::<User>().set(User::NAME, "x").filter(!wrong())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery);
        let other = session.execute(delete::<User>().filter(Order::ID.eq(1))).await.unwrap_err();
        assert!(other.to_string().contains("`orders.id`"), "{other}");
        assert_eq!(log.count(), 0, "{log}");
        session.rollback().await?;
        assert_eq!(session.count(select::<Keyword>()).await?, 7);
        Ok(())
    }

    async fn a_null_without_an_option_is_an_error(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let query = select_columns((Order::ID, Order::ADDRESS_ID.eq(1))).filter(Order::ID.eq(5));
        let error = session.rows(query).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        assert!(error.to_string().contains("optional"), "{error}");
        Ok(())
    }
}
