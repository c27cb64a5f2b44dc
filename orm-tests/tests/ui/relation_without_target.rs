use orm_core::prelude::*;

#[derive(Model)]
struct Order {
    #[key]
    id: i64,
    #[has_many]
    users: HasMany,
}

fn main() {}
