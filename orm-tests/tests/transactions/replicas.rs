//! R16: a primary and a standby that is always half a second behind. Who wrote something finds it, and a standby that has
//! everything is read from.
//!
//! 100 reads after writes, 2,000 with `ORM_DEEP=1`.

use std::time::Duration;

use orm_core::prelude::*;
use orm_tests::{Backend, PrivateServer, TestDatabase, on_every_backend};

use crate::accounts::{Account, Bank, add};
use crate::dice::{Dice, deep, seed};

/// A view with one row, which names the server that answers.
#[derive(Model, Debug)]
#[model(table = "server")]
struct Server {
    #[key]
    id: i64,
    standby: bool,
}

async fn is_standby(session: &mut Session) -> Result<bool> {
    Ok(session.one(select::<Server>().populate_existing()).await?.standby)
}

async fn balance(session: &mut Session, id: i64) -> Result<i64> {
    Ok(session.one(select::<Account>().filter(Account::ID.eq(id)).populate_existing()).await?.balance)
}

/// Waits until the standby has everything that the primary has now.
async fn catch_up(primary: &PrivateServer, standby: &PrivateServer) {
    let position = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint";
    let written = primary.numbers(position).await.expect("the primary answers");
    let replayed = "SELECT coalesce((pg_last_wal_replay_lsn() - '0/0')::bigint, 0)";
    while standby.numbers(replayed).await.is_none_or(|replayed| replayed < written) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_replica_read_sees_every_commit() -> Result<()> {
    let Some(primary) = PrivateServer::postgres("replicas-primary", &[]) else { return Ok(()) };
    let delay = ["recovery_min_apply_delay=500ms"];
    let Some(standby) = primary.standby("replicas-standby", &delay) else { return Ok(()) };
    let engine = Engine::builder(primary.url()).replica(standby.url()).pool_size(4).connect().await?;
    Bank::fill(&engine, 4).await?;
    primary.run("CREATE VIEW server AS SELECT 1::bigint AS id, pg_is_in_recovery() AS standby").await;
    catch_up(&primary, &standby).await;

    let seed = seed();
    println!("ORM_SEED={seed}");
    let mut dice = Dice::new(seed);
    let mut balances = [100; 4];
    let mut held = engine.read_session();
    for number in 0..if deep() { 2_000 } else { 100 } {
        let id = dice.below(4) as i64;
        let mut writer = engine.session();
        let amount = dice.below(100) as i64 + 1;
        add(&mut writer, id, amount).await?;
        writer.commit().await?;
        balances[id as usize] += amount;
        // A new session, one that is kept, one in a transaction, and a transaction of a session that also writes.
        let mut new = engine.read_session();
        let seen = match dice.below(4) {
            0 => balance(&mut new, id).await?,
            1 => balance(&mut held, id).await?,
            2 => new.transaction(async |session| balance(session, id).await).await?,
            _ => {
                let read = TransactionOptions::new().read_only();
                writer.transaction_with(read, async |session| balance(session, id).await).await?
            }
        };
        assert_eq!(seen, balances[id as usize], "read {number}, ORM_SEED={seed}");
    }

    // As long as it is behind, the primary answers; then the standby does.
    let mut writer = engine.session();
    add(&mut writer, 0, 1).await?;
    writer.commit().await?;
    assert!(!is_standby(&mut engine.read_session()).await?);
    catch_up(&primary, &standby).await;
    // The position of a commit may be that of the next record, which comes with the next transaction at the latest.
    primary.run("SELECT pg_current_xact_id()").await;
    catch_up(&primary, &standby).await;
    let mut reader = engine.read_session();
    assert!(is_standby(&mut reader).await?);
    assert_eq!(balance(&mut reader, 0).await?, balances[0] + 1);
    assert!(!is_standby(&mut engine.session()).await?, "a session that may write is with the primary");

    // A kept session notices that it fell behind, but not in the middle of a transaction.
    reader.begin_with(TransactionOptions::new().isolation(Isolation::RepeatableRead)).await?;
    assert!(is_standby(&mut reader).await?);
    add(&mut writer, 0, 1).await?;
    writer.commit().await?;
    assert!(is_standby(&mut reader).await?);
    assert_eq!(balance(&mut reader, 0).await?, balances[0] + 1, "it is one snapshot");
    reader.commit().await?;
    assert_eq!(balance(&mut reader, 0).await?, balances[0] + 2);

    // No standby can be serializable, so the primary is asked.
    catch_up(&primary, &standby).await;
    let serializable = TransactionOptions::new().isolation(Isolation::Serializable);
    let on_standby = engine
        .read_session()
        .transaction_with(serializable, async |session| is_standby(session).await)
        .await?;
    assert!(!on_standby);

    // Without a standby the primary is used, once the readers of the lost standby have noticed.
    drop(standby);
    let seen = loop {
        match balance(&mut engine.read_session(), 0).await {
            Err(error) if error.kind() == ErrorKind::Connection => {}
            other => break other?,
        }
    };
    assert_eq!(seen, balances[0] + 2);
    Ok(())
}

on_every_backend! {
    async fn replicas_need_a_position_to_compare(database: TestDatabase) -> Result<()> {
        let connected = database.builder().replica(database.url()).connect().await;
        if database.backend() == Backend::Postgres {
            // A server that is its own replica has everything.
            let engine = connected?;
            Bank::fill(&engine, 1).await?;
            assert_eq!(balance(&mut engine.read_session(), 0).await?, 100);
            return Ok(());
        }
        let error = connected.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("replicas are supported on PostgreSQL only"), "{error}");
        Ok(())
    }

    async fn without_a_replica_the_primary_is_read_from(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 1).await?;
        let log = bank.engine.record();
        assert_eq!(balance(&mut bank.engine.read_session(), 0).await?, 100);
        assert_eq!(log.count(), 1, "{log}");
        Ok(())
    }
}
