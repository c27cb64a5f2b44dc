use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    name: String,
}

#[derive(Model)]
struct Group {
    #[key]
    tenant: i64,
    #[key]
    id: i64,
    #[many_to_many(through = "group_users")]
    users: HasMany<User>,
    #[many_to_many(through = "group_admins", key = "group_id")]
    admins: HasMany<User>,
}

fn main() {}
