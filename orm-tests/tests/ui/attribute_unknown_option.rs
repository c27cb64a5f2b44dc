use orm_core::prelude::*;

#[derive(Model)]
#[model(tabel = "users")]
struct User {
    #[key]
    id: i64,
    #[column(uniqe)]
    name: String,
    #[column(foo)]
    email: String,
    #[column(auto)]
    age: i32,
}

fn main() {}
