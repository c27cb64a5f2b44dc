//! EXPLAIN: the database's plan of a query as text.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::shop::*;

on_every_backend! {
    async fn a_plan_names_the_tables(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let query = select::<User>().filter(User::NAME.eq("jack")).with(User::ORDERS.selectin());
        let entities = session.explain(&query).await?;
        let rows = select_columns((User::NAME, func::count(Order::ID))).join(User::ORDERS).group_by((User::ID, User::NAME));
        let rows = session.explain(&rows).await?;
        assert_eq!(log.count(), 2, "the statement itself is not run: {log}");
        let prefix = match database.backend() {
            Backend::Sqlite => "EXPLAIN QUERY PLAN SELECT ",
            Backend::Postgres => "EXPLAIN SELECT ",
            _ => "EXPLAIN FORMAT=JSON SELECT ",
        };
        assert!(log.statements().iter().all(|statement| statement.sql.starts_with(prefix)), "{log}");
        assert!(entities.contains("users") && !entities.contains("orders"), "{entities}");
        assert!(rows.contains("users") && rows.contains("orders"), "{rows}");
        let by_key = session.explain(&select::<User>().filter(User::ID.eq(7))).await?;
        let index = match database.backend() {
            Backend::Sqlite => "PRIMARY KEY",
            Backend::Postgres => "id = ",
            _ => "PRIMARY",
        };
        // MySQL reads a row by its key while it plans.
        assert!(by_key.contains(index) || by_key.contains("rows_fetched_before_execution"), "{by_key}");
        assert_eq!(session.all(query).await?[0].get(User::ORDERS).len(), 3, "and then it can be run");
        Ok(())
    }

    async fn a_wrong_query_has_no_plan(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let error = session.explain(&select_columns((User::NAME, Order::ID))).await.unwrap_err();
        assert_eq!((error.kind(), log.count()), (ErrorKind::InvalidQuery, 0), "{error}");
        let error = session.explain(&select::<User>().page(0, 1)).await.unwrap_err();
        assert_eq!((error.kind(), log.count()), (ErrorKind::InvalidQuery, 0), "{error}");
        Ok(())
    }
}
