use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: f64,
}

fn main() {}
