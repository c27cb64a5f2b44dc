use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key(auto)]
    id: String,
}

fn main() {}
