//! What objects hold after an edit, a flush, a link, a bulk statement and a rollback, and what deleting and replacing do.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::shop::{Item, Order, User, ids, shop};

/// Two users with everything that has a filter, loaded.
async fn loaded(session: &mut Session) -> Result<Vec<Entity<User>>> {
    let query = select::<User>()
        .with(User::ORDERS.selectin())
        .with(User::OPEN_ORDERS.selectin())
        .with(User::CLOSED_ORDERS.selectin())
        .with(User::AVAILABLE_ORDERS.selectin())
        .order_by(User::ID)
        .limit(2);
    Ok(session.all(query).await?.into_iter().map(|user| user.dynamic()).collect())
}

async fn order(session: &mut Session, id: i64) -> Result<Entity<Order>> {
    Ok(session.get::<Order>(id).await?.expect("an order"))
}

fn is_unknown(held: Result<orm_core::Many<Order>>) -> bool {
    held.is_err_and(|error| error.kind() == ErrorKind::NotLoaded)
}

on_every_backend! {
    async fn an_edit_that_may_change_who_is_in_it_unloads_it(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let users = loaded(&mut session).await?;
        let first = order(&mut session, 1).await?;
        session.edit(&first, |order| order.total = 11)?;
        assert_eq!(ids(users[0].open_orders()?), [1, 2], "the filter does not ask for the total");
        session.edit(&first, |order| order.status = "paid".to_owned())?;
        assert!(is_unknown(users[0].open_orders()) && is_unknown(users[0].closed_orders()));
        assert_eq!(ids(users[1].open_orders()?), [5], "it is an order of the first user");
        assert_eq!(ids(users[0].orders()?), [1, 2, 3], "the whole is as it was");
        let log = engine.record();
        assert_eq!(ids(session.load(&users[0], User::OPEN_ORDERS).await?), [2]);
        assert_eq!(ids(session.load(&users[0], User::CLOSED_ORDERS).await?), [3, 1]);
        let selects = log.statements().iter().filter(|statement| statement.sql.starts_with("SELECT")).count();
        assert_eq!(selects, 2, "{log}");
        session.rollback().await?;
        Ok(())
    }

    async fn a_row_that_moves_unloads_both_sides(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let users = loaded(&mut session).await?;
        let second = order(&mut session, 2).await?;
        session.assign(&second, Order::USER, &users[1])?;
        assert_eq!((ids(users[0].orders()?), ids(users[1].orders()?)), (vec![1, 3], vec![4, 5, 2]));
        assert!(is_unknown(users[0].open_orders()) && is_unknown(users[1].open_orders()));
        assert_eq!(ids(session.load(&users[0], User::OPEN_ORDERS).await?), [1]);
        assert_eq!(ids(session.load(&users[1], User::OPEN_ORDERS).await?), [2, 5]);
        session.commit().await?;
        assert_eq!(ids(users[1].open_orders()?), [2, 5]);
        Ok(())
    }

    async fn new_and_deleted_rows_count_from_their_flush(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let users = loaded(&mut session).await?;
        let draft = Order::draft().id(6).status("open").total(1).urgent(false);
        session.append(&users[1], User::ORDERS, draft)?;
        assert_eq!(ids(users[1].open_orders()?), [5]);
        session.flush().await?;
        assert!(is_unknown(users[1].open_orders()));
        assert_eq!(ids(users[0].open_orders()?), [1, 2]);
        assert_eq!(ids(session.load(&users[1], User::OPEN_ORDERS).await?), [5, 6]);
        let first = order(&mut session, 1).await?;
        session.delete(&first)?;
        session.flush().await?;
        assert_eq!(ids(users[0].open_orders()?), [2], "a row that is gone is not a member, whatever the filter says");
        session.rollback().await?;
        assert_eq!(ids(session.load(&users[0], User::OPEN_ORDERS).await?), [1, 2]);
        assert_eq!(ids(session.load(&users[1], User::OPEN_ORDERS).await?), [5]);
        Ok(())
    }

    async fn a_filter_with_a_query_follows_the_tables_that_it_reads(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let users = loaded(&mut session).await?;
        let item = session.get::<Item>(1).await?.expect("an item");
        session.edit(&item, |item| item.available = false)?;
        assert!(is_unknown(users[0].available_orders()) && is_unknown(users[1].available_orders()));
        assert_eq!(ids(users[0].open_orders()?), [1, 2]);
        assert_eq!(ids(session.load(&users[0], User::AVAILABLE_ORDERS).await?), [] as [i64; 0]);
        assert_eq!(ids(session.load(&users[1], User::AVAILABLE_ORDERS).await?), [4]);
        session.link(Order::ITEMS, 2, 3)?;
        session.flush().await?;
        assert!(is_unknown(users[0].available_orders()));
        assert_eq!(ids(session.load(&users[0], User::AVAILABLE_ORDERS).await?), [2]);
        Ok(())
    }

    async fn links_of_the_table_unload_it(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let query = select::<Order>().with(Order::ITEMS.selectin()).with(Order::AVAILABLE_ITEMS.selectin()).order_by(Order::ID);
        let orders = session.all(query).await?;
        let items = session.all(select::<Item>().order_by(Item::ID)).await?;
        let available = |order: &Entity<Order, _>| -> Result<Vec<i64>> {
            Ok(order.available_items()?.iter().map(|item| item.id).collect())
        };
        session.append(&orders[0], Order::ITEMS, &items[2])?;
        assert_eq!(available(&orders[0]).unwrap_err().kind(), ErrorKind::NotLoaded);
        let found = session.load(&orders[0], Order::AVAILABLE_ITEMS).await?;
        assert_eq!(found.iter().map(|item| item.id).collect::<Vec<_>>(), [1, 3]);
        session.remove(&orders[0], Order::ITEMS, &items[0])?;
        let found = session.load(&orders[0], Order::AVAILABLE_ITEMS).await?;
        assert_eq!(found.iter().map(|item| item.id).collect::<Vec<_>>(), [3]);
        assert_eq!(available(&orders[0])?, [3]);
        Ok(())
    }

    async fn a_bulk_statement_unloads_it(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let users = loaded(&mut session).await?;
        session.execute(update::<Item>().set(Item::AVAILABLE, false).filter(Item::ID.eq(3))).await?;
        assert!(is_unknown(users[0].available_orders()));
        assert_eq!(ids(users[0].open_orders()?), [1, 2], "the statement is about another table");
        session.execute(update::<Order>().set(Order::STATUS, "open").filter(Order::ID.eq(3))).await?;
        assert!(is_unknown(users[0].open_orders()) && is_unknown(users[1].closed_orders()));
        assert_eq!(ids(session.load(&users[0], User::OPEN_ORDERS).await?), [1, 2, 3]);
        session.execute(delete::<Order>().filter(Order::ID.eq(3))).await?;
        assert_eq!(ids(session.load(&users[0], User::OPEN_ORDERS).await?), [1, 2]);
        let row = Order::draft().id(7).user_id(1).status("open").total(1).urgent(false);
        session.execute(insert::<Order>().rows([row])).await?;
        assert_eq!(ids(session.load(&users[0], User::OPEN_ORDERS).await?), [1, 2, 7]);
        Ok(())
    }

    async fn a_rollback_brings_back_what_was_held(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let users = loaded(&mut session).await?;
        session.commit().await?;
        let first = order(&mut session, 1).await?;
        session.edit(&first, |order| order.status = "paid".to_owned())?;
        session.flush().await?;
        assert_eq!(ids(session.load(&users[0], User::OPEN_ORDERS).await?), [2]);
        session.rollback().await?;
        assert_eq!(ids(session.load(&users[0], User::OPEN_ORDERS).await?), [1, 2]);
        assert_eq!(ids(session.load(&users[0], User::CLOSED_ORDERS).await?), [3]);
        // It is unloaded again by the next edit.
        let first = order(&mut session, 1).await?;
        session.edit(&first, |order| order.status = "sent".to_owned())?;
        assert!(is_unknown(users[0].open_orders()));
        Ok(())
    }

    async fn without_autoflush_it_is_unknown_while_an_edit_waits(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().autoflush(false));
        let users = loaded(&mut session).await?;
        let first = order(&mut session, 1).await?;
        session.edit(&first, |order| order.status = "paid".to_owned())?;
        let query = select::<User>().with(User::OPEN_ORDERS.selectin()).order_by(User::ID).limit(1);
        let again = session.one(query).await?;
        assert_eq!(ids(again.get(User::OPEN_ORDERS)), [1, 2], "the answer is what the database has");
        assert!(is_unknown(users[0].open_orders()), "the object does not show what a flush changes");
        Ok(())
    }

    async fn it_is_never_taken_for_the_whole(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let user = session.one(select::<User>().filter(User::ID.eq(1)).with(User::OPEN_ORDERS.selectin())).await?;
        assert_eq!(user.orders().unwrap_err().kind(), ErrorKind::NotLoaded);
        let open = user.get(User::OPEN_ORDERS);
        let first = open.first().expect("an order");
        assert_eq!(first.user().unwrap_err().kind(), ErrorKind::NotLoaded, "it is not the other side");
        for refused in [
            session.append(&user, User::OPEN_ORDERS, &first),
            session.remove(&user, User::OPEN_ORDERS, &first),
        ] {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidState);
            assert!(error.to_string().contains("`User.open_orders` has a `filter`"), "{error}");
        }
        let error = session.replace(&user, User::OPEN_ORDERS, [&first]).unwrap_err();
        assert!(error.to_string().contains("for reading"), "{error}");
        // Deleting the user deletes all of the orders, and replacing the whole drops what the whole had.
        session.delete(&user)?;
        session.flush().await?;
        assert_eq!(session.count(select::<Order>().filter(Order::USER_ID.eq(1))).await?, 0);
        session.rollback().await?;
        let user = session.get::<User>(1).with(User::ORDERS.selectin()).await?.expect("a user");
        let kept = user.get(User::ORDERS).first().expect("an order");
        session.replace(&user, User::ORDERS, [&kept])?;
        session.commit().await?;
        assert_eq!(session.count(select::<Order>().filter(Order::USER_ID.eq(1))).await?, 1);
        Ok(())
    }
}
