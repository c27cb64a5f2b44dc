use orm_core::prelude::*;

#[derive(Model)]
pub struct User {
    #[key]
    id: i64,
    #[has_many]
    lines: HasMany<Line>,
}

#[derive(Model)]
pub struct Line {
    #[key]
    id: i64,
    #[column(generated = "id / 10")]
    user_id: i64,
}

fn main() {}
