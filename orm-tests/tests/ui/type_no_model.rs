use orm_core::prelude::*;

struct User;

#[derive(Model)]
struct Order {
    #[key]
    id: i64,
    #[has_many]
    users: HasMany<User>,
}

fn main() {}
