//! What is loaded, and with how many statements.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::shop::*;

/// `(user, [address ids])`, read through the compile-time tier.
fn addresses<L>(users: &[Entity<User, L>]) -> Vec<(i64, Vec<i64>)>
where
    user::Addresses: LoadedIn<L>,
{
    users.iter().map(|user| (user.id, user.get(User::ADDRESSES).iter().map(|a| a.id).collect())).collect()
}

on_every_backend! {
    async fn selectin_takes_two_statements(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let users = session.all(select::<User>().with(User::ADDRESSES.selectin()).order_by(User::ID)).await?;
        assert_eq!(log.count(), 2, "{log}");
        let sql = &log.statements()[1].sql;
        match database.backend() {
            Backend::Postgres => assert!(sql.contains(" = ANY($1)"), "{log}"),
            _ => assert!(sql.contains(" IN ("), "{log}"),
        }
        assert!(!log.statements()[1].sql.contains("JOIN"), "{log}");
        assert_eq!(addresses(&users), [(7, vec![1]), (8, vec![2, 3, 4]), (9, vec![5]), (10, vec![])]);
        assert_eq!(log.count(), 2, "reading runs nothing: {log}");
        Ok(())
    }

    async fn joined_takes_one_and_pages_parents(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let page = session.all(select::<User>().with(User::ADDRESSES.joined()).order_by(User::ID).limit(2)).await?;
        assert_eq!(log.count(), 1, "{log}");
        assert_eq!(addresses(&page), [(7, vec![1]), (8, vec![2, 3, 4])]);
        Ok(())
    }

    async fn nested_loads_take_a_statement_a_level(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let users = session
            .all(
                select::<User>().order_by(User::ID).with(
                    User::ORDERS
                        .selectin()
                        .with(Order::ITEMS.selectin().with(Item::KEYWORDS.selectin()))
                        .with(Order::ADDRESS.joined()),
                ),
            )
            .await?;
        assert_eq!(log.count(), 4, "{log}");
        let mut lines = Vec::new();
        for user in &users {
            for order in user.get(User::ORDERS) {
                let address = order.get(Order::ADDRESS).map(|address| address.email_address.clone());
                let keywords: Vec<usize> = order.get(Order::ITEMS).iter().map(|item| item.get(Item::KEYWORDS).len()).collect();
                lines.push((user.name.clone(), order.id, address, keywords));
            }
        }
        assert_eq!(lines.len(), 5);
        assert_eq!(lines[0], ("jack".into(), 1, Some("jack@bean.com".into()), vec![3, 3, 3]));
        assert_eq!(lines[2], ("jack".into(), 5, None, vec![0]));
        Ok(())
    }

    async fn a_row_is_one_object_in_a_session(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let addresses = session.all(select::<Address>().with(Address::USER.joined()).order_by(Address::ID)).await?;
        let log = engine.record();
        let ed = session.get::<User>(8).await?.expect("ed is there");
        assert_eq!(log.count(), 0, "the identity map has it: {log}");
        assert!(Entity::same(&ed, &addresses[1].get(Address::USER)));
        assert!(Entity::same(&addresses[1].get(Address::USER), &addresses[2].get(Address::USER)));

        session.edit(&ed, |user| user.name = "edward".into())?;
        assert_eq!(addresses[2].get(Address::USER).name, "edward");
        Ok(())
    }

    async fn an_unloaded_relationship_is_an_error(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let jack = session.get::<User>(7).await?.expect("jack is there");
        let error = jack.orders().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotLoaded);
        let text = error.to_string();
        assert!(text.contains("User.orders") && text.contains("raise") && text.contains(".with("), "{text}");
        assert_eq!(log.count(), 1, "{log}");

        // lazy = "select": one object may ask, explicitly
        let addresses = session.load(&jack, User::ADDRESSES).await?;
        assert_eq!(addresses.len(), 1);
        assert_eq!(jack.addresses()?.len(), 1);
        assert_eq!(log.count(), 2, "{log}");

        // loaded and empty is not the same as not loaded
        let chuck = session.one(select::<User>().filter(User::ID.eq(10)).with(User::ORDERS.selectin())).await?;
        assert!(chuck.orders()?.is_empty());

        // handles outlive their session; what it held stays readable, the rest is detached
        drop(session);
        assert_eq!(jack.addresses()?.len(), 1);
        assert_eq!(jack.orders().unwrap_err().kind(), ErrorKind::Detached);
        Ok(())
    }

    async fn late_loading_is_one_statement_for_all(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let users = session.all(select::<User>().order_by(User::ID)).await?;
        let log = engine.record();
        let users = session.load_all(users, User::ORDERS.selectin()).await?;
        assert_eq!(log.count(), 1, "{log}");
        let orders: Vec<usize> = users.iter().map(|user| user.get(User::ORDERS).len()).collect();
        assert_eq!(orders, [3, 0, 2, 0]);
        Ok(())
    }

    async fn a_limited_load_is_per_parent_and_stays_a_view(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let users = session
            .all(select::<User>().order_by(User::ID).with(User::ADDRESSES.selectin().order_by(Address::ID.desc()).limit(2)))
            .await?;
        assert_eq!(addresses(&users), [(7, vec![1]), (8, vec![4, 3]), (9, vec![5]), (10, vec![])]);
        assert_eq!(users[1].addresses().unwrap_err().kind(), ErrorKind::NotLoaded);
        Ok(())
    }

    async fn batches_are_counted_exactly(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        session.all(select::<Item>().with(Item::KEYWORDS.selectin().batch_size(2))).await?;
        assert_eq!(log.count(), 1 + 3, "5 keys in batches of 2: {log}");
        session.all(select::<User>().filter(User::ID.gt(100)).with(User::ADDRESSES.selectin())).await?;
        assert_eq!(log.count(), 1 + 3 + 1, "no parents, no second statement: {log}");
        Ok(())
    }
}
