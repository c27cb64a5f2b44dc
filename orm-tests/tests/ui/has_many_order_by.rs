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
    #[has_many(order_by = "date desc")]
    messages: HasMany<Message>,
}

fn main() {}
