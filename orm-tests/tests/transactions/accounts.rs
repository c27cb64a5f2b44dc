//! Money that moves between accounts, so that a lost or doubled unit shows in the sums.

use std::sync::Arc;
use std::time::Duration;

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase};
use tempfile::TempDir;

#[derive(Model, Debug)]
#[model(table = "accounts")]
pub struct Account {
    #[key]
    pub id: i64,
    pub balance: i64,
    #[column(version)]
    pub version: i64,
}

/// An engine, and the directory of its database where that is a file of SQLite.
pub struct Bank {
    pub engine: Engine,
    pub directory: Option<Arc<TempDir>>,
}

impl Bank {
    /// So many accounts with 100 each.
    pub async fn open(database: &TestDatabase, accounts: i64, pool: u32) -> Result<Bank> {
        if database.backend() == Backend::Postgres {
            // It looks for deadlocks after a second otherwise.
            let name = database.url().rsplit('/').next().unwrap_or_default();
            database.run(&format!("ALTER DATABASE {name} SET deadlock_timeout = '20ms'")).await;
        }
        let mut directory = None;
        let builder = if database.backend() == Backend::Sqlite {
            let made = orm_tests::directory();
            let builder = Engine::builder(&format!("sqlite:{}", made.path().join("bank.db").display()));
            directory = Some(Arc::new(made));
            builder
        } else {
            database.builder()
        };
        let engine = builder.pool_size(pool).pool_timeout(Duration::from_secs(60)).connect().await?;
        Bank::fill(&engine, accounts).await?;
        Ok(Bank { engine, directory })
    }

    /// Creates the accounts in a database.
    pub async fn fill(engine: &Engine, accounts: i64) -> Result<()> {
        engine.create_all(schema![Account]).await?;
        let mut session = engine.session();
        for id in 0..accounts {
            session.add(Account::draft().id(id).balance(100).version(1));
        }
        session.commit().await
    }
}

/// The balances, in the order of the accounts.
pub async fn balances(engine: &Engine) -> Result<Vec<i64>> {
    let accounts = engine.session().all(select::<Account>().order_by(Account::ID)).await?;
    Ok(accounts.iter().map(|account| account.balance).collect())
}

/// Waits until no other transaction writes an account, and keeps others from doing so.
pub async fn lock(session: &mut Session, id: i64) -> Result<()> {
    let same = update::<Account>().set_to(Account::VERSION, Account::VERSION).filter(Account::ID.eq(id));
    session.execute(same).await.map(drop)
}

/// Reads an account, changes it and writes it.
pub async fn add(session: &mut Session, id: i64, amount: i64) -> Result<()> {
    let account = session.one(select::<Account>().filter(Account::ID.eq(id))).await?;
    session.edit(&account, |account| account.balance += amount)?;
    session.flush().await
}
