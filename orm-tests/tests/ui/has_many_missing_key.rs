use orm_core::prelude::*;

#[derive(Model)]
struct Message {
    #[key]
    id: i64,
    sender_id: i64,
}

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many]
    messages: HasMany<Message>,
}

fn main() {}
