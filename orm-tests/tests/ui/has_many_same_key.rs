use orm_core::prelude::*;

#[derive(Model)]
struct Message {
    #[key]
    id: i64,
    user_id: i64,
    text: String,
}

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many]
    sent: HasMany<Message>,
    #[has_many]
    received: HasMany<Message>,
}

fn main() {}
