//! Two nodes of a Galera cluster, which detect at COMMIT that they wrote the same rows. Only with `ORM_DEEP=1`.

use orm_core::prelude::*;
use orm_tests::PrivateServer;

use crate::accounts::{Bank, add, balances};
use crate::dice::{deep, seed};
use crate::retries::{ACCOUNTS, work};

#[tokio::test]
async fn nodes_that_write_the_same_rows() -> Result<()> {
    if !deep() {
        return Ok(());
    }
    let Some(nodes) = PrivateServer::galera("galera").await else { return Ok(()) };
    let first = Engine::builder(nodes[0].url()).pool_size(8).connect().await?;
    let second = Engine::builder(nodes[1].url()).pool_size(8).connect().await?;
    Bank::fill(&first, ACCOUNTS as i64).await?;
    assert_eq!(balances(&second).await?, [100; ACCOUNTS as usize]);

    // No lock of one node is known to the other, so both get as far as COMMIT.
    let (mut late, mut early) = (first.session(), second.session());
    add(&mut late, 0, 1).await?;
    add(&mut early, 0, 1).await?;
    early.commit().await?;
    let error = late.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Serialization, "{error}");
    assert!(error.is_retryable() && error.to_string().contains("Deadlock"), "{error}");
    late.rollback().await?;
    add(&mut early, 0, -1).await?;
    early.commit().await?;

    let seed = seed();
    println!("ORM_SEED={seed}");
    let mut expected = vec![100; ACCOUNTS as usize];
    let (mut attempts, mut worst) = (0, 0);
    let engines = [&first, &second].into_iter().cycle().take(8);
    let workers: Vec<_> = (0..)
        .zip(engines)
        .map(|(worker, engine)| {
            let seed = seed.wrapping_add(worker);
            tokio::spawn(work(engine.clone(), Isolation::RepeatableRead, 250, seed))
        })
        .collect();
    for worker in workers {
        let worked = worker.await.expect("no worker panics")?;
        expected.iter_mut().zip(worked.moved).for_each(|(sum, moved)| *sum += moved);
        attempts += worked.attempts;
        worst = worst.max(worked.worst);
    }
    println!("{attempts} attempts for 2000 units, {worst} for the worst");
    for engine in [&first, &second] {
        assert_eq!(balances(engine).await?, expected, "ORM_SEED={seed}");
    }
    Ok(())
}
