use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    name: String,
}

#[derive(Model)]
struct Order {
    #[key]
    id: i64,
    usr_id: i64,
    #[belongs_to]
    user: BelongsTo<User>,
    #[belongs_to(key = "user_id")]
    owner: BelongsTo<User>,
    #[belongs_to(key = "something")]
    reader: BelongsTo<User>,
}

fn main() {}
