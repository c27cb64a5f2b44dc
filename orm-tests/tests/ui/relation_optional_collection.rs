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
    users: HasMany<Option<User>>,
    #[has_one]
    user: HasOne<Option<User>>,
}

fn main() {}
