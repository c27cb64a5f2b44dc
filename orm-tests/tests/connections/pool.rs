//! The settings of the pool: what is kept, what is closed, who waits, and which errors sessions get.

use std::time::Duration;

use orm_core::prelude::*;
use orm_core::stats::PoolStatus;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "drops")]
pub struct Drop {
    #[key(auto)]
    pub id: i64,
}

/// A session that holds a connection, and gives it back when it is dropped: it is in no transaction.
async fn holder(engine: &Engine) -> Result<Session> {
    let mut session = engine.session();
    assert_eq!(session.count(select::<Drop>()).await?, 0);
    Ok(session)
}

fn counts(status: &PoolStatus) -> [u32; 4] {
    [status.checked_out, status.idle, status.overflow, status.waiting]
}

/// The pool when nothing is on its way into it any more.
async fn settled(engine: &Engine, expected: [u32; 4]) {
    for _ in 0..1000 {
        if counts(&engine.status()) == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{expected:?} is not {}", engine.status());
}

on_every_backend! {
    async fn overflow_is_lent_and_closed(database: TestDatabase) -> Result<()> {
        let builder = database.builder().pool_size(1).max_overflow(1).pool_timeout(Duration::from_millis(300));
        let engine = builder.connect().await?;
        engine.create_all(schema![Drop]).await?;
        let (first, second) = (holder(&engine).await?, holder(&engine).await?);
        assert_eq!(counts(&engine.status()), [2, 0, 1, 0]);

        let mut third = engine.session();
        let refused = third.count(select::<Drop>()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PoolTimeout, "{refused}");
        let text = refused.to_string();
        for part in ["300ms", "pool_size 1", "max_overflow 1", "2 held", file!()] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert_eq!(counts(&engine.status()), [2, 0, 1, 0], "nobody waits any more");

        // One that waits gets what comes back, and then the pool goes back to its size.
        let (counted, ()) = tokio::join!(third.count(select::<Drop>()), async {
            while engine.status().waiting == 0 {
                tokio::task::yield_now().await;
            }
            drop(first);
        });
        assert_eq!(counted?, 0);
        drop(second);
        drop(third);
        settled(&engine, [0, 1, 0, 0]).await;
        Ok(())
    }

    async fn one_that_gives_up_waits_no_more(database: TestDatabase) -> Result<()> {
        let engine = database.builder().pool_size(1).connect().await?;
        engine.create_all(schema![Drop]).await?;
        let held = holder(&engine).await?;
        let mut other = engine.session();
        let waits = tokio::time::timeout(Duration::from_millis(50), other.count(select::<Drop>()));
        assert!(waits.await.is_err(), "there is no connection for it");
        assert_eq!(counts(&engine.status()), [1, 0, 0, 0]);
        drop(held);
        assert_eq!(other.count(select::<Drop>()).await?, 0);
        assert_eq!(engine.status().checkouts.len(), 1);
        Ok(())
    }

    async fn an_engine_that_is_closed_lends_nothing(database: TestDatabase) -> Result<()> {
        let engine = database.builder().pool_size(2).connect().await?;
        engine.create_all(schema![Drop]).await?;
        let mut held = holder(&engine).await?;
        drop(holder(&engine).await?);
        settled(&engine, [1, 1, 0, 0]).await;
        // It does not wait for sessions, one of which may be the caller's.
        engine.close().await;
        settled(&engine, [1, 0, 0, 0]).await;
        assert_eq!(held.count(select::<Drop>()).await?, 0, "what is held stays");
        held.insert(Drop::draft()).await?;
        held.commit().await?;
        let refused = engine.session().count(select::<Drop>()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Connection);
        assert!(refused.to_string().contains("the engine was closed"), "{refused}");
        drop(held);
        settled(&engine, [0, 0, 0, 0]).await;
        Ok(())
    }

    async fn a_server_at_its_limit_is_quoted(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        let user = format!("few_{}", database.url().rsplit('/').next().unwrap_or_default());
        if database.is_mysql() {
            for host in ["localhost", "127.0.0.1"] {
                database.run(&format!("CREATE USER {user}@'{host}' WITH MAX_USER_CONNECTIONS 1")).await;
                database.run(&format!("GRANT ALL ON *.* TO {user}@'{host}'")).await;
            }
        } else {
            database.run(&format!("CREATE ROLE {user} LOGIN CONNECTION LIMIT 1")).await;
        }
        let url = database.url().replace("orm@", &format!("{user}@"));
        let engine = Engine::builder(&url).pool_size(3).pool_timeout(Duration::from_millis(500)).connect().await?;
        let mut one = engine.session();
        one.begin().await?;
        let refused = engine.session().begin().await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Connection, "{refused}");
        let said = if database.is_mysql() { "max_user_connections" } else { "too many connections for role" };
        assert!(refused.to_string().contains(said), "{refused}");
        one.rollback().await?;
        engine.session().begin().await?;
        engine.close().await;
        Ok(())
    }

    async fn a_transaction_that_idles_for_too_long_has_lost_its_connection(database: TestDatabase) -> Result<()> {
        if database.backend() != Backend::Postgres {
            return Ok(());
        }
        let name = database.url().rsplit('/').next().unwrap_or_default().to_owned();
        database.run(&format!("ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '50ms'")).await;
        let engine = database.engine().await?;
        engine.create_all(schema![Drop]).await?;
        let mut session = engine.session();
        session.begin().await?;
        let mut error = None;
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            error = session.count(select::<Drop>()).await.err();
            if error.is_some() {
                break;
            }
        }
        let error = error.expect("the server ends what idles");
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        session.rollback().await.ok();
        assert_eq!(session.count(select::<Drop>()).await?, 0);
        Ok(())
    }

    async fn a_pool_of_nothing_is_refused(database: TestDatabase) -> Result<()> {
        let refused = database.builder().pool_size(0).connect().await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Configuration, "{refused}");
        // Nothing is kept, and one is lent.
        let engine = database.builder().pool_size(0).max_overflow(1).connect().await?;
        engine.create_all(schema![Drop]).await?;
        drop(holder(&engine).await?);
        settled(&engine, [0, 0, 0, 0]).await;
        Ok(())
    }

    async fn old_connections_are_replaced_when_they_are_lent(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        for (age, made) in [(Duration::ZERO, 3), (Duration::from_secs(3600), 1)] {
            let (proxy, builder) = database.behind_proxy().await;
            let engine = builder.pool_size(1).pool_recycle(age).connect().await?;
            let before = proxy.connections();
            engine.create_all(schema![Drop]).await?;
            let mut session = engine.session();
            for _ in 0..2 {
                // Held, it is of no age.
                assert_eq!(session.count(select::<Drop>()).await?, 0);
                assert_eq!(session.count(select::<Drop>()).await?, 0);
                session.commit().await?;
                settled(&engine, [0, 1, 0, 0]).await;
            }
            assert_eq!(proxy.connections() - before, made, "recycled from {age:?} on");
        }
        Ok(())
    }

    async fn a_dead_connection_is_replaced_before_it_is_used(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        let (proxy, builder) = database.behind_proxy().await;
        let engine = builder.clone().pool_size(1).pool_pre_ping(true).connect().await?;
        engine.create_all(schema![Drop]).await?;
        let without = builder.pool_size(1).connect().await?;
        for frozen in [false, true] {
            drop(holder(&engine).await?);
            drop(holder(&without).await?);
            settled(&engine, [0, 1, 0, 0]).await;
            settled(&without, [0, 1, 0, 0]).await;
            match frozen {
                false => database.kill_connections().await,
                true => proxy.freeze(),
            }
            let mut session = engine.session();
            session.begin().await?;
            assert_eq!(session.count(select::<Drop>()).await?, 0);
            if !frozen {
                let lost = without.session().count(select::<Drop>()).await.unwrap_err();
                assert_eq!(lost.kind(), ErrorKind::Connection, "{lost}");
            }
        }
        Ok(())
    }
}
