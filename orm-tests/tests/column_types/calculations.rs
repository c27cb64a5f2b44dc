//! What databases compute, and what a calculation stores.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};
use serde_json::json;
use uuid::Uuid;

#[derive(Model, Debug)]
#[model(table = "readings")]
struct Reading {
    #[key]
    id: i64,
    n: Option<i64>,
    #[column(length = 5)]
    name: String,
    token: Uuid,
    bytes: Vec<u8>,
    flag: Option<bool>,
    body: Option<serde_json::Value>,
}

/// Bytes and UUIDs whose order as signed bytes, as numbers or as texts of a language would be another one.
const FIRST: [u8; 3] = [0x01, 0xff, b'b'];

async fn readings(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Reading]).await?;
    let mut session = engine.session();
    for (id, first) in (1..).zip(FIRST) {
        let token = Uuid::from_u128(u128::from(first) << 120 | 7);
        session.add(
            Reading::draft()
                .id(id)
                .n(Some(id * 10).filter(|n| *n != 30))
                .name("a")
                .token(token)
                .bytes(vec![first, 0])
                .flag(Some(id == 2).filter(|_| id != 3))
                .body(json!([id])),
        );
    }
    session.commit().await?;
    Ok(engine)
}

on_every_backend! {
    async fn a_known_value_that_is_too_long_is_refused_before_it_is_sent(database: TestDatabase) -> Result<()> {
        let engine = readings(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let long = || "é".repeat(6);
        let new = || Reading::draft().id(1).name("b").token(Uuid::nil()).bytes(vec![]);
        let upsert = OnConflict::update(Reading::ID, ()).set(Reading::NAME, func::value(long()));
        let plain = OnConflict::update(Reading::ID, ()).set(Reading::NAME, long());
        let copied = select_columns((Reading::ID + 10, func::value(long()), Reading::TOKEN, Reading::BYTES));
        let columns = (Reading::ID, Reading::NAME, Reading::TOKEN, Reading::BYTES);
        let refused = [
            session.execute(update::<Reading>().set(Reading::NAME, long())).await,
            session.execute(update::<Reading>().set_to(Reading::NAME, func::value(long()))).await,
            session.execute(update::<Reading>().set(Reading::NAME, long()).returning()).await.map(|_| 0),
            session.execute(insert::<Reading>().rows([new()]).on_conflict(upsert)).await,
            session.execute(insert::<Reading>().rows([new()]).on_conflict(plain)).await,
            session.execute(insert_from(columns, copied)).await,
        ];
        for refused in refused {
            let refused = refused.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidValue, "{refused}");
            let message = refused.to_string();
            assert!(message.contains("`Reading.name` has 6 characters, but at most 5 are allowed"), "{message}");
        }
        assert_eq!(log.count(), 0, "{log}");
        session.execute(update::<Reading>().set(Reading::NAME, "é".repeat(5))).await?;
        session.commit().await
    }

    async fn an_integer_without_room_is_an_error_and_not_rounded(database: TestDatabase) -> Result<()> {
        let engine = readings(&database).await?;
        let mut session = engine.session();
        let first = || update::<Reading>().filter(Reading::ID.eq(1));
        let numbers = async |session: &mut Session| {
            session.rows(select_columns(Reading::N).order_by(Reading::ID)).await
        };
        for (n, sums) in [
            (i64::MAX, vec![Reading::N + 1, (Reading::N + 1) - Reading::N, Reading::N * Reading::N]),
            (i64::MIN, vec![Reading::N - 1, Reading::N / -1]),
        ] {
            session.execute(first().set(Reading::N, n)).await?;
            session.commit().await?;
            for sum in sums {
                let new = || Reading::draft().id(1).name("b").token(Uuid::nil()).bytes(vec![]);
                let upsert = || OnConflict::update(Reading::ID, ()).set(Reading::N, sum.clone());
                let columns = (Reading::ID, Reading::NAME, Reading::N, Reading::TOKEN, Reading::BYTES);
                let copied = (Reading::ID + 10, Reading::NAME, sum.clone(), Reading::TOKEN, Reading::BYTES);
                let copied = select_columns(copied).filter(Reading::ID.eq(1));
                let chosen = func::case::<Option<i64>>().when(Reading::ID.eq(1), sum.clone()).otherwise(0);
                for at in 0..4 {
                    let refused = match at {
                        0 => session.execute(update::<Reading>().set_to(Reading::N, sum.clone())).await,
                        1 => session.execute(insert::<Reading>().rows([new()]).on_conflict(upsert())).await,
                        2 => session.execute(insert_from(columns, copied.clone())).await,
                        _ => session.execute(update::<Reading>().set_to(Reading::N, chosen.clone())).await,
                    };
                    let refused = refused.unwrap_err();
                    assert_eq!(refused.kind(), ErrorKind::InvalidValue, "{refused}");
                    session.rollback().await?;
                }
                assert_eq!(numbers(&mut session).await?, [Some(n), Some(20), None]);
            }
        }
        let log = engine.record();
        let others = update::<Reading>().filter(Reading::ID.gt(1));
        assert_eq!(session.execute(others.set_to(Reading::N, (Reading::N + 1) * 3 % 10)).await?, 2);
        assert_eq!(log.count(), 1, "{log}");
        assert_eq!(numbers(&mut session).await?, [Some(i64::MIN), Some(3), None]);
        session.commit().await
    }

    async fn the_smallest_and_largest_of_every_type(database: TestDatabase) -> Result<()> {
        let engine = readings(&database).await?;
        let mut session = engine.session();
        let token = |first: u8| Some(Uuid::from_u128(u128::from(first) << 120 | 7));
        let bytes = |first: u8| Some(vec![first, 0]);
        let log = engine.record();
        let tokens = session.row(select_columns((func::min(Reading::TOKEN), func::max(Reading::TOKEN)))).await?;
        assert_eq!(tokens, (token(0x01), token(0xff)));
        let found = session.row(select_columns((func::min(Reading::BYTES), func::max(Reading::BYTES)))).await?;
        assert_eq!(found, (bytes(0x01), bytes(0xff)));
        let flags = session.row(select_columns((func::min(Reading::FLAG), func::max(Reading::FLAG)))).await?;
        assert_eq!(flags, (Some(false), Some(true)));
        let some = select_columns((
            func::min(Reading::TOKEN).filter(Reading::ID.gt(1)),
            func::max(Reading::BYTES).distinct().filter(Reading::ID.ne(2)),
            func::max(Reading::FLAG).filter(Reading::ID.ne(2)),
            func::min(Reading::FLAG).filter(Reading::ID.eq(3)),
        ));
        assert_eq!(session.row(some).await?, (token(b'b'), bytes(b'b'), Some(false), None));
        let so_far = || window().order_by(Reading::ID).rows(..=0);
        let over = select_columns((
            func::max(Reading::TOKEN).over(so_far()),
            func::max(Reading::BYTES).over(so_far()),
            func::max(Reading::FLAG).over(so_far()),
        ));
        let rows = session.rows(over.order_by(Reading::ID)).await?;
        assert_eq!(rows, [
            (token(0x01), bytes(0x01), Some(false)),
            (token(0xff), bytes(0xff), Some(true)),
            (token(0xff), bytes(0xff), Some(true)),
        ]);
        assert_eq!(log.count(), 5, "{log}");
        let refused = session.row(select_columns(func::min(Reading::BODY))).await.unwrap_err();
        assert_eq!((refused.kind(), log.count()), (ErrorKind::InvalidQuery, 5), "{refused}");
        assert!(refused.to_string().contains("JSON has no order"), "{refused}");
        Ok(())
    }

    async fn a_frame_without_rows_is_refused_before_it_is_sent(database: TestDatabase) -> Result<()> {
        let engine = readings(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let by_id = || window().order_by(Reading::ID);
        let (first, last) = (1, -1);
        for frame in [by_id().rows(0..0), by_id().rows(first..=last), by_id().rows(-1..-1), by_id().range(0..0)] {
            let refused = session.rows(select_columns(func::sum(Reading::N).over(frame))).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidQuery, "{refused}");
            assert!(refused.to_string().contains("the frame of a window has no rows"), "{refused}");
        }
        assert_eq!(log.count(), 0, "{log}");
        let next = select_columns(func::sum(Reading::N).over(by_id().rows(1..=1))).order_by(Reading::ID);
        assert_eq!(session.rows(next).await?, [Some(20), None, None]);
        Ok(())
    }

    async fn nothing_is_at_an_index_behind_the_last_one(database: TestDatabase) -> Result<()> {
        let engine = readings(&database).await?;
        let mut session = engine.session();
        for index in [1, i32::MAX as usize, i32::MAX as usize + 1, u32::MAX as usize, u32::MAX as usize + 1, usize::MAX] {
            let place = || Reading::BODY.at(index);
            let query = select_columns((place().integer(), place().exists())).order_by(Reading::ID);
            assert_eq!(session.rows(query).await?, [(None, false); 3], "{index}");
        }
        Ok(())
    }

    async fn the_larger_of_a_value_and_null_is_null(database: TestDatabase) -> Result<()> {
        let engine = readings(&database).await?;
        let mut session = engine.session();
        let nothing: Option<i64> = None;
        let query = select_columns((
            func::greatest(Reading::N, 15),
            func::least(Reading::N, Reading::ID * 15),
            func::greatest(func::value(15i64), 7),
            func::least(Reading::N, nothing),
        ));
        let rows = session.rows(query.order_by(Reading::ID)).await?;
        assert_eq!(rows, [
            (Some(15), Some(10), 15, None),
            (Some(20), Some(20), 15, None),
            (None, None, 15, None),
        ]);
        let largest = update::<Reading>().set_to(Reading::N, func::greatest(Reading::N, Reading::ID));
        session.execute(largest).await?;
        assert_eq!(session.rows(select_columns(Reading::N).order_by(Reading::ID)).await?, [Some(10), Some(20), None]);
        Ok(())
    }
}
