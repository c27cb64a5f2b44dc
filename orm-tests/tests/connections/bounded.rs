//! Sessions that stay small: without an identity map, and the numbers that show how large one is.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shop::{Address, Order, User, shop};

on_every_backend! {
    async fn without_an_identity_map_objects_are_the_querys_own(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().identity_map(false));
        let log = engine.record();
        let query = || select::<User>().with(User::ORDERS.selectin().with(Order::ADDRESS.auto())).order_by(User::ID);
        let (once, again) = (session.all(query()).await?, session.all(query()).await?);
        assert_eq!(log.count(), 6, "{log}");
        assert_ne!(once[0], again[0], "a row is one object in one query");
        let orders = again[0].get(User::ORDERS);
        let addresses: Vec<_> = orders.iter().map(|order| order.get(Order::ADDRESS)).collect();
        assert_eq!(addresses.iter().flatten().map(|address| address.id).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(addresses[0], addresses[1]);

        assert!(session.get::<User>(7).await?.is_some() && session.get::<User>(7).await?.is_some());
        assert_eq!(log.count(), 8, "`get` has nothing to answer from: {log}");
        assert_eq!(session.stats().statements, 8);
        assert!(session.stats().objects.is_empty());

        let mut stream = session.stream(select::<User>().yield_per(3));
        assert_eq!(stream.next_batch().await?.map(|users| users.len()), Some(3));
        drop(stream);
        assert_eq!(once[0].addresses().unwrap_err().kind(), ErrorKind::Detached);
        Ok(())
    }

    async fn without_an_identity_map_nothing_is_written(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().identity_map(false));
        let user = session.get::<User>(7).await?.expect("jack is there");
        let refused = |result: Result<()>| {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidState);
            assert!(error.to_string().contains("identity_map(false)"), "{error}");
        };
        let log = engine.record();
        refused(session.edit(&user, |user| user.name = "x".into()));
        refused(session.delete(&user));
        refused(session.append(&user, User::ADDRESSES, Address::draft().id(9).email_address("x")));
        refused(session.load(&user, User::ADDRESSES).await.map(drop));
        refused(session.load_all(vec![user.clone()], User::ADDRESSES.selectin()).await.map(drop));
        refused(session.refresh(&user).await);
        refused(session.merge(&user).await.map(drop));
        refused(session.merge_without_loading(&user).map(drop));
        refused(session.merge_draft(User::draft().id(7).name("x")).await.map(drop));
        refused(session.execute(update::<User>().set(User::NAME, "x")).await.map(drop));
        session.add(User::draft().id(11).name("x"));
        refused(session.flush().await);
        refused(session.commit().await);
        refused(session.count(select::<User>()).await.map(drop));
        assert_eq!(log.count(), 0, "{log}");
        session.rollback().await?;
        assert_eq!(session.count(select::<User>()).await?, 4);
        Ok(())
    }

    async fn a_session_reports_its_size(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        assert_eq!((session.stats().objects.len(), session.stats().statements), (0, 0));
        let users = session.all(select::<User>().with(User::ORDERS.selectin()).order_by(User::ID)).await?;
        let stats = session.stats();
        assert_eq!(stats.objects, [("User", 4), ("Order", 5)]);
        assert!(stats.object_bytes >= 4 * size_of::<User>() + 5 * size_of::<Order>(), "{stats:?}");
        assert_eq!((stats.pending, stats.modified, stats.deleted, stats.statements), (0, 0, 0, 2));

        session.edit(&users[0], |user| user.name = "john".into())?;
        session.edit(&users[1], |user| user.name = "edward".into())?;
        session.edit(&users[1], |user| user.name = "ed".into())?;
        session.add(User::draft().id(11).name("new"));
        session.delete(&users[3])?;
        let stats = session.stats();
        assert_eq!((stats.pending, stats.modified, stats.deleted), (1, 1, 1));
        session.commit().await?;
        let stats = session.stats();
        assert_eq!((stats.pending, stats.modified, stats.deleted), (0, 0, 0));

        session.expunge_all();
        let stats = session.stats();
        assert_eq!((stats.objects.len(), stats.object_bytes), (0, 0));
        Ok(())
    }
}
