use orm_core::prelude::*;

#[derive(DbEnum, Clone, Debug)]
enum Shape {
    Point,
    Circle(f64),
    Square { side: f64 },
}

fn main() {}
