//! `count` is the length of what a query returns, whatever the query is.

// The shop has more than is counted here.
#![allow(dead_code)]

#[path = "backends/shop.rs"]
mod shop;

use orm_core::prelude::*;
use orm_core::query::{Countable, RowQuery};
use orm_tests::{TestDatabase, on_every_backend};
use shop::{Address, Item, Keyword, Order, User, shop};

/// Checks that the count is the number of rows, and takes one statement.
async fn agrees<Q: RowQuery + Clone>(engine: &Engine, query: Q, expected: u64) -> Result<()>
where
    Q::Row: Send,
{
    let rows = engine.session().rows(query.clone()).await?.len();
    assert_eq!(rows as u64, expected);
    let log = engine.record();
    assert_eq!(engine.session().count(query).await?, expected, "{log}");
    assert_eq!(log.count(), 1, "{log}");
    let sql = &log.statements()[0].sql;
    assert!(sql.to_lowercase().starts_with("select count(*)"), "{sql}");
    let own_order = !sql.contains("LIMIT") && sql.contains("ORDER BY");
    assert!(!own_order, "only a page needs an order: {sql}");
    Ok(())
}

async fn refused(engine: &Engine, query: impl Countable) -> String {
    let error = engine.session().count(query).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}");
    error.to_string()
}

on_every_backend! {
    async fn a_count_is_the_number_of_rows(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let by_user = || select_columns((Order::USER_ID, func::count(Order::ID))).group_by(Order::USER_ID);

        agrees(&engine, select_columns(Order::ID).order_by(Order::ID.desc()), 5).await?;
        agrees(&engine, select_columns((User::NAME, Order::ID)).join(User::ORDERS).order_by(User::ID), 5).await?;
        agrees(&engine, select_columns((User::NAME, Order::ID.optional())).left_join(User::ORDERS), 7).await?;

        // Groups, of which `having` leaves some out; and an aggregate without groups, which is one row.
        agrees(&engine, by_user().order_by(Order::USER_ID), 2).await?;
        agrees(&engine, by_user().having(func::count(Order::ID).gt(2)), 1).await?;
        agrees(&engine, select_columns(func::count(Order::ID)).group_by((Order::USER_ID, Order::ISOPEN)), 4).await?;
        agrees(&engine, select_columns((func::count(Order::ID), func::max(Order::ID))), 1).await?;
        agrees(&engine, select_columns(func::count_rows()).from::<Order>().having(func::count_rows().gt(9)), 0).await?;

        // DISTINCT rows, also of columns with one name, and of entities.
        agrees(&engine, select_columns(Order::USER_ID).distinct().order_by(Order::USER_ID), 2).await?;
        let ids = select_columns((User::ID, Order::USER_ID, Address::ID)).from::<User>().join(User::ORDERS);
        let ids = ids.join_on::<Address>(Address::USER_ID.eq(User::ID));
        agrees(&engine, ids.distinct(), 2).await?;
        agrees(&engine, select_columns(User::entity()).join(User::ORDERS).distinct(), 2).await?;

        // Pages, unions and what is made of unions.
        agrees(&engine, select_columns(Order::ID).order_by(Order::ID).page(2, 3), 2).await?;
        agrees(&engine, by_user().order_by(Order::USER_ID).limit(1), 1).await?;
        let names = || select_columns(User::NAME).union_all(select_columns(Keyword::NAME));
        agrees(&engine, names(), 11).await?;
        agrees(&engine, names().order_by(User::NAME).limit(3), 3).await?;
        agrees(&engine, select_columns(Order::USER_ID).union(select_columns(Address::USER_ID)), 3).await?;
        let pages = names().order_by(User::NAME).limit(3).union_all(select_columns(Item::DESCRIPTION));
        agrees(&engine, pages, 8).await?;

        // What entities load changes nothing.
        let loaded = select_columns((Order::entity().with(Order::USER.joined().inner()), Order::ISOPEN));
        agrees(&engine, loaded.filter(Order::ISOPEN.eq(false)), 3).await?;
        let loaded = select_columns((User::entity().with(User::ADDRESSES.selectin()), User::NAME));
        agrees(&engine, loaded.order_by(User::ID).limit(2), 2).await?;
        Ok(())
    }

    async fn a_page_of_rows_comes_with_the_total(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let users = || select::<User>().with(User::ADDRESSES.selectin()).add_column(User::ORDERS.exists());
        let log = engine.record();
        let (page, total) = engine.session().rows_and_total(users().order_by(User::ID).page(1, 3)).await?;
        assert_eq!(log.count(), 3, "the total, the page, and the addresses: {log}");
        let page: Vec<_> = page.iter().map(|(user, orders)| (&*user.name, user.get(User::ADDRESSES).len(), *orders)).collect();
        assert_eq!((page, total), (vec![("jack", 1, true), ("ed", 3, false), ("fred", 1, true)], 4));

        let log = engine.record();
        let missing = users().filter(User::NAME.eq("wendy")).limit(3);
        assert_eq!(engine.session().rows_and_total(missing).await?.1, 0);
        assert_eq!(log.count(), 1, "nothing matches, so no page is read: {log}");

        let by_user = select_columns((Order::USER_ID, func::count(Order::ID))).group_by(Order::USER_ID);
        let (page, total) = engine.session().rows_and_total(by_user.order_by(Order::USER_ID).page(2, 1)).await?;
        assert_eq!((page, total), (vec![(9, 2)], 2));

        let id = || User::ID;
        let wide = (id(), id(), id(), id(), id(), id(), id(), id(), id(), id(), id(), id(), id(), id(), id());
        let rows = engine.session().rows(select_columns(wide).add_column(User::NAME).filter(User::ID.eq(7))).await?;
        assert_eq!((rows[0].0, rows[0].14, &*rows[0].15), (7, 7, "jack"), "sixteen parts");
        Ok(())
    }

    async fn columns_are_added_beside_entities_and_rows(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let log = engine.record();
        let query = select::<Order>()
            .with(Order::USER.joined())
            .filter(Order::ISOPEN.eq(true))
            .order_by(Order::ID)
            .with_count(Order::ITEMS)
            .add_column(Order::ADDRESS.has(Address::EMAIL_ADDRESS.like("ed@%")))
            .add_column(func::length(Order::DESCRIPTION));
        let rows = engine.session().rows(query).await?;
        let rows = rows.iter().map(|(order, items, ed, length)| (order.get(Order::USER).name.clone(), *items, *ed, *length));
        assert_eq!(rows.collect::<Vec<_>>(), [("jack".to_owned(), 3, false, 7), ("fred".to_owned(), 2, true, 7)]);
        assert_eq!(log.count(), 1, "{log}");
        Ok(())
    }

    async fn columns_are_added_to_what_is_selected_alone(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let log = engine.record();
        let query = select_columns(User::NAME).add_column(User::ORDERS.count()).order_by(User::ID);
        let rows: Vec<(String, i64)> = engine.session().rows(query).await?;
        let expected = [("jack", 3), ("ed", 0), ("fred", 2), ("chuck", 0)].map(|(name, orders)| (name.to_owned(), orders));
        assert_eq!(rows, expected);
        let query = select_columns(User::entity()).add_column(User::ORDERS.exists()).add_column(User::NAME);
        let rows: Vec<(Entity<User>, bool, String)> = engine.session().rows(query.order_by(User::ID).limit(1)).await?;
        assert_eq!((rows[0].0.id, rows[0].1, &*rows[0].2), (7, true, "jack"));
        assert_eq!(log.count(), 2, "{log}");
        Ok(())
    }

    async fn what_has_no_count_is_refused(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let raw = sql("SELECT id FROM orders").rows::<i64>();
        assert!(refused(&engine, raw).await.starts_with("raw SQL is not rewritten"));
        let ungrouped = select_columns((Order::USER_ID, func::count(Order::ID)));
        assert!(refused(&engine, ungrouped).await.contains("add it to `.group_by(..)`"));
        let unique = select::<User>().unique().add_column(User::NAME);
        assert!(refused(&engine, unique).await.starts_with("`add_column` returns rows"));

        let first = engine.session().one(select::<User>().filter(User::ID.eq(7))).await?;
        let behind = select::<User>().order_by(User::ID).page_after(Some(&first), 2).add_column(User::NAME);
        let error = engine.session().rows_and_total(behind).await.unwrap_err();
        assert!(error.to_string().contains("the total is unknown"), "{error}");
        let raw = sql("SELECT id FROM orders").rows::<i64>();
        assert!(engine.session().rows_and_total(raw).await.unwrap_err().to_string().contains("count the rows"));
        Ok(())
    }
}
