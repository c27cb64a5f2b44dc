use orm_core::prelude::*;

#[derive(Model)]
#[key(auto)]
struct User {
    #[key]
    id: i64,
    #[model(table = "users")]
    name: String,
}

fn main() {}
