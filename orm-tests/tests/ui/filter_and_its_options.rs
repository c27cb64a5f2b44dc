use orm_core::prelude::*;

#[derive(Model)]
pub struct Order {
    #[key]
    id: i64,
    user_id: i64,
    open: bool,
    #[belongs_to(key = "user_id", filter = "active")]
    active_user: BelongsTo<User>,
}

#[derive(Model)]
pub struct User {
    #[key]
    id: i64,
    active: bool,
    #[has_many(filter = "open orders")]
    orders: HasMany<Order>,
    #[has_many(filter = "open", cascade = "all", passive_deletes, inverse = "active_user")]
    open_orders: HasMany<Order>,
    #[has_many(where = "open")]
    other_orders: HasMany<Order>,
}

fn open() -> Predicate {
    Order::OPEN.eq(true)
}

fn active() -> Predicate {
    User::ACTIVE.eq(true)
}

fn main() {}
