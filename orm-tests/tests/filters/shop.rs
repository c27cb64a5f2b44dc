//! Users with open and closed orders of available and other items, and folders with visible ones inside.

use std::cell::Cell;

use orm_core::prelude::*;
use orm_tests::TestDatabase;

#[derive(Model, Debug)]
#[model(table = "filtered_users")]
pub struct User {
    #[key]
    pub id: i64,
    pub name: String,
    pub active: bool,
    #[has_many(order_by = "id", cascade = "all, delete-orphan")]
    pub orders: HasMany<Order>,
    #[has_many(filter = "open", order_by = "id")]
    pub open_orders: HasMany<Order>,
    #[has_many(filter = "closed", order_by = "id desc")]
    pub closed_orders: HasMany<Order>,
    #[has_many(filter = "with_available", order_by = "id")]
    pub available_orders: HasMany<Order>,
    #[has_many(filter = "large", order_by = "id")]
    pub large_orders: HasMany<Order>,
    #[has_one(filter = "urgent")]
    pub urgent_order: HasOne<Order>,
}

#[derive(Model, Debug)]
#[model(table = "filtered_orders")]
pub struct Order {
    #[key]
    pub id: i64,
    pub user_id: i64,
    pub status: String,
    pub total: i64,
    pub urgent: bool,
    #[belongs_to]
    pub user: BelongsTo<User>,
    #[belongs_to(key = "user_id", filter = "active")]
    pub active_user: BelongsTo<Option<User>>,
    #[many_to_many(through = "filtered_order_items", order_by = "id")]
    pub items: HasMany<Item>,
    #[many_to_many(through = "filtered_order_items", filter = "available", order_by = "id")]
    pub available_items: HasMany<Item>,
}

#[derive(Model, Debug)]
#[model(table = "filtered_items")]
pub struct Item {
    #[key]
    pub id: i64,
    pub available: bool,
}

#[derive(Model, Debug)]
#[model(table = "filtered_folders")]
pub struct Folder {
    #[key]
    pub id: i64,
    pub parent_id: Option<i64>,
    pub hidden: bool,
    #[has_many(key = "parent_id", order_by = "id")]
    pub children: HasMany<Folder>,
    #[has_many(key = "parent_id", filter = "visible", order_by = "id")]
    pub visible: HasMany<Folder>,
    #[belongs_to(key = "parent_id", filter = "visible")]
    pub visible_parent: BelongsTo<Option<Folder>>,
}

fn open() -> Predicate {
    Order::STATUS.eq("open")
}

fn closed() -> Predicate {
    Order::STATUS.ne("open")
}

fn urgent() -> Predicate {
    Order::URGENT.eq(true)
}

fn active() -> Predicate {
    User::ACTIVE.eq(true)
}

fn available() -> Predicate {
    Item::AVAILABLE.eq(true)
}

fn visible() -> Predicate {
    Folder::HIDDEN.eq(false)
}

/// A filter may ask about other rows, and about other relationships with a filter.
fn with_available() -> Predicate {
    Order::AVAILABLE_ITEMS.exists()
}

thread_local! {
    /// What makes an order a large one, which a program may change while it runs.
    pub static LARGE: Cell<i64> = const { Cell::new(50) };
}

fn large() -> Predicate {
    Order::TOTAL.ge(LARGE.get())
}

/// Users 1 and 2 with orders, user 3 with none; user 2 is not active.
///
/// | order | user | status | total | urgent | items |
/// |---|---|---|---|---|---|
/// | 1 | 1 | open | 10 | yes | 1, 2 |
/// | 2 | 1 | open | 60 | no | 2 |
/// | 3 | 1 | paid | 70 | no | |
/// | 4 | 2 | sent | 20 | no | 1, 3 |
/// | 5 | 2 | open | 90 | no | |
///
/// The items 1 and 3 are available. Folders 2 and 3 are in folder 1, 4 in 2 and 5 in 3; 3 is hidden.
pub async fn shop(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![User, Order, Item, Folder]).await?;
    let mut session = engine.session();
    for (id, name, active) in [(1, "Ada", true), (2, "Bob", false), (3, "Cy", true)] {
        session.add(User::draft().id(id).name(name).active(active));
    }
    for (id, available) in [(1, true), (2, false), (3, true)] {
        session.add(Item::draft().id(id).available(available));
    }
    session.flush().await?;
    for (id, user, status, total, urgent) in [
        (1, 1, "open", 10, true),
        (2, 1, "open", 60, false),
        (3, 1, "paid", 70, false),
        (4, 2, "sent", 20, false),
        (5, 2, "open", 90, false),
    ] {
        session.add(Order::draft().id(id).user_id(user).status(status).total(total).urgent(urgent));
    }
    for (id, parent, hidden) in
        [(1, None, false), (2, Some(1), false), (3, Some(1), true), (4, Some(2), false), (5, Some(3), false)]
    {
        session.add(Folder::draft().id(id).parent_id(parent).hidden(hidden));
    }
    session.flush().await?;
    for (order, item) in [(1, 1), (1, 2), (2, 2), (4, 1), (4, 3)] {
        session.link(Order::ITEMS, order, item)?;
    }
    session.commit().await?;
    Ok(engine)
}

pub fn ids<L>(orders: impl IntoIterator<Item = Entity<Order, L>>) -> Vec<i64> {
    orders.into_iter().map(|order| order.id).collect()
}
