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
    user_id: Option<i64>,
    #[belongs_to]
    user: BelongsTo<User>,
}

fn main() {}
