use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    name: String,
}

#[derive(Model)]
struct Message {
    #[key]
    id: i64,
    group_id: i64,
    user_id: i64,
    #[belongs_to]
    user: BelongsTo<User>,
}

#[derive(Model)]
struct Group {
    #[key]
    id: i64,
    #[has_many(inverse = "user")]
    messages: HasMany<Message>,
}

fn main() {}
