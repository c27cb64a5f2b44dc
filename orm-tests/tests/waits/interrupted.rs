//! A statement whose caller has gone ends, and its connection's place is free.

use std::time::Duration;

use orm_core::options::TransactionOptions;
use orm_core::prelude::*;

use crate::world::{Owner, Thing, builder, ends, fill, url};

/// Never ends.
const ENDLESS: &str =
    "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t";

/// Drops a call after a moment, which it must not have ended in.
async fn dropped<T>(call: impl Future<Output = Result<T>>) {
    let cut = tokio::time::timeout(Duration::from_millis(30), call).await;
    assert!(cut.is_err(), "it was still at work");
}

#[tokio::test]
async fn a_statement_whose_future_was_dropped_is_interrupted() -> Result<()> {
    let directory = orm_tests::directory();
    for url in ["sqlite::memory:".to_owned(), url(&directory.path().join("f.db"))] {
        let engine = builder(&url).pool_size(1).connect().await?;
        fill(&engine).await?;
        // The only connection would stay busy for ever.
        let next =
            async |engine: &Engine| ends("the next session", engine.session().count(select::<Thing>())).await;
        let mut session = engine.session();
        dropped(session.rows(sql(ENDLESS).rows::<i64>())).await;
        drop(session);
        assert_eq!(next(&engine).await?, 2_000);

        let mut session = engine.session();
        dropped(session.execute(sql("UPDATE things SET n = (WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t)"))).await;
        session.rollback().await?;
        assert_eq!(next(&engine).await?, 2_000);

        let mut session = engine.session();
        session.begin_with(TransactionOptions::new().read_only()).await?;
        dropped(session.row(sql(ENDLESS).rows::<i64>())).await;
        drop(session);
        assert_eq!(next(&engine).await?, 2_000);

        let mut session = engine.session();
        let mut stream = session.stream(sql(ENDLESS).rows::<i64>());
        dropped(stream.next_batch()).await;
        drop(stream);
        drop(session);
        assert_eq!(next(&engine).await?, 2_000);
    }
    Ok(())
}

#[tokio::test]
async fn a_stream_that_was_left_is_not_read_to_its_end() -> Result<()> {
    let engine = builder("sqlite::memory:").pool_size(1).connect().await?;
    fill(&engine).await?;
    let mut session = engine.session();
    let endless = "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) \
                   SELECT n FROM t WHERE n < 3 OR n > 9000000000000000000";
    let mut stream = session.stream(sql(endless).rows::<i64>().yield_per(2));
    assert_eq!(ends("the first batch", stream.next_batch()).await?, Some(vec![1, 2]));
    drop(stream);
    assert_eq!(ends("the session", session.count(select::<Thing>())).await?, 2_000);
    Ok(())
}

#[tokio::test]
async fn a_dropped_future_stops_waiting_for_a_lock() -> Result<()> {
    let directory = orm_tests::directory();
    let url = url(&directory.path().join("f.db"));
    let engine =
        Engine::builder(&url).busy_timeout(Duration::from_secs(3_600)).pool_size(2).connect().await?;
    fill(&engine).await?;
    let mut writer = engine.session();
    writer.execute(sql("DELETE FROM things")).await?;
    let mut second = engine.session();
    dropped(second.begin()).await;
    drop(second);
    // The second place is free, though the lock is not.
    assert_eq!(ends("the next session", engine.session().count(select::<Thing>())).await?, 2_000);
    writer.rollback().await
}

#[tokio::test]
async fn raw_sql_cannot_reach_another_session() -> Result<()> {
    let engine = builder("sqlite::memory:").connect().await?;
    let mut session = engine.session();
    for number in -1..3i64 {
        let called = sql("SELECT orm_core_job(?)").bind(number).rows::<i64>();
        let refused = session.rows(called).await.unwrap_err();
        assert!(refused.to_string().contains("no such function"), "{refused}");
        session.rollback().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_rollback_after_a_full_disk_succeeds() -> Result<()> {
    let engine = builder("sqlite::memory:").pool_size(1).connect().await?;
    fill(&engine).await?;
    let mut session = engine.session();
    session.execute(sql("PRAGMA max_page_count = 40")).await?;
    for thing in 1..=40 {
        session.add(Thing::draft().id(10_000 + thing).owner_id(1).n(thing));
    }
    let full = "INSERT INTO owners (id, name, note) VALUES (9, 'x', hex(zeroblob(1000000)))";
    let refused = session.execute(sql(full)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Database, "{refused}");
    assert!(refused.to_string().contains("full"), "{refused}");
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::PendingRollback);
    session.rollback().await?;
    assert_eq!(session.count(select::<Thing>()).await?, 2_000);
    session.insert(Thing::draft().id(0).owner_id(1).n(0)).await?;
    session.commit().await
}

#[tokio::test]
async fn a_savepoint_on_a_full_disk_ends_with_its_transaction() -> Result<()> {
    let engine = builder("sqlite::memory:").pool_size(1).connect().await?;
    fill(&engine).await?;
    let mut session = engine.session();
    session.execute(sql("PRAGMA max_page_count = 40")).await?;
    let full = "INSERT INTO owners (id, name, note) VALUES (9, 'x', hex(zeroblob(1000000)))";
    let refused =
        session.nested(async |session| session.execute(sql(full)).await.map(drop)).await.unwrap_err();
    assert!(refused.to_string().contains("full"), "{refused}");
    session.rollback().await?;
    assert_eq!(session.count(select::<Thing>()).await?, 2_000);
    Ok(())
}

/// It begins on the caller's thread, and continues elsewhere because of what is loaded in between.
#[tokio::test]
async fn a_stream_that_moved_to_another_thread_leaves_no_lock() -> Result<()> {
    let directory = tempfile::tempdir().expect("a directory");
    let engine = builder(&url(&directory.path().join("f.db"))).pool_size(1).connect().await?;
    fill(&engine).await?;
    let things =
        Owner::THINGS.selectin().filter(func::custom::<i64>("coalesce", (Thing::N, Thing::ID)).gt(0));
    let mut session = engine.session();
    let mut stream = session.stream(select::<Owner>().order_by(Owner::ID).with(things).yield_per(1));
    assert!(ends("the first batch", stream.next_batch()).await?.is_some());
    drop(stream);
    session.close().await?;
    drop(session);
    let other = builder(&url(&directory.path().join("f.db"))).connect().await?;
    other.session().transaction(async |session| session.execute(delete::<Thing>()).await.map(drop)).await?;
    assert_eq!(engine.session().count(select::<Thing>()).await?, 0);
    Ok(())
}

/// The error of a statement that is read ahead reaches the reader.
#[tokio::test]
async fn a_stream_that_fails_ahead_of_its_reader_returns_the_error() -> Result<()> {
    let engine = builder("sqlite::memory:").pool_size(1).connect().await?;
    fill(&engine).await?;
    // The library does not know this function, so the statement is read by the connection's thread.
    let overflows = func::custom::<i64>("abs", Thing::N);
    for (number, rows) in [(1, 1), (30, 7), (900, 100)] {
        let mut session = engine.session();
        let smallest = update::<Thing>().set(Thing::N, i64::MIN).filter(Thing::ID.eq(number));
        session.execute(smallest).await?;
        let query = select::<Thing>().filter(overflows.clone().gt(0)).order_by(Thing::ID);
        let mut stream = session.stream(query.with(Thing::OWNER.selectin()).yield_per(rows));
        let read = async {
            while stream.next_batch().await?.is_some() {}
            Ok::<_, Error>(())
        };
        let refused = ends("the stream", read).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidValue, "{refused}");
        assert!(refused.to_string().contains("integer overflow"), "{refused}");
        let again = ends("the stream", stream.next_batch()).await.map(|batch| batch.is_some());
        assert_eq!(again.ok(), Some(false), "it has ended");
        drop(stream);
        session.rollback().await?;
    }
    Ok(())
}

/// Only the caller's thread releases the lock, so it must not be the one that waits.
#[tokio::test]
async fn a_busy_timeout_that_sql_sets_is_waited_for_elsewhere() -> Result<()> {
    let directory = orm_tests::directory();
    let engine = builder(&url(&directory.path().join("f.db"))).pool_size(2).connect().await?;
    fill(&engine).await?;
    for way in 0..4 {
        let mut session = engine.session();
        let sets = "PRAGMA busy_timeout = 3600000";
        match way {
            0 => drop(session.execute(sql(sets)).await?),
            1 => drop(session.rows(sql(sets).rows::<i64>()).await?),
            2 => {
                let mut stream = session.stream(sql(sets).rows::<i64>());
                while stream.next_batch().await?.is_some() {}
            }
            _ => drop(session.execute(sql("PRAGMA busy_timeout = 3600000; SELECT 1")).await.unwrap_err()),
        }
        let mut writer = engine.session();
        writer.execute(sql("DELETE FROM things WHERE id = 1")).await?;
        let frees = async {
            tokio::time::sleep(2 * crate::world::BUSY_TIMEOUT).await;
            writer.rollback().await
        };
        let (begun, freed) = ends("the lock", async { tokio::join!(session.begin(), frees) }).await;
        freed?;
        begun?;
        session.rollback().await?;
        // The next session waits as long as the engine's setting allows.
        let mut writer = engine.session();
        writer.execute(sql("DELETE FROM things WHERE id = 1")).await?;
        let busy = ends("the next session", engine.session().begin()).await.unwrap_err();
        assert_eq!(busy.kind(), ErrorKind::Busy, "{busy}");
    }
    Ok(())
}

/// Without a write-ahead log a commit waits for those who read.
#[tokio::test]
async fn a_commit_whose_future_is_dropped_is_not_cut_off() -> Result<()> {
    let directory = orm_tests::directory();
    let url = url(&directory.path().join("f.db"));
    let engine =
        Engine::builder(&url).busy_timeout(Duration::from_secs(3_600)).pool_size(3).connect().await?;
    fill(&engine).await?;
    for asks in [false, true] {
        let mut reader = engine.session();
        reader.begin_with(TransactionOptions::new().read_only()).await?;
        let before = reader.count(select::<Thing>()).await?;
        let mut writer = engine.session();
        writer.execute(sql("DELETE FROM things WHERE id = (SELECT max(id) FROM things)")).await?;
        dropped(writer.commit()).await;
        if asks {
            assert_eq!(writer.commit().await.unwrap_err().kind(), ErrorKind::CommitUnknown);
            // What came of it is known when this returns, which is when the reader has gone.
            let frees = async {
                tokio::time::sleep(Duration::from_millis(30)).await;
                reader.rollback().await
            };
            let (asked, freed) = ends("the commit", async { tokio::join!(writer.rollback(), frees) }).await;
            asked?;
            freed?;
        } else {
            drop(writer);
            reader.rollback().await?;
            // The next one that writes waits for it.
            ends("the commit", engine.session().begin()).await?;
        }
        assert_eq!(engine.session().count(select::<Thing>()).await?, before - 1, "asks: {asks}");
    }
    Ok(())
}
