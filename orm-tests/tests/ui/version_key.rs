use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    #[column(version)]
    id: i64,
}

fn main() {}
