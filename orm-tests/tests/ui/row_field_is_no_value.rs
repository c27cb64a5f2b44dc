use orm_core::prelude::*;
struct Thing;
#[derive(FromRow)]
struct Line { name: String, thing: Thing }
fn main() {}
