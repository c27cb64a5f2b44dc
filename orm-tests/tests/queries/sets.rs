//! UNION, INTERSECT, EXCEPT, DISTINCT.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::grammar::{only, parsed};
use crate::shop::*;

on_every_backend! {
    async fn sets_of_rows(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let ids = |from: i64, to: i64| select_columns(User::ID).filter(User::ID.between(from, to));
        let union: Vec<i64> = session.rows(ids(7, 8).union(ids(8, 9)).order_by(User::ID.desc())).await?;
        assert_eq!(union, [9, 8, 7]);
        assert!(only(&log, database.backend()).ends_with(" ORDER BY 1 DESC"), "{log}");
        let all: Vec<i64> = session.rows(ids(7, 8).union_all(ids(8, 9)).order_by(User::ID)).await?;
        assert_eq!(all, [7, 8, 8, 9]);
        let both: Vec<i64> = session.rows(ids(7, 8).intersect(ids(8, 9))).await?;
        assert_eq!(both, [8]);
        let rest: Vec<i64> = session.rows(ids(7, 9).except(ids(8, 8)).order_by(User::ID)).await?;
        assert_eq!(rest, [7, 9]);
        let mixed: Vec<i64> = session.rows(ids(7, 8).union(ids(9, 9)).intersect(ids(8, 10)).order_by(User::ID)).await?;
        assert_eq!(mixed, [8, 9], "from left to right on every database");
        let paged: Vec<i64> = session
            .rows(
                ids(7, 10).order_by(User::ID).limit(1)
                    .union_all(ids(7, 10).order_by(User::ID.desc()).limit(1))
                    .order_by(User::ID),
            )
            .await?;
        assert_eq!(paged, [7, 10]);
        parsed(&log, database.backend());
        Ok(())
    }

    async fn a_union_of_entities(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let users = session
            .rows(
                select_columns(User::entity().with(User::ADDRESSES.selectin()))
                    .filter(User::ID.le(8))
                    .union(select_columns(User::entity().with(User::ADDRESSES.selectin())).filter(User::ID.ge(8)))
                    .order_by(User::ID),
            )
            .await?;
        assert_eq!(users.iter().map(|user| (user.id, user.get(User::ADDRESSES).len())).collect::<Vec<_>>(), [(7, 1), (8, 3), (9, 1), (10, 0)]);
        assert_eq!(log.count(), 2, "{log}");
        Ok(())
    }

    async fn distinct_rows(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let users: Vec<i64> =
            session.rows(select_columns(Order::USER_ID).distinct().order_by(Order::USER_ID)).await?;
        assert_eq!(users, [7, 9]);
        let first = select_columns((Order::USER_ID, Order::ID))
            .distinct_on(Order::USER_ID)
            .order_by((Order::USER_ID, Order::ID.desc()));
        let log = engine.record();
        let found = session.rows(first).await;
        if database.backend() == Backend::Postgres {
            assert_eq!(found?, [(7, 5), (9, 4)]);
        } else {
            let error = found.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidQuery);
            assert!(error.to_string().contains("row_number"), "{error}");
            assert_eq!(log.count(), 0);
        }
        Ok(())
    }
}
