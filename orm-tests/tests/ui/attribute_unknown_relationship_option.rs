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
    #[belongs_to(ondelete = "cascade")]
    user: BelongsTo<User>,
    #[many_to_many(throuh = "order_users")]
    readers: HasMany<User>,
}

fn main() {}
