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
    #[has_many(key = "user id")]
    messages: HasMany<Message>,
    #[has_many(order_by = "user.id", key = "")]
    others: HasMany<Message>,
}

fn main() {}
