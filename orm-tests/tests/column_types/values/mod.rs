//! Generated values of every type beyond the integers: each comes back as it went, or is refused with an error that
//! names model and column. `ORM_VALUES=5000` makes more of them, `ORM_SEED=7` others.

mod dates;
mod numbers;
mod random;
mod texts;

use random::Random;

/// How many values of each type.
fn count() -> u64 {
    std::env::var("ORM_VALUES").ok().and_then(|count| count.parse().ok()).unwrap_or(300)
}

fn seed() -> u64 {
    std::env::var("ORM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

/// The tests of one type: its values from a generator, and which of them a backend has a place for.
macro_rules! values_come_back {
    ($module:ident: $ty:ty, $generate:expr, $fits:expr $(, $compares:ident)?) => {
        mod $module {
            use orm_core::prelude::*;
            use orm_tests::{Backend, TestDatabase, on_every_backend};

            #[allow(unused_imports)]
            use super::*;

            #[derive(Model, Debug)]
            #[model(table = "cells")]
            pub struct Cell {
                #[key]
                pub id: i64,
                pub value: $ty,
                pub maybe: Option<$ty>,
            }

            fn values() -> Vec<$ty> {
                let generate: fn(&mut Random) -> $ty = $generate;
                let mut random = Random::new($crate::values::seed());
                (0..$crate::values::count()).map(|_| generate(&mut random)).collect()
            }

            fn fits(backend: Backend, value: &$ty) -> bool {
                let fits: fn(Backend, &$ty) -> bool = $fits;
                fits(backend, value)
            }

            on_every_backend! {
                async fn come_back(database: TestDatabase) -> Result<()> {
                    let engine = database.engine().await?;
                    engine.create_all(schema![Cell]).await?;
                    let seed = $crate::values::seed();
                    let (mut kept, refused): (Vec<$ty>, Vec<$ty>) =
                        values().into_iter().partition(|value| fits(database.backend(), value));
                    let drafts = (0_i64..).zip(&kept).map(|(id, value)| {
                        let maybe = (id % 2 == 0).then(|| value.clone());
                        Cell::draft().id(id).value(value.clone()).maybe(maybe)
                    });
                    let mut session = engine.session();
                    drafts.for_each(|draft| drop(session.add(draft)));
                    session.commit().await?;

                    let mut session = engine.session();
                    let cells = session.all(select::<Cell>().order_by(Cell::ID)).await?;
                    assert_eq!(cells.len(), kept.len());
                    for (cell, value) in cells.iter().zip(&kept) {
                        assert!(cell.value == *value, "{:?} became {:?}; ORM_SEED={seed}", value, cell.value);
                        let maybe = (cell.id % 2 == 0).then(|| value.clone());
                        assert!(cell.maybe == maybe, "{maybe:?} became {:?}; ORM_SEED={seed}", cell.maybe);
                    }

                    // Many rows become different in one statement, NULL among the new values.
                    kept.reverse();
                    for (cell, value) in cells.iter().zip(&kept) {
                        let maybe = (cell.id % 3 != 0).then(|| value.clone());
                        session.edit(cell, |cell| (cell.value, cell.maybe) = (value.clone(), maybe))?;
                    }
                    session.commit().await?;
                    let cells = engine.session().all(select::<Cell>().order_by(Cell::ID)).await?;
                    for (cell, value) in cells.iter().zip(&kept) {
                        assert!(cell.value == *value, "{:?} became {:?}; ORM_SEED={seed}", value, cell.value);
                        let maybe = (cell.id % 3 != 0).then(|| value.clone());
                        assert!(cell.maybe == maybe, "{maybe:?} became {:?}; ORM_SEED={seed}", cell.maybe);
                    }

                    $($compares!(engine, Cell, kept);)?

                    for value in refused.into_iter().take(20) {
                        let mut session = engine.session();
                        session.add(Cell::draft().id(-1).value(value.clone()));
                        let Err(error) = session.commit().await else {
                            panic!("{value:?} was written; ORM_SEED={seed}");
                        };
                        assert_eq!(error.kind(), ErrorKind::InvalidValue, "{value:?}: {error}; ORM_SEED={seed}");
                        assert!(error.to_string().contains("`Cell.value`"), "{error}");
                    }
                    Ok(())
                }
            }
        }
    };
}

/// The database compares and sorts the values as Rust does.
macro_rules! compares {
    ($engine:ident, $model:ident, $kept:ident) => {
        let mut session = $engine.session();
        let sorted = session.all(select::<$model>().order_by($model::VALUE)).await?;
        assert!(sorted.iter().is_sorted_by(|a, b| a.value <= b.value), "ORM_SEED={}", $crate::values::seed());
        for value in $kept.iter().take(10) {
            let mut count = async |filter| session.count(select::<$model>().filter(filter)).await;
            let number =
                |meets: &dyn Fn(&_) -> bool| $kept.iter().filter(|other| meets(other)).count() as u64;
            let found = (
                count($model::VALUE.eq(value)).await?,
                count($model::VALUE.lt(value)).await?,
                count($model::VALUE.ge(value)).await?,
                count($model::VALUE.ne(value) & $model::VALUE.between(value, value)).await?,
            );
            let expected = (
                number(&|other| *other == value),
                number(&|other| *other < value),
                number(&|other| *other >= value),
                0,
            );
            assert_eq!(found, expected, "{value:?}; ORM_SEED={}", $crate::values::seed());
        }
        let all = session.count(select::<$model>().filter($model::VALUE.is_in($kept.clone()))).await?;
        assert_eq!(all, $kept.len() as u64);
        let changed = session.execute(update::<$model>().set_to($model::MAYBE, $model::VALUE)).await?;
        assert_eq!(changed, $kept.len() as u64);
        let same = session.count(select::<$model>().filter($model::MAYBE.eq($model::VALUE))).await?;
        assert_eq!(same, $kept.len() as u64);
        session.rollback().await?;
    };
}

use {compares, values_come_back};
