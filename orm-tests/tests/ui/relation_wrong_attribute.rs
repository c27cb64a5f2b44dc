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
    user_id: i64,
    #[has_one]
    user: BelongsTo<User>,
    #[belongs_to]
    readers: HasMany<User>,
    #[has_many]
    owner: HasOne<User>,
}

fn main() {}
