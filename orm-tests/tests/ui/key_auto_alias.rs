use orm_core::prelude::*;

type Id = String;

#[derive(Model)]
struct User {
    #[key(auto)]
    id: Id,
}

fn main() {}
