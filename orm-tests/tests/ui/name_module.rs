use orm_core::prelude::*;

#[derive(Model)]
struct Crate {
    #[key]
    id: i64,
}

#[derive(Model)]
#[allow(non_camel_case_types)]
struct order {
    #[key]
    id: i64,
}

#[derive(Model)]
struct Str {
    #[key]
    id: i64,
}

#[derive(Model)]
#[model(module = "my module")]
struct User {
    #[key]
    id: i64,
}

fn main() {}
