use orm_core::prelude::*;

struct User;

#[derive(Model)]
struct Order {
    #[key]
    id: i64,
    user_id: i64,
    #[belongs_to]
    user: BelongsTo<User>,
}

fn main() {}
