//! Sums and arithmetic of exact numbers.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};
use rust_decimal::Decimal;

use crate::grammar::{only, parsed};

#[derive(Model, Debug)]
#[model(table = "priced")]
struct Line {
    #[key]
    id: i64,
    price: Decimal,
    discount: Option<Decimal>,
    weight: f64,
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

async fn lines(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Line]).await?;
    let mut session = engine.session();
    for (id, price, discount) in [(1, "10.25", None), (2, "-0.5", Some("0.1")), (3, "1.10", Some("0.2"))] {
        session
            .add(Line::draft().id(id).price(decimal(price)).discount(discount.map(decimal)).weight(1.0625));
    }
    session.commit().await?;
    Ok(engine)
}

on_every_backend! {
    async fn decimals_are_added_exactly(database: TestDatabase) -> Result<()> {
        let engine = lines(&database).await?;
        let mut session = engine.session();
        let extremes = select_columns((func::min(Line::PRICE), func::max(Line::DISCOUNT)));
        assert_eq!(session.row(extremes).await?, (Some(decimal("-0.5")), Some(decimal("0.2"))));
        let log = engine.record();
        let sums = select_columns((func::sum(Line::PRICE), func::avg(Line::PRICE), func::sum(Line::DISCOUNT).filter(Line::ID.lt(3))));
        let sums = session.row(sums).await;
        if database.backend() == Backend::Sqlite {
            let error = sums.unwrap_err();
            assert_eq!((error.kind(), log.count()), (ErrorKind::InvalidQuery, 0), "{error}");
            assert!(error.to_string().contains("no exact decimals"), "{error}");
            return Ok(());
        }
        let (sum, mean, some) = sums?;
        assert_eq!((sum, some), (Some(decimal("10.85")), Some(decimal("0.1"))));
        assert_eq!(mean.map(|mean| mean.round_dp(12)), Some(decimal("3.616666666667")));
        let sql = only(&log, database.backend());
        match database.backend() {
            Backend::Postgres => assert!(sql.starts_with("SELECT sum(\"priced\".\"price\"), avg(\"priced\".\"price\"), "), "{sql}"),
            _ => assert!(sql.contains("CAST(avg(\"priced\".\"price\") AS DECIMAL(57,15))"), "{sql}"),
        }
        let none = session.row(select_columns((func::sum(Line::PRICE), func::avg(Line::PRICE))).filter(Line::ID.gt(9))).await?;
        assert_eq!(none, (None, None));
        Ok(())
    }

    async fn decimals_are_calculated_with(database: TestDatabase) -> Result<()> {
        let engine = lines(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let query = select_columns((
            Line::PRICE + 1,
            Line::PRICE - decimal("0.05"),
            Line::PRICE * Line::PRICE,
            Line::PRICE / 3,
            Line::PRICE % 4,
            func::abs(Line::PRICE),
        ))
        .filter((Line::PRICE * 2).gt(20));
        let rows = session.rows(query).await;
        if database.backend() == Backend::Sqlite {
            let error = rows.unwrap_err();
            assert_eq!((error.kind(), log.count()), (ErrorKind::InvalidQuery, 0), "{error}");
            for wrong in [func::abs(Line::PRICE), func::round(Line::PRICE), func::round_to(Line::PRICE, 1)] {
                assert!(session.rows(select_columns(wrong)).await.is_err());
            }
            assert!(session.rows(select_columns(func::cast::<f64, _>(Line::PRICE))).await.is_err());
            assert!(session.rows(select_columns(func::cast::<Decimal, _>(Line::ID))).await.is_err());
            let change = update::<Line>().set_to(Line::PRICE, Line::PRICE + 1);
            assert_eq!(session.execute(change).await.unwrap_err().kind(), ErrorKind::InvalidQuery);
            assert_eq!(log.count(), 0, "{log}");
            return Ok(());
        }
        let [(plus, minus, times, over, rest, absolute)] = rows?[..] else { panic!("{log}") };
        assert_eq!((plus, minus, times), (decimal("11.25"), decimal("10.20"), decimal("105.0625")));
        assert_eq!((over.round_dp(12), rest, absolute), (decimal("3.416666666667"), decimal("2.25"), decimal("10.25")));
        let sql = only(&log, database.backend());
        assert!(sql.contains("\"priced\".\"price\" * \"priced\".\"price\""), "{sql}");

        let rounded = select_columns((func::round(Line::PRICE), func::round_to(Line::PRICE, 1), func::cast::<f64, _>(Line::PRICE)));
        assert_eq!(session.row(rounded.filter(Line::ID.eq(1))).await?, (decimal("10"), decimal("10.3"), 10.25));
        session.execute(update::<Line>().set_to(Line::PRICE, Line::PRICE * 2).filter(Line::ID.eq(3))).await?;
        let row = session.row(select_columns((Line::PRICE, func::cast::<Decimal, _>(Line::ID))).filter(Line::ID.eq(3))).await?;
        assert_eq!(row, (decimal("2.2"), decimal("3")));
        parsed(&log, database.backend());
        session.rollback().await
    }

    async fn floats_are_rounded_to_places(database: TestDatabase) -> Result<()> {
        let engine = lines(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let rounded = select_columns((func::round_to(Line::WEIGHT, 2), func::round(Line::WEIGHT))).filter(Line::ID.eq(1));
        assert_eq!(session.row(rounded).await?, (1.06, 1.0));
        parsed(&log, database.backend());
        Ok(())
    }
}
