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
    #[belongs_to(order_by = "id", passive_deletes, through = "links", through_schema = "app")]
    user: BelongsTo<User>,
    #[many_to_many(through = "order_users", passive_deletes)]
    users: HasMany<User>,
}

fn main() {}
