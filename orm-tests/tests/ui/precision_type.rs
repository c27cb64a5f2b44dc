use orm_core::prelude::*;

#[derive(DbType, Clone, Debug, PartialEq)]
struct Name(String);

#[derive(DbType, Clone, Debug, PartialEq)]
struct At(chrono::NaiveDateTime);

#[derive(Model, Debug)]
struct Event {
    #[key]
    id: i64,
    #[column(precision = 3)]
    at: At,
    #[column(precision = 3)]
    name: Name,
}

fn main() {}
