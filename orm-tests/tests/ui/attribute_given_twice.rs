use orm_core::prelude::*;

#[derive(Model)]
#[model(table = "users")]
#[model(module = "users")]
struct User {
    #[key]
    #[key]
    id: i64,
    #[column(unique, unique)]
    name: String,
}

fn main() {}
