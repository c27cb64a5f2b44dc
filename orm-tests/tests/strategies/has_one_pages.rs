//! A joined `has_one` whose key is not unique may find two rows for one object: that is an error wherever the query ends,
//! and no page counts both.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "keyed_doors")]
struct Door {
    #[key]
    id: i64,
    house_id: i64,
    #[belongs_to]
    house: BelongsTo<House>,
    #[has_one]
    lock: HasOne<Lock>,
    #[has_one]
    plate: HasOne<Plate>,
}

/// The same doors, which load their lock by a join unless a query says otherwise.
#[derive(Model, Debug)]
#[model(table = "keyed_doors")]
struct Eager {
    #[key]
    id: i64,
    #[has_one(key = "door_id", lazy = "joined")]
    lock: HasOne<Lock>,
}

#[derive(Model, Debug)]
#[model(table = "keyed_houses")]
struct House {
    #[key]
    id: i64,
    #[has_one]
    door: HasOne<Door>,
}

#[derive(Model, Debug)]
#[model(table = "keyed_locks")]
struct Lock {
    #[key]
    id: i64,
    door_id: i64,
}

#[derive(Model, Debug)]
#[model(table = "keyed_plates")]
struct Plate {
    #[key]
    id: i64,
    #[column(unique)]
    door_id: i64,
}

/// Doors 1 to 4; the second one has two locks, and the house 2 two doors.
async fn doors(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![House, Door, Lock, Plate]).await?;
    let mut session = engine.session();
    for id in 1..=3 {
        session.add(House::draft().id(id));
    }
    session.flush().await?;
    for (id, house) in [(1, 1), (2, 2), (3, 2), (4, 3)] {
        session.add(Door::draft().id(id).house_id(house));
    }
    session.flush().await?;
    for (id, door) in [(1, 1), (2, 2), (3, 2), (4, 4)] {
        session.add(Lock::draft().id(id).door_id(door));
    }
    for (id, door) in [(1, 1), (2, 2), (4, 4)] {
        session.add(Plate::draft().id(id).door_id(door));
    }
    session.commit().await?;
    Ok(engine)
}

macro_rules! assert_several {
    ($engine:ident, $query:expr) => {{
        let error = $engine.session().all($query).await.map(|found| found.len()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MultipleRows, "{}: {error}", stringify!($query));
    }};
}

on_every_backend! {
    async fn two_rows_of_a_has_one_are_an_error_on_every_page(database: TestDatabase) -> Result<()> {
        let engine = doors(&database).await?;
        let locked = || select::<Door>().order_by(Door::ID).with(Door::LOCK.joined());
        assert_several!(engine, locked());
        assert_several!(engine, locked().limit(2));
        assert_several!(engine, locked().limit(1).offset(1));
        assert_several!(engine, locked().order_by(Door::HOUSE_ID).limit(3));
        assert_several!(engine, select::<Door>().filter(Door::ID.eq(2)).limit(1).with(Door::LOCK.joined()));
        assert_several!(engine, locked().join(Door::HOUSE).limit(2));
        assert_several!(engine, locked().join(Door::PLATE).distinct().limit(2));
        let below = || select::<Lock>().order_by(Lock::ID);
        assert_eq!(engine.session().all(below()).await?.len(), 4);
        let houses = || select::<House>().order_by(House::ID).with(House::DOOR.joined().with(Door::LOCK.joined()));
        assert_several!(engine, houses().limit(2));
        let door = Door::HOUSE.joined().with(House::DOOR.joined());
        assert_several!(engine, select::<Door>().filter(Door::ID.ge(2)).order_by(Door::ID).limit(1).with(door));
        let first = engine.session().first(locked().filter(Door::ID.gt(1))).await.unwrap_err();
        assert_eq!(first.kind(), ErrorKind::MultipleRows, "{first}");
        for load in [Door::LOCK.selectin(), Door::LOCK.subquery(), Door::LOCK.auto()] {
            assert_several!(engine, select::<Door>().order_by(Door::ID).limit(2).with(load));
        }

        // What is not on the page is not looked at, and takes no place of another one.
        let page = engine.session().all(locked().limit(1)).await?;
        assert_eq!(page[0].get(Door::LOCK).map(|lock| lock.id), Some(1));
        let page = engine.session().all(locked().limit(2).offset(2)).await?;
        let found: Vec<_> = page.iter().map(|door| (door.id, door.get(Door::LOCK).map(|lock| lock.id))).collect();
        assert_eq!(found, [(3, None), (4, Some(4))]);
        Ok(())
    }

    async fn a_has_one_with_a_unique_key_needs_no_subquery(database: TestDatabase) -> Result<()> {
        let engine = doors(&database).await?;
        let log = engine.record();
        let page = engine
            .session()
            .all(select::<Door>().order_by(Door::ID).limit(3).with(Door::PLATE.joined()))
            .await?;
        let found: Vec<_> = page.iter().map(|door| (door.id, door.get(Door::PLATE).map(|plate| plate.id))).collect();
        assert_eq!(found, [(1, Some(1)), (2, Some(2)), (3, None)]);
        assert_eq!((log.count(), log.statements()[0].sql.matches("SELECT").count()), (1, 1), "{log}");
        Ok(())
    }

    async fn rows_that_a_has_one_may_repeat_are_not_cut(database: TestDatabase) -> Result<()> {
        let engine = doors(&database).await?;
        let mut session = engine.session();
        let rows = || select_columns(Door::entity().with(Door::LOCK.joined())).order_by(Door::ID);
        let error = session.rows(rows()).await.map(|rows| rows.len()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MultipleRows, "{error}");
        let log = engine.record();
        let error = session.rows(rows().limit(2)).await.map(|rows| rows.len()).unwrap_err();
        assert_eq!((error.kind(), log.count()), (ErrorKind::InvalidQuery, 0), "{error}");
        assert!(error.to_string().contains(".selectin()"), "{error}");
        let streamed = session.stream(select::<Door>().with(Door::LOCK.joined()).yield_per(2)).next_batch().await;
        let error = streamed.map(|batch| batch.map(|doors| doors.len())).unwrap_err();
        assert_eq!((error.kind(), log.count()), (ErrorKind::InvalidQuery, 0), "{error}");
        assert!(error.to_string().contains("its key is not unique"), "{error}");
        log.clear();
        let mut eager = session.stream(select::<Eager>().filter(Eager::ID.ne(2)).order_by(Eager::ID).yield_per(3));
        let first = eager.next_batch().await?.expect("there are doors");
        let locks: Vec<_> = first.iter().map(|door| door.lock().map(|lock| lock.map(|lock| lock.id))).collect();
        assert_eq!(locks.into_iter().collect::<Result<Vec<_>>>()?, [Some(1), None, Some(4)]);
        let by_keys = log.statements().iter().filter(|one| one.strategy == Some("selectin")).count();
        assert_eq!(by_keys, 1, "a default is asked for by keys: {log}");
        drop(eager);
        let mut plates = session.stream(select::<Door>().with(Door::PLATE.joined()).order_by(Door::ID).yield_per(3));
        let first = plates.next_batch().await?.expect("there are doors");
        assert_eq!(first.iter().filter_map(|door| door.get(Door::PLATE).map(|plate| plate.id)).collect::<Vec<_>>(), [1, 2]);
        Ok(())
    }

    async fn a_join_below_what_is_named_twice_is_refused_as_well(database: TestDatabase) -> Result<()> {
        let engine = doors(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let (house, doors) = (|| Door::HOUSE.joined(), || Door::HOUSE.joined().with(House::DOOR.joined()));
        let refused = |error: Error| {
            assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}");
            assert!(error.to_string().contains("`House.door` cannot be joined here"), "{error}");
        };
        refused(session.stream(select::<Door>().with(doors())).next_batch().await.unwrap_err());
        refused(session.stream(select::<Door>().with(house()).with(doors())).next_batch().await.unwrap_err());
        refused(session.stream(select::<Door>().with(doors()).with(house())).next_batch().await.unwrap_err());
        let entity = Door::entity().with(house()).with(doors());
        refused(session.rows(select_columns(entity).order_by(Door::ID).limit(2)).await.unwrap_err());
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }
}
