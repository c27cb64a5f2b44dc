use orm_core::prelude::*;

#[derive(Model)]
struct Message {
    #[key]
    id: i64,
    user_id: i64,
}

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many(cascade = "all, delete_orphan")]
    messages: HasMany<Message>,
}

fn main() {}
