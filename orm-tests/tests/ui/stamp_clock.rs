use orm_core::prelude::*;

#[derive(Model, Debug)]
struct Article {
    #[key]
    id: i64,
    #[column(created = "server")]
    created_at: chrono::DateTime<chrono::Utc>,
    #[column(updated = "program")]
    updated_at: chrono::DateTime<chrono::Utc>,
    #[column(deleted = "database")]
    deleted_at: Option<chrono::DateTime<chrono::Utc>>,
}

fn main() {}
