use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    name: String,
}

fn main() {
    let _ = User::draft().id(7).name(None);
}
