//! What the tests of a program use: a sandbox whose commits are undone, a database for each test, objects without a
//! database.

use std::time::Duration;

use orm_core::options::{Backend as Database, EngineBuilder};
use orm_core::prelude::*;
use orm_core::testing::TemporaryDatabase;
use orm_core::value::ValueRef;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "owners")]
pub struct Owner {
    #[key(auto)]
    pub id: i64,
    #[column(unique, length = 40)]
    pub name: String,
    #[has_many(order_by = "id")]
    pub pets: HasMany<Pet>,
}

#[derive(Model, Debug)]
#[model(table = "pets", hooks)]
pub struct Pet {
    #[key(auto)]
    pub id: i64,
    pub owner_id: i64,
    pub name: String,
    pub nickname: Option<String>,
    #[column(default = "7")]
    pub legs: i64,
    #[column(version)]
    pub version: i64,
    #[column(created)]
    pub born: time::OffsetDateTime,
    #[belongs_to]
    pub owner: BelongsTo<Owner>,
}

/// It has no table.
#[derive(Model, Debug)]
pub struct Ghost {
    #[key]
    pub id: i64,
}

impl ModelHooks for Pet {
    fn before_insert(row: &mut NewRow<'_, Pet>) -> Result<()> {
        if row.get(Pet::NAME) == Some(ValueRef::Text("")) {
            return Err(Error::other("a pet has a name"));
        }
        Ok(())
    }
}

fn builder(database: &TestDatabase) -> EngineBuilder {
    database.builder().pool_size(2).pool_timeout(Duration::from_millis(300))
}

async fn engine(database: &TestDatabase) -> Result<Engine> {
    let engine = builder(database).connect().await?;
    engine.create_all(schema![Owner, Pet]).await?;
    Ok(engine)
}

/// The code under test: it commits.
async fn adopt(engine: &Engine, owner: &str, pet: &str) -> Result<i64> {
    let mut session = engine.session();
    let owner = session.insert(Owner::draft().name(owner).pets([Pet::draft().name(pet).legs(4)])).await?;
    session.commit().await?;
    Ok(owner.id)
}

async fn owners(engine: &Engine) -> Result<u64> {
    engine.session().count(select::<Owner>()).await
}

on_every_backend! {
    async fn an_engine_knows_its_database(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let log = engine.record();
        let name = engine.backend().to_string();
        assert_eq!(log.count(), 0, "it asks nothing: {log}");
        let mut session = engine.session();
        let expected = match engine.backend() {
            Database::Sqlite => vec!["SQLite"],
            Database::Postgres => vec!["PostgreSQL"],
            _ => {
                let version = sql("SELECT LOWER(VERSION())").rows::<String>();
                let version: String = session.row(version).await?;
                vec![if version.contains("mariadb") { "MariaDB" } else { "MySQL" }]
            }
        };
        assert_eq!([name.as_str()], expected[..]);
        let is_mysql = matches!(engine.backend(), Database::MySql | Database::MariaDb);
        assert_eq!(is_mysql, database.is_mysql());
        assert_eq!(engine.backend() == Database::Sqlite, database.backend() == Backend::Sqlite);
        Ok(())
    }

    async fn what_is_committed_in_a_sandbox_is_undone(database: TestDatabase) -> Result<()> {
        let engine = engine(&database).await?;
        let sandbox = engine.sandbox().await?;
        let log = sandbox.record();
        adopt(&sandbox, "jack", "rex").await?;
        assert_eq!(log.count(), 2, "an INSERT for each table: {log}");
        let mut session = sandbox.session();
        let jack = session.one(select::<Owner>().with(Owner::PETS.selectin())).await?;
        assert_eq!(jack.get(Owner::PETS).len(), 1);
        assert_eq!(log.count(), 4, "{log}");

        // A rollback goes back to the last commit.
        session.add(Owner::draft().name("jill"));
        session.flush().await?;
        session.rollback().await?;
        assert_eq!(session.count(select::<Owner>()).await?, 1);
        session.edit(&jack, |owner| owner.name = "john".into())?;
        session.commit().await?;
        drop(session);
        assert_eq!(owners(&sandbox).await?, 1);
        sandbox.close().await;
        assert_eq!(owners(&engine).await?, 0);
        let closed = owners(&sandbox).await.unwrap_err();
        assert_eq!(closed.kind(), ErrorKind::Connection, "{closed}");

        // The same when it is dropped, with a session in the middle of something.
        let sandbox = engine.sandbox().await?;
        adopt(&sandbox, "jack", "rex").await?;
        let mut session = sandbox.session();
        session.add(Owner::draft().name("jill"));
        session.flush().await?;
        drop((sandbox, session));
        for _ in 0..100 {
            if matches!(owners(&engine).await, Ok(0)) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(owners(&engine).await?, 0);
        Ok(())
    }

    async fn sessions_of_a_sandbox_do_not_disturb_each_other(database: TestDatabase) -> Result<()> {
        let sandbox = engine(&database).await?.sandbox().await?;
        adopt(&sandbox, "jack", "rex").await?;
        // One that is dropped in its transaction, in a stream and in a statement.
        let mut session = sandbox.session();
        session.add(Owner::draft().name("jill"));
        session.flush().await?;
        drop(session);
        assert_eq!(owners(&sandbox).await?, 1);
        let mut session = sandbox.session();
        let mut stream = session.stream(select::<Owner>().order_by(Owner::ID).yield_per(1));
        assert!(stream.next_batch().await?.is_some());
        drop(stream);
        drop(session);
        assert_eq!(owners(&sandbox).await?, 1);

        // A constraint refuses, in a transaction that is rolled back and in a savepoint.
        let twice = adopt(&sandbox, "jack", "tom").await.unwrap_err();
        assert_eq!(twice.kind(), ErrorKind::UniqueViolation, "{twice}");
        let mut session = sandbox.session();
        session.add(Owner::draft().name("jill"));
        let undone = session
            .nested(async |session| session.insert(Owner::draft().name("jack")).await)
            .await;
        assert_eq!(undone.unwrap_err().kind(), ErrorKind::UniqueViolation);
        session.commit().await?;

        // A statement that only reads and fails takes nothing along.
        let failed = session.count(select::<Ghost>()).await;
        assert!(failed.is_err());
        assert_eq!(session.count(select::<Owner>()).await?, 2);

        // One after the other.
        let waited = owners(&sandbox).await.unwrap_err();
        assert_eq!(waited.kind(), ErrorKind::PoolTimeout, "{waited}");
        let said = waited.to_string();
        assert!(said.contains("sandbox") && said.contains(file!()), "{said}");
        assert_eq!(sandbox.status().checked_out, 1);
        drop(session);
        assert_eq!(sandbox.status().checked_out, 0);
        assert_eq!(owners(&sandbox).await?, 2);
        Ok(())
    }

    async fn transactions_in_a_sandbox_are_those_of_the_program(database: TestDatabase) -> Result<()> {
        let engine = engine(&database).await?;
        let sandbox = engine.sandbox().await?;
        let mut attempts = 0;
        let counter = std::sync::Mutex::new(&mut attempts);
        let name = sandbox
            .transact(RetryPolicy::new().also_when(|error| error.kind() == ErrorKind::Other), async |session| {
                let owner = session.insert(Owner::draft().name("jack")).await?;
                let mut attempts = counter.lock().expect("no thread panics");
                **attempts += 1;
                if **attempts == 1 { Err(Error::other("not at first")) } else { Ok(owner.name.clone()) }
            })
            .await?;
        assert_eq!((name.as_str(), attempts), ("jack", 2));
        assert_eq!(owners(&sandbox).await?, 1);

        let isolated = TransactionOptions::new().isolation(Isolation::Serializable);
        let mut session = sandbox.session();
        assert_eq!(session.count(select::<Owner>()).await?, 1);
        session.transaction_with(isolated, async |session| {
            session.add(Owner::draft().name("jill"));
            session.flush().await
        }).await?;
        session.begin_with(TransactionOptions::new().read_only()).await?;
        session.add(Owner::draft().name("june"));
        assert_eq!(session.flush().await.unwrap_err().kind(), ErrorKind::InvalidState);
        session.rollback().await?;
        session.insert(Owner::draft().name("june")).await?;
        session.connection().await?.execute("UPDATE owners SET name = 'judy' WHERE name = 'june'").await?;
        session.commit().await?;
        assert_eq!(session.count(select::<Owner>().filter(Owner::NAME.eq("judy"))).await?, 1);
        drop(session);
        let nested = sandbox.sandbox().await.map(|_| ()).unwrap_err();
        assert_eq!(nested.kind(), ErrorKind::InvalidState, "{nested}");
        sandbox.close().await;
        assert_eq!(owners(&engine).await?, 0);
        assert_eq!(engine.status().checked_out, 0);
        Ok(())
    }

    async fn what_cannot_be_undone_is_refused(database: TestDatabase) -> Result<()> {
        let engine = builder(&database).connect().await?;
        let sandbox = engine.sandbox().await?;
        let created = sandbox.create_all(schema![Owner, Pet]).await;
        if database.is_mysql() {
            assert_eq!(created.unwrap_err().kind(), ErrorKind::InvalidState);
            let ddl = sandbox.session().execute(sql("CREATE TABLE t (id INT)")).await.unwrap_err();
            assert_eq!(ddl.kind(), ErrorKind::InvalidQuery, "{ddl}");
        } else {
            created?;
            adopt(&sandbox, "jack", "rex").await?;
        }
        sandbox.close().await;
        assert!(owners(&engine).await.is_err(), "the tables are gone");
        Ok(())
    }

    async fn a_test_has_a_database_of_its_own(database: TestDatabase) -> Result<()> {
        let (one, two) = (TemporaryDatabase::create(database.url()).await?, TemporaryDatabase::create(database.url()).await?);
        assert_ne!(one.url(), two.url());
        for temporary in [&one, &two] {
            let engine = temporary.engine().await?;
            engine.create_all(schema![Owner, Pet]).await?;
            adopt(&engine, "jack", "rex").await?;
            let other = temporary.builder().pool_size(1).connect().await?;
            assert_eq!(owners(&other).await?, 1, "it is one database for all its engines");
        }
        let url = two.url().to_owned();
        one.remove().await?;
        drop(two);
        match database.backend() {
            orm_tests::Backend::Sqlite => assert!(owners(&Engine::connect(&url).await?).await.is_err()),
            _ => assert_eq!(Engine::connect(&url).await.unwrap_err().kind(), ErrorKind::Connection),
        }
        Ok(())
    }
}

#[test]
fn an_object_needs_no_database() {
    let pet = Pet::draft().id(3).owner_id(1).name("rex").legs(4).detached().expect("it is complete");
    assert_eq!((pet.id, &*pet.name, &pet.nickname, pet.legs, pet.version), (3, "rex", &None, 4, 1));
    assert!(pet.born <= time::OffsetDateTime::now_utc());
    assert_eq!(pet.owner().unwrap_err().kind(), ErrorKind::Detached);

    let incomplete = Pet::draft().owner_id(1).name("rex").detached().unwrap_err();
    assert_eq!(incomplete.kind(), ErrorKind::InvalidState);
    assert_eq!(
        incomplete.to_string(),
        "a detached `Pet` does not get values from the database; set `id`, `legs` in its draft [InvalidState]"
    );
    let refused = Pet::draft().id(1).owner_id(1).name("").legs(4).detached().unwrap_err();
    assert_eq!(refused.to_string(), "a pet has a name");
    let linked = Owner::draft().id(1).name("jack").pets([Pet::draft().name("rex")]).detached().unwrap_err();
    assert_eq!(linked.kind(), ErrorKind::InvalidState, "{linked}");
}
