//! Every type of column: extremes and NULL come back as they went, and what does not fit is an error.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "samples")]
pub struct Sample {
    #[key]
    pub id: i64,
    pub truth: bool,
    pub i8: i8,
    pub i16: i16,
    pub i32: i32,
    pub i64: i64,
    pub u8: u8,
    pub u16: u16,
    pub u32: u32,
    pub u64: u64,
    pub f32: f32,
    pub f64: f64,
    pub text: String,
    pub bytes: Vec<u8>,
}

#[derive(Model, Debug)]
#[model(table = "maybes")]
pub struct Maybe {
    #[key]
    pub id: i64,
    pub truth: Option<bool>,
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
    pub text: Option<String>,
    pub bytes: Option<Vec<u8>>,
}

/// The bits of everything, so that the floats compare too.
fn cells(sample: &Sample) -> impl PartialEq + std::fmt::Debug {
    let integers =
        (sample.i8, sample.i16, sample.i32, sample.i64, sample.u8, sample.u16, sample.u32, sample.u64);
    let floats = (sample.f32.to_bits(), sample.f64.to_bits());
    (sample.id, sample.truth, integers, floats, sample.text.clone(), sample.bytes.clone())
}

fn sample(id: i64, low: bool) -> Sample {
    let pick = |a: i64, b: i64| if low { a } else { b };
    Sample {
        id,
        truth: !low,
        i8: if low { i8::MIN } else { i8::MAX },
        i16: if low { i16::MIN } else { i16::MAX },
        i32: if low { i32::MIN } else { i32::MAX },
        i64: pick(i64::MIN, i64::MAX),
        u8: if low { u8::MIN } else { u8::MAX },
        u16: if low { u16::MIN } else { u16::MAX },
        u32: if low { u32::MIN } else { u32::MAX },
        u64: if low { 0 } else { u64::try_from(i64::MAX).expect("it is positive") },
        f32: if low { f32::MIN } else { f32::MAX },
        f64: if low { f64::MIN } else { f64::MAX },
        text: if low { String::new() } else { "ä 漢 🦀 ' \" \\ ; -- %_".to_owned() },
        bytes: if low { Vec::new() } else { (0..=255).collect() },
    }
}

async fn write(session: &mut Session, sample: &Sample) -> Result<()> {
    session.add(
        Sample::draft()
            .id(sample.id)
            .truth(sample.truth)
            .i8(sample.i8)
            .i16(sample.i16)
            .i32(sample.i32)
            .i64(sample.i64)
            .u8(sample.u8)
            .u16(sample.u16)
            .u32(sample.u32)
            .u64(sample.u64)
            .f32(sample.f32)
            .f64(sample.f64)
            .text(sample.text.clone())
            .bytes(sample.bytes.clone()),
    );
    session.flush().await
}

on_every_backend! {
    async fn extremes_come_back_as_they_went(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Sample]).await?;
        let samples = [sample(1, true), sample(i64::MAX, false), sample(i64::MIN, true)];
        let mut session = engine.session();
        for sample in &samples {
            write(&mut session, sample).await?;
        }
        session.commit().await?;
        for sample in &samples {
            let found = engine.session().get::<Sample>(sample.id).await?.expect("it was written");
            assert_eq!(cells(&found), cells(sample));
        }
        Ok(())
    }

    async fn small_floats_and_zeros_come_back(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Maybe]).await?;
        let floats = [(f32::MIN_POSITIVE, f64::MIN_POSITIVE), (0.1, 0.1), (-0.5, 1.0 / 3.0), (16_777_217.0, 9e15)];
        let mut session = engine.session();
        for (id, (narrow, wide)) in (0..).zip(floats) {
            session.add(Maybe::draft().id(id).f32(narrow).f64(wide));
        }
        session.commit().await?;
        let found = engine.session().all(select::<Maybe>().order_by(Maybe::ID)).await?;
        let found: Vec<_> = found.iter().map(|maybe| (maybe.f32.unwrap_or(0.0), maybe.f64.unwrap_or(0.0))).collect();
        assert_eq!(found, floats);
        // An equal number is found as one.
        for (narrow, wide) in floats {
            let both = select::<Maybe>().filter(Maybe::F32.eq(narrow).and(Maybe::F64.eq(wide)));
            assert_eq!(engine.session().count(both).await?, 1, "{narrow} {wide}");
        }
        Ok(())
    }

    async fn null_and_values_share_a_statement(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Maybe]).await?;
        let mut session = engine.session();
        // The same text with NULL first, with a value first, and with several rows of both.
        for (id, given) in [(1, false), (2, true), (3, false)] {
            add_maybe(&mut session, id, given);
            session.flush().await?;
        }
        for (id, given) in [(4, true), (5, false), (6, true)] {
            add_maybe(&mut session, id, given);
        }
        session.commit().await?;
        let mut session = engine.session();
        let found = session.all(select::<Maybe>().order_by(Maybe::ID)).await?;
        for maybe in &found {
            let given = matches!(maybe.id, 2 | 4 | 6);
            let expected = if given { (Some(true), Some(7), Some(7), Some(0.5)) } else { (None, None, None, None) };
            assert_eq!((maybe.truth, maybe.i16, maybe.u64, maybe.f32), expected, "{}", maybe.id);
            assert_eq!(maybe.text.as_deref(), given.then_some("seven"));
            assert_eq!(maybe.bytes.as_deref(), given.then_some(&[7u8][..]));
        }
        // And in updates: one row, rows that become the same, rows that become different.
        session.edit(&found[0], |maybe| (maybe.truth, maybe.i8) = (Some(false), Some(-8)))?;
        session.edit(&found[1], |maybe| (maybe.truth, maybe.i8) = (None, None))?;
        session.edit(&found[3], |maybe| (maybe.truth, maybe.bytes) = (None, None))?;
        session.edit(&found[5], |maybe| (maybe.truth, maybe.bytes) = (None, None))?;
        session.commit().await?;
        let found = engine.session().all(select::<Maybe>().order_by(Maybe::ID)).await?;
        let truths: Vec<_> = found.iter().map(|maybe| (maybe.truth, maybe.i8, maybe.bytes.is_some())).collect();
        assert_eq!(truths, [
            (Some(false), Some(-8), false),
            (None, None, true),
            (None, None, false),
            (None, Some(7), false),
            (None, None, false),
            (None, Some(7), false),
        ]);
        Ok(())
    }

    async fn null_is_compared_as_null(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Maybe]).await?;
        let mut session = engine.session();
        add_maybe(&mut session, 1, false);
        add_maybe(&mut session, 2, true);
        session.commit().await?;
        assert_eq!(session.count(select::<Maybe>().filter(Maybe::TEXT.eq(None))).await?, 1);
        assert_eq!(session.count(select::<Maybe>().filter(Maybe::I16.ne(None::<i16>))).await?, 1);
        assert_eq!(session.count(select::<Maybe>().filter(Maybe::I32.lt(None::<i32>))).await?, 0);
        assert_eq!(session.count(select::<Maybe>().filter(Maybe::TEXT.like(None::<&str>))).await?, 0);
        assert_eq!(session.count(select::<Maybe>().filter(Maybe::I64.is_in([None, Some(7_i64)]))).await?, 2);
        assert_eq!(session.count(select::<Maybe>().filter(Maybe::I64.is_in([None::<i64>, None]))).await?, 1);
        Ok(())
    }

    async fn what_does_not_fit_is_an_error(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Maybe]).await?;
        let mut session = engine.session();
        session.add(Maybe::draft().id(1).u64(u64::MAX));
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::InvalidValue);
        session.rollback().await?;
        // NaN and infinities: PostgreSQL keeps them, SQLite keeps infinities, MySQL neither.
        for (value, keeps) in [
            (f64::NAN, database.backend() == Backend::Postgres),
            (f64::INFINITY, !database.is_mysql()),
            (f64::NEG_INFINITY, !database.is_mysql()),
        ] {
            session.add(Maybe::draft().id(2).f64(value));
            match keeps {
                true => {
                    session.commit().await?;
                    let mut other = engine.session();
                    let found = other.get::<Maybe>(2).await?.expect("it was written");
                    assert_eq!(found.f64.map(f64::to_bits), Some(value.to_bits()));
                    other.delete(&found)?;
                    other.commit().await?;
                }
                false => {
                    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::InvalidValue, "{value}");
                    session.rollback().await?;
                }
            }
            session = engine.session();
        }
        // NUL in text: PostgreSQL has no place for it.
        session.add(Maybe::draft().id(3).text("a\0b"));
        match database.backend() {
            Backend::Postgres => assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::InvalidValue),
            _ => {
                session.commit().await?;
                let found = engine.session().get::<Maybe>(3).await?.expect("it was written");
                assert_eq!(found.text.as_deref(), Some("a\0b"));
            }
        }
        Ok(())
    }

    async fn tables_of_others_have_other_types(database: TestDatabase) -> Result<()> {
        #[derive(Model, Debug)]
        #[model(table = "foreign_rows")]
        struct Foreign {
            #[key]
            id: u64,
            fixed: String,
            day: Option<String>,
        }
        let types = match database.backend() {
            Backend::Sqlite => return Ok(()),
            Backend::Postgres => "id BIGINT PRIMARY KEY, fixed CHAR(3) NOT NULL, day DATE",
            _ => "id BIGINT UNSIGNED PRIMARY KEY, fixed CHAR(3) NOT NULL, day DATE",
        };
        database.run(&format!("CREATE TABLE foreign_rows ({types})")).await;
        let engine = database.engine().await?;
        let id = if database.is_mysql() { u64::MAX } else { 7 };
        database.run(&format!("INSERT INTO foreign_rows VALUES ({id}, 'abc', NULL)")).await;
        let found = engine.session().one(select::<Foreign>().filter(Foreign::ID.eq(id))).await?;
        assert_eq!((found.id, &*found.fixed, &found.day), (id, "abc", &None));
        let again = engine.session().get::<Foreign>(id).await?.expect("the key is found as it is");
        assert_eq!(again.fixed, "abc");
        database.run("UPDATE foreign_rows SET day = '2020-02-29'").await;
        let error = engine.session().get::<Foreign>(id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        assert!(error.to_string().contains("Foreign.day") && error.to_string().contains("DATE"), "{error}");
        Ok(())
    }

    async fn a_number_out_of_its_columns_range_is_an_error(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Maybe]).await?;
        // A u16 has an INTEGER column, so the range that is checked when it is read is the field's.
        #[derive(Model, Debug)]
        #[model(table = "maybes")]
        struct Wide {
            #[key]
            id: i64,
            i8: Option<i64>,
            u16: Option<i64>,
        }
        let mut session = engine.session();
        session.add(Wide::draft().id(1).u16(70_000_i64));
        session.commit().await?;
        let error = engine.session().get::<Maybe>(1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        assert!(error.to_string().contains("Maybe.u16"), "{error}");
        // Servers refuse what the column itself cannot hold; SQLite's columns hold everything.
        session.add(Wide::draft().id(2).i8(70_000_i64));
        let written = session.commit().await;
        match database.backend() {
            Backend::Sqlite => written?,
            _ => assert_eq!(written.unwrap_err().kind(), ErrorKind::InvalidValue),
        }
        Ok(())
    }
}

fn add_maybe(session: &mut Session, id: i64, given: bool) {
    let some = |value: i8| given.then_some(value);
    session.add(
        Maybe::draft()
            .id(id)
            .truth(given.then_some(true))
            .i8(some(7))
            .i16(some(7).map(i16::from))
            .i32(some(7).map(i32::from))
            .i64(some(7).map(i64::from))
            .u8(given.then_some(7_u8))
            .u16(given.then_some(7_u16))
            .u32(given.then_some(7_u32))
            .u64(given.then_some(7_u64))
            .f32(given.then_some(0.5_f32))
            .f64(given.then_some(0.5))
            .text(given.then(|| "seven".to_owned()))
            .bytes(given.then_some(vec![7_u8])),
    );
}
