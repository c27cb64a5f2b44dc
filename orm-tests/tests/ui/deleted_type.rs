use orm_core::prelude::*;

#[derive(Model, Debug)]
struct Note {
    #[key]
    id: i64,
    #[column(deleted)]
    deleted: Option<bool>,
}

fn main() {}
