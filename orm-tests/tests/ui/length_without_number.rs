use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[column(length = "many")]
    name: String,
}

fn main() {}
