//! FOR UPDATE and its like.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::grammar::parsed;
use crate::shop::*;

#[derive(Model, Debug)]
#[model(table = "sheets")]
pub struct Sheet {
    #[key]
    pub id: i64,
    #[column(length = 50)]
    pub text: String,
    #[column(version)]
    pub version: i64,
}

on_every_backend! {
    async fn locks_begin_a_transaction(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let users = session.all(select::<User>().filter(User::ID.eq(7)).for_update()).await?;
        assert_eq!(users.len(), 1);
        assert!(session.in_transaction());
        session.rows(select_columns(User::ID).filter(User::ID.eq(7)).for_share()).await?;
        session.all(select::<User>().with(User::ADDRESSES.joined()).limit(1).for_update()).await?;
        let texts = parsed(&log, database.backend());
        let words = match database.backend() {
            Backend::Sqlite => ["", ""],
            Backend::Postgres => [" FOR UPDATE OF \"users\"", " FOR SHARE"],
            // MySQL, which MariaDB does not follow.
            _ if texts[1].ends_with(" FOR SHARE") => [" FOR UPDATE", " FOR SHARE"],
            _ => [" FOR UPDATE", " LOCK IN SHARE MODE"],
        };
        for (text, word) in texts.iter().zip(words) {
            assert!(text.ends_with(word), "{text}");
            assert!(!word.is_empty() || !text.contains(" FOR "), "{text}");
        }
        session.rollback().await
    }

    async fn a_stale_object_is_not_locked(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Sheet]).await?;
        let mut session = engine.session();
        session.add(Sheet::draft().id(1).text("one"));
        session.add(Sheet::draft().id(2).text("two"));
        session.commit().await?;
        let sheets = session.all(select::<Sheet>().order_by(Sheet::ID)).await?;
        session.rollback().await?;

        let mut other = engine.session();
        let theirs = other.get::<Sheet>(1).await?.unwrap();
        other.edit(&theirs, |sheet| sheet.text = "theirs".into())?;
        other.commit().await?;

        let query = || select::<Sheet>().order_by(Sheet::ID).for_update();
        let log = engine.record();
        let error = session.all(query()).await.unwrap_err();
        assert_eq!((error.kind(), log.count()), (ErrorKind::Stale, 1), "{log}");
        let message = error.to_string();
        assert!(message.contains("`Sheet` with the key 1") && message.contains("holds version 1"), "{message}");
        assert!(message.contains("has version 2") && message.contains(".populate_existing()"), "{message}");
        session.rollback().await?;
        let rows = session.rows(select_columns(Sheet::entity()).for_update()).await.unwrap_err();
        assert_eq!(rows.kind(), ErrorKind::Stale);
        session.rollback().await?;
        session.all(query().filter(Sheet::ID.eq(2))).await?;
        session.all(select::<Sheet>()).await?;
        assert_eq!(sheets[0].text, "one", "without a lock the object stays as it is");

        session.all(query().populate_existing()).await?;
        assert_eq!((&*sheets[0].text, sheets[0].version), ("theirs", 2));
        session.edit(&sheets[0], |sheet| sheet.text = "mine".into())?;
        session.flush().await?;
        session.all(query()).await?;
        session.commit().await?;

        other.refresh(&theirs).await?;
        other.all(query()).await?;
        assert_eq!((&*theirs.text, theirs.version), ("mine", 3), "refresh takes the row as it is too");
        other.rollback().await
    }

    async fn an_object_is_locked_by_its_key(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let held = session.get::<User>(7).await?.unwrap();
        session.rollback().await?;
        let log = engine.record();
        let locked = session.get::<User>(7).for_update().await?.unwrap();
        assert!(Entity::same(&held, &locked) && session.in_transaction());
        assert_eq!(log.count(), 1, "it asks for the row, which the session holds: {log}");
        let text = &parsed(&log, database.backend())[0];
        assert_eq!(text.contains(" FOR UPDATE"), database.backend() != Backend::Sqlite, "{text}");
        assert!(session.get::<User>(99).for_share().await?.is_none());
        if database.backend() != Backend::Sqlite {
            let mut other = engine.session();
            assert!(other.get::<User>(7).for_update().skip_locked().await?.is_none());
            assert_eq!(other.get::<User>(7).no_wait().await.unwrap_err().kind(), ErrorKind::Busy);
            other.rollback().await?;
        }
        session.commit().await?;

        let mut other = engine.session();
        other.execute(update::<User>().set(User::NAME, "theirs").filter(User::ID.eq(7))).await?;
        other.commit().await?;
        assert_eq!(session.get::<User>(7).for_update().await?.unwrap().name, "jack", "what is held stays as it is");
        session.get::<User>(7).for_update().populate_existing().await?;
        assert_eq!(held.name, "theirs");
        session.rollback().await?;

        let mut report = engine.session_with(SessionOptions::new().identity_map(false));
        report.all(select::<User>().filter(User::ID.eq(7)).for_update()).await?;
        assert!(report.in_transaction(), "a lock lasts to the end of a transaction");
        report.rollback().await
    }

    async fn locked_rows_are_left_out(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        if database.backend() == Backend::Sqlite {
            let error = engine.session().all(select::<User>().for_update().no_wait()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidQuery);
            return Ok(());
        }
        let (mut first, mut second) = (engine.session(), engine.session());
        first.all(select::<User>().filter(User::ID.eq(7)).for_update()).await?;
        let free = second.all(select::<User>().order_by(User::ID).for_update().skip_locked()).await?;
        assert_eq!(free.iter().map(|user| user.id).collect::<Vec<_>>(), [8, 9, 10]);
        let error = second.all(select::<User>().filter(User::ID.eq(7)).for_update().no_wait()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        second.rollback().await?;
        first.rollback().await
    }
}
