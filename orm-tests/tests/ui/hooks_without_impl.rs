use orm_core::prelude::*;

#[derive(Model)]
#[model(hooks)]
struct User {
    #[key]
    id: i64,
}

fn main() {}
