use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    name: String,
}

#[derive(Model)]
struct Order {
    #[key(auto)]
    id: i64,
    user_id: i64,
    #[belongs_to]
    user: BelongsTo<User>,
}

fn main() {
    let _ = Order::draft().user(User::draft().id(7));
}
