use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    name: String,
}

#[derive(Model)]
struct Order {
    #[key]
    id: i64,
    #[has_many]
    #[many_to_many(through = "order_users")]
    users: HasMany<User>,
}

fn main() {}
