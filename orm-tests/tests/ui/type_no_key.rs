use orm_core::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Point;

#[derive(Model)]
struct Place {
    #[key]
    at: Point,
}

fn main() {}
