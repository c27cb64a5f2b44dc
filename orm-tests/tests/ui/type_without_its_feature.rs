use orm_core::prelude::*;

/// As a type of a crate whose feature is not enabled.
mod other_crate {
    #[derive(Clone, Debug)]
    pub struct NaiveDate;
}

#[derive(Model, Debug)]
struct User {
    #[key]
    id: i64,
    born: Option<other_crate::NaiveDate>,
}

fn main() {}
