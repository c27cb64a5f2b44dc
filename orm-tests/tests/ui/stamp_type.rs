use orm_core::prelude::*;

#[derive(Model, Debug)]
struct Article {
    #[key]
    id: i64,
    #[column(created)]
    created_at: String,
}

fn main() {}
