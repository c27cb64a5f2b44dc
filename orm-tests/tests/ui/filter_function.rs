use orm_core::prelude::*;

#[derive(Model)]
pub struct Order {
    #[key]
    id: i64,
    user_id: i64,
    open: bool,
}

#[derive(Model)]
pub struct User {
    #[key]
    id: i64,
    #[has_many(filter = "is_open")]
    open_orders: HasMany<Order>,
    #[has_many(filter = "of_user")]
    own_orders: HasMany<Order>,
    #[has_many(filter = "missing")]
    missing_orders: HasMany<Order>,
}

fn is_open() -> bool {
    true
}

fn of_user(user: i64) -> Predicate {
    Order::USER_ID.eq(user)
}

fn main() {}
