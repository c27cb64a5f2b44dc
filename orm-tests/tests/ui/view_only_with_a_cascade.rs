use orm_core::prelude::*;

#[derive(Model)]
struct Order {
    #[key]
    id: i64,
    user_id: i64,
}

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many(cascade = "all", passive_deletes, view_only)]
    orders: HasMany<Order>,
}

fn main() {}
