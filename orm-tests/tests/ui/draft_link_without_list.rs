use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many]
    orders: HasMany<Order>,
}

#[derive(Model)]
struct Order {
    #[key(auto)]
    id: i64,
    user_id: i64,
}

fn main() {
    let _ = User::draft().id(7).orders(Order::draft().user_id(7));
}
