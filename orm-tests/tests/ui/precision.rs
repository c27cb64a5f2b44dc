use orm_core::prelude::*;

#[derive(DbType, Clone, Debug, PartialEq)]
struct Name(String);

#[derive(Model, Debug)]
struct Event {
    #[key]
    id: i64,
    #[column(precision = 3)]
    count: i64,
    #[column(precision = 9)]
    at: chrono::DateTime<chrono::Utc>,
    #[column(precision = "3")]
    from: chrono::NaiveTime,
    #[column(precision)]
    until: Option<chrono::NaiveDateTime>,
    #[column(precision = -1)]
    day: chrono::NaiveDate,
}

fn main() {}
