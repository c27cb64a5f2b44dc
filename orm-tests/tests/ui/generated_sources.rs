use orm_core::prelude::*;

#[derive(Model)]
pub struct User {
    #[key]
    id: i64,
}

#[derive(Model)]
pub struct Line {
    #[key(auto)]
    #[column(generated)]
    id: i64,
    #[column(generated = "1", default = "0")]
    a: i64,
    #[column(generated = "1", version)]
    b: i64,
    #[column(generated = "1")]
    user_id: i64,
    #[column(generated = "1", deferred)]
    c: Deferred<i64>,
    #[column(generated = " ")]
    d: i64,
    #[column(virtual)]
    e: i64,
    #[column(default = "0", default_with = "zero")]
    f: i64,
    #[column(default_with = "not a path")]
    g: i64,
    #[column(generated, read_back)]
    h: i64,
    #[belongs_to]
    user: BelongsTo<User>,
}

fn zero() -> i64 {
    0
}

fn main() {}
