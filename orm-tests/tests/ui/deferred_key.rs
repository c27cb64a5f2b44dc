use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    #[column(deferred)]
    id: Deferred<i64>,
    #[column(version, deferred)]
    version: Deferred<i64>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: i64,
    #[column(deferred)]
    user_id: Deferred<i64>,
    #[belongs_to]
    user: BelongsTo<User>,
}

fn main() {}
