//! Integers and floats together are floats, a number may come first, and a condition is an order.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "sums_lines")]
struct Line {
    #[key]
    id: i64,
    price: f64,
    quantity: i64,
    small: i32,
    rebate: Option<i64>,
}

async fn lines(database: &TestDatabase) -> Result<Session> {
    let engine = database.engine().await?;
    engine.create_all(schema![Line]).await?;
    let mut session = engine.session();
    session.add(Line::draft().id(1).price(1.5).quantity(3).small(2).rebate(None));
    session.add(Line::draft().id(2).price(0.25).quantity(7).small(4).rebate(1));
    session.flush().await?;
    Ok(session)
}

on_every_backend! {
    async fn integers_and_floats_are_floats(database: TestDatabase) -> Result<()> {
        let session = &mut lines(&database).await?;
        let products = (
            Line::PRICE * Line::QUANTITY,
            Line::QUANTITY * Line::PRICE,
            Line::QUANTITY * 0.5,
            Line::SMALL / 8.0,
            Line::REBATE + 0.5,
            (Line::QUANTITY + 1) * Line::PRICE,
        );
        let rows = session.rows(select_columns(products).order_by(Line::ID)).await?;
        assert_eq!(rows, [(4.5, 4.5, 1.5, 0.25, None, 6.0), (1.75, 1.75, 3.5, 0.5, Some(1.5), 2.0)]);
        let first = (2.0 * Line::PRICE, 0.5 * Line::QUANTITY, 2 * Line::QUANTITY, 10 - Line::SMALL, 2 * Line::PRICE, 1 + (Line::QUANTITY * 2));
        let rows = session.rows(select_columns(first).order_by(Line::ID)).await?;
        assert_eq!(rows, [(3.0, 1.5, 6, 8, 3.0, 7), (0.5, 3.5, 14, 6, 0.5, 15)]);
        let sums = (func::sum(Line::QUANTITY) * 100.0, func::sum(Line::QUANTITY) * 2, func::sum(Line::PRICE) / 2, func::count(Line::ID) + 1, 100.0 * func::sum(Line::QUANTITY));
        assert_eq!(session.rows(select_columns(sums)).await?, [(Some(1000.0), Some(20), Some(0.875), 3, Some(1000.0))]);
        let share = func::sum(Line::PRICE).filter(Line::ID.eq(1)) / func::sum(Line::QUANTITY);
        assert_eq!(session.rows(select_columns(share)).await?, [Some(0.15)]);
        let dear = Line::PRICE.lt(2 * Line::QUANTITY) & (Line::PRICE * Line::QUANTITY).ge(2.0) & Line::PRICE.lt(Line::QUANTITY);
        assert_eq!(session.rows(select_columns(Line::ID).filter(dear)).await?, [1]);
        session.rollback().await
    }

    async fn a_condition_is_an_order(database: TestDatabase) -> Result<()> {
        let session = &mut lines(&database).await?;
        let ids = |query| select_columns(Line::ID).order_by((query, Line::ID));
        assert_eq!(session.rows(ids(Line::QUANTITY.gt(5).desc())).await?, [2, 1]);
        assert_eq!(session.rows(select_columns(Line::ID).order_by(Line::QUANTITY.lt(5))).await?, [2, 1]);
        let ordered = session.all(select::<Line>().order_by((Line::REBATE.is_null(), Line::ID.desc()))).await?;
        assert_eq!(ordered.iter().map(|line| line.id).collect::<Vec<_>>(), [2, 1]);
        session.rollback().await
    }

    async fn a_function_has_no_arguments(database: TestDatabase) -> Result<()> {
        let session = &mut lines(&database).await?;
        let name = match database.backend() {
            Backend::Sqlite => "changes",
            Backend::Postgres => "pg_backend_pid",
            _ => "connection_id",
        };
        assert_eq!(session.rows(select_columns(func::custom::<i64>(name, ()))).await?.len(), 1);
        session.rollback().await
    }
}
