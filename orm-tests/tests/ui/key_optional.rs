use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: Option<i64>,
}

fn main() {}
