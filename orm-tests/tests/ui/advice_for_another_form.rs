use orm_core::prelude::*;

#[derive(Model, Debug)]
struct User {
    #[key(auto)]
    id: uuid::Uuid,
    #[has_many(lazy = true)]
    orders: HasMany<Order>,
    #[has_many(key = "reader_id", order_by = "-id")]
    read: HasMany<Order>,
}

#[derive(Model, Debug)]
struct Order {
    #[key(auto)]
    id: i64,
    #[column(onupdate = "now()")]
    changed: i64,
    #[column(created_at)]
    made: i64,
    user_id: uuid::Uuid,
    reader_id: uuid::Uuid,
    owner_id: Option<uuid::Uuid>,
    #[belongs_to(ondelete = "CASCADE")]
    user: BelongsTo<User>,
    #[belongs_to]
    owner: Option<BelongsTo<User>>,
}

fn main() {}
