use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[column(version)]
    version: i64,
    #[column(version)]
    revision: i64,
}

fn main() {}
