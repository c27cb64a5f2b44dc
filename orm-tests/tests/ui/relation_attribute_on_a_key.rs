use orm_core::prelude::*;

#[derive(Model, Debug)]
struct User {
    #[key(auto)]
    id: i64,
}

#[derive(Model, Debug)]
struct Order {
    #[key(auto)]
    id: i64,
    #[belongs_to(User)]
    user_id: i64,
}

fn main() {}
