use orm_core::prelude::*;

#[derive(Model, Debug)]
struct User {
    #[key]
    id: i64,
    scores: Vec<u16>,
}

fn main() {}
