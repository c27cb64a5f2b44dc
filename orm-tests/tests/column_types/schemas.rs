//! Tables in schemas: three of one name are three tables, in every kind of statement and with keys between schemas.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};
use tokio::sync::Mutex;

/// On MariaDB a schema is a database of the whole server, which one test has at a time.
static SCHEMAS: Mutex<()> = Mutex::const_new(());

/// Those with keys come before what they refer to.
const NAMES: [&str; 3] = ["orm `links\"", "orm_shop", "orm_crm"];

#[derive(Model, Debug)]
#[model(table = "items", schema = "orm_crm")]
pub struct Owner {
    #[key(auto)]
    pub id: i64,
    #[column(unique)]
    pub name: String,
    pub parent_id: Option<i64>,
    #[has_many(order_by = "id", cascade = "delete")]
    pub things: HasMany<Thing>,
    #[many_to_many(
        through = "items",
        through_schema = "orm `links\"",
        key = "owner_id",
        target_key = "thing_id",
        order_by = "id"
    )]
    pub likes: HasMany<Thing>,
    #[belongs_to(key = "parent_id")]
    pub parent: BelongsTo<Option<Owner>>,
}

#[derive(Model, Debug)]
#[model(table = "items", schema = "orm_shop")]
pub struct Thing {
    #[key(auto)]
    pub id: i64,
    pub owner_id: i64,
    #[column(unique, index)]
    pub name: String,
    #[column(default = "7")]
    pub size: i32,
    #[belongs_to]
    pub owner: BelongsTo<Owner>,
    #[many_to_many(
        through = "items",
        through_schema = "orm `links\"",
        key = "thing_id",
        target_key = "owner_id"
    )]
    pub liked_by: HasMany<Owner>,
}

/// The same as [`Thing`], in a schema that does not exist.
#[derive(Model, Debug)]
#[model(table = "items", schema = "orm_nowhere")]
pub struct Stray {
    #[key]
    pub id: i64,
}

async fn clear(database: &TestDatabase) {
    if database.is_mysql() {
        for name in NAMES {
            database.run(&format!("DROP SCHEMA IF EXISTS `{}`", name.replace('`', "``"))).await;
        }
    }
}

async fn engine(database: &TestDatabase) -> Result<Engine> {
    clear(database).await;
    let mut builder = database.builder();
    if database.backend() == Backend::Sqlite {
        builder = NAMES.into_iter().fold(builder, |builder, name| builder.attach(name, ":memory:"));
    }
    let engine = builder.connect().await?;
    engine.create_all(schema![Owner, Thing]).await?;
    engine.create_all(schema![Owner, Thing]).await?;
    let mut session = engine.session();
    let thing = |name: &str| Thing::draft().name(name);
    let (a, b) = (thing("a1"), thing("b1"));
    session.add(Owner::draft().name("a").things([thing("a0"), a]));
    session.add(Owner::draft().name("b").things([b, thing("b2"), thing("b3")]));
    session.flush().await?;
    let owners = session.all(select::<Owner>().order_by(Owner::NAME)).await?;
    let things = session.all(select::<Thing>().order_by(Thing::NAME)).await?;
    for (owner, thing) in [(0, 0), (0, 2), (1, 2), (1, 4)] {
        session.append(&owners[owner], Owner::LIKES, &things[thing])?;
    }
    session.edit(&owners[1], |owner| owner.parent_id = Some(owners[0].id))?;
    session.commit().await?;
    Ok(engine)
}

/// How many statements were run since the last time.
fn count(log: &QueryLog) -> usize {
    let count = log.count();
    log.clear();
    count
}

fn first<M: Model, L>(many: Many<M, L>) -> Entity<M, L> {
    many.first().expect("it is not empty")
}

fn names<L>(things: &Many<Thing, L>) -> Vec<String> {
    things.iter().map(|thing| thing.name.clone()).collect()
}

on_every_backend! {
    async fn the_tables_of_each_schema_match_the_models(database: TestDatabase) -> Result<()> {
        let _turn = SCHEMAS.lock().await;
        let engine = engine(&database).await?;
        let log = engine.record();
        let report = engine.check(schema![Owner, Thing]).await?;
        assert_eq!(count(&log), 9, "three for each schema: {log}");
        let strays = report.findings().iter().filter(|finding| !finding.is_advice()).count();
        assert_eq!(strays, 0, "{report}");
        let report = engine.check(schema![Stray]).await?;
        let text = report.to_string();
        assert!(text.ends_with("`Stray`: the table `orm_nowhere.items` does not exist"), "{text}");
        clear(&database).await;
        Ok(())
    }

    async fn every_strategy_reads_the_right_table(database: TestDatabase) -> Result<()> {
        let _one = SCHEMAS.lock().await;
        let engine = engine(&database).await?;
        let owners = || select::<Owner>().order_by(Owner::NAME);
        let log = engine.record();

        let read = engine.session().all(owners().with(Owner::THINGS.selectin().with(Thing::OWNER.joined())).with(Owner::LIKES.selectin())).await?;
        assert_eq!(count(&log), 3);
        assert_eq!(names(&read[0].get(Owner::THINGS)), ["a0", "a1"]);
        assert_eq!(names(&read[1].get(Owner::LIKES)), ["b1", "b3"]);
        assert!(Entity::same(&first(read[1].get(Owner::THINGS)).get(Thing::OWNER), &read[1]));

        // A page of parents is a subquery, and so are the parents of a subquery load.
        for page in [None, Some(5)] {
            let query = match page { None => owners(), Some(limit) => owners().limit(limit) };
            let read = engine.session().all(query.with(Owner::THINGS.joined()).with(Owner::LIKES.joined().inner()).with(Owner::PARENT.joined())).await?;
            assert_eq!(count(&log), 1);
            assert_eq!(names(&read[1].get(Owner::THINGS)), ["b1", "b2", "b3"]);
            assert_eq!(names(&read[0].get(Owner::LIKES)), ["a0", "b1"]);
            assert_eq!(read[1].get(Owner::PARENT).map(|parent| parent.name.clone()).as_deref(), Some("a"));

            let query = match page { None => owners(), Some(limit) => owners().limit(limit) };
            let read = engine.session().all(query.filter(Owner::NAME.ge("a"))
                .with(Owner::THINGS.subquery().with(Thing::LIKED_BY.subquery()))
                .with(Owner::LIKES.subquery().with(Thing::OWNER.joined()))).await?;
            assert_eq!(count(&log), 4);
            assert_eq!(names(&read[0].get(Owner::THINGS)), ["a0", "a1"]);
            assert_eq!(names(&read[1].get(Owner::LIKES)), ["b1", "b3"]);
            assert_eq!(first(read[1].get(Owner::THINGS)).get(Thing::LIKED_BY).len(), 2);
        }

        // The first of each parent, chosen by a window.
        let likes = Owner::LIKES.selectin().filter(Thing::NAME.ne("a0")).order_by(Thing::NAME.desc()).limit(1);
        let things = Owner::THINGS.selectin().order_by(Thing::NAME.desc()).limit(2).with(Thing::OWNER.joined().inner()).with(Thing::LIKED_BY.joined());
        let read = engine.session().all(owners().with(things).with(likes)).await?;
        assert_eq!(count(&log), 3);
        assert_eq!(names(&read[1].get(Owner::THINGS)), ["b3", "b2"]);
        assert_eq!([names(&read[0].get(Owner::LIKES)), names(&read[1].get(Owner::LIKES))], [["b1".to_owned()], ["b3".to_owned()]]);

        let mut session = engine.session();
        assert_eq!(session.count(select::<Thing>().filter(Thing::NAME.like("b%")).limit(2)).await?, 2);
        let wrong = session.all(select::<Owner>().filter(Thing::NAME.eq("a0"))).await.unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::InvalidQuery);
        assert!(wrong.to_string().contains("`orm_shop.items`"), "{wrong}");
        let held = session.all(owners()).await?;
        let loaded = session.load_all(held, Owner::LIKES.auto()).await?;
        assert_eq!(names(&loaded[1].get(Owner::LIKES)), ["b1", "b3"]);
        drop(session);
        clear(&database).await;
        Ok(())
    }

    async fn every_write_reaches_the_right_table(database: TestDatabase) -> Result<()> {
        let _one = SCHEMAS.lock().await;
        let engine = engine(&database).await?;
        let mut session = engine.session();
        let things = session.all(select::<Thing>().order_by(Thing::NAME)).await?;
        for (at, thing) in things.iter().enumerate() {
            session.edit(thing, |thing| thing.size = i32::try_from(at).expect("few"))?;
        }
        let owner = session.one(select::<Owner>().filter(Owner::NAME.eq("b"))).await?;
        let owner = session.load_all(vec![owner], Owner::LIKES.selectin()).await?.remove(0);
        let liked = owner.get(Owner::LIKES).iter().next().expect("b likes something");
        session.remove(&owner, Owner::LIKES, &liked)?;
        session.commit().await?;
        let sizes: Vec<i32> = engine.session().all(select::<Thing>().order_by(Thing::NAME)).await?.iter().map(|thing| thing.size).collect();
        assert_eq!(sizes, [0, 1, 2, 3, 4]);

        let doubled = session.execute(update::<Thing>().set(Thing::SIZE, 40).filter(Thing::SIZE.ge(3)).returning()).await?;
        assert_eq!(doubled.len(), 2);
        let upsert = || insert::<Thing>().rows([Thing::draft().owner_id(owner.id).name("b2").size(50)]);
        session.execute(upsert().on_conflict(OnConflict::update(Thing::NAME, Thing::SIZE))).await?;
        session.execute(upsert().on_conflict(OnConflict::nothing())).await?;
        session.refresh(&things[3]).await?;
        assert_eq!(things[3].size, 50);
        let gone = session.execute(delete::<Thing>().filter(Thing::NAME.eq("b2")).returning()).await?;
        assert_eq!(gone.len(), 1);
        let made = session.insert(Thing::draft().owner_id(owner.id).name("new")).await?;
        assert_eq!(made.size, 7, "the database's default comes back");
        session.commit().await?;

        let unique = session.insert(Thing::draft().owner_id(owner.id).name("new")).await.unwrap_err();
        assert_eq!(unique.kind(), ErrorKind::UniqueViolation);
        if database.backend() != Backend::Sqlite {
            assert!(unique.to_string().contains("`Thing.name`"), "{unique}");
        }
        session.rollback().await?;
        let unique = session.insert(Owner::draft().name("a")).await.unwrap_err();
        if database.backend() != Backend::Sqlite {
            assert!(unique.to_string().contains("`Owner.name`"), "{unique}");
        }
        session.rollback().await?;

        // A key between schemas; SQLite has none between files.
        let dangling = session.insert(Thing::draft().owner_id(99).name("dangling")).await;
        match database.backend() {
            Backend::Sqlite => assert_eq!(dangling?.owner_id, 99),
            _ => assert_eq!(dangling.unwrap_err().kind(), ErrorKind::ForeignKeyViolation),
        }
        session.rollback().await?;
        session.delete(&owner)?;
        session.commit().await?;
        assert_eq!(session.count(select::<Thing>()).await?, 2);
        drop(session);
        engine.drop_all(schema![Owner, Thing]).await?;
        engine.drop_all(schema![Owner, Thing]).await?;
        clear(&database).await;
        Ok(())
    }

    async fn a_schema_that_is_not_there_is_made_or_named(database: TestDatabase) -> Result<()> {
        if database.backend() != Backend::Sqlite {
            let refused = database.builder().attach("app", ":memory:").connect().await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Configuration);
            return Ok(());
        }
        let missing = database.engine().await?.create_all(schema![Stray]).await.unwrap_err();
        assert!(missing.to_string().contains(".attach(\"orm_nowhere\", path)"), "{missing}");

        // A file, beside a database in memory; every connection of the pool has it.
        let directory = orm_tests::directory();
        let file = directory.path().join("a %20 ?#.db");
        let path = file.to_str().expect("a name");
        let engine = database.builder().attach("orm_nowhere", path).connect().await?;
        engine.create_all(schema![Stray]).await?;
        let (mut one, mut two) = (engine.session(), engine.session());
        one.insert(Stray::draft().id(1)).await?;
        one.commit().await?;
        assert_eq!(one.count(select::<Stray>()).await?, 1);
        assert_eq!(two.count(select::<Stray>()).await?, 1);
        assert!(file.exists());
        let again = Engine::builder(&format!("sqlite:{}", directory.path().join("main.db").display()));
        let again = again.attach("orm_nowhere", path).connect().await?;
        assert_eq!(again.session().count(select::<Stray>()).await?, 1);
        Ok(())
    }
}
