//! EXPLAIN: the database's plan of a query as text.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::shop::*;

#[derive(Model, Debug)]
#[model(table = "explained_safes")]
struct Safe {
    #[key]
    id: i64,
    #[column(secret)]
    code: String,
}

on_every_backend! {
    async fn a_page_beside_a_secret_is_planned_as_it_is(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Safe]).await?;
        let mut session = engine.session();
        for id in 1..=4 {
            session.add(Safe::draft().id(id).code(format!("hush {id}")));
        }
        session.commit().await?;
        let second = select_columns(Safe::CODE).filter(Safe::CODE.ne("hush 9")).order_by(Safe::ID).limit(1).offset(1);
        let query = select::<Safe>().filter(Safe::CODE.eq(second.scalar())).limit(7);
        let log = engine.record();
        session.explain(&query).await?;
        assert_eq!(session.all(query).await?.iter().map(|safe| safe.id).collect::<Vec<_>>(), [2]);
        for statement in log.statements() {
            let shown: Vec<String> = statement.params.iter().map(ToString::to_string).collect();
            assert_eq!(shown, ["***", "1", "1", "7"], "{log}");
        }
        let joined = select_columns(func::join_text(Safe::CODE, "hush, ")).filter(Safe::ID.le(2));
        log.clear();
        let joined = session.row(joined).await?.expect("there are two");
        assert!(joined == "hush 1hush, hush 2" || joined == "hush 2hush, hush 1", "{joined}");
        assert!(!log.to_string().contains("hush"), "{log}");
        Ok(())
    }

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
