//! Many objects by their keys: one statement for what the session does not hold.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::shop::*;

fn ids(found: &[Option<Entity<User>>]) -> Vec<Option<i64>> {
    found.iter().map(|user| user.as_ref().map(|user| user.id)).collect()
}

on_every_backend! {
    async fn the_order_of_the_keys_is_kept(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let found = session.get_many::<User>([9, 99, 7, 9]).await?;
        assert_eq!(ids(&found), [Some(9), None, Some(7), Some(9)]);
        assert_eq!(found[0], found[3]);
        assert_eq!(log.count(), 1, "{log}");
        match database.backend() {
            Backend::Postgres => assert!(log.statements()[0].sql.contains(" = ANY($1)"), "{log}"),
            _ => assert!(log.statements()[0].sql.contains(" IN ("), "{log}"),
        }
        // What the session holds is not asked for again, and one key is an equation.
        assert_eq!(ids(&session.get_many::<User>([7, 8, 9]).await?), [Some(7), Some(8), Some(9)]);
        assert_eq!(log.count(), 2, "{log}");
        assert!(log.statements()[1].sql.contains(" = "), "{log}");
        assert_eq!(ids(&session.get_many::<User>([9, 8]).await?), [Some(9), Some(8)]);
        assert!(session.get_many::<User>(Vec::<i64>::new()).await?.is_empty());
        assert_eq!(log.count(), 2, "{log}");
        let users = session.load_all(found.into_iter().flatten(), User::ADDRESSES.selectin()).await?;
        let addresses = users.iter().map(|user| user.get(User::ADDRESSES).len()).collect::<Vec<_>>();
        assert_eq!(addresses, [1, 1, 1]);
        assert_eq!(log.count(), 3, "{log}");
        Ok(())
    }

    async fn what_is_expired_or_deleted_is_asked_for_or_left_out(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().autoflush(false));
        let held = session.get_many::<User>([7, 8, 10]).await?;
        let [Some(jack), Some(_), Some(chuck)] = &held[..] else { panic!("they are there") };
        let mut other = engine.session();
        other.execute(update::<User>().set(User::NAME, "john").filter(User::ID.eq(7))).await?;
        other.execute(delete::<User>().filter(User::ID.eq(10))).await?;
        other.commit().await?;
        session.expire(jack)?;
        session.expire(chuck)?;
        let log = engine.record();
        assert_eq!(ids(&session.get_many::<User>([8, 10, 7]).await?), [Some(8), None, Some(7)]);
        assert_eq!(log.count(), 1, "{log}");
        assert_eq!(jack.name, "john");
        session.delete(jack)?;
        assert_eq!(ids(&session.get_many::<User>([7, 8]).await?), [None, Some(8)]);
        assert_eq!(log.count(), 1, "{log}");
        Ok(())
    }
}
