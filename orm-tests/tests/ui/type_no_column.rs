use orm_core::prelude::*;

struct Point;

#[derive(Model)]
struct Place {
    #[key]
    id: i64,
    at: Point,
}

fn main() {}
