use orm_core::prelude::*;

#[derive(Model)]
#[model = "users"]
struct User {
    #[key = "auto"]
    id: i64,
    #[column(name = full_name)]
    name: String,
    #[column(name)]
    email: String,
    #[column(unique = true)]
    age: i32,
    #[column(name("size"))]
    height: i32,
    #[column("weight")]
    weight: i32,
    #[column(default = 0)]
    points: i32,
}

fn main() {}
