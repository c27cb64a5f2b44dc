use chrono::{DateTime, Utc};
use orm_core::prelude::*;

#[derive(Model, Debug)]
struct Required {
    #[key]
    id: i64,
    #[column(deleted)]
    deleted_at: DateTime<Utc>,
}

#[derive(Model, Debug)]
struct Twice {
    #[key]
    id: i64,
    #[column(deleted)]
    deleted_at: Option<DateTime<Utc>>,
    #[column(deleted)]
    removed_at: Option<DateTime<Utc>>,
}

#[derive(Model, Debug)]
struct Both {
    #[key]
    id: i64,
    #[column(updated, deleted)]
    at: Option<DateTime<Utc>>,
}

#[derive(Model, Debug)]
struct Late {
    #[key]
    id: i64,
    #[column(deleted, deferred)]
    deleted_at: Deferred<Option<DateTime<Utc>>>,
}

#[derive(Model, Debug)]
#[model(soft_delete)]
struct Foreign {
    #[key]
    id: i64,
    deleted_at: Option<DateTime<Utc>>,
}

fn main() {}
