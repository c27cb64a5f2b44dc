use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    name: String,
}

#[derive(Model)]
struct Group {
    #[key]
    id: i64,
    #[many_to_many]
    users: HasMany<User>,
}

fn main() {}
