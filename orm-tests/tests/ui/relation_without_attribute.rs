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
    user: BelongsTo<User>,
    readers: HasMany<User>,
    owner: HasOne<User>,
}

fn read(order: &Entity<Order>) -> Result<Entity<User>> {
    order.user()
}

fn main() {}
