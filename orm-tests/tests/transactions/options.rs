//! Isolation and read-only transactions: what each guarantees, and that no setting stays on the connection.

use std::time::Duration;

use orm_core::prelude::*;
use orm_tests::{Backend, Cut, TestDatabase, on_every_backend};

use crate::accounts::{Account, Bank, add, balances};

const LEVELS: [Isolation; 4] = [
    Isolation::ReadUncommitted,
    Isolation::ReadCommitted,
    Isolation::RepeatableRead,
    Isolation::Serializable,
];

/// What the first account has, whatever the session remembers of it.
async fn balance(session: &mut Session) -> Result<i64> {
    let query = select::<Account>().filter(Account::ID.eq(0)).populate_existing();
    Ok(session.one(query).await?.balance)
}

on_every_backend! {
    async fn a_snapshot_stays_and_read_committed_follows(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 2).await?;
        if database.backend() == Backend::Sqlite {
            // A reader keeps a writer from committing unless the file has a write-ahead log.
            return Ok(());
        }
        for level in [Isolation::ReadCommitted, Isolation::RepeatableRead] {
            for read_only in [false, true] {
                let options = TransactionOptions::new().isolation(level);
                let options = if read_only { options.read_only() } else { options };
                let (mut reader, mut writer) = (bank.engine.session(), bank.engine.session());
                reader.begin_with(options).await?;
                let before = balance(&mut reader).await?;
                add(&mut writer, 0, 1).await?;
                writer.commit().await?;
                let seen = balance(&mut reader).await?;
                reader.commit().await?;
                assert_eq!(seen - before, i64::from(level == Isolation::ReadCommitted), "{level:?}");
                assert_eq!(balance(&mut reader).await?, before + 1, "{level:?}");
            }
        }
        Ok(())
    }

    async fn every_database_takes_every_level(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 1).await?;
        for (made, level) in LEVELS.into_iter().enumerate() {
            let options = TransactionOptions::new().isolation(level);
            let mut session = bank.engine.session();
            session.transaction_with(options, async |session| add(session, 0, 1).await).await?;
            let sessions = SessionOptions::new().transactions(options);
            let mut session = bank.engine.session_with(sessions);
            add(&mut session, 0, 1).await?;
            session.rollback().await?;
            let read = options.read_only().deferrable();
            let seen = session.transaction_with(read, async |session| balance(session).await).await?;
            assert_eq!(seen, 101 + i64::try_from(made).expect("it is small"));
        }
        Ok(())
    }

    async fn what_is_read_only_refuses_to_write(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 1).await?;
        let log = bank.engine.record();
        let mut session = bank.engine.session();
        session.begin_with(TransactionOptions::new().read_only()).await?;
        let account = session.one(select::<Account>()).await?;
        session.edit(&account, |account| account.balance += 1)?;
        let asked = log.count();
        for refused in [session.flush().await, session.count(select::<Account>()).await.map(drop)] {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidState);
        }
        let bulk = session.execute(update::<Account>().set(Account::BALANCE, 0)).await;
        assert!(bulk.unwrap_err().to_string().contains("transaction is read-only"));
        assert_eq!(log.count(), asked, "nothing was sent: {log}");
        session.rollback().await?;
        assert_eq!(account.balance, 100);

        // The same connection writes afterwards.
        add(&mut session, 0, 1).await?;
        session.commit().await?;

        let mut session = bank.engine.read_session();
        assert_eq!(balance(&mut session).await?, 101);
        session.add(Account::draft().id(1).balance(0).version(1));
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidState);
        assert!(error.to_string().contains("session is read-only"), "{error}");
        session.rollback().await?;
        session.begin_with(TransactionOptions::new()).await?;
        let bulk = session.execute(delete::<Account>()).await;
        assert_eq!(bulk.unwrap_err().kind(), ErrorKind::InvalidState);
        session.commit().await?;
        assert_eq!(balances(&bank.engine).await?, [101]);
        Ok(())
    }

    async fn what_is_read_only_locks_no_rows(database: TestDatabase) -> Result<()> {
        let bank = Bank::open(&database, 1, 1).await?;
        let log = bank.engine.record();
        let lock = async |session: &mut Session| {
            let accounts = || select::<Account>();
            [
                session.all(accounts().for_update()).await.map(drop),
                session.rows(select_columns(Account::ID).for_share()).await.map(drop),
                session.get::<Account>(0).for_update().await.map(drop),
            ]
        };
        let mut session = bank.engine.read_session();
        for refused in lock(&mut session).await {
            let refused = refused.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidState, "{refused}");
            assert!(refused.to_string().contains("session is read-only, and its query locks rows"), "{refused}");
        }
        assert_eq!((log.count(), balance(&mut session).await?), (0, 100), "{log}");
        session.commit().await?;
        let mut session = bank.engine.session();
        session.begin_with(TransactionOptions::new().read_only()).await?;
        let asked = log.count();
        for refused in lock(&mut session).await {
            let refused = refused.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidState, "{refused}");
            assert!(refused.to_string().contains("transaction is read-only"), "{refused}");
        }
        assert_eq!(log.count(), asked, "nothing was sent: {log}");
        session.commit().await?;
        session.all(select::<Account>().for_update()).await?;
        session.rollback().await
    }

    async fn an_engine_has_a_default_for_its_sessions(database: TestDatabase) -> Result<()> {
        drop(Bank::open(&database, 1, 1).await?);
        let read = TransactionOptions::new().isolation(Isolation::Serializable).read_only();
        let sessions = SessionOptions::new().transactions(read);
        let engine = database.builder().session_options(sessions).connect().await?;
        if database.backend() == Backend::Sqlite {
            engine.create_all(schema![Account]).await?;
        }
        let mut session = engine.session();
        session.count(select::<Account>()).await?;
        session.add(Account::draft().id(9).balance(0).version(1));
        assert_eq!(session.flush().await.unwrap_err().kind(), ErrorKind::InvalidState);
        // Its transaction began when it counted, and keeps what it counted as it is.
        assert!(session.in_transaction());
        session.rollback().await?;
        engine.session_with(SessionOptions::new()).insert(Account::draft().id(9).balance(0).version(1)).await?;
        Ok(())
    }

    async fn a_reader_of_a_file_does_not_wait_for_its_writer(database: TestDatabase) -> Result<()> {
        if database.backend() != Backend::Sqlite {
            return Ok(());
        }
        let bank = Bank::open(&database, 1, 2).await?;
        let mut writer = bank.engine.session();
        add(&mut writer, 0, 1).await?;
        let mut reader = bank.engine.session();
        reader.begin_with(TransactionOptions::new().read_only()).await?;
        assert_eq!(balance(&mut reader).await?, 100);
        reader.commit().await?;
        writer.commit().await
    }

    async fn nothing_of_it_stays_on_the_connection(database: TestDatabase) -> Result<()> {
        // The only connection of the pool is asked after every place in which the future can be dropped.
        let bank = Bank::open(&database, 1, 1).await?;
        let read = TransactionOptions::new().isolation(Isolation::RepeatableRead).read_only();
        let life = async |session: &mut Session| {
            session.begin_with(read).await?;
            balance(session).await?;
            session.commit().await?;
            session.transaction_with(read, async |session| balance(session).await).await?;
            session.begin_with(read).await?;
            session.rollback().await
        };
        for polls in 1.. {
            let mut session = bank.engine.session();
            let ended = Cut::after(polls, life(&mut session)).await;
            drop(session);
            let mut next = bank.engine.session();
            let written = tokio::time::timeout(Duration::from_secs(30), add(&mut next, 0, 1)).await;
            written.expect("the pool has its connection back")?;
            next.commit().await?;
            if let Some(ended) = ended {
                ended?;
                let times = i64::try_from(polls).expect("it is small");
                assert_eq!(balances(&bank.engine).await?, [100 + times]);
                break;
            }
        }
        Ok(())
    }
}
