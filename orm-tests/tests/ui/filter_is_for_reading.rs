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
    #[has_many]
    orders: HasMany<Order>,
    #[has_many(filter = "open")]
    open_orders: HasMany<Order>,
}

fn open() -> Predicate {
    Order::OPEN.eq(true)
}

fn main() {
    let _ = User::draft().id(1).orders([Order::draft().id(1).open(true)]);
    let _ = User::draft().id(1).open_orders([Order::draft().id(1).open(true)]);
}
