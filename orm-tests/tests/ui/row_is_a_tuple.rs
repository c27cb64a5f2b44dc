use orm_core::prelude::*;
#[derive(FromRow)]
struct Line(String, i64);
fn main() {}
