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
    user_id: i64,
    #[belongs_to(cascade = "all")]
    user: BelongsTo<User>,
    #[many_to_many(through = "order_users", cascade = "merge, delete")]
    users: HasMany<User>,
}

fn main() {}
