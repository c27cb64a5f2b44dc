//! A shop of several tenants with deleted rows, each engine of which sees one tenant and nothing that is deleted.

use orm_core::prelude::*;
use orm_tests::TestDatabase;

#[derive(Model, Debug)]
#[model(table = "criteria_users")]
pub struct User {
    #[key]
    pub id: i64,
    pub tenant: i64,
    #[column(secret)]
    pub name: String,
    #[has_many(order_by = "id", cascade = "all, delete-orphan")]
    pub orders: HasMany<Order>,
    #[has_many(filter = "large", order_by = "id")]
    pub large_orders: HasMany<Order>,
    #[has_one]
    pub card: HasOne<Card>,
}

#[derive(Model, Debug)]
#[model(table = "criteria_orders")]
pub struct Order {
    #[key]
    pub id: i64,
    pub user_id: i64,
    pub total: i64,
    pub deleted: bool,
    #[belongs_to]
    pub user: BelongsTo<User>,
    #[many_to_many(through = "criteria_order_items", order_by = "id")]
    pub items: HasMany<Item>,
}

#[derive(Model, Debug)]
#[model(table = "criteria_items")]
pub struct Item {
    #[key]
    pub id: i64,
    pub deleted: bool,
    pub parent_id: Option<i64>,
    #[belongs_to]
    pub parent: BelongsTo<Option<Item>>,
    #[has_many(key = "parent_id", order_by = "id")]
    pub parts: HasMany<Item>,
}

#[derive(Model, Debug)]
#[model(table = "criteria_cards")]
pub struct Card {
    #[key]
    pub id: i64,
    pub user_id: Option<i64>,
    pub deleted: bool,
}

fn large() -> Predicate {
    Order::TOTAL.ge(50)
}

/// Users 1 and 2 of tenant 1, user 3 of tenant 2.
///
/// | order | user | total | deleted | items |
/// |---|---|---|---|---|
/// | 1 | 1 | 10 | no | 1, 2, 3 |
/// | 2 | 1 | 60 | yes | 1 |
/// | 3 | 1 | 70 | no | 2 |
/// | 4 | 2 | 80 | yes | |
/// | 5 | 3 | 90 | no | 1 |
///
/// Item 2 is deleted; 3 is a part of 1, 4 one of 2, and 5, deleted, of 1. User 1 has a deleted card, user 2 another one.
pub async fn shop(database: &TestDatabase) -> Result<Engine> {
    let engine = database
        .builder()
        .criteria::<Order>(Order::DELETED.eq(false))
        .criteria::<Item>(Item::DELETED.eq(false))
        .criteria::<Card>(Card::DELETED.eq(false))
        .connect()
        .await?;
    engine.create_all(schema![User, Order, Item, Card]).await?;
    let mut session = engine.session_with(everything());
    for (id, tenant) in [(1, 1), (2, 1), (3, 2)] {
        session.add(User::draft().id(id).tenant(tenant).name(format!("user {id}")));
    }
    for (id, deleted, parent) in
        [(1, false, None), (2, true, None), (3, false, Some(1)), (4, false, Some(2)), (5, true, Some(1))]
    {
        session.add(Item::draft().id(id).deleted(deleted).parent_id(parent));
    }
    session.flush().await?;
    for (id, user, total, deleted) in
        [(1, 1, 10, false), (2, 1, 60, true), (3, 1, 70, false), (4, 2, 80, true), (5, 3, 90, false)]
    {
        session.add(Order::draft().id(id).user_id(user).total(total).deleted(deleted));
    }
    for (id, user, deleted) in [(1, 1, true), (2, 2, false)] {
        session.add(Card::draft().id(id).user_id(Some(user)).deleted(deleted));
    }
    session.flush().await?;
    for (order, item) in [(1, 1), (1, 2), (1, 3), (2, 1), (3, 2), (5, 1)] {
        session.link(Order::ITEMS, order, item)?;
    }
    session.commit().await?;
    Ok(engine)
}

/// The options of a session of tenant 1.
pub fn tenant() -> SessionOptions {
    SessionOptions::new().criteria::<User>(User::TENANT.eq(1))
}

pub fn everything() -> SessionOptions {
    SessionOptions::new().without_criteria()
}

pub fn ids<L>(orders: impl IntoIterator<Item = Entity<Order, L>>) -> Vec<i64> {
    orders.into_iter().map(|order| order.id).collect()
}
