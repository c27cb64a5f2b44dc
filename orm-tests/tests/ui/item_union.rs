use orm_core::prelude::*;

#[derive(Model)]
union User {
    id: i64,
}

fn main() {}
