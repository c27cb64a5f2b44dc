use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[column(version)]
    version: String,
}

fn main() {}
