use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    name: String,
    #[column(name = "name")]
    full_name: String,
}

fn main() {}
