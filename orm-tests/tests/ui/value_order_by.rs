use orm_core::prelude::*;

#[derive(Model)]
struct Message {
    #[key]
    id: i64,
    user_id: i64,
    sender_id: i64,
    reader_id: i64,
}

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[has_many(order_by = "id dsc")]
    messages: HasMany<Message>,
    #[has_many(key = "sender_id", order_by = "")]
    sent: HasMany<Message>,
    #[has_many(key = "reader_id", order_by = "id desc nulls")]
    read: HasMany<Message>,
}

fn main() {}
