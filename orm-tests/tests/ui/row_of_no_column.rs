use orm_core::prelude::*;

#[derive(Model, Debug)]
struct User {
    #[key]
    id: i64,
    name: String,
}

#[derive(FromRow)]
#[row(model = User)]
struct Line {
    nmae: String,
}

fn main() {}
