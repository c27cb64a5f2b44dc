use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many(on_delete = "cascade")]
    orders: HasMany<Order>,
}

#[derive(Model)]
struct Order {
    #[key]
    id: i64,
    user_id: i64,
    #[belongs_to(on_delete = "delete", on_update = "SET NULL")]
    user: BelongsTo<User>,
}

fn main() {}
