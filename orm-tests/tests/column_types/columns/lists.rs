//! Lists: columns on PostgreSQL, and a clear error before any SQL elsewhere.

use chrono::NaiveDate;
use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::enums::Mood;

#[derive(Model, Debug)]
#[model(table = "lists")]
pub struct Lists {
    #[key(auto)]
    pub id: i64,
    pub small: Vec<i16>,
    pub large: Option<Vec<i64>>,
    pub truths: Vec<bool>,
    pub ratios: Option<Vec<f32>>,
    pub names: Vec<String>,
    pub maybes: Vec<Option<i32>>,
    pub days: Vec<NaiveDate>,
    pub ids: Vec<Uuid>,
    pub prices: Vec<Decimal>,
    pub moods: Vec<Mood>,
    pub bytes: Vec<u8>,
}

on_every_backend! {
    async fn they_come_back_or_are_refused(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        if database.backend() != Backend::Postgres {
            let log = engine.record();
            let error = engine.create_all(schema![Lists]).await.unwrap_err();
            assert_eq!((error.kind(), log.count()), (ErrorKind::InvalidModel, 0));
            assert!(error.to_string().starts_with("`Lists.small` is a list, and "), "{error}");
            let mut session = engine.session();
            session.add(full(-1));
            let error = session.commit().await.unwrap_err();
            assert_eq!((error.kind(), log.count()), (ErrorKind::InvalidValue, 0));
            assert!(error.to_string().starts_with("`Lists.small`: "), "{error}");
            return Ok(());
        }
        engine.create_all(schema![Lists]).await?;
        let mut session = engine.session();
        session.add(full(-1));
        session.add(full(i16::MAX));
        session.add(empty());
        session.commit().await?;
        let mut session = engine.session();
        let lists = session.all(select::<Lists>().order_by(Lists::ID)).await?;
        let (first, last) = (&lists[0], &lists[2]);
        assert_eq!(first.small, [-1, i16::MIN]);
        assert_eq!(first.large.as_deref(), Some(&[i64::MIN, i64::MAX][..]));
        assert_eq!(first.truths, [true, false]);
        assert_eq!(first.ratios.as_deref(), Some(&[0.5, f32::MAX][..]));
        assert_eq!(first.names, ["", "ä, \"{}\"", "NULL"]);
        assert_eq!(first.maybes, [Some(1), None]);
        assert_eq!(first.days, [NaiveDate::from_ymd_opt(2000, 2, 29).expect("it is a day")]);
        assert_eq!(first.ids, [Uuid::max()]);
        assert_eq!(first.prices, [Decimal::MAX, Decimal::new(-5, 28)]);
        assert_eq!(first.moods, [Mood::Great, Mood::Sad]);
        assert_eq!((last.small.len(), &last.large, last.moods.len()), (0, &None, 0));

        // Lists that become different in one statement, lists in filters.
        for (list, number) in lists.iter().zip(1_i16..) {
            session.edit(list, |list| (list.small, list.large) = (vec![number; 3], (number != 2).then(Vec::new)))?;
        }
        session.flush().await?;
        assert_eq!(session.count(select::<Lists>().filter(Lists::SMALL.eq(vec![2_i16; 3]))).await?, 1);
        assert_eq!(session.count(select::<Lists>().filter(Lists::SMALL.gt(vec![1_i16]))).await?, 3);
        assert_eq!(session.count(select::<Lists>().filter(Lists::LARGE.is_null())).await?, 1);
        let either = Lists::SMALL.is_in([vec![1_i16; 3], vec![7]]);
        assert_eq!(session.count(select::<Lists>().filter(either)).await?, 1);
        session.commit().await?;
        Ok(())
    }

    async fn a_null_in_a_list_is_named(database: TestDatabase) -> Result<()> {
        if database.backend() != Backend::Postgres {
            return Ok(());
        }
        let engine = database.engine().await?;
        engine.create_all(schema![Lists]).await?;
        let mut session = engine.session();
        session.add(empty());
        session.commit().await?;
        for (lists, said) in [("'{1,NULL}'", "NULL"), ("'{{1,2},{3,4}}'", "2 dimensions")] {
            database.run(&format!("UPDATE lists SET small = {lists}")).await;
            let error = engine.session().all(select::<Lists>()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidValue);
            assert!(error.to_string().contains("`Lists.small`") && error.to_string().contains(said), "{error}");
        }
        Ok(())
    }
}

fn full(first: i16) -> impl orm_core::write::CompleteDraft<Model = Lists> {
    Lists::draft()
        .small(vec![first, i16::MIN])
        .large(vec![i64::MIN, i64::MAX])
        .truths(vec![true, false])
        .ratios(vec![0.5_f32, f32::MAX])
        .names(vec![String::new(), "ä, \"{}\"".to_owned(), "NULL".to_owned()])
        .maybes(vec![Some(1), None])
        .days(vec![NaiveDate::from_ymd_opt(2000, 2, 29).expect("it is a day")])
        .ids(vec![Uuid::max()])
        .prices(vec![Decimal::MAX, Decimal::new(-5, 28)])
        .moods(vec![Mood::Great, Mood::Sad])
        .bytes(vec![0, 255])
}

fn empty() -> impl orm_core::write::CompleteDraft<Model = Lists> {
    Lists::draft()
        .small(Vec::<i16>::new())
        .truths(Vec::<bool>::new())
        .names(Vec::<String>::new())
        .maybes(Vec::<Option<i32>>::new())
        .days(Vec::<NaiveDate>::new())
        .ids(Vec::<Uuid>::new())
        .prices(Vec::<Decimal>::new())
        .moods(Vec::<Mood>::new())
        .bytes(Vec::<u8>::new())
}
