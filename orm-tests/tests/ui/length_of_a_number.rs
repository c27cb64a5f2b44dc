use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[column(length = 50)]
    age: i32,
}

fn main() {}
