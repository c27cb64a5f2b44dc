//! Statements that connections keep prepared: one text with values of other types, and tables that change meanwhile.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};
use serde_json::json;

#[derive(Model, Debug)]
#[model(table = "readings")]
pub struct Reading {
    #[key]
    pub id: i64,
    pub price: f64,
    pub number: i64,
    pub note: Option<String>,
    pub body: serde_json::Value,
}

/// An engine with one connection, which keeps what it prepared.
async fn readings(database: &TestDatabase) -> Result<Engine> {
    let engine = database.builder().pool_size(1).connect().await?;
    engine.create_all(schema![Reading]).await?;
    let mut session = engine.session();
    for (id, price, number) in [(1, 7.25, 5), (2, 7.75, 8)] {
        let body = json!({ "n": if id == 1 { json!(5) } else { json!(5.5) } });
        session.add(Reading::draft().id(id).price(price).number(number).body(body));
    }
    session.commit().await?;
    Ok(engine)
}

async fn prices(session: &mut Session) -> Result<Vec<f64>> {
    session.rows(select_columns(Reading::PRICE).order_by(Reading::ID)).await
}

on_every_backend! {
    async fn one_text_with_values_of_another_type_is_another_statement(database: TestDatabase) -> Result<()> {
        let engine = readings(&database).await?;
        let mut session = engine.session();
        let above = || sql("SELECT 0 + id FROM readings WHERE number > ? ORDER BY id");
        for _ in 0..2 {
            assert_eq!(session.rows(above().bind(7i64).rows::<i64>()).await?, [2]);
            assert_eq!(session.rows(above().bind(7.5f64).rows::<i64>()).await?, [2]);
            assert_eq!(session.rows(above().bind(4.5f64).rows::<i64>()).await?, [1, 2]);
            assert_eq!(session.rows(above().bind(5i64).rows::<i64>()).await?, [2]);
            for one in [1i64, -3] {
                let both = (Reading::ID, func::value(one));
                assert_eq!(session.rows(select_columns(both).order_by(Reading::ID)).await?, [(1, one), (2, one)]);
                let both = (Reading::ID, func::value(1.5f64));
                assert_eq!(session.rows(select_columns(both).order_by(Reading::ID)).await?, [(1, 1.5), (2, 1.5)]);
                let both = (Reading::ID, func::value("text".to_owned()));
                let found = session.rows(select_columns(both).order_by(Reading::ID)).await?;
                assert_eq!(found, [(1, "text".to_owned()), (2, "text".to_owned())]);
            }
            let mut stream = session.stream(above().bind(7.5f64).rows::<i64>().yield_per(1));
            assert_eq!(stream.next_batch().await?, Some(vec![2]));
            drop(stream);
            let mut stream = session.stream(above().bind(7i64).rows::<i64>().yield_per(1));
            assert_eq!(stream.next_batch().await?, Some(vec![2]));
        }
        Ok(())
    }

    async fn values_of_another_type_are_stored_as_they_are(database: TestDatabase) -> Result<()> {
        let engine = readings(&database).await?;
        let mut session = engine.session();
        let set = || sql("UPDATE readings SET price = ?");
        for _ in 0..2 {
            session.execute(set().bind(1.5f64)).await?;
            assert_eq!(prices(&mut session).await?, [1.5, 1.5]);
            session.execute(set().bind(4i64)).await?;
            assert_eq!(prices(&mut session).await?, [4.0, 4.0]);
            let insert = || sql("INSERT INTO readings (id, price, number, body) VALUES (?, ?, ?, '{}')");
            session.execute(insert().bind(3).bind(2i64).bind(1i64)).await?;
            session.execute(insert().bind(4).bind(2.5f64).bind(1i64)).await?;
            assert_eq!(prices(&mut session).await?, [4.0, 4.0, 2.0, 2.5]);
            session.rollback().await?;
        }
        Ok(())
    }

    async fn a_number_in_json_is_what_it_is(database: TestDatabase) -> Result<()> {
        let engine = readings(&database).await?;
        let mut session = engine.session();
        let n = || Reading::BODY.at("n");
        for _ in 0..2 {
            let five = select_columns(Reading::ID).filter(n().integer().eq(5i64));
            assert_eq!(session.rows(five).await?, [1]);
            let more = select_columns(Reading::ID).filter(n().float().gt(5.25));
            assert_eq!(session.rows(more).await?, [2]);
            let more = select_columns(Reading::ID).filter(n().float().ge(5.0)).order_by(Reading::ID);
            assert_eq!(session.rows(more).await?, [1, 2]);
        }
        Ok(())
    }

    async fn null_and_a_value_are_two_types(database: TestDatabase) -> Result<()> {
        let engine = readings(&database).await?;
        let mut session = engine.session();
        for note in [None, Some("a"), None, Some("b")] {
            session.execute(update::<Reading>().set(Reading::NOTE, note.map(str::to_owned))).await?;
            let set = || sql("UPDATE readings SET note = ?, price = ? WHERE id = 2");
            let value = || note.map_or(orm_core::value::Value::Null, orm_core::value::Value::from);
            session.execute(set().bind(value()).bind(2.5f64)).await?;
            session.execute(set().bind(value()).bind(3i64)).await?;
            let seen = session.rows(select_columns((Reading::NOTE, Reading::PRICE)).order_by(Reading::ID)).await?;
            let note = note.map(str::to_owned);
            assert_eq!(seen, [(note.clone(), 7.25), (note, 3.0)]);
        }
        Ok(())
    }

    async fn a_migration_is_met_once_at_most(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        let engine = readings(&database).await?;
        let whole = || sql("SELECT * FROM readings WHERE id = ?").bind(1i64).entities::<Reading>();
        let mut session = engine.session();
        let mut change = 0;
        let mut migrate = async || {
            change += 1;
            database.run(&format!("ALTER TABLE readings ADD COLUMN later_{change} INTEGER")).await;
        };
        session.rows(whole()).await?;
        migrate().await;
        // Outside a transaction there is no visible effect.
        let log = engine.record();
        assert_eq!(session.rows(whole()).await?.len(), 1);
        assert_eq!(log.count(), 1, "{log}");
        // Inside one the error is retryable, and repeating the unit succeeds.
        migrate().await;
        let mut failed = 0;
        for _ in 0..2 {
            let done = session.transaction(async |session| session.rows(whole()).await).await;
            if let Err(error) = done {
                assert!(error.is_retryable(), "{error}");
                assert_eq!(error.kind(), ErrorKind::Serialization, "{error}");
                failed += 1;
            }
        }
        assert_eq!(failed, usize::from(database.backend() == Backend::Postgres));
        migrate().await;
        let found = engine.transact(RetryPolicy::new(), async |session| session.rows(whole()).await).await?;
        assert_eq!(found.len(), 1);
        // A savepoint takes it back as well.
        migrate().await;
        session.begin().await?;
        let mut tried = 0;
        while session.nested(async |session| session.rows(whole()).await.map(drop)).await.is_err() {
            tried += 1;
            assert!(tried < 2, "the second attempt works");
        }
        // And what is written and given back.
        let returning = || sql("UPDATE readings SET number = ? WHERE id = 1 RETURNING *").bind(9i64);
        if database.backend() == Backend::Postgres {
            session.rows(returning().entities::<Reading>()).await?;
            session.rollback().await?;
            migrate().await;
            let work = async |session: &mut Session| session.rows(returning().entities::<Reading>()).await;
            assert_eq!(engine.transact(RetryPolicy::new(), work).await?[0].number, 9);
        }
        Ok(())
    }
}
