//! PgBouncer in transaction mode: every answer belongs to its query.

use std::time::Duration;

use orm_core::options::Pooler;
use orm_core::prelude::*;
use orm_tests::{Backend, PgBouncer, TestDatabase, not_run, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "shelves")]
pub struct Shelf {
    #[key]
    pub id: i64,
    pub label: String,
    #[column(version)]
    pub changes: i64,
    #[has_many(order_by = "id")]
    pub jars: HasMany<Jar>,
}

#[derive(Model, Debug)]
#[model(table = "jars")]
pub struct Jar {
    #[key]
    pub id: i64,
    pub shelf_id: i64,
    pub label: String,
    #[belongs_to]
    pub shelf: BelongsTo<Shelf>,
}

#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[db_enum(native = "size's \"type\"")]
pub enum Size {
    Small,
    Large,
}

#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[db_enum(native = "colour")]
pub enum Colour {
    Red,
    Green,
}

#[derive(Model, Debug)]
#[model(table = "parcels")]
pub struct Parcel {
    #[key(auto)]
    pub id: i64,
    pub size: Size,
    pub colour: Option<Colour>,
    #[column(default = "'Green'")]
    pub shade: Option<Colour>,
}

const SHELVES: i64 = 200;
const TASKS: i64 = 16;

fn queries() -> i64 {
    if std::env::var("ORM_DEEP").is_ok() { 40_000 } else { 2_000 }
}

async fn shelves(database: &TestDatabase) -> Result<()> {
    let engine = database.engine().await?;
    engine.create_all(schema![Shelf, Jar]).await?;
    let mut session = engine.session();
    for id in 0..SHELVES {
        let jar = |n: i64| Jar::draft().id(3 * id + n).label(format!("jar {n} of {id}"));
        session.add(
            Shelf::draft().id(id).label(format!("shelf {id}")).jars((0..id % 3).map(jar).collect::<Vec<_>>()),
        );
    }
    session.commit().await
}

/// A pooler in front of the database; `None` without PostgreSQL or PgBouncer.
async fn pooler(database: &TestDatabase, lenient: bool) -> Option<PgBouncer> {
    if database.backend() != Backend::Postgres {
        return None;
    }
    match PgBouncer::start(database, lenient) {
        Ok(pooler) => Some(pooler),
        Err(reason) => {
            not_run("PgBouncer", &reason);
            None
        }
    }
}

/// One query whose answer is known, of a shape that the number chooses: statements of many texts and types.
async fn ask(session: &mut Session, number: i64) -> Result<()> {
    let id = number * 31 % SHELVES;
    match number % 6 {
        0 => {
            let shelf = session.one(select::<Shelf>().filter(Shelf::ID.eq(id)).populate_existing()).await?;
            assert_eq!((shelf.id, &*shelf.label), (id, &*format!("shelf {id}")), "query {number}");
        }
        1 => {
            let query = select::<Shelf>().filter(Shelf::LABEL.eq(format!("shelf {id}"))).populate_existing();
            assert_eq!(session.one(query).await?.id, id, "query {number}");
        }
        2 => assert_eq!(
            session.count(select::<Shelf>().filter(Shelf::ID.lt(id))).await?,
            u64::try_from(id).expect("small"),
            "query {number}"
        ),
        3 => {
            let ids = [id, (id + 1) % SHELVES, (id + 2) % SHELVES];
            let query = select::<Shelf>()
                .filter(Shelf::ID.is_in(ids))
                .populate_existing()
                .with(Shelf::JARS.selectin());
            for shelf in session.all(query).await? {
                assert!(ids.contains(&shelf.id), "query {number} got {}", shelf.id);
                let jars = shelf.get(Shelf::JARS);
                assert_eq!(jars.len(), usize::try_from(shelf.id % 3).expect("small"), "query {number}");
                assert!(jars.iter().all(|jar| jar.shelf_id == shelf.id), "query {number}");
            }
        }
        4 => {
            let missing =
                session.first(select::<Jar>().filter(Jar::LABEL.eq(format!("nonce {number}")))).await?;
            assert!(missing.is_none(), "query {number}");
        }
        _ => {
            session.begin().await?;
            let shelf = session.one(select::<Shelf>().filter(Shelf::ID.eq(id)).populate_existing()).await?;
            session.edit(&shelf, |shelf| shelf.label = format!("shelf {id}"))?;
            let jar = session.insert(Jar::draft().id(1_000_000 + number).shelf_id(id).label("new")).await?;
            session.delete(&jar)?;
            session.commit().await?;
        }
    }
    Ok(())
}

on_every_backend! {
    async fn every_answer_is_that_of_its_query(database: TestDatabase) -> Result<()> {
        let Some(pooler) = pooler(&database, true).await else { return Ok(()) };
        shelves(&database).await?;
        let engine = pooler.builder().pooler(Pooler::Transaction).pool_size(8).pool_timeout(Duration::from_secs(120)).connect().await?;
        let tasks = (0..TASKS).map(|task| {
            let engine = engine.clone();
            tokio::spawn(async move {
                let mut session = engine.session();
                for number in (task..queries()).step_by(usize::try_from(TASKS).expect("small")) {
                    ask(&mut session, number).await?;
                    if number % 5 == 0 {
                        session.commit().await?;
                    }
                }
                session.close().await
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.expect("no answer is wrong")?;
        }
        Ok(())
    }

    async fn what_would_stay_on_the_servers_connection_is_refused(database: TestDatabase) -> Result<()> {
        let Some(pooler) = pooler(&database, false).await else { return Ok(()) };
        shelves(&database).await?;
        let engine = pooler.builder().pooler(Pooler::Transaction).pool_size(1).connect().await?;
        let mut session = engine.session();
        let log = engine.record();
        for text in ["SET search_path = pg_catalog", "SELECT pg_advisory_lock(1)", "CREATE TEMP TABLE jars (id int)", "LISTEN news"] {
            let refused = session.execute(sql(text)).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidQuery, "{text}: {refused}");
            let refused = session.stream(sql(text).rows::<i64>()).next_batch().await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidQuery, "{text}: {refused}");
        }
        assert_eq!(log.count(), 0, "{log}");
        assert!(!session.in_transaction());
        session.execute(sql("SET LOCAL search_path = pg_catalog")).await?;
        session.rollback().await?;
        session.execute(sql("VACUUM jars")).await?;
        assert!(!session.in_transaction());
        assert_eq!(session.count(select::<Shelf>()).await?, 200);
        Ok(())
    }

    async fn a_statement_alone_has_a_transaction_and_its_error_ends_it(database: TestDatabase) -> Result<()> {
        let Some(pooler) = pooler(&database, false).await else { return Ok(()) };
        shelves(&database).await?;
        let engine = pooler.builder().pooler(Pooler::Transaction).pool_size(1).connect().await?;
        let mut session = engine.session();
        let log = engine.record();
        assert_eq!(session.count(select::<Shelf>()).await?, 200);
        assert_eq!(log.count(), 1, "{log}");
        assert!(!session.in_transaction());
        database.run("ALTER TABLE jars RENAME TO bottles").await;
        let error = session.count(select::<Jar>()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Database, "{error}");
        assert!(!session.in_transaction());
        assert_eq!(session.count(select::<Shelf>()).await?, 200);

        session.begin().await?;
        let shelf = session.get::<Shelf>(3).await?.expect("it is there");
        session.edit(&shelf, |shelf| shelf.label.clear())?;
        session.flush().await?;
        session.rollback().await?;
        assert_eq!(session.get::<Shelf>(3).await?.expect("it is there").label, "shelf 3");
        Ok(())
    }

    async fn an_engine_without_the_pooler_option_refuses(database: TestDatabase) -> Result<()> {
        if database.backend() != Backend::Postgres {
            let refused = database.builder().pooler(Pooler::Transaction).connect().await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Configuration, "{refused}");
            return Ok(());
        }
        for lenient in [true, false] {
            let Some(pooler) = pooler(&database, lenient).await else { return Ok(()) };
            let refused = pooler.builder().connect().await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Configuration, "{refused}");
            assert!(refused.to_string().contains(".pooler(Pooler::Transaction)"), "{refused}");
        }
        // Without a pooler the mode costs round trips and is right.
        shelves(&database).await?;
        let engine = database.builder().pooler(Pooler::Transaction).connect().await?;
        assert_eq!(engine.session().count(select::<Shelf>()).await?, 200);
        Ok(())
    }

    async fn native_enums_are_read(database: TestDatabase) -> Result<()> {
        let Some(pooler) = pooler(&database, true).await else { return Ok(()) };
        let engine = pooler.builder().pooler(Pooler::Transaction).pool_size(4).pool_timeout(Duration::from_secs(60)).connect().await?;
        // Connections that are older than the types.
        let (mut one, mut two) = (engine.session(), engine.session());
        assert_eq!((one.row(sql("SELECT 1").rows::<i32>()).await?, two.row(sql("SELECT 2").rows::<i32>()).await?), (1, 2));
        one.close().await?;
        two.close().await?;
        engine.create_all(schema![Parcel]).await?;
        let size = |id: i64| if id % 2 == 0 { Size::Small } else { Size::Large };
        let mut session = engine.session();
        for id in 1..=100 {
            session.add(Parcel::draft().id(id).size(size(id)).colour((id % 3 == 0).then_some(Colour::Green)));
        }
        session.commit().await?;
        engine.sync_sequences(schema![Parcel]).await?;
        let tasks = (0..TASKS).map(|task| {
            let engine = engine.clone();
            tokio::spawn(async move {
                for number in 0..20 {
                    let (mut session, id) = (engine.session(), (task * 20 + number) % 100 + 1);
                    let parcel = session.get::<Parcel>(id).await?.expect("it was written");
                    assert_eq!((parcel.size, parcel.colour.is_some()), (size(id), id % 3 == 0), "parcel {id}");
                    let wanted = select_columns((Parcel::COLOUR, Parcel::SIZE)).filter(Parcel::SIZE.eq(size(id)) & Parcel::ID.eq(id));
                    assert_eq!(session.row(wanted).await?, (parcel.colour, size(id)));
                    let made = session.insert(Parcel::draft().size(Size::Large).colour(Colour::Red)).await?;
                    assert_eq!(made.shade, Some(Colour::Green), "the database fills it in, and gives it back");
                    session.delete(&made)?;
                    session.commit().await?;
                }
                Ok::<(), Error>(())
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.expect("no answer is wrong")?;
        }
        let mut stream = session.stream(select::<Parcel>().order_by(Parcel::ID).yield_per(30));
        let mut streamed = Vec::new();
        while let Some(batch) = stream.next_batch().await? {
            streamed.extend(batch.iter().map(|parcel| (parcel.id, parcel.size)));
        }
        assert_eq!(streamed, (1..=100).map(|id| (id, size(id))).collect::<Vec<_>>());
        Ok(())
    }

    async fn a_type_that_came_later_is_met_by_the_next_connection(database: TestDatabase) -> Result<()> {
        let Some(pooler) = pooler(&database, true).await else { return Ok(()) };
        let engine = pooler.builder().pooler(Pooler::Transaction).pool_size(1).connect().await?;
        let mut session = engine.session();
        assert_eq!(session.row(sql("SELECT 1").rows::<i32>()).await?, 1);
        database.run("CREATE TYPE late AS ENUM ('noon', 'night')").await;
        let asked = || sql("SELECT CAST('night' AS late)").rows::<String>();
        let error = session.row(asked()).await.unwrap_err();
        assert!(error.is_retryable(), "{error:?}");
        session.close().await?;
        assert_eq!(engine.session().row(asked()).await?, "night");
        Ok(())
    }
}
