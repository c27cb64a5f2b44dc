use orm_core::prelude::*;

type Counter = String;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[column(version)]
    version: Counter,
}

fn main() {}
