use orm_core::prelude::*;

#[derive(Model, Debug)]
struct Order {
    #[key]
    id: i64,
    user_id: i64,
}

#[derive(Model, Debug, serde::Deserialize)]
struct User {
    #[key]
    id: i64,
    #[has_many]
    orders: HasMany<Order>,
}

fn main() {}
