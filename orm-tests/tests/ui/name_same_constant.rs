use orm_core::prelude::*;

#[derive(Model)]
#[allow(non_snake_case)]
struct User {
    #[key]
    id: i64,
    first_name: String,
    firstName: String,
    #[belongs_to(key = "id")]
    other_1: BelongsTo<User>,
    #[belongs_to(key = "id")]
    other1: BelongsTo<User>,
}

fn main() {}
