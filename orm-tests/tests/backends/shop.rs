//! The shop: four users, their addresses, orders, items and keywords.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase};

#[derive(Model, Debug)]
#[model(table = "users")]
pub struct User {
    #[key]
    pub id: i64,
    pub name: String,
    #[has_many(order_by = "id")]
    pub addresses: HasMany<Address>,
    #[has_many(lazy = "raise", order_by = "id")]
    pub orders: HasMany<Order>,
}

#[derive(Model, Debug)]
#[model(table = "addresses")]
pub struct Address {
    #[key]
    pub id: i64,
    pub user_id: i64,
    pub email_address: String,
    #[belongs_to]
    pub user: BelongsTo<User>,
}

#[derive(Model, Debug)]
#[model(table = "orders")]
pub struct Order {
    #[key(auto)]
    pub id: i64,
    pub user_id: i64,
    pub address_id: Option<i64>,
    pub description: String,
    pub isopen: bool,
    #[belongs_to]
    pub user: BelongsTo<User>,
    #[belongs_to(key = "address_id")]
    pub address: BelongsTo<Option<Address>>,
    #[many_to_many(through = "order_items", key = "order_id", target_key = "item_id", order_by = "id")]
    pub items: HasMany<Item>,
}

#[derive(Model, Debug)]
#[model(table = "items")]
pub struct Item {
    #[key]
    pub id: i64,
    pub description: String,
    #[many_to_many(through = "item_keywords", key = "item_id", target_key = "keyword_id", order_by = "id")]
    pub keywords: HasMany<Keyword>,
}

#[derive(Model, Debug)]
#[model(table = "keywords")]
pub struct Keyword {
    #[key]
    pub id: i64,
    pub name: String,
}

/// An engine on a database that holds the shop.
pub async fn shop(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![User, Address, Order, Item, Keyword]).await?;
    fill(&engine).await?;
    if database.backend() == Backend::Postgres {
        // PostgreSQL does not count keys that it is given.
        database.run("SELECT setval(pg_get_serial_sequence('orders', 'id'), 5)").await;
    }
    Ok(engine)
}

/// Writes the shop's rows through the unit of work.
pub async fn fill(engine: &Engine) -> Result<()> {
    let mut session = engine.session();
    for (id, name) in [(7, "jack"), (8, "ed"), (9, "fred"), (10, "chuck")] {
        session.add(User::draft().id(id).name(name));
    }
    for (id, user_id, email) in [
        (1, 7, "jack@bean.com"),
        (2, 8, "ed@wood.com"),
        (3, 8, "ed@bettyboop.com"),
        (4, 8, "ed@lala.com"),
        (5, 9, "fred@fred.com"),
    ] {
        session.add(Address::draft().id(id).user_id(user_id).email_address(email));
    }
    for (id, description) in [(1, "item 1"), (2, "item 2"), (3, "item 3"), (4, "item 4"), (5, "item 5")] {
        session.add(Item::draft().id(id).description(description));
    }
    for (id, name) in
        [(1, "blue"), (2, "red"), (3, "green"), (4, "big"), (5, "small"), (6, "round"), (7, "square")]
    {
        session.add(Keyword::draft().id(id).name(name));
    }
    session.flush().await?;

    for (id, user_id, address_id, isopen, items) in [
        (1, 7, Some(1), false, vec![1, 2, 3]),
        (2, 9, Some(4), false, vec![1, 2, 3]),
        (3, 7, Some(1), true, vec![3, 4, 5]),
        (4, 9, Some(4), true, vec![1, 5]),
        (5, 7, None, false, vec![5]),
    ] {
        let items = session.all(select::<Item>().filter(Item::ID.is_in(items))).await?;
        session.add(
            Order::draft()
                .id(id)
                .user_id(user_id)
                .address_id(address_id)
                .description(format!("order {id}"))
                .isopen(isopen)
                .items(&items),
        );
    }
    for (item, keywords) in [(1, [2, 4, 6]), (2, [2, 5, 7]), (3, [3, 4, 6])] {
        let item = session.get::<Item>(item).await?.expect("the item was written above");
        for keyword in session.all(select::<Keyword>().filter(Keyword::ID.is_in(keywords))).await? {
            session.append(&item, Item::KEYWORDS, &keyword)?;
        }
    }
    session.commit().await
}
