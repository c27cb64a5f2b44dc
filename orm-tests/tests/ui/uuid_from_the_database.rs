use orm_core::prelude::*;

#[derive(Model, Debug)]
struct User {
    #[key(auto)]
    id: uuid::Uuid,
}

fn main() {}
