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
    user_name: String,
    #[belongs_to(key = "user_name", target_key = "nam")]
    user: BelongsTo<User>,
}

fn main() {}
