use orm_core::prelude::*;

#[derive(DbType, Clone, Debug, PartialEq, Eq, Hash)]
struct UserId(i64);

#[derive(DbType, Clone, Debug, PartialEq, Eq, Hash)]
struct PostId(i64);

#[derive(Model, Debug)]
struct User {
    #[key]
    id: UserId,
}

#[derive(Model, Debug)]
struct Post {
    #[key]
    id: PostId,
    user_id: PostId,
    #[belongs_to]
    user: BelongsTo<User>,
}

fn main() {}
