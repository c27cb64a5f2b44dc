//! FOR UPDATE and its like.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::grammar::parsed;
use crate::shop::*;

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
            _ => [" FOR UPDATE", " LOCK IN SHARE MODE"],
        };
        for (text, word) in texts.iter().zip(words) {
            assert!(text.ends_with(word), "{text}");
            assert!(!word.is_empty() || !text.contains(" FOR "), "{text}");
        }
        session.rollback().await
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
