use orm_core::prelude::*;
#[derive(FromRow)]
struct Line { #[row(column = "n")] name: String, #[row(name = "name")] other: String }
fn main() {}
