//! Values of every column type: they are read as they were written, and what cannot be stored is an error before it is
//! sent.

use orm_core::prelude::*;

use crate::fixtures::{SideDoor, record};

#[derive(Model, Debug)]
pub struct Sample {
    #[key]
    pub id: i64,
    pub i8: Option<i8>,
    pub i16: Option<i16>,
    pub i32: Option<i32>,
    pub i64: Option<i64>,
    pub u8: Option<u8>,
    pub u16: Option<u16>,
    pub u32: Option<u32>,
    pub u64: Option<u64>,
    pub f32: Option<f32>,
    pub f64: Option<f64>,
    pub truth: Option<bool>,
    pub text: Option<String>,
    pub bytes: Option<Vec<u8>>,
}

async fn samples() -> Result<Engine> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Sample]).await?;
    Ok(engine)
}

/// Writes each value into its own row, reads it in another session, and finds the row again by the value.
macro_rules! round_trip {
    ($field:ident, $column:ident, [$($value:expr),* $(,)?]) => {{
        let engine = samples().await?;
        let values = vec![$($value),*];
        let mut session = engine.session();
        for (id, value) in (1..).zip(&values) {
            session.add(Sample::draft().id(id).$field(value.clone()));
        }
        session.commit().await?;
        let mut session = engine.session();
        let log = record(&engine);
        for (id, value) in (1i64..).zip(&values) {
            let row = session.get::<Sample>(id).await?.expect("it was written");
            assert_eq!(row.$field.as_ref(), Some(value));
            let found = session.all(select::<Sample>().filter(Sample::$column.eq(value.clone()))).await?;
            assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [id], "{value:?}: {log}");
        }
    }};
}

#[tokio::test]
async fn integers_to_the_ends_of_their_ranges() -> Result<()> {
    round_trip!(i8, I8, [i8::MIN, -1, 0, 1, i8::MAX]);
    round_trip!(i16, I16, [i16::MIN, -1, 0, 1, i16::MAX]);
    round_trip!(i32, I32, [i32::MIN, -1, 0, 1, i32::MAX]);
    round_trip!(i64, I64, [i64::MIN, -1, 0, 1, i64::MAX]);
    round_trip!(u8, U8, [0, 1, u8::MAX]);
    round_trip!(u16, U16, [0, 1, u16::MAX]);
    round_trip!(u32, U32, [0, 1, u32::MAX]);
    round_trip!(u64, U64, [0, 1, u64::from(u32::MAX) + 1, i64::MAX as u64]);
    Ok(())
}

#[tokio::test]
async fn floats_to_the_last_bit() -> Result<()> {
    round_trip!(
        f64,
        F64,
        [
            0.1,
            -1.5,
            1e300,
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            f64::from_bits(1),
            f64::EPSILON,
            f64::INFINITY,
            f64::NEG_INFINITY,
            9_007_199_254_740_993.0,
            3.0,
            0.0,
        ]
    );
    round_trip!(
        f32,
        F32,
        [
            0.1,
            -1.5,
            f32::MAX,
            f32::MIN,
            f32::MIN_POSITIVE,
            f32::from_bits(1),
            f32::INFINITY,
            f32::NEG_INFINITY,
            3.0
        ]
    );
    Ok(())
}

#[tokio::test]
async fn truths() -> Result<()> {
    round_trip!(truth, TRUTH, [true, false]);
    Ok(())
}

#[tokio::test]
async fn texts_of_any_characters() -> Result<()> {
    round_trip!(
        text,
        TEXT,
        [
            String::new(),
            " ".to_owned(),
            "a".to_owned(),
            "A".to_owned(),
            "it's".to_owned(),
            "\"; DROP TABLE sample; --".to_owned(),
            "? $1 :a @b".to_owned(),
            "nul \0 inside".to_owned(),
            "\0".to_owned(),
            "tab\tline\r\nend".to_owned(),
            "grüße".to_owned(),
            "日本語".to_owned(),
            "👩‍👩‍👧 𝄞 \u{10ffff}".to_owned(),
            "NULL".to_owned(),
            "1".to_owned(),
            "1.0".to_owned(),
            "x".repeat(1_000_000),
        ]
    );
    Ok(())
}

#[tokio::test]
async fn bytes_of_any_value() -> Result<()> {
    round_trip!(
        bytes,
        BYTES,
        [vec![], vec![0], vec![0, 0], (0..=255).collect(), b"text".to_vec(), vec![0xff; 1_000_000]]
    );
    Ok(())
}

#[tokio::test]
async fn null_is_not_empty() -> Result<()> {
    let engine = samples().await?;
    let mut session = engine.session();
    session.add(Sample::draft().id(1).text("").bytes(Vec::new()).i64(0).truth(false).f64(0.0));
    session.add(Sample::draft().id(2).text(Null).bytes(None::<Vec<u8>>).i64(None::<i64>));
    session.commit().await?;

    let mut session = engine.session();
    let empty = session.get::<Sample>(1).await?.expect("it was written");
    assert_eq!((empty.text.as_deref(), empty.bytes.as_deref()), (Some(""), Some(&[][..])));
    assert_eq!((empty.i64, empty.truth, empty.f64), (Some(0), Some(false), Some(0.0)));
    let null = session.get::<Sample>(2).await?.expect("it was written");
    assert_eq!((&null.text, &null.bytes, null.i64), (&None, &None, None));
    assert_eq!(
        (null.i8, null.u32, null.f32, null.truth),
        (None, None, None, None),
        "what nobody gave is NULL"
    );

    let with = async |condition: Predicate| -> Result<Vec<i64>> {
        let found = engine.session().all(select::<Sample>().filter(condition)).await?;
        Ok(found.iter().map(|row| row.id).collect())
    };
    assert_eq!(with(Sample::TEXT.eq("")).await?, [1]);
    assert_eq!(with(Sample::TEXT.is_null()).await?, [2]);
    assert_eq!(with(Sample::BYTES.eq(Vec::new())).await?, [1]);
    assert_eq!(with(Sample::BYTES.is_not_null()).await?, [1]);
    assert_eq!(with(Sample::TEXT.eq(None)).await?, [2], "comparing with none is IS NULL");
    assert_eq!(with(Sample::TEXT.ne(Null)).await?, [1]);
    Ok(())
}

#[tokio::test]
async fn an_edit_tells_null_from_empty_and_a_float_from_its_neighbour() -> Result<()> {
    let engine = samples().await?;
    let mut session = engine.session();
    let row = session.insert(Sample::draft().id(1).text("").f64(1.0)).await?;
    session.commit().await?;
    session.edit(&row, |row| row.text = None)?;
    session.edit(&row, |row| row.f64 = Some(1.0 + f64::EPSILON))?;
    session.commit().await?;
    let read = engine.session().get::<Sample>(1).await?.expect("it is there");
    assert_eq!((&read.text, read.f64), (&None, Some(1.0 + f64::EPSILON)));

    session.edit(&row, |row| row.text = Some(String::new()))?;
    let log = record(&engine);
    session.commit().await?;
    assert_eq!(log.count(), 1, "{log}");
    assert!(log.sql(0).contains(r#"SET "text" = ?"#), "the changed column alone: {log}");
    Ok(())
}

#[tokio::test]
async fn not_a_number_is_refused() -> Result<()> {
    let engine = samples().await?;
    let log = record(&engine);
    for draft in [
        Sample::draft().id(1).f64(f64::NAN),
        Sample::draft().id(1).f32(f32::NAN),
        Sample::draft().id(1).f64(-f64::NAN),
    ] {
        let error = engine.session().insert(draft).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        assert!(error.to_string().contains("NaN"), "{error}");
    }
    let error = engine.session().all(select::<Sample>().filter(Sample::F64.gt(f64::NAN))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidValue);
    assert_eq!(engine.session().count(select::<Sample>()).await?, 0, "no NULL in its place: {log}");
    Ok(())
}

#[tokio::test]
async fn a_refused_value_names_model_and_column() -> Result<()> {
    let engine = samples().await?;
    for (field, draft) in [
        ("f64", Sample::draft().id(1).f64(f64::NAN)),
        ("f32", Sample::draft().id(1).f32(f32::NAN)),
        ("u64", Sample::draft().id(1).u64(u64::MAX)),
    ] {
        let error = engine.session().insert(draft).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        assert!(error.to_string().contains(&format!("`Sample.{field}`")), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unsigned_number_beyond_the_databases_integers_is_refused() -> Result<()> {
    let engine = samples().await?;
    let mut session = engine.session();
    let row = session.insert(Sample::draft().id(1).u64(1u64)).await?;
    session.commit().await?;
    session.edit(&row, |row| row.u64 = Some(i64::MAX as u64 + 1))?;
    let error = session.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidValue);
    session.rollback().await?;
    assert_eq!(row.u64, Some(1));
    let read = engine.session().get::<Sample>(1).await?.expect("it is there");
    assert_eq!(read.u64, Some(1), "nothing wrapped around");
    Ok(())
}

#[tokio::test]
async fn whole_floats_are_stored_as_floats() -> Result<()> {
    let door = SideDoor::new(schema![Sample]).await?;
    let mut session = door.engine.session();
    session.add(Sample::draft().id(1).f64(2.0).f32(2.0).truth(true).i64(2).text("2").bytes(b"2".as_slice()));
    session.commit().await?;
    let types = door
        .texts(
            "SELECT typeof(f64) || ' ' || typeof(f32) || ' ' || typeof(truth) || ' ' || typeof(i64) || ' ' ||
             typeof(text) || ' ' || typeof(bytes) || ' ' || typeof(i8) FROM sample",
        )
        .await;
    assert_eq!(types, ["real real integer integer text blob null"]);
    Ok(())
}

#[tokio::test]
async fn values_of_other_programs_are_read_if_unambiguous() -> Result<()> {
    let door = SideDoor::new(schema![]).await?;
    // Columns without a type keep whatever was stored.
    door.run(
        "CREATE TABLE sample (id INTEGER PRIMARY KEY, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, truth, text, bytes);
         INSERT INTO sample (id, f64, f32, truth) VALUES (1, 2, 3, 1), (2, -9007199254740992, 0, 0)",
    )
    .await;
    let mut session = door.engine.session();
    let rows = session.all(select::<Sample>().order_by(Sample::ID)).await?;
    assert_eq!((rows[0].f64, rows[0].f32, rows[0].truth), (Some(2.0), Some(3.0), Some(true)));
    assert_eq!(
        (rows[1].f64, rows[1].f32, rows[1].truth),
        (Some(-9_007_199_254_740_992.0), Some(0.0), Some(false))
    );
    Ok(())
}

mod defaults {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Ticketed {
        #[key(auto)]
        pub id: i64,
        #[column(default = "'open'")]
        pub status: String,
        #[column(default = "(1 + 2)")]
        pub weight: i32,
        #[column(default = "NULL")]
        pub note: Option<String>,
    }

    #[tokio::test]
    async fn the_database_fills_in_what_was_not_given() -> Result<()> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Ticketed]).await?;
        let mut session = engine.session();
        let plain = session.insert(Ticketed::draft()).await?;
        assert_eq!((plain.status.as_str(), plain.weight, &plain.note), ("open", 3, &None));
        let given = session.insert(Ticketed::draft().status("closed").note("n")).await?;
        assert_eq!((given.status.as_str(), given.weight, given.note.as_deref()), ("closed", 3, Some("n")));
        session.commit().await?;
        let read = engine.session().all(select::<Ticketed>().order_by(Ticketed::ID)).await?;
        assert_eq!(
            read.iter().map(|row| (row.status.as_str(), row.weight)).collect::<Vec<_>>(),
            [("open", 3), ("closed", 3)]
        );
        Ok(())
    }

    #[tokio::test]
    async fn many_rows_of_different_columns_keep_their_own_values() -> Result<()> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Ticketed]).await?;
        let mut session = engine.session();
        let pending: Vec<_> = (0..20)
            .map(|n| match n % 3 {
                0 => session.add(Ticketed::draft().weight(n)),
                1 => session.add(Ticketed::draft().status(format!("s{n}"))),
                _ => session.add(Ticketed::draft().status(format!("s{n}")).weight(n)),
            })
            .collect();
        session.flush().await?;
        let mut ids = std::collections::BTreeSet::new();
        for (n, pending) in (0..).zip(&pending) {
            let row = pending.entity()?;
            let status = if n % 3 == 0 { "open".to_owned() } else { format!("s{n}") };
            let weight = if n % 3 == 1 { 3 } else { n };
            assert_eq!((&row.status, row.weight), (&status, weight), "draft {n}");
            ids.insert(row.id);
        }
        assert_eq!(ids.len(), 20, "a key each");
        session.commit().await?;
        let read = engine.session().all(select::<Ticketed>()).await?;
        for row in &read {
            let held = pending.iter().filter_map(|p| p.entity().ok()).find(|held| held.id == row.id);
            let held = held.expect("every row has its object");
            assert_eq!((&held.status, held.weight), (&row.status, row.weight));
        }
        Ok(())
    }
}
