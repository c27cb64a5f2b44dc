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
    #[belongs_to(order_by = "id", cascade = "all", passive_deletes, through = "links", through_schema = "app")]
    user: BelongsTo<User>,
    #[many_to_many(through = "order_users", cascade = "all")]
    users: HasMany<User>,
}

fn main() {}
