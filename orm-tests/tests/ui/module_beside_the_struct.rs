use orm_core::prelude::*;

mod user {
    pub fn greet() {}
}

#[derive(Model, Debug)]
struct User {
    #[key]
    id: i64,
}

fn main() {
    user::greet();
}
