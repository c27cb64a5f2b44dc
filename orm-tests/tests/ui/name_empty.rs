use orm_core::prelude::*;

#[derive(Model)]
#[model(table = "", schema = "")]
struct User {
    #[key]
    id: i64,
    #[column(name = "")]
    name: String,
    #[column(name = "a\0b")]
    email: String,
    #[many_to_many(through = "", through_schema = "", key = "a, ", target_key = "b")]
    friends: HasMany<User>,
}

fn main() {}
