use orm_core::prelude::*;

#[derive(Model)]
struct Cell {
    #[key]
    a: i64,
    #[key]
    b: i64,
    #[key]
    c: i64,
    #[key]
    d: i64,
    #[key]
    e: i64,
    #[key]
    f: i64,
    #[key]
    g: i64,
    #[key]
    h: i64,
    #[key]
    i: i64,
}

fn main() {}
