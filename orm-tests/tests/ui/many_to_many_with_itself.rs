use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[many_to_many(through = "friendships")]
    friends: HasMany<User>,
}

fn main() {}
