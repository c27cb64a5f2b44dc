//! How values are stored, what other writers may have stored, and what is never shown.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use orm_core::Json;
use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};
use rust_decimal::Decimal;
use uuid::Uuid;

#[derive(Model, Debug)]
#[model(table = "stored")]
pub struct Stored {
    #[key]
    pub id: i64,
    pub day: Option<NaiveDate>,
    pub time: Option<NaiveTime>,
    pub at: Option<NaiveDateTime>,
    pub instant: Option<DateTime<Utc>>,
    pub price: Option<Decimal>,
    pub uuid: Option<Uuid>,
    pub json: Option<Json<Vec<i64>>>,
    #[column(secret)]
    pub secret_day: Option<NaiveDate>,
    #[column(secret)]
    pub secret_json: Option<serde_json::Value>,
}

/// The same columns as texts, where they are texts.
#[derive(Model, Debug)]
#[model(table = "stored")]
pub struct Texts {
    #[key]
    pub id: i64,
    pub day: Option<String>,
    pub time: Option<String>,
    pub at: Option<String>,
    pub instant: Option<String>,
    pub price: Option<String>,
    pub json: Option<String>,
    pub uuid: Option<Vec<u8>>,
    pub secret_day: Option<String>,
}

#[derive(Model, Debug)]
#[model(table = "defaults")]
pub struct Default {
    #[key(auto)]
    pub id: i64,
    #[column(default = "CURRENT_TIMESTAMP")]
    pub made: DateTime<Utc>,
}

fn at() -> NaiveDateTime {
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).expect("it is a day");
    day.and_hms_micro_opt(23, 59, 59, 120_000).expect("it is a time")
}

on_every_backend! {
    async fn sqlite_stores_texts_that_sort(database: TestDatabase) -> Result<()> {
        if database.backend() != Backend::Sqlite {
            return Ok(());
        }
        let engine = database.engine().await?;
        engine.create_all(schema![Stored]).await?;
        let mut session = engine.session();
        let instant = DateTime::<FixedOffset>::parse_from_rfc3339("2024-03-01T01:59:59.12+02:00").expect("it is one");
        let draft = Stored::draft().id(1).day(at().date()).time(at().time()).at(at()).instant(instant);
        session.add(draft.price(Decimal::new(-125, 1)).uuid(Uuid::from_u128(258)).json(Json(vec![1, 2])));
        session.commit().await?;
        let stored = engine.session().get::<Texts>(1).await?.expect("it is there");
        assert_eq!(stored.day.as_deref(), Some("2024-02-29"));
        assert_eq!(stored.time.as_deref(), Some("23:59:59.12"));
        assert_eq!(stored.at.as_deref(), Some("2024-02-29 23:59:59.12"));
        assert_eq!(stored.instant.as_deref(), Some("2024-02-29 23:59:59.12"), "in UTC");
        assert_eq!(stored.price.as_deref(), Some("-99999999999999999999999999987.4999999999999999999999999999"));
        assert_eq!(stored.uuid.as_deref(), Some(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2][..]));
        assert_eq!(stored.json.as_deref(), Some("[1,2]"));

        // What a text in another form means is not certain, so it is an error and no value.
        let mut session = engine.session();
        for (column, text) in [
            (Texts::DAY, "29.02.2024"),
            (Texts::DAY, "2023-02-29"),
            (Texts::TIME, "1:00"),
            (Texts::AT, "2024-02-29T10:00:00Z"),
            (Texts::INSTANT, "2024-02-29T10:00"),
            (Texts::PRICE, "12,5"),
            (Texts::JSON, "[1,"),
        ] {
            session.execute(update::<Texts>().set(column, text)).await?;
            session.commit().await?;
            let error = engine.session().get::<Stored>(1).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidValue);
            let field = format!("`Stored.{}`: ", column.def().field());
            assert!(error.to_string().starts_with(&field) && error.to_string().contains(text), "{error}");
            session.execute(update::<Texts>().set(column, Null)).await?;
        }
        session.execute(update::<Texts>().set(Texts::SECRET_DAY, "hidden")).await?;
        session.commit().await?;
        let error = engine.session().get::<Stored>(1).await.unwrap_err();
        assert!(error.to_string().contains("`Stored.secret_day`") && !format!("{error:?}").contains("hidden"), "{error:?}");
        Ok(())
    }

    async fn texts_of_other_programs_are_read_where_their_meaning_is_certain(database: TestDatabase) -> Result<()> {
        if database.backend() != Backend::Sqlite {
            return Ok(());
        }
        let engine = database.engine().await?;
        engine.create_all(schema![Stored]).await?;
        let mut session = engine.session();
        session.add(Stored::draft().id(1));
        session.commit().await?;
        for text in [
            "2024-02-29T23:59:59.12Z",
            "2024-02-29T23:59:59.120",
            "2024-02-29 23:59:59.120+00:00",
            "2024-03-01T01:59:59.12+02:00",
        ] {
            session.execute(update::<Texts>().set(Texts::INSTANT, text)).await?;
            session.execute(update::<Texts>().set(Texts::AT, "2024-02-29T23:59:59.12")).await?;
            session.commit().await?;
            let found = engine.session().get::<Stored>(1).await?.expect("it is there");
            assert_eq!((found.instant, found.at), (Some(at().and_utc()), Some(at())), "{text}");
        }
        // What is written has the one form that sorts.
        let mut session = engine.session();
        let found = session.get::<Stored>(1).await?.expect("it is there");
        session.edit(&found, |found| found.instant = found.instant.map(|at| at + chrono::TimeDelta::seconds(1)))?;
        session.commit().await?;
        let stored = engine.session().get::<Texts>(1).await?.expect("it is there");
        assert_eq!(stored.instant.as_deref(), Some("2024-03-01 00:00:00.12"));
        Ok(())
    }

    async fn instants_are_one_whatever_their_offset(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Stored]).await?;
        let mut session = engine.session();
        let instant = DateTime::<FixedOffset>::parse_from_rfc3339("2024-03-01T01:59:59.12+02:00").expect("it is one");
        session.add(Stored::draft().id(1).instant(instant).at(at()).day(at().date()));
        session.commit().await?;
        let found = engine.session().get::<Stored>(1).await?.expect("it is there");
        assert_eq!(found.instant, Some(instant.to_utc()));
        assert_eq!(found.at, Some(at()), "what has no time zone is stored as it is");
        let mut count = async |filter| session.count(select::<Stored>().filter(filter)).await;
        assert_eq!(count(Stored::INSTANT.eq(instant) & Stored::INSTANT.lt(instant + chrono::TimeDelta::microseconds(1))).await?, 1);
        // What another crate calls a day is the same day.
        let day = jiff::civil::date(2024, 2, 29);
        assert_eq!(count(Stored::DAY.eq(day) & Stored::DAY.between(day, at().date())).await?, 1);
        let instant: jiff::Timestamp = "2024-02-29T23:59:59.12Z".parse().expect("it is an instant");
        assert_eq!(count(Stored::INSTANT.is_in([instant])).await?, 1);
        assert_eq!(count(Stored::PRICE.gt(5)).await?, 0);
        Ok(())
    }

    async fn now_is_the_time_of_the_database(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Default]).await?;
        let mut session = engine.session();
        let first = session.insert(Default::draft()).await?;
        session.commit().await?;
        assert!(first.made > DateTime::UNIX_EPOCH);
        assert_eq!(session.count(select::<Default>().filter(Default::MADE.eq(first.made))).await?, 1);
        Ok(())
    }

    async fn what_does_not_fit_names_model_and_column(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Stored]).await?;
        let mut session = engine.session();
        let leap = at().with_nanosecond(1_000_000_000).expect("it is the last second of its minute");
        session.add(Stored::draft().id(1).at(leap));
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        assert!(error.to_string().starts_with("`Stored.at`: 23:59:60 is a leap second"), "{error}");
        session.rollback().await?;

        // A secret value is never shown, whichever side refuses it.
        session.add(Stored::draft().id(1).secret_day(NaiveDate::MIN));
        let error = session.commit().await.unwrap_err();
        assert!(error.to_string().contains("`Stored.secret_day`") && !error.to_string().contains("262143"), "{error}");
        session.rollback().await?;
        let hidden = serde_json::json!({ "pin": "hidden\0" });
        let log = engine.record();
        session.add(Stored::draft().id(1).secret_json(hidden.clone()));
        match session.commit().await {
            Ok(()) => {
                let found = engine.session().get::<Stored>(1).await?.expect("it is there");
                assert_eq!(found.secret_json, Some(hidden));
            }
            Err(error) => {
                assert_eq!(database.backend(), Backend::Postgres);
                assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
            }
        }
        assert!(!log.to_string().contains("hidden"), "{log}");
        Ok(())
    }

    async fn json_changes_inside(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Stored]).await?;
        let mut session = engine.session();
        let stored = session.insert(Stored::draft().id(1).json(Json(vec![1]))).await?;
        session.commit().await?;
        let log = engine.record();
        session.edit(&stored, |stored| if let Some(json) = &mut stored.json { json.push(2) })?;
        session.commit().await?;
        session.edit(&stored, |stored| stored.json = Some(Json(vec![1, 2])))?;
        session.commit().await?;
        assert_eq!(log.count(), 1, "the second edit changes nothing: {log}");
        let found = engine.session().get::<Stored>(1).await?.expect("it is there");
        assert_eq!(found.json, Some(Json(vec![1, 2])));
        assert_eq!(session.count(select::<Stored>().filter(Stored::JSON.is_not_null())).await?, 1);
        Ok(())
    }

    async fn a_table_of_others_has_its_own_types(database: TestDatabase) -> Result<()> {
        let (uuid, decimal) = match database.backend() {
            Backend::Sqlite => return Ok(()),
            Backend::Postgres => ("UUID", "NUMERIC"),
            _ => ("BINARY(16)", "DECIMAL(60,30)"),
        };
        let types = format!("id BIGINT PRIMARY KEY, day TIMESTAMP NULL, time TIME NULL, at DATE NULL, price {decimal}, uuid {uuid}");
        // A word of MySQL's.
        let table = if database.is_mysql() { "`stored`" } else { "stored" };
        database.run(&format!("CREATE TABLE {table} ({types})")).await;
        #[derive(Model, Debug)]
        #[model(table = "stored")]
        struct Foreign {
            #[key]
            id: i64,
            day: Option<NaiveDate>,
            time: Option<NaiveTime>,
            at: Option<NaiveDateTime>,
            price: Option<Decimal>,
        }
        let engine = database.engine().await?;
        for (values, field) in [
            ("'2024-02-29 10:00:00', NULL, NULL, NULL", "day"),
            ("NULL, NULL, '2024-02-29', NULL", "at"),
            ("NULL, NULL, NULL, 123456789012345678901234567890", "price"),
            ("NULL, NULL, NULL, 0.000000000000000000000000000001", "price"),
        ] {
            database.run(&format!("DELETE FROM {table}")).await;
            database.run(&format!("INSERT INTO {table} VALUES (1, {values}, NULL)")).await;
            let error = engine.session().get::<Foreign>(1).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}");
            assert!(error.to_string().starts_with(&format!("`Foreign.{field}`: ")), "{error}");
        }
        let beyond = if database.backend() == Backend::Postgres { "'24:00:00'" } else { "'-01:00:00'" };
        database.run(&format!("DELETE FROM {table}")).await;
        database.run(&format!("INSERT INTO {table} VALUES (1, NULL, {beyond}, NULL, NULL, NULL)")).await;
        let error = engine.session().get::<Foreign>(1).await.unwrap_err();
        assert!(error.to_string().starts_with("`Foreign.time`: "), "{error}");
        Ok(())
    }
}

/// A table of another program, whose numbers SQLite keeps as they come.
#[derive(Model, Debug)]
#[model(table = "tracks")]
struct Track {
    #[key]
    id: i64,
    price: Option<Decimal>,
}

#[tokio::test]
async fn decimals_of_other_programs_are_read_where_they_are_certain() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    let mut session = engine.session();
    session.execute(sql("CREATE TABLE tracks (id INTEGER PRIMARY KEY, price NUMERIC(10, 2))")).await?;
    session
        .execute(sql("INSERT INTO tracks VALUES (1, 0.99), (2, 5), (3, '12.50'), (4, NULL), (5, -3.125)"))
        .await?;
    session.commit().await?;
    let prices = engine.session().all(select::<Track>().order_by(Track::ID)).await?;
    let shown: Vec<Option<String>> =
        prices.iter().map(|track| track.price.map(|price| price.to_string())).collect();
    let expected = [Some("0.99"), Some("5"), Some("12.5"), None, Some("-3.125")];
    assert_eq!(shown, expected.map(|price| price.map(str::to_owned)));
    // A calculated float is not a decimal.
    session.execute(sql("UPDATE tracks SET price = 1.0 / 3 WHERE id = 1")).await?;
    session.commit().await?;
    let error = engine.session().get::<Track>(1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidValue);
    assert!(
        error.to_string().starts_with("`Track.price`: ") && error.to_string().contains("0.3333"),
        "{error}"
    );
    // Comparing in SQL compares other forms, so the column is reported.
    let report = engine.check(schema![Track]).await?;
    assert!(
        report.to_string().contains("`tracks.price` is NUMERIC(10, 2), and its field needs TEXT"),
        "{report}"
    );
    Ok(())
}
