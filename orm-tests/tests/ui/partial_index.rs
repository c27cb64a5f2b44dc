use orm_core::prelude::*;

#[derive(Model)]
#[model(
    unique = "email where deletd_at is null",
    unique = "email where lower(name) = 'ann'",
    unique = "email where name = 'ann",
    unique = "email where",
    index = "emial where name = 'ann'",
    index = "email where true",
    where = "deleted_at is null"
)]
struct User {
    #[key]
    id: i64,
    name: String,
    email: String,
    deleted_at: Option<String>,
}

fn main() {}
