//! Connections that die: what the session says, what it keeps, and that the pool gets its place back.

use std::time::Duration;

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "rivers")]
pub struct River {
    #[key]
    pub id: i64,
    pub name: String,
    #[has_many(order_by = "id")]
    pub towns: HasMany<Town>,
}

#[derive(Model, Debug)]
#[model(table = "towns")]
pub struct Town {
    #[key]
    pub id: i64,
    pub river_id: i64,
    pub name: String,
    #[belongs_to]
    pub river: BelongsTo<River>,
}

const RIVERS: i64 = 30;

async fn rivers(database: &TestDatabase) -> Result<()> {
    let engine = database.engine().await?;
    engine.create_all(schema![River, Town]).await?;
    let mut session = engine.session();
    for id in 0..RIVERS {
        let town = |n| Town::draft().id(10 * id + n).name(format!("town {n} on river {id}"));
        session.add(River::draft().id(id).name(format!("river {id}")).towns([town(0), town(1)]));
    }
    session.commit().await
}

/// SQLite has no connection to lose, and what RETURNING changes is not here.
fn has_none(database: &TestDatabase) -> bool {
    matches!(database.backend(), Backend::Sqlite | Backend::MysqlWithoutReturning)
}

on_every_backend! {
    async fn a_reset_in_mid_result_is_an_error_and_never_a_short_result(database: TestDatabase) -> Result<()> {
        if has_none(&database) {
            return Ok(());
        }
        rivers(&database).await?;
        let (proxy, builder) = database.behind_proxy().await;
        let engine = builder.pool_size(1).pool_timeout(Duration::from_secs(20)).connect().await?;
        let mut whole = 0;
        for bytes in (0..).step_by(61) {
            let mut session = engine.session();
            let held = session.get::<River>(3).await?.expect("it is there");
            let before = format!("{session:?}");
            proxy.reset_after(bytes);
            let query = select::<River>().order_by(River::ID).with(River::TOWNS.selectin());
            let read = session.all(query).await;
            proxy.heal();
            match read {
                Ok(rivers) => {
                    assert_eq!(rivers.len(), 30, "after {bytes} bytes");
                    assert!(rivers.iter().all(|river| river.get(River::TOWNS).len() == 2), "after {bytes} bytes");
                    whole += 1;
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Connection, "after {bytes} bytes: {error}");
                    assert_eq!(format!("{session:?}"), before, "after {bytes} bytes");
                    assert_eq!(held.name, "river 3");
                    assert_eq!(held.towns().unwrap_err().kind(), ErrorKind::NotLoaded);
                    assert_eq!(whole, 0, "fewer bytes were enough");
                }
            }
            if whole == 3 {
                break;
            }
        }
        Ok(())
    }

    async fn a_dead_connection_gives_its_place_back(database: TestDatabase) -> Result<()> {
        if has_none(&database) {
            return Ok(());
        }
        rivers(&database).await?;
        let (proxy, builder) = database.behind_proxy().await;
        // A place that is not given back makes the next session fail with `PoolTimeout`.
        let engine = builder.pool_size(1).pool_timeout(Duration::from_secs(15)).connect().await?;

        // In mid-statement, inside a transaction.
        let mut session = engine.session();
        session.begin().await?;
        session.add(River::draft().id(100).name("lost"));
        proxy.freeze();
        let cut = tokio::time::timeout(Duration::from_millis(200), session.flush()).await;
        assert!(cut.is_err(), "nothing answers");
        drop(session);
        assert_eq!(engine.session().count(select::<River>()).await?, 30);

        // Between statements, in a transaction and outside one.
        for begins in [true, false] {
            let mut session = engine.session();
            if begins {
                session.begin().await?;
            }
            assert_eq!(session.count(select::<River>()).await?, 30);
            proxy.freeze();
            drop(session);
            assert_eq!(engine.session().count(select::<River>()).await?, 30);
        }

        // One that heals goes on.
        let mut session = engine.session();
        assert_eq!(session.count(select::<River>()).await?, 30);
        proxy.freeze();
        let (count, ()) = tokio::join!(session.count(select::<River>()), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            proxy.thaw();
        });
        assert_eq!(count?, 30);
        Ok(())
    }

    async fn a_killed_connection_is_replaced(database: TestDatabase) -> Result<()> {
        if has_none(&database) {
            return Ok(());
        }
        rivers(&database).await?;
        let engine = database.builder().pool_size(1).pool_timeout(Duration::from_secs(15)).connect().await?;
        let mut session = engine.session();
        session.begin().await?;
        session.add(River::draft().id(100).name("lost"));
        session.flush().await?;
        database.kill_connections().await;
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error}");
        session.rollback().await?;
        assert_eq!(session.count(select::<River>()).await?, 30, "on a connection of its own again");

        // Outside a transaction there is nothing to roll back.
        database.kill_connections().await;
        let error = session.count(select::<River>()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        assert_eq!(session.count(select::<River>()).await?, 30);
        Ok(())
    }
}
