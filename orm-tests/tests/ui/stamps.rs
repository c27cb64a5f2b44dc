use orm_core::prelude::*;

#[derive(Model, Debug)]
struct Article {
    #[key]
    id: i64,
    #[column(created, updated)]
    both: chrono::DateTime<chrono::Utc>,
    #[column(created, default = "CURRENT_TIMESTAMP")]
    twice: chrono::DateTime<chrono::Utc>,
    #[column(updated)]
    updated: chrono::DateTime<chrono::Utc>,
    #[column(updated)]
    again: chrono::DateTime<chrono::Utc>,
}

fn main() {}
