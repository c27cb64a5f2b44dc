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
    #[belongs_to]
    user: Option<User>,
    #[has_many]
    readers: Vec<User>,
    #[belongs_to]
    owner_id: i64,
}

fn main() {}
