use orm_core::prelude::*;

#[derive(Model)]
struct Seat {
    #[key(auto)]
    row: i64,
    #[key]
    number: i64,
}

fn main() {}
