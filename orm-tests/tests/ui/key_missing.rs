use orm_core::prelude::*;

#[derive(Model)]
struct User {
    id: i64,
    name: String,
}

fn main() {
    let _ = (User::NAME, User::draft().name("jack"));
}
